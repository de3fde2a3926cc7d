//! The folders of the service and of the root: two programs at once, a kill at any step, what older programs left, and what
//! must never be written over.
#![cfg(all(feature = "server", feature = "cli"))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod at_once;
mod kill;
mod left_behind;
mod numbers;
#[cfg(all(feature = "client", feature = "device"))]
mod outputs;
#[path = "../server_desk/mod.rs"]
mod server_desk;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use counterfoil::server::keys::{Key, Policy};
use counterfoil::server::{Service, blocking};
use counterfoil::token::{TrustAnchor, TrustBundle};

/// Copies a folder with its modes.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.unwrap().success());
}

/// Opens the service in `dir`, and checks that its bundle is the same in its two places and trusts the keys of `products`.
#[track_caller]
fn assert_sound(dir: &Path, products: &[&str]) {
    blocking(async {
        let service = Service::open(dir).await.unwrap();
        let bundle = service.bundle().unwrap();
        let mut read = service.storage().read().await.unwrap();
        let remembered = read.newest_bundle().await.unwrap().unwrap();
        assert_eq!(fs::read(service.folder().bundle()).unwrap(), remembered);
        assert_eq!(bundle.bytes(), remembered);
        for product in products {
            let key = Key::<Policy>::load(&service.folder().policy_key(product), None).unwrap();
            assert!(
                bundle.keys.iter().any(|entry| entry.key == *key.public()),
                "{product}"
            );
            assert!(read.has_product(product).await.unwrap(), "{product}");
            let rules = fs::read_to_string(service.folder().manifest_source(product)).unwrap();
            let newest = read
                .newest_manifest(product, "main")
                .await
                .unwrap()
                .unwrap();
            assert_eq!(newest.source, Some(rules));
        }
    })
    .unwrap();
}

/// Every bundle that a root signed, as far as it was seen.
struct Signed {
    anchor: TrustAnchor,
    seen: BTreeMap<u64, Vec<u8>>,
}

impl Signed {
    fn by(root: &Path) -> Self {
        let pem = fs::read_to_string(root.join("root.pem")).unwrap();
        Self {
            anchor: TrustAnchor::from_pem(&pem).unwrap(),
            seen: BTreeMap::new(),
        }
    }

    /// Looks at the files that are there: none holds another bundle of a number that was seen.
    #[track_caller]
    fn look_at(&mut self, files: &[PathBuf]) {
        for bytes in files.iter().filter_map(|file| fs::read(file).ok()) {
            let bundle = TrustBundle::verify(&bytes, &self.anchor).unwrap();
            let seen = self
                .seen
                .entry(bundle.sequence)
                .or_insert_with(|| bytes.clone());
            assert_eq!(*seen, bytes, "number {} was signed twice", bundle.sequence);
        }
    }
}
