//! What other measurements lead to, and what does not matter.

use super::*;

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
