//! The rules of a product, from the vendor's desk to the verdicts of machines with simulated TPMs.
#![cfg(all(
    feature = "client",
    feature = "device",
    feature = "server",
    feature = "cli"
))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![allow(unreachable_pub, reason = "a test program is no library")]

mod allowances;
mod desk;
#[path = "../device_support/mod.rs"]
mod device_support;
mod devices;
#[path = "../cli_support/schema.rs"]
mod schema;
#[path = "../server_desk/mod.rs"]
mod server_desk;
#[path = "../server_support/mod.rs"]
mod server_support;
#[allow(dead_code, reason = "each test program uses its part")]
#[path = "../attack/stage.rs"]
mod stage;
mod standby;

use counterfoil::policy::Rules;
use counterfoil::server::manifest::{ManifestError, Publication};
use stage::{PRODUCT, Vendor, now, wait};

/// The rules that the stage's product begins with, with `from` replaced by `to`.
fn rules_with(from: &str, to: &str) -> String {
    let rules =
        Rules::default_toml(PRODUCT).replacen("[window_days]\n", "[window_days]\ntest = 30\n", 1);
    assert!(rules.contains(from), "{from}");
    rules.replacen(from, to, 1)
}

fn publish(vendor: &Vendor, source: &str) -> Result<Publication, ManifestError> {
    let issuer = vendor.service().issuer_key(None).unwrap();
    let product = PRODUCT.parse().unwrap();
    wait(
        vendor
            .service()
            .publish_manifest(&product, source, &issuer, now()),
    )
}

fn roll_back(vendor: &Vendor, version: u64) -> Result<Publication, ManifestError> {
    let issuer = vendor.service().issuer_key(None).unwrap();
    let product = PRODUCT.parse().unwrap();
    wait(
        vendor
            .service()
            .roll_back_manifest(&product, version, &issuer, now()),
    )
}
