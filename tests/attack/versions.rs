//! P4, P5: a newer version of the program has used the folder, then this one, then the newer again.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil::device::Auths;
use counterfoil::token::cbor::{self, Limits, Value};
use counterfoil::token::cose::{self, Kind, Sealed};
use counterfoil::token::{SigningKey, TrustAnchor};

use crate::program::{Secrets, secrets};
use crate::stage::{Machine, Vendor, contents, files, licensed, reason, state_file};

/// The machine's state, opened with the seed and read without knowing what is in it.
struct Newer {
    secrets: Secrets,
    file: PathBuf,
}

impl Newer {
    fn of(machine: &Machine) -> Self {
        Self {
            secrets: secrets(machine),
            file: state_file(machine),
        }
    }

    fn context(&self) -> Vec<u8> {
        let name = self.file.file_name().unwrap().to_str().unwrap();
        let activity: u64 = name.strip_prefix("state-").unwrap().parse().unwrap();
        let Secrets { store, epoch, .. } = &self.secrets;
        [
            &store.as_bytes()[..],
            &epoch.to_be_bytes(),
            &activity.to_be_bytes(),
        ]
        .concat()
    }

    fn field(&self, key: i64) -> Option<Value> {
        let Value::Map(mut fields) = self.read() else {
            panic!("a state is a map");
        };
        fields.remove(&Value::from(key))
    }

    fn read(&self) -> Value {
        let bytes = fs::read(&self.file).unwrap();
        let sealed = Sealed::parse(Kind::State, &bytes).unwrap();
        let payload = sealed
            .decrypt(&self.secrets.state_key, &self.context())
            .unwrap();
        cbor::decode(&payload, Limits::size(1 << 20)).unwrap()
    }

    /// Writes the state with one field more, another, or one less.
    fn put(&self, key: i64, value: Option<Value>) {
        let Value::Map(mut fields) = self.read() else {
            panic!("a state is a map");
        };
        match value {
            Some(value) => fields.insert(key.into(), value),
            None => fields.remove(&Value::from(key)),
        };
        let payload = cbor::encode(&Value::Map(fields));
        let Secrets { state_key, .. } = &self.secrets;
        let bytes = cose::seal(
            Kind::State,
            state_key,
            &self.context(),
            &[],
            &payload,
            rand_nonce(),
        );
        fs::write(&self.file, bytes.unwrap()).unwrap();
    }
}

fn rand_nonce() -> [u8; 12] {
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).unwrap();
    nonce
}

fn activate(machine: &Machine, vendor: &Vendor) {
    machine.activate(vendor, &vendor.sell(1));
}

/// Something that a newer version might remember.
fn remembered() -> Value {
    Value::Array(vec![Value::Text("later".into()), Value::Integer(7)])
}

#[test]
fn p5_what_a_newer_version_remembers_outlives_validations_increments_and_activations_by_this_one() {
    let (vendor, machine, app) = licensed();
    Newer::of(&machine).put(1001, Some(remembered()));
    assert_eq!(reason(&app.validate()), "ok");
    // Sleeps that demand an increment, which writes the next state.
    let before = state_file(&machine);
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
    assert_eq!(reason(&app.validate()), "ok");
    assert_ne!(state_file(&machine), before);
    assert_eq!(Newer::of(&machine).field(1001), Some(remembered()));

    activate(&machine, &vendor);
    assert_eq!(Newer::of(&machine).field(1001), Some(remembered()));
    // The newer version again: nothing to activate anew.
    let report = app.validate();
    assert_eq!((reason(&report), report.licenses.len()), ("ok", 2));
}

#[test]
fn p5_what_this_version_must_not_ignore_stops_it_and_is_left_untouched() {
    let (vendor, machine, app) = licensed();
    let newer = Newer::of(&machine);
    let format = newer.field(0);
    for (key, value) in [(1002, remembered()), (0, Value::Integer(2))] {
        newer.put(key, Some(value));
        let before = contents(&machine.dir());
        assert_eq!(reason(&app.validate()), "state_newer_format");
        let refused = app
            .request_activation(&vendor.sell(1), &Auths::default())
            .unwrap_err()
            .to_string();
        assert!(refused.contains("update"), "{refused}");
        machine.tpm.reboot().unwrap();
        assert_eq!(reason(&app.validate()), "state_newer_format");
        assert_eq!(contents(&machine.dir()), before, "left as it was");
        // The newer version gives it up again.
        newer.put(key, format.clone().filter(|_| key == 0));
        assert_eq!(reason(&app.validate()), "ok");
    }
    activate(&machine, &vendor);
    assert_eq!(app.validate().licenses.len(), 2);
}

fn private(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn private_folder(path: &Path) {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path).unwrap();
}

#[test]
fn p5_files_and_folders_of_a_newer_version_are_neither_read_nor_removed() {
    let (vendor, machine, app) = licensed();
    let dir = machine.dir();
    let generation = state_file(&machine).parent().unwrap().to_owned();
    for folder in [
        dir.join("later"),
        generation.join("receipts"),
        dir.join("epoch-9"),
    ] {
        private_folder(&folder);
        private(&folder.join("thing"), b"later");
    }
    for file in [
        dir.join("later.sock"),
        generation.join("state-later"),
        generation.join("later"),
        generation.join("licenses/0123456789abcdef.later"),
        generation.join("licenses/later.lease"),
        generation.join("manifests/later.manifest"),
        generation.join("statuslists/00"),
    ] {
        private(&file, b"later");
    }
    let later = files(&dir, "");
    assert_eq!(reason(&app.validate()), "ok");
    activate(&machine, &vendor);
    machine.tpm.reboot().unwrap();
    let report = app.validate();
    assert_eq!((reason(&report), report.licenses.len()), ("ok", 2));
    for file in later
        .iter()
        .filter(|file| fs::read(file).is_ok_and(|it| it == b"later"))
    {
        assert!(file.exists());
    }
    let left = files(&dir, "")
        .iter()
        .filter(|file| fs::read(file).unwrap() == b"later")
        .count();
    assert_eq!(left, 10);
}

#[test]
fn p5_tokens_of_a_newer_version_take_no_others_with_them() {
    let (vendor, machine, app) = licensed();
    activate(&machine, &vendor);
    let lease = files(&machine.dir(), "")
        .into_iter()
        .find(|path| path.extension().is_some_and(|it| it == "lease"))
        .unwrap();
    let whole = fs::read(&lease).unwrap();
    // Another kind in its place, sealed for that very place, as a newer version could.
    let Secrets {
        store,
        epoch,
        state_key,
        ..
    } = secrets(&machine);
    let role = format!("licenses/{}", lease.file_name().unwrap().to_str().unwrap());
    let context = [&store.as_bytes()[..], &epoch.to_be_bytes(), role.as_bytes()].concat();
    let later = cose::seal(
        Kind::SealedArtifact,
        &state_key,
        &context,
        &[],
        b"later",
        rand_nonce(),
    );
    fs::write(&lease, later.unwrap()).unwrap();
    let report = app.validate();
    let standing = |name: &str| {
        let licenses = report.licenses.iter();
        licenses
            .filter(|license| license.verdict.reason.name() == name)
            .count()
    };
    assert_eq!(
        (standing("ok"), standing("license_unreadable")),
        (1, 1),
        "{report:#?}"
    );
    fs::write(&lease, whole).unwrap();
    assert!(
        app.validate()
            .licenses
            .iter()
            .all(|license| license.verdict.reason.name() == "ok")
    );
}

#[test]
fn p5_a_log_of_a_newer_version_is_continued_and_stays_intact() {
    let (vendor, machine, app) = licensed();
    let log = machine.dir().join("log");
    let before = fs::read_to_string(&log).unwrap();
    // A newer version's entry, chained and not sealed, with a field and an event of its own.
    let last = before.lines().last().unwrap();
    let digest = counterfoil::token::Digest::of(&[last.as_bytes()]);
    let n = before.lines().count() + 1;
    let later = format!(
        "{{\"n\":{n},\"prev\":\"{digest}\",\"time\":\"2099-01-01T00:00:00Z\",\"source\":\"moon\",\"event\":\"later\",\"mood\":[1],\
         \"program\":\"9.0.0\"}}\n"
    );
    fs::write(&log, before.clone() + &later).unwrap();
    activate(&machine, &vendor);
    assert_eq!(reason(&app.validate()), "ok");
    let report = app.log().unwrap();
    assert!(report.found.is_intact(), "{:?}", report.found);
    assert_eq!(report.entries.len(), n + 2);
    assert!(
        fs::read_to_string(&log)
            .unwrap()
            .starts_with(&(before + &later))
    );
}

/// The application's update brings the vendor's next root, while what the machine holds is the present one's.
#[test]
fn p11_an_update_that_brings_a_new_root_ends_no_license() {
    let (vendor, machine, _app) = licensed();
    let next = SigningKey::from_scalar(&[0x42; 32]).unwrap();
    let present = vendor.service().anchor().root().to_pem();
    let with = |pem: String| {
        let app = machine.app_with(&vendor, |config| {
            config.trust = TrustAnchor::from_pem(&pem).unwrap();
        });
        reason(&app.validate())
    };
    assert_eq!(with(format!("{present}{}", next.public().to_pem())), "ok");
    // The first names the vendor, and the folder is another one's then.
    assert_eq!(with(next.public().to_pem()), "store_other_vendor");
}
