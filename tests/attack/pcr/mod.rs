//! P3, P7, P11: a rule that watches what a machine measures of its start.

mod approval;
mod evidence;
mod rule;

use counterfoil::client::{Counterfoil, Report};
use counterfoil::device::{Auths, Hardware as _};
use counterfoil::policy::{Reason, Rules, Standing};
use counterfoil::protocol::{ActivationRequest, EvidenceFile, Proofs};
use counterfoil::server::answer::{Answer, AnswerError};
use counterfoil::server::platform::ApproveError;
use counterfoil::server::refusal::{Entitlement, Refusal};
use counterfoil::token::cose::{self, Kind};
use counterfoil::token::{Digest, LicenseId, LicenseKey, PcrSelection, Selections};
use tpm_sim::Wake;
use tss_esapi::handles::AuthHandle;
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{PcrSelectionList, PcrSlot};

use crate::device_support::context;
use crate::forgery::{binding, binding_key};
use crate::relay::Relay;
use crate::stage::{Machine, PRODUCT, Vendor, now, reason, wait};

/// A feature above the essential tier, and one of it.
const PAID: &str = "edit";
const ESSENTIAL: &str = "open";

const LIMITED: &str = "pcrs = [0, 7]\nreference = \"activation\"\non_change = \"limited\"";
const FIRMWARE: [u8; 32] = [0xf1; 32];
const SECURE_BOOT: [u8; 32] = [0x5b; 32];

/// A vendor whose product watches PCRs, a machine that started as ever, and a license.
struct Scene {
    vendor: Vendor,
    machine: Machine,
    key: LicenseKey,
}

impl Scene {
    fn new(rule: &str) -> Self {
        let (vendor, machine) = (Vendor::new(), Machine::new());
        publish(&vendor, rule);
        vendor.trust(&machine.tpm);
        start_up(&machine);
        let key = vendor.sell(2);
        Self {
            vendor,
            machine,
            key,
        }
    }

    fn activated(rule: &str) -> (Self, Counterfoil) {
        let scene = Self::new(rule);
        let app = scene.machine.activate(&scene.vendor, &scene.key);
        (scene, app)
    }

    fn request(&self, app: &Counterfoil) -> Vec<u8> {
        let requested = app.request_activation(&self.key, &Auths::default());
        requested.unwrap().request
    }

    /// Asks anew for the same license, by files.
    fn ask_again(&self, app: &Counterfoil) -> Result<(), AnswerError> {
        let answer = self.vendor.answer(&self.request(app))?;
        app.apply_response(&answer.response, &Auths::default())
            .unwrap();
        Ok(())
    }

    /// The vendor approves what the machine measures now.
    fn approve(&self, digest: Digest) -> Result<(), ApproveError> {
        let service = self.vendor.service();
        wait(service.approve_platform(self.key.id(), None, digest, now())).map(drop)
    }

    /// What the machine shows of these PCRs.
    fn digest(&self, app: &Counterfoil, pcrs: &[u8]) -> Digest {
        let request = ActivationRequest::open(&self.request(app)).unwrap();
        let platform = request.proofs().platform.as_ref().unwrap();
        let pcrs = PcrSelection::new(pcrs.iter().copied()).unwrap();
        platform.values().digest_of(pcrs).unwrap()
    }

    /// A request with other proofs, signed again as root can.
    fn forged(&self, request: &[u8], change: impl FnOnce(&mut Proofs)) -> Vec<u8> {
        let request = ActivationRequest::open(request).unwrap();
        let mut proofs = request.proofs().clone();
        change(&mut proofs);
        let body = request.body().encode();
        let key = binding_key(&self.machine);
        ActivationRequest::sign(&body, &proofs, &self.key.mac_key(), key.signing_key()).unwrap()
    }
}

/// The default rules with this one.
fn rules(product: &str, rule: &str) -> String {
    let classes = "registered = 30\ntest = 30";
    let default = Rules::default_toml(product).replace("registered = 30", classes);
    format!("{default}\n[pcr]\n{rule}\n")
}

fn publish(vendor: &Vendor, rule: &str) {
    vendor.publish(&rules(PRODUCT, rule));
}

/// What firmware and boot loader measure at every start.
fn start_up(machine: &Machine) {
    machine.tpm.pcr_extend(0, &FIRMWARE).unwrap();
    machine.tpm.pcr_extend(4, &[4; 32]).unwrap();
    machine.tpm.pcr_extend(7, &SECURE_BOOT).unwrap();
}

fn assert_undisturbed(report: &Report) {
    assert_eq!(reason(report), "ok", "{report:#?}");
    assert_eq!(report.verdict.notices, []);
    assert!(report.allows(PAID));
}

fn assert_limited(report: &Report) {
    assert_eq!(reason(report), "platform_changed", "{report:#?}");
    assert_eq!(report.verdict.standing, Standing::Limited);
    assert!(!report.allows(PAID));
    assert!(report.allows(ESSENTIAL));
}

/// A machine with licenses of three products: one that watches PCRs 0 and 7, one that watches 4, one that watches none.
fn three_products() -> (Scene, Counterfoil) {
    let mut scene = Scene::new(LIMITED);
    let app = scene
        .machine
        .app_with(&scene.vendor, |config| config.product = None);
    scene.ask_again(&app).unwrap();
    let viewer = rules("viewer", &LIMITED.replace("0, 7", "4"));
    scene.vendor.offer("viewer", &viewer);
    let plain = rules("plain", "").replace("[pcr]\n", "");
    scene.vendor.offer("plain", &plain);
    for product in ["viewer", "plain"] {
        let key = scene.vendor.sell_of(product);
        let requested = app.request_activation(&key, &Auths::default()).unwrap();
        let answer = scene.vendor.answer(&requested.request).unwrap();
        app.apply_response(&answer.response, &Auths::default())
            .unwrap();
    }
    (scene, app)
}
