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
fn an_approval_is_for_one_machine_that_has_shown_a_platform() {
    let scene = Scene::new(LIMITED);
    let service = scene.vendor.service();
    let approve =
        |license, device| wait(service.approve_platform(license, device, now())).map(drop);
    let id = scene.key.id();
    assert!(matches!(
        approve(id, None),
        Err(ApproveError::WhichDevice { machines: 0, .. })
    ));
    let other = scene.vendor.sell(1).id();
    let app = scene.machine.activate(&scene.vendor, &scene.key);
    let second = Machine::new();
    scene.vendor.trust(&second.tpm);
    start_up(&second);
    second.activate(&scene.vendor, &scene.key);
    assert!(matches!(
        approve(id, None),
        Err(ApproveError::WhichDevice { machines: 2, .. })
    ));
    let seats = wait(service.license(id)).unwrap().seats;
    let [first, second] = [&seats[0], &seats[1]].map(|held| held.seat.ek);
    assert!(matches!(
        approve(other, Some(first)),
        Err(ApproveError::UnknownDevice(_))
    ));
    let unknown = LicenseId::new([0xee; LicenseId::LEN]);
    assert!(matches!(
        approve(unknown, Some(first)),
        Err(ApproveError::UnknownLicense(_))
    ));

    // Approving the other machine's change does not approve this one's.
    approve(id, Some(second)).unwrap();
    scene.machine.tpm.pcr_extend(0, &[1; 32]).unwrap();
    assert!(scene.ask_again(&app).is_err());
    approve(id, Some(first)).unwrap();
    scene.ask_again(&app).unwrap();
    assert_undisturbed(&app.validate());
}

#[test]
fn a_product_without_the_rule_has_no_change_to_approve() {
    let (vendor, _machine, _app) = crate::stage::licensed();
    let licenses = wait(vendor.service().licenses()).unwrap();
    let nothing = wait(
        vendor
            .service()
            .approve_platform(licenses[0].0.id, None, now()),
    );
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
    assert!(scene.vendor.answer(&request).is_err());
    let service = scene.vendor.service();
    wait(service.approve_platform(scene.key.id(), None, now())).unwrap();
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
