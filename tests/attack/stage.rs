//! A vendor and its machines, each with a simulated TPM of its own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use counterfoil::client::{Config, Counterfoil, Report};
use counterfoil::device::{Auths, TssHardware};
use counterfoil::server::answer::{Answer, AnswerError};
use counterfoil::server::license::{Particulars, Terms};
use counterfoil::server::{RootPlace, Service, blocking};
use counterfoil::token::{DeviceClass, LicenseKey, UtcTime};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use tempfile::TempDir;
use tpm_sim::{Tpm, TpmSpec};

/// The product of every test.
pub const PRODUCT: &str = "studio";
/// A feature that the tests' licenses grant.
pub const FEATURE: &str = "export";

/// A vendor who licenses simulated TPMs.
pub struct Vendor {
    service: Service,
    _folder: TempDir,
}

impl Vendor {
    pub fn new() -> Self {
        let folder = memory();
        let service = wait(async {
            let here = folder.path().join("server");
            let mut service = Service::create(
                &here,
                "Vendor",
                &RootPlace::Here,
                None,
                now(),
                &mut random(),
            )
            .await
            .unwrap();
            let issuer = service.issuer_key(None).unwrap();
            service
                .add_product(
                    &PRODUCT.parse().unwrap(),
                    &[DeviceClass::Test],
                    &issuer,
                    None,
                    now(),
                    &mut random(),
                )
                .await
                .unwrap();
            service
        });
        Self {
            service,
            _folder: folder,
        }
    }

    /// Trusts the manufacturer of a TPM.
    pub fn trust(&self, tpm: &Tpm) {
        let root = tpm.ek_root_pem().unwrap();
        wait(
            self.service
                .add_ek_roots(root.as_bytes(), DeviceClass::Test, now()),
        )
        .unwrap();
    }

    /// Sells a license for so many machines.
    pub fn sell(&self, seats: u32) -> LicenseKey {
        self.sell_on(seats, None)
    }

    /// Sells a license for one machine that ends.
    pub fn sell_until(&self, end: UtcTime) -> LicenseKey {
        self.sell_on(1, Some(end))
    }

    /// Sells a license for one machine, with another date than today's.
    pub fn sell_at(&self, at: UtcTime) -> LicenseKey {
        let terms = terms(1, None);
        wait(
            self.service
                .create_license(&terms, Particulars::default(), at, &mut random()),
        )
        .unwrap()
        .1
    }

    fn sell_on(&self, seats: u32, expires_at: Option<UtcTime>) -> LicenseKey {
        let terms = terms(seats, expires_at);
        wait(
            self.service
                .create_license(&terms, Particulars::default(), now(), &mut random()),
        )
        .unwrap()
        .1
    }

    pub fn answer(&self, request: &[u8]) -> Result<Answer, AnswerError> {
        self.answer_at(request, now())
    }

    pub fn answer_at(&self, request: &[u8], at: UtcTime) -> Result<Answer, AnswerError> {
        let issuer = self.service.issuer_key(None).unwrap();
        wait(self.service.answer(request, &issuer, at, &mut random()))
    }

    /// Puts these rules of the usual product in force.
    pub fn publish(&self, rules: &str) {
        self.publish_at(rules, now());
    }

    /// The same, with another date than today's.
    pub fn publish_at(&self, rules: &str, at: UtcTime) {
        let issuer = self.service.issuer_key(None).unwrap();
        let product = PRODUCT.parse().unwrap();
        wait(self.service.publish_manifest(&product, rules, &issuer, at)).unwrap();
    }

    /// Offers another product, by these rules.
    pub fn offer(&mut self, product: &str, rules: &str) {
        let issuer = self.service.issuer_key(None).unwrap();
        let product = product.parse().unwrap();
        wait(
            self.service
                .add_product_with(&product, rules, &issuer, None, now(), &mut random()),
        )
        .unwrap();
    }

    /// Sells a license of another product than the usual one, for one machine.
    pub fn sell_of(&self, product: &str) -> LicenseKey {
        let terms = Terms {
            product: product.parse().unwrap(),
            edition: "standard".into(),
            features: [].into(),
            seats: 1,
            expires_at: None,
        };
        wait(
            self.service
                .create_license(&terms, Particulars::default(), now(), &mut random()),
        )
        .unwrap()
        .1
    }

    pub fn service(&self) -> &Service {
        &self.service
    }
}

fn terms(seats: u32, expires_at: Option<UtcTime>) -> Terms {
    Terms {
        product: PRODUCT.parse().unwrap(),
        edition: "standard".into(),
        features: [FEATURE.to_owned()].into(),
        seats,
        expires_at,
    }
}

/// A machine with its own TPM and state folder.
pub struct Machine {
    pub tpm: Tpm,
    folder: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        Self::with(TpmSpec::default())
    }

    pub fn with(spec: TpmSpec) -> Self {
        Self::of(Tpm::start(spec).unwrap())
    }

    pub fn of(tpm: Tpm) -> Self {
        Self {
            tpm,
            folder: memory(),
        }
    }

    /// The state folder.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The application of `vendor` on this machine.
    pub fn app(&self, vendor: &Vendor) -> Counterfoil {
        self.app_in(vendor, &self.dir())
    }

    pub fn app_in(&self, vendor: &Vendor, dir: &Path) -> Counterfoil {
        self.app_with(vendor, |config| config.dir = dir.to_owned())
    }

    /// An application whose configuration is not the usual one.
    pub fn app_with(&self, vendor: &Vendor, change: impl FnOnce(&mut Config)) -> Counterfoil {
        let hardware = Box::new(self.hardware());
        let mut config = Config::new(self.dir(), vendor.service.anchor().clone(), hardware);
        config.product = Some(PRODUCT.to_owned());
        change(&mut config);
        Counterfoil::open(config)
    }

    pub fn hardware(&self) -> TssHardware {
        TssHardware::new(self.tpm.tcti())
    }

    /// Activates a license of `vendor`, by files.
    pub fn activate(&self, vendor: &Vendor, key: &LicenseKey) -> Counterfoil {
        let app = self.app(vendor);
        let requested = app.request_activation(key, &Auths::default()).unwrap();
        let answer = vendor.answer(&requested.request).unwrap();
        app.apply_response(&answer.response, &Auths::default())
            .unwrap();
        app
    }
}

/// A vendor, and a machine with an activated license.
pub fn licensed() -> (Vendor, Machine, Counterfoil) {
    let (vendor, machine, app, _key) = licensed_by_key();
    (vendor, machine, app)
}

/// The same, with the license's key.
pub fn licensed_by_key() -> (Vendor, Machine, Counterfoil, LicenseKey) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let key = vendor.sell(1);
    let app = machine.activate(&vendor, &key);
    (vendor, machine, app, key)
}

/// A folder in memory where there is some: the tests flush thousands of files.
pub fn memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// Copies a state folder, modes included, as root or a backup does.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let copied = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &copied),
            false => match fs::copy(entry.path(), copied) {
                // A database's journal, done with meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                result => drop(result.unwrap()),
            },
        }
    }
}

/// Puts a copy back in place of whatever is there now.
pub fn put_back(copied: &Path, dir: &Path) {
    fs::remove_dir_all(dir).unwrap();
    copy(copied, dir);
}

/// Mode and content of everything in a folder but the log, which tells what happened and decides nothing; of folders only
/// the mode.
pub fn contents(dir: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        found.insert(folder.clone(), (mode(&folder), Vec::new()));
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                false if path.file_name().unwrap() == "log" => {}
                true => folders.push(path),
                false => drop(found.insert(path.clone(), (mode(&path), fs::read(&path).unwrap()))),
            }
        }
    }
    found
}

/// Files below `dir` whose name starts with `prefix`.
pub fn files(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let named = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with(prefix)
    };
    contents(dir)
        .into_keys()
        .filter(|path| path.is_file() && named(path))
        .collect()
}

/// The machine's one state file.
pub fn state_file(machine: &Machine) -> PathBuf {
    let mut found = files(&machine.dir(), "state-");
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode()
}

/// The reason's name of a report's verdict.
pub fn reason(report: &Report) -> &'static str {
    report.verdict.reason.name()
}

/// What is charged to the license that stands best.
pub fn spent(report: &Report) -> u64 {
    report.verdict.charge.unwrap().spent_ms
}

pub fn now() -> UtcTime {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    UtcTime::from_unix(since.as_secs()).unwrap()
}

fn random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub fn wait<T>(operation: impl Future<Output = T>) -> T {
    blocking(operation).unwrap()
}
