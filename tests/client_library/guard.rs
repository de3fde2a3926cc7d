//! Guards: work that had begun may finish within the wind-down time, and not longer.

use std::time::Duration;

use crate::client_support::{BEAT, HEARTBEAT};
use crate::{BOUGHT, Scene};

const MOMENT: Duration = Duration::from_millis(1);

fn wind_down(scene: &Scene) -> Duration {
    let wind_down = scene.app.current().licenses[0].verdict.wind_down;
    assert!(wind_down > HEARTBEAT);
    wind_down
}

#[test]
fn work_may_finish_within_the_wind_down_time_and_not_longer() {
    let scene = Scene::new();
    let wind_down = wind_down(&scene);
    let guard = scene.app.guard(BOUGHT).unwrap();
    assert!(guard.is_allowed());
    assert_eq!((guard.left(), guard.until()), (None, None));
    scene.machine.tpm.clear().unwrap();
    scene.clock.advance(BEAT);
    scene.app.beat();
    assert!(!scene.app.check(BOUGHT));
    assert_eq!(guard.left(), Some(wind_down));
    assert!(guard.until().is_some());
    scene.clock.advance(wind_down - MOMENT);
    assert!(guard.is_allowed());
    scene.clock.sleep(MOMENT);
    assert!(!guard.is_allowed());
    assert_eq!(guard.left(), Some(Duration::ZERO));
}

#[test]
fn taking_a_guard_again_gains_nothing() {
    let scene = Scene::new();
    let wind_down = wind_down(&scene);
    let guard = scene.app.guard(BOUGHT).unwrap();
    scene.machine.tpm.clear().unwrap();
    scene.clock.advance(BEAT);
    scene.app.beat();
    let parts = 20;
    for _ in 0..parts {
        assert!(guard.is_allowed());
        assert!(scene.app.guard(BOUGHT).is_none());
        scene.clock.advance(wind_down / parts);
        scene.app.beat();
    }
    assert!(!guard.is_allowed());
}

#[test]
fn p1_the_wind_down_begins_when_the_verdicts_time_is_over_and_not_when_that_is_noticed() {
    let scene = Scene::new();
    let wind_down = wind_down(&scene);
    let guard = scene.app.guard(BOUGHT).unwrap();
    scene.machine.tpm.power_off();
    scene.clock.advance(HEARTBEAT + wind_down / 2);
    assert_eq!(guard.left(), Some(wind_down / 2));
    // Noticing it changes nothing.
    assert!(!scene.app.check(BOUGHT));
    assert_eq!(guard.left(), Some(wind_down / 2));
    scene.clock.sleep(wind_down / 2);
    assert!(!guard.is_allowed());
    scene.machine.tpm.power_on().unwrap();
}

#[test]
fn a_feature_that_comes_back_ends_the_wind_down() {
    let scene = Scene::new();
    scene.app.beat();
    let guard = scene.app.guard(BOUGHT).unwrap();
    scene.machine.tpm.power_off();
    scene.clock.advance(HEARTBEAT);
    scene.app.beat();
    assert!(guard.left().is_some());
    scene.machine.tpm.power_on().unwrap();
    scene.clock.advance(HEARTBEAT);
    scene.app.beat();
    assert_eq!(guard.left(), None);
}

#[test]
fn no_guard_without_the_feature_and_none_keeps_the_application_alive() {
    let scene = Scene::new();
    assert!(scene.app.guard("another").is_none());
    let guard = scene.app.guard(BOUGHT).unwrap();
    let events = scene.app.subscribe();
    drop(scene.app);
    assert_eq!(events.count(), 0);
    assert!(guard.is_allowed());
    assert_eq!(guard.feature(), BOUGHT);
}
