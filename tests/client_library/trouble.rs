//! P11: a TPM that is gone, busy or locked out under a running application: what is on stays on until the verdict's time is
//! over, then the rules say what is left, and everything comes back by itself.

use std::time::Duration;

use counterfoil::client::{Change, ProvisionStoreError};
use counterfoil::device::Auths;
use counterfoil::policy::Standing;
use counterfoil::store::{Folder, LockError};
use tpm_sim::Fault;

use crate::client_support::{BEAT, HEARTBEAT, commands};
use crate::{BOUGHT, ESSENTIAL, Scene};

const RC_LOCKOUT: u32 = 0x921;
const RC_FAILURE: u32 = 0x101;
const RC_OBJECT_MEMORY: u32 = 0x902;

/// Lets every command fail with this code.
fn refuse_all(scene: &Scene, code: u32) {
    for n in 1..=200 {
        scene.machine.tpm.faults().at(n, Fault::ReturnCode(code));
    }
}

pub fn goes_through_trouble(
    scene: Scene,
    begin: &dyn Fn(&Scene),
    end: &dyn Fn(&Scene),
    expected: &str,
) {
    scene.app.beat();
    let events = scene.app.subscribe();
    begin(&scene);
    let (mut past, mut beats) = (BEAT, 0);
    scene.clock.advance(BEAT);
    while past < HEARTBEAT {
        let wait = scene.app.beat();
        let status = scene.app.try_status().unwrap();
        assert!(scene.app.check(BOUGHT), "{expected}");
        assert_eq!(status.standing, Standing::Active);
        assert_eq!(status.trouble.unwrap().name(), expected);
        assert_eq!(status.badge().name(), "will-retry");
        assert!(!wait.is_zero());
        scene.clock.advance(wait);
        past += wait;
        beats += 1;
    }
    assert!((4..30).contains(&beats), "{beats} tries");
    assert_eq!(past, HEARTBEAT, "it looks again just when the time is over");

    let wait = scene.app.beat();
    assert_eq!(scene.app.try_check(BOUGHT), Some(false));
    assert_eq!(scene.app.try_check(ESSENTIAL), Some(true), "by the rules");
    let status = scene.app.status();
    assert_eq!(status.standing, Standing::Limited);
    assert_eq!(status.reason.name(), expected);
    assert_eq!(status.licenses.len(), 1, "the license is still known");
    assert!(!status.steps.is_empty());

    end(&scene);
    scene.clock.advance(wait);
    assert_eq!(scene.app.beat(), BEAT);
    assert_eq!(scene.app.try_check(BOUGHT), Some(true));

    let told: Vec<Change> = std::iter::from_fn(|| events.try_next())
        .map(|event| event.change)
        .collect();
    let feature = || BOUGHT.to_owned();
    assert!(
        matches!(&told[..], [
            Change::Trouble { reason },
            Change::Standing { from: Some(Standing::Active), to: Standing::Limited, .. },
            Change::FeatureOff { feature: off, .. },
            Change::Recovered,
            Change::Standing { from: Some(Standing::Limited), to: Standing::Active, .. },
            Change::FeatureOn { feature: on },
        ] if reason.name() == expected && *off == feature() && *on == feature()),
        "{told:#?}"
    );
}

#[test]
fn p11_a_tpm_that_is_gone_for_a_while() {
    goes_through_trouble(
        Scene::new(),
        &|scene| scene.machine.tpm.power_off(),
        &|scene| scene.machine.tpm.power_on().unwrap(),
        "tpm_missing",
    );
}

#[test]
fn p11_a_tpm_that_is_locked_out_broken_or_full_for_a_while() {
    for (code, expected) in [
        (RC_LOCKOUT, "tpm_locked_out"),
        (RC_FAILURE, "tpm_failure"),
        (RC_OBJECT_MEMORY, "tpm_busy"),
    ] {
        goes_through_trouble(
            Scene::new(),
            &|scene| refuse_all(scene, code),
            &|scene| scene.machine.tpm.faults().clear(),
            expected,
        );
    }
}

#[test]
fn p11_a_folder_that_another_process_keeps_locked() {
    let scene = Scene::with(|config| config.patience = std::time::Duration::ZERO);
    scene.app.beat();
    let folder = counterfoil::store::Folder::open(&scene.machine.dir()).unwrap();
    let held = folder.lock(BEAT).unwrap();
    scene.clock.advance(BEAT);
    scene.app.beat();
    let status = scene.app.try_status().unwrap();
    assert_eq!(status.trouble.unwrap().name(), "state_busy");
    assert!(scene.app.check(BOUGHT));
    drop(held);
    scene.clock.advance(BEAT);
    assert_eq!(scene.app.beat(), BEAT);
    assert_eq!(scene.app.try_status().unwrap().trouble, None);
}

#[test]
fn what_was_found_out_counts_at_once_and_is_no_trouble() {
    let scene = Scene::new();
    scene.app.beat();
    assert!(scene.app.check(BOUGHT));
    scene.machine.tpm.clear().unwrap();
    scene.clock.advance(BEAT);
    scene.app.beat();
    assert_eq!(scene.app.try_check(BOUGHT), Some(false));
    assert_eq!(scene.app.status().trouble, None);
    assert_eq!(scene.reason(), "tpm_cleared");
}

#[test]
fn p2_without_the_tpm_a_clock_set_back_revives_nothing() {
    let scene = Scene::new();
    let judged = scene.app.current().licenses[0].now.utc;
    scene.machine.tpm.power_off();
    scene.clock.advance(HEARTBEAT);
    scene
        .clock
        .set_os_time("1970-01-02T00:00:00Z".parse().unwrap());
    let report = scene.app.current();
    assert_eq!(report.verdict.standing, Standing::Limited);
    assert_eq!(report.licenses[0].now.utc, judged);
    scene.machine.tpm.power_on().unwrap();
}

#[test]
fn p5_the_store_is_not_taken_down_under_a_process_that_works_with_it() {
    let scene = Scene::with(|config| config.patience = Duration::ZERO);
    let folder = Folder::open(&scene.machine.dir()).unwrap();
    let locked = folder.lock(Duration::ZERO).unwrap();
    let refused = scene.app.deprovision(&Auths::default()).unwrap_err();
    assert!(
        matches!(refused, ProvisionStoreError::Lock(LockError::Busy { .. })),
        "{refused}"
    );
    assert_eq!(commands(&scene.machine.tpm), 0, "nor anything in the TPM");
    drop(locked);
    assert!(scene.app.check(BOUGHT));
}

#[test]
fn a_store_that_was_taken_down_in_part_grants_nothing_more() {
    let scene = Scene::new();
    assert!(scene.app.check(BOUGHT));
    commands(&scene.machine.tpm);
    let last = {
        let whole = Scene::new();
        commands(&whole.machine.tpm);
        whole.app.deprovision(&Auths::default()).unwrap();
        commands(&whole.machine.tpm)
    };
    scene
        .machine
        .tpm
        .faults()
        .at(last, Fault::ReturnCode(RC_FAILURE));
    scene.app.deprovision(&Auths::default()).unwrap_err();
    assert!(!scene.app.check(BOUGHT));
}
