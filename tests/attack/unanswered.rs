//! P5: requests that nobody answers fill no state, and none that is wanted is lost.

use counterfoil::client::{ActivateError, Counterfoil, PendingRequest, RoomError};
use counterfoil::device::Auths;
use counterfoil::token::{LicenseKey, UtcTime};

use crate::clocks::{Lying, set_tpm_clock, with_clock};
use crate::stage::{Machine, Vendor, now, reason};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn request(app: &Counterfoil, key: &LicenseKey) -> Result<Vec<u8>, ActivateError> {
    let requested = app.request_activation(key, &Auths::default());
    requested.map(|requested| requested.request)
}

fn pending(app: &Counterfoil) -> Vec<PendingRequest> {
    app.pending_requests().unwrap()
}

#[test]
fn p5_the_ninth_request_says_what_to_do_and_only_the_tpms_own_time_drops_one() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let wrong = Lying::at(UtcTime::from_unix(now().unix() + 40 * 365 * 86_400).unwrap());
    let app = with_clock(&machine, &vendor, &wrong);
    // Keys that somebody made up, and one that was bought.
    let stranger = Vendor::new();
    let mut keys: Vec<_> = (0..7).map(|_| stranger.sell(1)).collect();
    keys.push(vendor.sell(1));
    let requests: Vec<_> = keys.iter().map(|key| request(&app, key).unwrap()).collect();
    let ids = |pending: &[PendingRequest]| -> Vec<_> {
        pending.iter().map(|request| request.license).collect()
    };
    assert_eq!(
        ids(&pending(&app)),
        keys.iter().map(LicenseKey::id).collect::<Vec<_>>()
    );

    let ninth = vendor.sell(1);
    let refused = request(&app, &ninth).unwrap_err();
    assert!(matches!(refused, ActivateError::Room(RoomError::Full(ref all)) if all.len() == 8));
    let told = refused.to_string();
    assert!(told.contains("requests drop"), "{told}");
    assert!(told.contains(&keys[0].id().to_string()), "{told}");
    // The same as before is given again.
    assert_eq!(request(&app, &keys[7]).unwrap(), requests[7]);

    // One that is dropped makes room; its answer is none of this machine's any more.
    assert!(app.drop_request(keys[7].id()).unwrap());
    assert!(!app.drop_request(keys[7].id()).unwrap());
    let late = vendor.answer(&requests[7]).unwrap();
    let refused = app.apply_response(&late.response, &Auths::default());
    assert!(matches!(refused, Err(ActivateError::NotRequested)));
    request(&app, &ninth).unwrap();

    // The machine was on for fifty-nine days since, then for sixty-one.
    set_tpm_clock(&machine, 59 * DAY_MS);
    let tenth = vendor.sell(1);
    assert!(request(&app, &tenth).is_err());
    assert_eq!(pending(&app).len(), 8);
    set_tpm_clock(&machine, 61 * DAY_MS);
    let bought = request(&app, &tenth).unwrap();
    let left = ids(&pending(&app));
    assert_eq!(left.len(), 8);
    assert!(!left.contains(&keys[0].id()), "the oldest one made room");
    assert!(left.contains(&keys[1].id()), "and no other");

    let answer = vendor.answer(&bought).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(pending(&app).len(), 7);
    assert_eq!(reason(&machine.app(&vendor).validate()), "ok");
}
