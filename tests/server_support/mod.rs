//! What the tests of the license service share: a vendor, and a machine with a simulated TPM that asks it for licenses.
#![allow(dead_code, reason = "each test program uses its part")]

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use counterfoil::device::{
    AuthValue, Auths, Endorsement, Enrollment, Hardware, Place, Plan, Secret, SecretKind,
    StoreBinding, TssHardware,
};
use counterfoil::evidence::EkHash;
use counterfoil::protocol::activation::qualifying_data;
use counterfoil::protocol::{
    ActivationBody, ActivationRequest, ActivationResponse, NonceSource, Proofs, SealedResponse,
    TpmModel,
};
use counterfoil::server::answer::{Answer, AnswerError};
use counterfoil::server::keys::{Issuer, Key};
use counterfoil::server::license::{Particulars, Terms};
use counterfoil::server::refusal::Refusal;
use counterfoil::server::{RootPlace, Service, blocking};
use counterfoil::token::{
    DeviceClass, Digest, LicenseId, LicenseKey, PublicKey, SigningKey, StoreId, UtcTime, VendorId,
};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tempfile::TempDir;
use tpm_sim::{Tpm, TpmSpec};

pub(crate) const PRODUCT: &str = "cad";
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub(crate) fn wait<T>(operation: impl Future<Output = T>) -> T {
    blocking(operation).expect("a runtime")
}

/// A vendor with one product, for simulators too.
pub(crate) struct Vendor {
    pub(crate) dir: TempDir,
    pub(crate) service: Service,
    pub(crate) issuer: Key<Issuer>,
    pub(crate) now: UtcTime,
}

impl Vendor {
    /// Trusts the maker of the simulators.
    pub(crate) fn new() -> Self {
        let vendor = Self::trusting_nobody(&[DeviceClass::Test]);
        let pem = vendor_root();
        wait(
            vendor
                .service
                .add_ek_roots(pem.as_bytes(), DeviceClass::Test, vendor.now),
        )
        .expect("a root");
        vendor
    }

    pub(crate) fn trusting_nobody(classes: &[DeviceClass]) -> Self {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock")
            .as_secs();
        let now = UtcTime::from_unix(seconds).expect("a year of four digits");
        let dir = TempDir::new().expect("a folder");
        let path = dir.path().join("vendor");
        let mut service = wait(Service::create(
            &path,
            "Acme",
            &RootPlace::Here,
            None,
            now,
            &mut random(),
        ))
        .expect("it is made");
        let issuer = service.issuer_key(None).expect("a key");
        let product = PRODUCT.parse().expect("a name");
        wait(service.add_product(&product, classes, &issuer, None, now, &mut random()))
            .expect("a product");
        Self {
            dir,
            service,
            issuer,
            now,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("vendor")
    }

    pub(crate) fn license(&self, seats: u32) -> LicenseKey {
        self.license_until(seats, Some(self.now.plus(365 * DAY)))
    }

    pub(crate) fn license_until(&self, seats: u32, expires_at: Option<UtcTime>) -> LicenseKey {
        let terms = Terms {
            product: PRODUCT.parse().expect("a name"),
            edition: "standard".to_owned(),
            features: ["render".to_owned()].into(),
            seats,
            expires_at,
        };
        wait(
            self.service
                .create_license(&terms, Particulars::default(), self.now, &mut random()),
        )
        .expect("a license")
        .1
    }

    pub(crate) fn answer(&self, request: &[u8]) -> Result<Answer, AnswerError> {
        self.answer_at(request, self.now.plus(Duration::from_secs(60)))
    }

    pub(crate) fn answer_at(&self, request: &[u8], now: UtcTime) -> Result<Answer, AnswerError> {
        wait(
            self.service
                .answer(request, &self.issuer, now, &mut random()),
        )
    }

    pub(crate) fn refusal(&self, request: &[u8]) -> Refusal {
        match self.answer(request) {
            Err(AnswerError::Refused(refusal)) => refusal,
            other => panic!("a refusal, not {other:?}"),
        }
    }

    /// Has the service know that the store in slot 0 of a chip was released at `epoch`.
    pub(crate) fn record_release(&self, ek: EkHash, epoch: u64) {
        let epoch = i64::try_from(epoch).expect("a small number");
        wait(async {
            let options = SqliteConnectOptions::new().filename(self.service.folder().database());
            let pool = SqlitePool::connect_with(options).await.expect("it opens");
            sqlx::query(
                "INSERT INTO releases (ek, slot, epoch, released_at) VALUES ($1, 0, $2, 0)",
            )
            .bind(&ek.as_bytes()[..])
            .bind(epoch)
            .execute(&pool)
            .await
            .expect("a release");
            pool.close().await;
        });
    }

    pub(crate) fn seats_taken(&self, license: &LicenseKey) -> usize {
        wait(self.service.license(license.id()))
            .expect("a license")
            .seats
            .len()
    }
}

fn vendor_root() -> String {
    Tpm::start(TpmSpec::default())
        .expect("swtpm is installed")
        .ek_root_pem()
        .expect("a root")
}

/// A machine with a TPM, and one store on it.
pub(crate) struct Machine {
    pub(crate) tpm: Tpm,
    pub(crate) binding: StoreBinding,
    pub(crate) endorsement: Endorsement,
    pub(crate) binding_key: SigningKey,
}

impl Machine {
    pub(crate) fn new(vendor: VendorId) -> Self {
        Self::with(TpmSpec::default(), vendor)
    }

    pub(crate) fn with(spec: TpmSpec, vendor: VendorId) -> Self {
        let tpm = Tpm::start(spec).expect("swtpm is installed");
        let hardware = TssHardware::new(tpm.tcti());
        let mut open = hardware.open().expect("it opens");
        let binding = provision(&mut *open, vendor, 0);
        let endorsement = open
            .endorsement(&AuthValue::empty())
            .expect("endorsement keys")
            .remove(0);
        drop(open);
        let binding_key = SigningKey::from_scalar(&[0x21; 32]).expect("a scalar");
        Self {
            tpm,
            binding,
            endorsement,
            binding_key,
        }
    }

    /// Another store on the same chip.
    pub(crate) fn second_store(&mut self) -> StoreBinding {
        let hardware = TssHardware::new(self.tpm.tcti());
        let mut open = hardware.open().expect("it opens");
        let binding = provision(&mut *open, self.binding.vendor, 1);
        drop(open);
        std::mem::replace(&mut self.binding, binding)
    }

    pub(crate) fn body(&self, license: LicenseId) -> ActivationBody {
        let binding = &self.binding;
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).expect("random bytes");
        ActivationBody {
            license_id: license,
            product: PRODUCT.to_owned(),
            nonce,
            nonce_source: NonceSource::Device,
            vendor: binding.vendor,
            store: binding.store,
            slot: binding.slot,
            epoch: binding.epoch,
            ek_public: self.endorsement.public.clone(),
            ek_certificates: self.endorsement.certificates.clone(),
            ak_public: binding.attestation_key.public.clone(),
            srk_public: binding.storage_root_key.public.clone(),
            feature_parent_public: binding.feature_parent.public.clone(),
            seed_public: binding.seed.public.clone(),
            epoch_index: binding.epoch_index.clone(),
            activity_index: binding.activity_index.clone(),
            store_key: PublicKey::from_sec1(&binding.store_key_public).expect("a point"),
            binding_key: self.binding_key.public().clone(),
            tpm: TpmModel {
                manufacturer: "IBM".to_owned(),
                model: "SW".to_owned(),
                firmware: 0,
            },
            trust_bundle: None,
            program: "test".to_owned(),
            further_endorsements: Vec::new(),
            leases: Vec::new(),
        }
    }

    pub(crate) fn proofs(&self, body: &ActivationBody) -> Proofs {
        let hardware = TssHardware::new(self.tpm.tcti());
        let mut open = hardware.open().expect("it opens");
        let qualifying = qualifying_data(&body.nonce, Digest::of(&[&body.encode()]));
        let Enrollment {
            storage_root_key,
            feature_parent,
            seed,
            epoch,
            activity,
            quote,
            platform,
        } = open.enroll(&self.binding, &qualifying).expect("it enrolls");
        Proofs {
            srk: storage_root_key,
            feature_parent,
            seed,
            epoch,
            activity,
            quote,
            platform,
        }
    }

    /// What an honest machine asks.
    pub(crate) fn request(&self, license: &LicenseKey) -> Vec<u8> {
        self.request_for(&self.body(license.id()), license)
    }

    /// A request with this body, whoever thought of it, and the TPM's proofs about it.
    pub(crate) fn request_for(&self, body: &ActivationBody, license: &LicenseKey) -> Vec<u8> {
        self.sign(body, &self.proofs(body), license)
    }

    pub(crate) fn sign(
        &self,
        body: &ActivationBody,
        proofs: &Proofs,
        license: &LicenseKey,
    ) -> Vec<u8> {
        ActivationRequest::sign(
            &body.encode(),
            proofs,
            &license.mac_key(),
            &self.binding_key,
        )
        .expect("it fits")
    }

    /// What the TPM makes of a response; none if it can't open it.
    pub(crate) fn open(&self, response: &[u8]) -> Option<ActivationResponse> {
        let sealed = SealedResponse::parse(response).expect("a response");
        let hardware = TssHardware::new(self.tpm.tcti());
        let mut open = hardware.open().expect("it opens");
        let template = self.endorsement.template;
        let secret: Secret = open
            .activate_credential(
                &self.binding,
                template,
                sealed.credential(),
                &AuthValue::empty(),
            )
            .ok()?;
        sealed.open(secret.as_bytes()).ok()
    }

    /// The seed opens, as long as nobody released the store.
    pub(crate) fn is_alive(&self) -> bool {
        let hardware = TssHardware::new(self.tpm.tcti());
        let mut open = hardware.open().expect("it opens");
        open.unseal(&self.binding, SecretKind::Seed).is_ok()
    }
}

fn provision(open: &mut dyn counterfoil::device::Tpm, vendor: VendorId, slot: u32) -> StoreBinding {
    let mut store = [0; 16];
    getrandom::fill(&mut store).expect("random bytes");
    let plan = Plan {
        place: Place { vendor, slot },
        store: StoreId::new(store),
        auths: Auths::default(),
        existing: None,
        counter_form: None,
        replace: false,
        keep_first: false,
    };
    open.provision(&plan).expect("it provisions").binding
}
