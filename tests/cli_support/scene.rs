//! A vendor and a machine, before and after an activation by files.

use std::fs;
use std::time::Duration;

use counterfoil::client::{Clock, Config, Counterfoil, SystemClock, Uptime};
use counterfoil::device::{Auths, TssHardware};
use counterfoil::token::{TrustAnchor, UtcTime};
use serde_json::Value;
use tpm_sim::{Tpm, TpmSpec};

use super::{Bench, Ran};

/// The option that names the vendor.
pub(crate) const TRUST: &str = "--trust service/root/root.pem";

/// A vendor with one product, and a machine with a TPM that the vendor trusts.
pub(crate) struct Scene {
    pub(crate) bench: Bench,
    pub(crate) tpm: Tpm,
    pub(crate) key: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let tpm = Tpm::start(TpmSpec::default()).expect("swtpm is installed");
        let bench = Bench::new(tpm.tcti());
        bench.write("ek-root.pem", tpm.ek_root_pem().unwrap());
        bench.server("init --name Acme").ends(0);
        bench.server("ek-root add ek-root.pem --class test").ends(0);
        bench.server("product add cad --allow-class test").ends(0);
        let created = bench
            .server("--json license create --product cad --features render")
            .ends(0);
        let created: Value = serde_json::from_str(&created.out).unwrap();
        let key = created["key"].as_str().unwrap().to_owned();
        Self { bench, tpm, key }
    }

    pub(crate) fn activated() -> Self {
        let scene = Self::new();
        scene.activate();
        scene
    }

    pub(crate) fn activate(&self) {
        self.request().ends(0);
        self.bench
            .server("answer machine.request -o machine.response")
            .ends(0);
        self.device("activate --response machine.response").ends(0);
    }

    pub(crate) fn device(&self, line: &str) -> Ran {
        self.bench.device(&format!("{TRUST} {line}"))
    }

    pub(crate) fn request(&self) -> Ran {
        self.bench.device_reading(
            &format!("{TRUST} activate --key-file - --request-out machine.request"),
            &self.key,
        )
    }

    /// Applies the response; what the kernel counts has begun anew since.
    pub(crate) fn apply_before_the_last_boot(&self) {
        let app = self.before_the_last_boot();
        app.apply_response(&self.response(), &Auths::default())
            .unwrap();
    }

    /// Makes a request; what the kernel counts has begun anew since.
    pub(crate) fn request_before_the_last_boot(&self, key: &str) {
        let app = self.before_the_last_boot();
        let key = key.parse().unwrap();
        let requested = app.request_activation(&key, &Auths::default()).unwrap();
        self.bench.write("machine.request", requested.request);
    }

    fn before_the_last_boot(&self) -> Counterfoil {
        let root = fs::read_to_string(self.bench.path("service/root/root.pem")).unwrap();
        let anchor = TrustAnchor::from_pem(&root).unwrap();
        let hardware = Box::new(TssHardware::new(self.tpm.tcti()));
        Counterfoil::open(Config {
            clock: Box::new(EarlierBoot),
            ..Config::new(self.bench.path("state"), anchor, hardware)
        })
    }

    pub(crate) fn response(&self) -> Vec<u8> {
        fs::read(self.bench.path("machine.response")).unwrap()
    }
}

/// The machine's clocks before its last boot: how long ago that was only the operating system's tells.
struct EarlierBoot;

impl Clock for EarlierBoot {
    fn os_time(&self) -> UtcTime {
        SystemClock.os_time()
    }

    fn uptime(&self) -> Uptime {
        Uptime {
            boot_id: [1; 16],
            ..SystemClock.uptime()
        }
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

/// What `doctor` found of this name.
pub(crate) fn finding<'r>(report: &'r Value, name: &str) -> Option<&'r Value> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["name"] == name)
}
