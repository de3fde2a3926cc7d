//! A state folder of its own for each test, a counter that stands for the TPM's, and crashes at will.

// Each test file uses its own part of this.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]

use std::cell::Cell;
use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil::device::{CounterForm, Key, SealedBlob, Secret, StoreBinding};
use counterfoil::evidence::public::sealed_template;
use counterfoil::evidence::{PolicyDigest, Public};
use counterfoil::store::{
    Artifact, Base, Current, Folder, Loaded, Moment, PendingActivation, Place, Seed, State, Step,
    Vault, Watch,
};
use counterfoil::token::{Digest, LicenseId, Name, SigningKey, StoreId, VendorId};
use tempfile::TempDir;

pub const WAIT: Duration = Duration::from_secs(20);
pub const EPOCH: u64 = 7;
pub const STORE: StoreId = StoreId::new([0x5a; 16]);

/// A state folder that is removed with the test.
pub struct Home {
    temp: TempDir,
}

impl Home {
    pub fn new() -> Self {
        // Memory where there is some: the tests flush thousands of files.
        let temp = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .unwrap();
        let home = Self { temp };
        Folder::open_or_create(&home.path()).unwrap();
        home
    }

    pub fn path(&self) -> PathBuf {
        self.temp.path().join("state")
    }

    /// The generation's folder.
    pub fn generation(&self) -> PathBuf {
        self.path().join(format!("epoch-{EPOCH}"))
    }

    pub fn state_file(&self, activity: u64) -> PathBuf {
        self.generation().join(format!("state-{activity}"))
    }

    pub fn folder(&self) -> Folder {
        Folder::open(&self.path()).unwrap()
    }

    pub fn with<T>(&self, act: impl FnOnce(&Vault<'_>) -> T) -> T {
        with_vault(&self.folder(), act)
    }

    /// As [`Home::with`], watched.
    pub fn watched<T>(&self, watch: Arc<dyn Watch>, act: impl FnOnce(&Vault<'_>) -> T) -> T {
        with_vault(&Folder::open_watched(&self.path(), watch).unwrap(), act)
    }

    /// Starts a state at the counter's present value.
    pub fn start(&self, counter: &Counter, state: State) {
        self.with(|vault| {
            let Loaded::Missing(base) = vault.load(counter.value()).unwrap() else {
                panic!("a new folder is empty")
            };
            vault.save_in_place(base, state).unwrap();
        });
    }
}

pub fn with_vault<T>(folder: &Folder, act: impl FnOnce(&Vault<'_>) -> T) -> T {
    with_vault_of(folder, 1, STORE, EPOCH, act)
}

pub fn with_vault_of<T>(
    folder: &Folder,
    seed: u8,
    store: StoreId,
    epoch: u64,
    act: impl FnOnce(&Vault<'_>) -> T,
) -> T {
    let locked = folder.lock(WAIT).unwrap();
    let key = Seed::new(Secret::new([seed; 32])).state_key(store);
    act(&locked.create_generation(epoch).unwrap().unlock(key, store))
}

/// Stands for the TPM's activity counter: it only goes up, and survives every crash.
#[derive(Default)]
pub struct Counter(Cell<u64>);

impl Counter {
    pub fn at(value: u64) -> Self {
        Self(Cell::new(value))
    }

    pub fn value(&self) -> u64 {
        self.0.get()
    }

    pub fn increment(&self) -> Result<(), Infallible> {
        self.0.set(self.0.get() + 1);
        Ok(())
    }
}

/// What an honest client does after a start: finish whatever is due, and go on.
pub fn recover<'l>(vault: &Vault<'l>, counter: &Counter) -> Current<'l> {
    let mut current = match vault.load(counter.value()).unwrap() {
        Loaded::Current(current) => current,
        Loaded::FinishIncrement(due) => vault.finish(due, || counter.increment()).unwrap(),
        other => panic!("nothing to go on from: {other:?}"),
    };
    vault.install(&mut current).unwrap();
    current
}

pub fn current<'l>(vault: &Vault<'l>, activity: u64) -> Current<'l> {
    match vault.load(activity).unwrap() {
        Loaded::Current(current) => current,
        other => panic!("no current state: {other:?}"),
    }
}

pub fn base<'l>(loaded: Loaded<'l>) -> Base<'l> {
    match loaded {
        Loaded::Current(current) => current.base,
        Loaded::Missing(base)
        | Loaded::RolledBack { base, .. }
        | Loaded::CounterBehind { base, .. }
        | Loaded::Damaged { base, .. } => base,
        other => panic!("no base: {other:?}"),
    }
}

/// Ends the "process" before the n-th step, as a crash does: nothing that was to come happens, no clean-up either.
pub struct CrashAt {
    left: AtomicUsize,
}

struct Crash;

impl CrashAt {
    pub fn step(n: usize) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(n),
        })
    }
}

impl Watch for CrashAt {
    fn before(&self, _: Step, _: &Path) -> io::Result<()> {
        match self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            }) {
            Ok(_) => Ok(()),
            Err(_) => resume_unwind(Box::new(Crash)),
        }
    }
}

/// Runs `act`; `None` if it crashed.
pub fn survive<T>(act: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(value) => Some(value),
        Err(payload) if payload.is::<Crash>() => None,
        Err(payload) => resume_unwind(payload),
    }
}

/// Lets the n-th step fail with an error, and the later ones too if `lasting`.
pub struct FailAt {
    pub n: usize,
    pub kind: io::ErrorKind,
    pub lasting: bool,
    seen: AtomicUsize,
}

impl FailAt {
    pub fn step(n: usize, kind: io::ErrorKind, lasting: bool) -> Arc<Self> {
        Arc::new(Self {
            n,
            kind,
            lasting,
            seen: AtomicUsize::new(0),
        })
    }

    pub fn reached(&self) -> bool {
        self.seen.load(Ordering::SeqCst) > self.n
    }
}

impl Watch for FailAt {
    fn before(&self, _: Step, _: &Path) -> io::Result<()> {
        let seen = self.seen.fetch_add(1, Ordering::SeqCst);
        match seen == self.n || (self.lasting && seen > self.n) {
            true => Err(self.kind.into()),
            false => Ok(()),
        }
    }
}

/// Writes down every step with the name of its file.
#[derive(Default)]
pub struct Trace(Mutex<Vec<(Step, String)>>);

impl Trace {
    pub fn take(&self) -> Vec<(Step, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Watch for Trace {
    fn before(&self, step: Step, path: &Path) -> io::Result<()> {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        self.0.lock().unwrap().push((step, name));
        Ok(())
    }
}

pub fn license(n: u8) -> LicenseId {
    LicenseId::new([n; 8])
}

pub fn pending(n: u8) -> PendingActivation {
    PendingActivation {
        request_id: Digest::of(&[&[n]]),
        license_id: license(n),
        made: Moment {
            boot_id: [9; 16],
            boottime_ms: 1000,
        },
        request: vec![n; 300],
    }
}

/// An answer's artifacts, told apart by `mark`.
pub fn answer(n: u8, mark: u8) -> Vec<Artifact> {
    [
        Place::License(license(n)),
        Place::Lease(license(n)),
        Place::manifest("editor", "stable"),
        Place::Bundle,
        Place::status_list("https://example.com/statuslists/1"),
    ]
    .into_iter()
    .map(|place| Artifact {
        place,
        bytes: vec![mark; 200],
    })
    .collect()
}

pub fn store_key() -> SigningKey {
    SigningKey::from_scalar(&[3; 32]).unwrap()
}

/// A public area that is told apart by its policy, and its Name.
fn public(n: u8) -> (Vec<u8>, Name) {
    let name = Name::of_digest(&Digest::of(&[&[n]]));
    let public = sealed_template(&PolicyDigest::EMPTY.signed(&name, &[]));
    let name = Public::parse(&public).unwrap().name().unwrap();
    (public, name)
}

pub fn binding() -> StoreBinding {
    let key = |n: u8, handle| {
        let (public, name) = public(n);
        Key {
            handle,
            public,
            name,
        }
    };
    let blob = |n: u8| {
        let (public, name) = public(n);
        SealedBlob {
            public,
            private: vec![n ^ 1; 160],
            name,
        }
    };
    StoreBinding {
        vendor: VendorId::try_from(&[1; 16][..]).unwrap(),
        slot: 0,
        store: STORE,
        attestation_key: key(2, Some(0x8140_0004)),
        storage_root_key: key(3, Some(0x8100_0001)),
        feature_parent: key(4, None),
        epoch_index: vec![5; 46],
        activity_index: vec![6; 46],
        epoch: EPOCH,
        seed: blob(7),
        store_key: blob(8),
        store_key_public: *store_key().public().sec1(),
        counter_form: CounterForm::Audited,
    }
}
