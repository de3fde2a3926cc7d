//! An activation that nobody has shown to have received: it holds a seat for a while, and changes nothing else.

use std::time::Duration;

use counterfoil::client::Counterfoil;
use counterfoil::device::{Auths, Endorsement, Hardware as _};
use counterfoil::evidence::EkHash;
use counterfoil::server::answer::{Answer, AnswerError};
use counterfoil::server::refusal::{Entitlement, Refusal};
use counterfoil::server::seat::SeatError;
use counterfoil::server::storage::{BindingStatus, SeatStatus};
use counterfoil::token::LicenseKey;
use tpm_sim::{EkKind, TpmSpec};

use crate::clocks::set_tpm_clock;
use crate::relay::Relay;
use crate::stage::{Machine, Vendor, now, reason, wait};

fn endorsements(machine: &Machine) -> Vec<Endorsement> {
    let hardware = machine.hardware();
    let mut tpm = hardware.open().unwrap();
    tpm.endorsement(&Auths::default().endorsement).unwrap()
}

/// An application that shows this endorsement key as its own. What it has besides is no secret of a TPM that has the key.
fn showing(machine: &Machine, vendor: &Vendor, endorsement: Endorsement) -> Counterfoil {
    machine.app_with(vendor, |config| {
        config.hardware = Box::new(Relay::new(machine.hardware()).showing(endorsement));
    })
}

fn ask(vendor: &Vendor, app: &Counterfoil, key: &LicenseKey) -> Result<Answer, AnswerError> {
    let requested = app.request_activation(key, &Auths::default()).unwrap();
    vendor.answer(&requested.request)
}

fn apply(app: &Counterfoil, answer: &Answer) {
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
}

/// The states of these machines' seats.
fn statuses(vendor: &Vendor, key: &LicenseKey, of: [EkHash; 2]) -> [SeatStatus; 2] {
    let seats = wait(vendor.service().seats(key.id())).unwrap();
    assert_eq!(seats.len(), 2);
    of.map(|ek| {
        seats
            .iter()
            .find(|seat| seat.ek == ek)
            .unwrap()
            .status(now())
    })
}

fn no_seat(answer: Result<Answer, AnswerError>) -> Entitlement {
    match answer {
        Err(AnswerError::Refused(Refusal::Entitlement(refused @ Entitlement::NoSeat { .. }))) => {
            refused
        }
        other => panic!("{other:?}"),
    }
}

/// The seats of a license, all taken in the names of chips whose endorsement certificates somebody copied.
struct Filled {
    vendor: Vendor,
    key: LicenseKey,
    victims: [Machine; 2],
    /// Kept, as the victims are, so that no other machine gets their chips.
    _attackers: [Machine; 2],
    seats: [EkHash; 2],
}

impl Filled {
    fn new() -> Self {
        let vendor = Vendor::new();
        let key = vendor.sell(2);
        let victims = [Machine::new(), Machine::new()];
        let attackers = [Machine::new(), Machine::new()];
        let seats = [0, 1].map(|which| {
            let (victim, attacker) = (&victims[which], &attackers[which]);
            vendor.trust(&victim.tpm);
            let app = showing(attacker, &vendor, endorsements(victim).remove(0));
            ask(&vendor, &app, &vendor.sell(1)).unwrap();
            // Dates that would lock the victim out are easily claimed.
            set_tpm_clock(attacker, 300 * 24 * 3600 * 1000);
            ask(&vendor, &app, &key).unwrap().ek
        });
        Self {
            vendor,
            key,
            victims,
            _attackers: attackers,
            seats,
        }
    }
}

#[test]
fn a_copied_certificate_takes_a_seat_that_its_chip_has_and_nothing_else() {
    let Filled {
        vendor,
        key,
        victims: [victim, _second],
        seats,
        _attackers,
    } = Filled::new();
    assert_eq!(statuses(&vendor, &key, seats), [SeatStatus::Pending; 2]);
    // The chip itself is served, on the seat in its name.
    let app = victim.app(&vendor);
    let answer = ask(&vendor, &app, &key).unwrap();
    assert_eq!(answer.ek, seats[0]);
    apply(&app, &answer);
    let report = app.validate();
    assert_eq!(reason(&report), "ok");
    let lease = report.licenses[0].lease.as_ref().unwrap();
    let license = wait(vendor.service().license(key.id())).unwrap();
    assert_eq!(
        lease.anchor.utc, license.license.created_at,
        "no date of the attacker's"
    );
    // And no other machine, until it is clear to whom the seats belong.
    let other = Machine::new();
    let refused = no_seat(ask(&vendor, &other.app(&vendor), &key));
    let Entitlement::NoSeat {
        pending: Some(pending),
        ..
    } = &refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(pending.count, 2);
    let told = refused.to_string();
    for part in ["2 of them pending", "seat list", "seat free"] {
        assert!(told.contains(part), "{told}");
    }
    // The chip's next request shows that it is the chip's.
    ask(&vendor, &app, &vendor.sell(1)).unwrap();
    assert_eq!(
        statuses(&vendor, &key, seats),
        [SeatStatus::Confirmed, SeatStatus::Pending]
    );
    let overview = wait(vendor.service().license(key.id())).unwrap();
    let bindings: Vec<_> = overview.seats[0]
        .bindings
        .iter()
        .map(|bound| bound.status)
        .collect();
    assert_eq!(bindings, [BindingStatus::Pending, BindingStatus::Confirmed]);
}

#[test]
fn a_pending_seat_is_freed_by_a_verb_or_lapses_and_a_confirmed_one_needs_a_word() {
    let Filled {
        vendor,
        key,
        victims: [victim, _second],
        seats,
        _attackers,
    } = Filled::new();
    let app = victim.app(&vendor);
    apply(&app, &ask(&vendor, &app, &key).unwrap());
    ask(&vendor, &app, &vendor.sell(1)).unwrap();

    let free = |seat, yes| wait(vendor.service().free_seat(key.id(), seat, yes, now()));
    let refused = free(seats[0], false).unwrap_err();
    assert!(matches!(refused, SeatError::Confirmed { .. }), "{refused}");
    assert!(refused.to_string().contains("--yes"), "{refused}");

    let other = Machine::new();
    let at_the_desk = other.app(&vendor);
    no_seat(ask(&vendor, &at_the_desk, &key));
    free(seats[1], false).unwrap();
    let answer = ask(&vendor, &at_the_desk, &key).unwrap();
    assert!(matches!(
        free(seats[1], false),
        Err(SeatError::UnknownDevice(_))
    ));

    // That machine is not heard of again either: at the end of its lease its seat is free by itself.
    let third = Machine::new();
    let third = third.app(&vendor);
    let request = third
        .request_activation(&key, &Auths::default())
        .unwrap()
        .request;
    no_seat(vendor.answer(&request));
    let after = answer.lease_expires_at;
    no_seat(vendor.answer_at(&request, after.saturating_sub(Duration::from_secs(1))));
    vendor.answer_at(&request, after).unwrap();
    // The first machine has shown itself, and keeps its own.
    let seats = wait(vendor.service().seats(key.id())).unwrap();
    let states: Vec<_> = seats.iter().map(|seat| seat.status(after)).collect();
    assert!(states.contains(&SeatStatus::Confirmed), "{states:?}");
    assert_eq!(
        states
            .iter()
            .filter(|state| **state == SeatStatus::Pending)
            .count(),
        1
    );
    assert_eq!(
        states
            .iter()
            .filter(|state| **state == SeatStatus::Lapsed)
            .count(),
        1
    );
}

#[test]
fn a_seat_that_lapsed_and_is_another_machines_by_now_is_not_had_back_with_an_old_lease() {
    let vendor = Vendor::new();
    let key = vendor.sell(1);
    let [first, second] = [Machine::new(), Machine::new()].map(|machine| {
        vendor.trust(&machine.tpm);
        machine
    });
    let (first, second) = (first.app(&vendor), second.app(&vendor));
    let answer = ask(&vendor, &first, &key).unwrap();
    apply(&first, &answer);
    let after = answer.lease_expires_at;
    let requested = second.request_activation(&key, &Auths::default()).unwrap();
    vendor.answer_at(&requested.request, after).unwrap();
    let requested = first.request_activation(&key, &Auths::default()).unwrap();
    no_seat(vendor.answer_at(&requested.request, after));
    let seats = wait(vendor.service().seats(key.id())).unwrap();
    let taken = seats.iter().filter(|seat| seat.is_taken(after)).count();
    assert_eq!(taken, 1, "{seats:?}");
}

#[test]
fn one_chip_is_one_seat_under_whichever_endorsement_key() {
    let vendor = Vendor::new();
    let machine = Machine::with(TpmSpec::default().eks([EkKind::Rsa2048, EkKind::P256]));
    vendor.trust(&machine.tpm);
    let keys = endorsements(&machine);
    assert_eq!(keys.len(), 2);
    let under = |which: usize| showing(&machine, &vendor, keys[which].clone());
    // Before anything is proven, and after.
    let key = vendor.sell(1);
    let first = ask(&vendor, &under(0), &key).unwrap();
    let other_product = machine.app_with(&vendor, |config| {
        config.product = None;
        config.hardware = Box::new(Relay::new(machine.hardware()).showing(keys[1].clone()));
    });
    let second = ask(&vendor, &other_product, &key).unwrap();
    assert_eq!(first.status_index, second.status_index);
    apply(&other_product, &second);
    assert_eq!(reason(&other_product.validate()), "ok");

    let third = ask(&vendor, &under(0), &key).unwrap();
    apply(&under(0), &third);
    let another = vendor.sell(1);
    let seats = [0, 1].map(|which| ask(&vendor, &under(which), &another).unwrap().status_index);
    assert_eq!(seats[0], seats[1]);
    let overview = wait(vendor.service().license(key.id())).unwrap();
    assert_eq!(overview.seats.len(), 1);
    assert_eq!(overview.seats[0].seat.status(now()), SeatStatus::Confirmed);
}

/// Two machines must not have one seat between them by lending each other their endorsement certificates.
#[test]
fn two_chips_that_show_each_others_endorsement_keys_need_two_seats() {
    let vendor = Vendor::new();
    let machines = [Machine::new(), Machine::new()];
    for machine in &machines {
        vendor.trust(&machine.tpm);
    }
    let key = vendor.sell(1);
    let lent = endorsements(&machines[1]).remove(0);
    ask(&vendor, &showing(&machines[0], &vendor, lent), &key).unwrap();
    let ask_as_itself = |which: usize| {
        let app = machines[which].app_with(&vendor, |config| config.product = None);
        let answer = ask(&vendor, &app, &key)?;
        apply(&app, &answer);
        Ok::<_, AnswerError>(app)
    };
    let served = [0, 1].map(|which| ask_as_itself(which).is_ok());
    assert_eq!(
        served.iter().filter(|served| **served).count(),
        1,
        "{served:?}"
    );
}
