//! Events: each change once, in order, to whoever listens, at its own pace.

use counterfoil::client::{Change, Event};
use counterfoil::policy::{Reason, Standing};

use crate::client_support::{BEAT, HEARTBEAT};
use crate::stage::{Vendor, now};
use crate::{BOUGHT, Scene};
use counterfoil::client::Counterfoil;
use std::time::Duration;

fn changes(events: impl Iterator<Item = Event>) -> Vec<Change> {
    events.map(|event| event.change).collect()
}

fn flap(scene: &Scene) {
    scene.machine.tpm.power_off();
    scene.clock.advance(HEARTBEAT);
    scene.app.beat();
    scene.machine.tpm.power_on().unwrap();
    scene.clock.advance(HEARTBEAT);
    scene.app.beat();
}

#[test]
fn the_first_verdict_tells_everything_that_is_on() {
    let scene = Scene::new();
    let events = scene.app.subscribe();
    let status = scene.app.status();
    let told = changes(std::iter::from_fn(|| events.try_next()));
    assert_eq!(
        told[0],
        Change::Standing {
            from: None,
            to: Standing::Active,
            reason: Reason::Ok
        }
    );
    let on: Vec<String> = told[1..]
        .iter()
        .map(|change| match change {
            Change::FeatureOn { feature } => feature.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(on, status.features);
}

#[test]
fn nothing_is_told_while_nothing_changes() {
    let scene = Scene::new();
    scene.app.beat();
    let events = scene.app.subscribe();
    for _ in 0..5 {
        scene.clock.advance(BEAT);
        scene.app.beat();
    }
    assert!(events.try_next().is_none());
}

#[test]
fn a_subscriber_that_never_looks_or_is_gone_harms_nobody() {
    let scene = Scene::new();
    scene.app.beat();
    let idle = scene.app.subscribe();
    let looks = scene.app.subscribe();
    drop(scene.app.subscribe());
    let mut seen = 0;
    for _ in 0..60 {
        flap(&scene);
        while looks.try_next().is_some() {
            seen += 1;
        }
    }
    assert_eq!(seen, 360, "six each time");
    let kept = changes(std::iter::from_fn(|| idle.try_next()));
    assert_eq!(kept.len(), 256, "the oldest were dropped");
    assert!(matches!(kept.last(), Some(Change::FeatureOn { feature }) if feature == BOUGHT));
}

#[test]
fn a_subscriber_that_panics_harms_nobody() {
    let scene = Scene::new();
    let mut events = scene.app.subscribe();
    let thread = std::thread::spawn(move || {
        let event = events.next();
        panic!("a defect of the application, which got {event:?}");
    });
    scene.app.beat();
    assert!(thread.join().is_err());
    scene.clock.advance(BEAT);
    scene.app.beat();
    assert!(scene.app.check(BOUGHT));
}

#[test]
fn an_event_carries_the_status_after_it_and_a_wait_ends() {
    let scene = Scene::new();
    scene.app.beat();
    let events = scene.app.subscribe();
    assert!(events.next_within(Duration::from_millis(1)).is_none());
    flap(&scene);
    let off = events.next_within(Duration::from_secs(60)).unwrap();
    assert!(matches!(off.change, Change::Trouble { .. }));
    assert!(!off.status.shows(BOUGHT));
    assert!(!off.status.message.is_empty());
}

/// What is told of a license that ends so soon.
fn told_of_an_end_in(left: Duration) -> (Vec<(String, Reason)>, Counterfoil) {
    let scene = Scene::new();
    let (vendor, machine) = (Vendor::new(), &scene.machine);
    vendor.trust(&machine.tpm);
    let key = vendor.sell_until(now().plus(left));
    let dir = machine.dir().with_file_name("other");
    let app = machine.app_with(&vendor, |config| {
        config.dir = dir;
        config.slot = 1;
        scene.clock.clone().into(config);
    });
    let requested = app.request_activation(&key, &Default::default()).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Default::default())
        .unwrap();
    let events = app.subscribe();
    app.beat();
    scene.clock.advance(BEAT);
    app.beat();
    let told = std::iter::from_fn(|| events.try_next()).filter_map(|event| match event.change {
        Change::FeatureEnding {
            feature,
            reason,
            at,
        } => {
            assert!(at <= now().plus(left));
            Some((feature, reason))
        }
        _ => None,
    });
    (told.collect(), app.clone())
}

#[test]
fn a_feature_that_is_about_to_go_off_is_told_once_with_its_date() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let (told, _app) = told_of_an_end_in(DAY * 2);
    assert_eq!(told, [(BOUGHT.to_owned(), Reason::LicenseExpired)]);
    let (told, app) = told_of_an_end_in(DAY * 20);
    assert_eq!(told, []);
    let ends = &app.status().going_off;
    assert!(ends.iter().any(|ends| ends.feature == BOUGHT));
}
