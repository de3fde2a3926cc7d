//! Who approves what a machine measured, and when.

use super::*;

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
    let shown = changed_to(refused);
    // The machine keeps what it has.
    assert_limited(&app.validate());

    // Nobody approves what was not shown.
    scene.approve(Digest::new([0x5a; 32])).unwrap();
    assert_eq!(changed_to(scene.vendor.answer(&request)), shown);
    scene.approve(shown).unwrap();
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

/// What was approved may not be what comes next.
#[test]
fn an_approval_is_for_the_digest_that_was_shown_and_no_other() {
    let (scene, app) = Scene::activated(LIMITED);
    scene.machine.tpm.pcr_extend(0, &[1; 32]).unwrap();
    let harmless = changed_to(scene.vendor.answer(&scene.request(&app)));
    scene.approve(harmless).unwrap();
    scene.machine.tpm.pcr_extend(7, &[0xba; 32]).unwrap();
    // The machine's owner drops the request that was approved, and makes another.
    // (For any product, so that it is not the same one again.)
    let anew = scene
        .machine
        .app_with(&scene.vendor, |config| config.product = None);
    let other = scene.request(&anew);
    assert_ne!(changed_to(scene.vendor.answer(&other)), harmless);
    let refusal = scene.vendor.answer(&other).unwrap_err().to_string();
    let shown = changed_to(scene.vendor.answer(&other));
    assert!(refusal.contains(&format!("--digest {shown}")), "{refusal}");
}

/// A machine that was not proven to have the seat's chip speaks for itself alone.
#[test]
fn a_platform_in_the_name_of_anothers_chip_is_neither_approved_nor_uses_an_approval_up() {
    let (scene, fake) = (Scene::new(LIMITED), Machine::new());
    let borrowed = scene
        .machine
        .hardware()
        .open()
        .unwrap()
        .endorsement(&Default::default());
    let borrowed = borrowed.unwrap().remove(0);
    fake.tpm.pcr_extend(0, &[0xee; 32]).unwrap();
    let app = fake.app_with(&scene.vendor, |config| {
        config.hardware = Box::new(Relay::new(fake.hardware()).showing(borrowed));
    });
    scene.vendor.answer(&scene.request(&app)).unwrap();
    let app = scene.machine.activate(&scene.vendor, &scene.key);
    assert_undisturbed(&app.validate());
    scene.ask_again(&app).unwrap();
    let events = wait(async {
        let mut transaction = scene.vendor.service().storage().read().await.unwrap();
        transaction.audit_log().await.unwrap()
    });
    let accepted: Vec<_> = events
        .iter()
        .filter(|entry| entry.event == "platform_accepted")
        .collect();
    assert_eq!(accepted.len(), 1, "{accepted:?}");
}

/// What the refusal says that the machine shows now.
fn changed_to(answer: Result<Answer, AnswerError>) -> Digest {
    match answer {
        Err(AnswerError::Refused(Refusal::Entitlement(Entitlement::PlatformChanged {
            shown,
            ..
        }))) => shown,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_approval_is_for_one_machine_that_has_shown_a_platform() {
    let scene = Scene::new(LIMITED);
    let service = scene.vendor.service();
    let approve = |license, device, digest| {
        wait(service.approve_platform(license, device, digest, now())).map(drop)
    };
    let none = Digest::new([0; 32]);
    let id = scene.key.id();
    assert!(matches!(
        approve(id, None, none),
        Err(ApproveError::WhichDevice { machines: 0, .. })
    ));
    let other = scene.vendor.sell(1).id();
    let app = scene.machine.activate(&scene.vendor, &scene.key);
    let second = Machine::new();
    scene.vendor.trust(&second.tpm);
    start_up(&second);
    second.activate(&scene.vendor, &scene.key);
    assert!(matches!(
        approve(id, None, none),
        Err(ApproveError::WhichDevice { machines: 2, .. })
    ));
    let seats = wait(service.license(id)).unwrap().seats;
    let [first, second] = [&seats[0], &seats[1]].map(|held| held.seat.ek);
    assert!(matches!(
        approve(other, Some(first), none),
        Err(ApproveError::UnknownDevice(_))
    ));
    let unknown = LicenseId::new([0xee; LicenseId::LEN]);
    assert!(matches!(
        approve(unknown, Some(first), none),
        Err(ApproveError::UnknownLicense(_))
    ));

    // Approving the other machine's change does not approve this one's.
    scene.machine.tpm.pcr_extend(0, &[1; 32]).unwrap();
    let shown = changed_to(scene.vendor.answer(&scene.request(&app)));
    approve(id, Some(second), shown).unwrap();
    assert!(scene.ask_again(&app).is_err());
    approve(id, Some(first), shown).unwrap();
    scene.ask_again(&app).unwrap();
    assert_undisturbed(&app.validate());
}

#[test]
fn a_product_without_the_rule_has_no_change_to_approve() {
    let (vendor, _machine, _app) = crate::stage::licensed();
    let licenses = wait(vendor.service().licenses()).unwrap();
    let nothing = wait(vendor.service().approve_platform(
        licenses[0].0.id,
        None,
        Digest::new([0; 32]),
        now(),
    ));
    assert!(matches!(nothing, Err(ApproveError::NothingKnown(_))));
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
    assert_not_shown(scene.vendor.answer(&hidden));
}

/// docs/decisions/platform-rule.md: a machine that has shown its platform cannot leave it out later; an approval lets one
/// change pass.
#[test]
fn an_approval_of_one_change_lets_no_machine_out_of_the_rule() {
    let (scene, app) = Scene::activated(LIMITED);
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let request = scene.request(&app);
    let shown = changed_to(scene.vendor.answer(&request));
    scene.approve(shown).unwrap();
    let hidden = scene.forged(&request, |proofs| proofs.platform = None);
    assert_not_shown(scene.vendor.answer(&hidden));
    // The approval is still there for the change that was shown.
    scene.ask_again(&app).unwrap();
    assert_undisturbed(&app.validate());
}

#[test]
fn a_machine_that_showed_its_platform_cannot_hide_it_when_the_rule_changes_or_asks_for_no_approval()
{
    for other in [
        LIMITED.replace("0, 7", "4"),
        format!("{LIMITED}\napproval = \"automatic\""),
    ] {
        let (scene, app) = Scene::activated(LIMITED);
        publish(&scene.vendor, &other);
        let hidden = scene.forged(&scene.request(&app), |proofs| proofs.platform = None);
        assert_not_shown(scene.vendor.answer(&hidden));
    }
}

fn assert_not_shown(refused: Result<Answer, AnswerError>) {
    let Err(AnswerError::Refused(Refusal::Entitlement(Entitlement::PlatformNotShown { .. }))) =
        refused
    else {
        panic!("{refused:?}");
    };
}
