//! P3, P7, P11: a rule that watches what a machine measures of its start.

use counterfoil::client::{Counterfoil, Report};
use counterfoil::device::Auths;
use counterfoil::evidence::Attested;
use counterfoil::policy::{Reason, Rules, Standing};
use counterfoil::protocol::{ActivationRequest, EvidenceFile, Proofs};
use counterfoil::server::answer::AnswerError;
use counterfoil::server::refusal::{Entitlement, Refusal};
use counterfoil::token::cose::{self, Kind};
use counterfoil::token::{Digest, LicenseKey, PcrSelection, Selections};
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
    let source = rules(PRODUCT, rule);
    let service = vendor.service();
    let issuer = service.issuer_key(None).unwrap();
    let product = PRODUCT.parse().unwrap();
    wait(service.publish_manifest(&product, &source, &issuer, now())).unwrap();
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

#[test]
fn p11_a_changed_platform_is_limited_and_keeps_what_is_essential() {
    let (scene, app) = Scene::activated(LIMITED);
    assert_undisturbed(&app.validate());
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    assert_limited(&app.validate());
    assert_limited(&app.validate());
}

#[test]
fn p11_a_changed_platform_is_no_more_than_told_where_the_rule_says_so() {
    let (scene, app) = Scene::activated(&LIMITED.replace("limited", "notice"));
    assert_undisturbed(&app.validate());
    scene.machine.tpm.pcr_extend(0, &[1; 32]).unwrap();
    let report = app.validate();
    assert_eq!(reason(&report), "ok");
    assert!(report.verdict.notices.contains(&Reason::PlatformChanged));
    assert!(report.allows(PAID));
}

#[test]
fn p3_pcrs_outside_the_rule_do_not_matter() {
    let (scene, app) = Scene::activated(LIMITED);
    for pcr in (0..24).filter(|pcr| ![0, 7, 17, 18, 19, 20, 21, 22].contains(pcr)) {
        scene.machine.tpm.pcr_extend(pcr, &[1; 32]).unwrap();
    }
    assert_undisturbed(&app.validate());
}

#[test]
fn p3_sleep_and_restarts_with_the_same_measurements_do_not_matter() {
    let (scene, app) = Scene::activated(LIMITED);
    let tpm = &scene.machine.tpm;
    tpm.reboot().unwrap();
    start_up(&scene.machine);
    assert_undisturbed(&app.validate());
    tpm.power_cut().unwrap();
    start_up(&scene.machine);
    assert_undisturbed(&app.validate());
    tpm.suspend().unwrap();
    assert_eq!(tpm.resume().unwrap(), Wake::Resumed);
    assert_undisturbed(&app.validate());
}

#[test]
fn p3_the_platform_that_was_approved_is_welcome_back() {
    let (scene, app) = Scene::activated(LIMITED);
    scene.machine.tpm.reboot().unwrap();
    scene.machine.tpm.pcr_extend(0, &[0xbd; 32]).unwrap();
    assert_limited(&app.validate());
    scene.machine.tpm.reboot().unwrap();
    start_up(&scene.machine);
    assert_undisturbed(&app.validate());
}

#[test]
fn a_product_without_the_rule_sees_no_platform_and_remembers_none() {
    let (vendor, machine, app) = crate::stage::licensed();
    machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let report = app.validate();
    assert_undisturbed(&report);
    assert_eq!(report.evidence.unwrap().platform(), []);
    let licenses = wait(vendor.service().licenses()).unwrap();
    let overview = wait(vendor.service().license(licenses[0].0.id)).unwrap();
    let seat = overview.seats[0].seat.status_index;
    let remembered = wait(async {
        let mut memory = vendor.service().storage().read().await?;
        memory.platform(seat).await
    });
    assert_eq!(remembered.unwrap(), None);
}

#[test]
fn a_changed_platform_is_approved_again_by_asking_where_the_rule_is_automatic() {
    let (scene, app) = Scene::activated(&format!("{LIMITED}\napproval = \"automatic\""));
    scene.machine.tpm.pcr_extend(0, &[1; 32]).unwrap();
    assert_limited(&app.validate());
    scene.ask_again(&app).unwrap();
    assert_undisturbed(&app.validate());
    // What was approved before is not any more.
    scene.machine.tpm.reboot().unwrap();
    start_up(&scene.machine);
    assert_limited(&app.validate());
}

#[test]
fn a_changed_platform_waits_for_a_person_who_approves_it_once() {
    let (scene, app) = Scene::activated(LIMITED);
    scene.machine.tpm.pcr_extend(0, &[1; 32]).unwrap();
    let request = scene.request(&app);
    let refused = scene.vendor.answer(&request);
    let Err(AnswerError::Refused(refusal)) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        matches!(
            refusal,
            Refusal::Entitlement(Entitlement::PlatformChanged { .. })
        ),
        "{refusal:?}"
    );
    // The machine keeps what it has.
    assert_limited(&app.validate());

    let service = scene.vendor.service();
    wait(service.approve_platform(scene.key.id(), None, now())).unwrap();
    let answer = scene.vendor.answer(&request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_undisturbed(&app.validate());

    scene.machine.tpm.pcr_extend(0, &[2; 32]).unwrap();
    assert_limited(&app.validate());
    assert!(matches!(
        scene.ask_again(&app),
        Err(AnswerError::Refused(_))
    ));
}

#[test]
fn an_answer_to_a_request_of_before_the_change_approves_nothing_new() {
    let (scene, app) = Scene::activated(LIMITED);
    let before = scene.request(&app);
    scene.machine.tpm.pcr_extend(0, &[1; 32]).unwrap();
    let answer = scene.vendor.answer(&before).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_limited(&app.validate());
}

#[test]
fn a_list_approves_platforms_without_a_contact() {
    let scene = Scene::new(LIMITED);
    let app = scene.machine.app(&scene.vendor);
    let today = scene.digest(&app, &[0, 7]);
    let extended = |value: &[u8; 32], by: &[u8; 32]| Digest::of(&[value, by]);
    let firmware = extended(&[0; 32], &FIRMWARE);
    let updated = extended(firmware.as_bytes(), &[1; 32]);
    let secure_boot = extended(&[0; 32], &SECURE_BOOT);
    let tomorrow = Digest::of(&[updated.as_bytes(), secure_boot.as_bytes()]);
    let list = format!("reference = \"list\"\napproved = [\"{today}\", \"{tomorrow}\"]");
    publish(
        &scene.vendor,
        &LIMITED.replace("reference = \"activation\"", &list),
    );

    scene.ask_again(&app).unwrap();
    assert_undisturbed(&app.validate());
    scene.machine.tpm.pcr_extend(0, &[1; 32]).unwrap();
    assert_undisturbed(&app.validate());
    scene.machine.tpm.pcr_extend(0, &[2; 32]).unwrap();
    assert_limited(&app.validate());
    // Whoever asks from an unlisted platform gets a lease, and no approval.
    scene.ask_again(&app).unwrap();
    assert_limited(&app.validate());
}

#[test]
fn an_older_program_that_shows_no_platform_runs_and_is_told() {
    let scene = Scene::new(LIMITED);
    let app = scene.machine.app(&scene.vendor);
    let older = scene.forged(&scene.request(&app), |proofs| proofs.platform = None);
    let answer = scene.vendor.answer(&older).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    let report = app.validate();
    assert_eq!(reason(&report), "platform_unapproved", "{report:#?}");
    assert_eq!(report.verdict.standing, Standing::RenewalDue);
    assert!(report.allows(PAID));
    assert_eq!(report.evidence.unwrap().platform(), []);
    // Its successor shows the platform, which is then approved.
    scene.ask_again(&app).unwrap();
    assert_undisturbed(&app.validate());
}

#[test]
fn a_machine_that_showed_its_platform_once_cannot_hide_a_change() {
    let (scene, app) = Scene::activated(LIMITED);
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let hidden = scene.forged(&scene.request(&app), |proofs| proofs.platform = None);
    let refused = scene.vendor.answer(&hidden);
    assert!(
        matches!(
            refused,
            Err(AnswerError::Refused(Refusal::Entitlement(
                Entitlement::PlatformNotShown { .. }
            )))
        ),
        "{refused:?}"
    );
}

#[test]
fn p7_a_platform_that_is_not_the_requests_own_is_refused() {
    let scene = Scene::new(LIMITED);
    let app = scene.machine.app(&scene.vendor);
    let request = scene.request(&app);
    let other = Scene::new(LIMITED);
    let theirs = other.request(&other.machine.app(&other.vendor));
    let theirs = ActivationRequest::open(&theirs).unwrap();
    let own = ActivationRequest::open(&request).unwrap();

    let flip = |change: fn(&mut [[u8; 32]; 16])| {
        let mut platform = own.proofs().platform.clone();
        change(&mut platform.as_mut().unwrap().values);
        platform
    };
    let mut over_none = own.proofs().platform.clone();
    over_none.as_mut().unwrap().quote = own.proofs().quote.clone();
    let mut certification = own.proofs().platform.clone();
    certification.as_mut().unwrap().quote = own.proofs().seed.clone();
    for (what, platform) in [
        ("another machine's", theirs.proofs().platform.clone()),
        ("a watched value changed", flip(|values| values[7][0] ^= 1)),
        (
            "an unwatched value changed",
            flip(|values| values[9][31] ^= 1),
        ),
        ("two values exchanged", flip(|values| values.swap(0, 7))),
        ("a quote over no PCR", over_none),
        ("no quote", certification),
    ] {
        let forged = scene.forged(&request, |proofs| proofs.platform = platform);
        let refused = scene.vendor.answer(&forged);
        assert!(
            matches!(refused, Err(AnswerError::Refused(Refusal::Platform(_)))),
            "{what}: {refused:?}"
        );
    }
    assert!(scene.vendor.answer(&request).is_ok());
}

#[test]
fn p7_a_quote_of_before_the_change_is_refused() {
    let (scene, app) = Scene::activated(LIMITED);
    assert_undisturbed(&app.validate());
    let hardware = scene.machine.hardware();
    let attest = |selections: &Selections| {
        use counterfoil::device::Hardware as _;
        let mut tpm = hardware.open().unwrap();
        tpm.attest(&binding(&scene.machine), &[7; 32], selections)
            .unwrap()
    };
    let watched = PcrSelection::new([0, 7]).unwrap();
    let recorded = attest(&Selections::over([watched]));
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let replayed = scene.machine.app_with(&scene.vendor, |config| {
        let relay = Relay::new(scene.machine.hardware()).replaying(recorded);
        config.hardware = Box::new(relay);
    });
    let report = replayed.validate();
    assert_eq!(reason(&report), "evidence_invalid");
    assert!(!report.allows(PAID));
}

#[test]
fn p7_a_fresh_quote_over_other_pcrs_is_refused() {
    let (scene, app) = Scene::activated(LIMITED);
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let pcrs = |pcrs: &[u8]| PcrSelection::new(pcrs.iter().copied()).unwrap();
    for selections in [
        Selections::none(),
        Selections::over([pcrs(&[0])]),
        Selections::over([pcrs(&[0, 4, 7])]),
        Selections::over([pcrs(&[0]), pcrs(&[0, 7])]),
    ] {
        let lying = scene.machine.app_with(&scene.vendor, |config| {
            let relay = Relay::new(scene.machine.hardware()).quoting(selections.clone());
            config.hardware = Box::new(relay);
        });
        let report = lying.validate();
        assert_eq!(reason(&report), "evidence_invalid", "{selections:?}");
        assert!(!report.allows(PAID));
    }
}

#[test]
fn p7_a_relying_party_sees_the_platform_and_what_was_approved() {
    let (scene, app) = Scene::activated(LIMITED);
    const NONCE: [u8; 32] = [0x33; 32];
    let proven = |app: &Counterfoil| {
        let file = app.evidence(NONCE).unwrap();
        let proof = scene.vendor.service().verify_evidence(&file, &NONCE);
        proof.unwrap().licenses.remove(0).platform.unwrap()
    };
    let before = proven(&app);
    assert_eq!(before.pcrs.to_string(), "0, 7");
    assert_eq!(before.reference, Some(before.digest));
    assert_eq!(before.digest, scene.digest(&app, &[0, 7]));
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let after = proven(&app);
    assert_ne!(after.digest, before.digest);
    assert_eq!(after.reference, Some(before.digest));

    // Nor can the machine leave the platform out.
    let silent = scene.machine.app_with(&scene.vendor, |config| {
        let relay = Relay::new(scene.machine.hardware()).quoting(Selections::none());
        config.hardware = Box::new(relay);
    });
    let file = silent.evidence(NONCE).unwrap();
    let refused = scene.vendor.service().verify_evidence(&file, &NONCE);
    assert!(refused.is_err_and(|error| error.is_refusal()));
}

fn commands(machine: &Machine, app: &Counterfoil) -> Vec<&'static str> {
    let seen = machine.tpm.commands().len();
    assert_undisturbed(&app.validate());
    let commands = machine.tpm.commands_since(seen).into_iter();
    commands.map(|command| command.name).collect()
}

#[test]
fn a_validation_takes_as_many_tpm_commands_with_the_rule_as_without() {
    let (_vendor, machine, app) = crate::stage::licensed();
    let without = commands(&machine, &app);
    let (scene, app) = Scene::activated(LIMITED);
    assert_eq!(commands(&scene.machine, &app), without);
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

#[test]
fn products_that_watch_different_pcrs_take_one_quote_each() {
    let (one, app) = Scene::activated(LIMITED);
    let with_one = commands(&one.machine, &app);
    let (three, app) = three_products();
    let with_three = commands(&three.machine, &app);
    let quotes = |commands: &[&str]| {
        commands
            .iter()
            .filter(|name| **name == "TPM2_Quote")
            .count()
    };
    assert_eq!((quotes(&with_one), quotes(&with_three)), (1, 2));
    assert_eq!(with_three.len(), with_one.len() + 1);
}

#[test]
fn p11_each_product_is_judged_by_its_own_pcrs() {
    let (scene, app) = three_products();
    scene.machine.tpm.pcr_extend(4, &[9; 32]).unwrap();
    let licenses = app.validate().licenses.into_iter();
    let mut reasons: Vec<_> = licenses
        .map(|license| {
            let product = license.license.unwrap().product;
            (product, license.verdict.reason.name())
        })
        .collect();
    reasons.sort();
    let expected = [
        ("plain", "ok"),
        (PRODUCT, "ok"),
        ("viewer", "platform_changed"),
    ];
    assert_eq!(
        reasons,
        expected.map(|(product, reason)| (product.to_owned(), reason))
    );
}

#[test]
fn p7_evidence_without_one_quote_for_each_selection_is_refused() {
    const NONCE: [u8; 32] = [0x34; 32];
    let (scene, app) = three_products();
    let file = app.evidence(NONCE).unwrap();
    let verify = |file: &[u8]| scene.vendor.service().verify_evidence(file, &NONCE);
    let shown = verify(&file).unwrap().licenses.into_iter();
    assert_eq!(shown.filter_map(|license| license.platform).count(), 2);

    let envelope = cose::open(Kind::Evidence, &file).unwrap();
    let genuine = EvidenceFile::decode(envelope.unverified_payload()).unwrap();
    let key = binding_key(&scene.machine);
    let changed = |change: fn(&mut Vec<Attested>)| {
        let mut file = genuine.clone();
        change(&mut file.evidence.quotes);
        verify(&file.sign(key.signing_key()).unwrap())
    };
    assert!(changed(|_| {}).is_ok());
    let changes: [(&str, fn(&mut Vec<Attested>)); 4] = [
        ("exchanged", |quotes| quotes.swap(0, 1)),
        ("the second is missing", |quotes| quotes.truncate(1)),
        ("one too many", |quotes| quotes.push(quotes[0].clone())),
        ("the first twice", |quotes| quotes[1] = quotes[0].clone()),
    ];
    for (what, change) in changes {
        let refused = changed(change).map(drop).unwrap_err();
        let expected = "about other PCRs";
        assert!(refused.to_string().contains(expected), "{what}: {refused}");
    }
}

#[test]
fn p3_a_machine_whose_tpm_has_no_sha256_pcrs_is_licensed_and_told() {
    let scene = Scene::new(LIMITED);
    allocate_sha1_alone(&scene.machine);
    let app = scene.machine.app(&scene.vendor);
    let request = ActivationRequest::open(&scene.request(&app)).unwrap();
    assert!(request.proofs().platform.is_none());
    scene.ask_again(&app).unwrap();
    let report = app.validate();
    assert_eq!(reason(&report), "platform_unapproved", "{report:#?}");
    assert!(report.allows(PAID));
}

/// What the firmware's set-up can choose.
fn allocate_sha1_alone(machine: &Machine) {
    let mut context = context(&machine.tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    let slots: Vec<_> = (0..24u32)
        .map(|pcr| PcrSlot::try_from(1 << pcr).unwrap())
        .collect();
    let banks = PcrSelectionList::builder()
        .with_selection(HashingAlgorithm::Sha1, &slots)
        .with_selection(HashingAlgorithm::Sha256, &[])
        .with_selection(HashingAlgorithm::Sha384, &[])
        .with_selection(HashingAlgorithm::Sha512, &[]);
    context
        .pcr_allocate(AuthHandle::Platform, banks.build().unwrap())
        .unwrap();
    drop(context);
    machine.tpm.reboot().unwrap();
}
