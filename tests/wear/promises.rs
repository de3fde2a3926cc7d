//! What ten years must not cost, and what a window must give.

use crate::trace::machine::{FASTEST_RATE, Machine, SLOWEST_RATE, TRUE_RATE};
use crate::trace::{
    BUDGET_BYTES, Client, DEVELOPER, FAMILIES, Family, LAPTOP, PROFILES, PROMISED, Profile,
    TEN_YEARS, Tally, UNEVEN, WINDOWS, live, share, terms, terms_for, unlisted_loss_ms,
};
use counterfoil::policy::{Rules, Terms};
use counterfoil::time::{Limits, share_of_window};
use counterfoil::token::DeviceClass;

/// Ten years under the rules that a new product begins with, which list no TPM.
fn ten_years(profile: &Profile, family: &Family, class: DeviceClass) -> Tally {
    let terms = terms_for(&Rules::default(), class);
    live(profile, client(family, TRUE_RATE, terms), TEN_YEARS)
}

fn client(family: &Family, rate: u64, terms: Terms) -> Client {
    Client::activate(machine(family, rate), terms)
}

fn machine(family: &Family, rate: u64) -> Machine {
    let mut machine = Machine::new(family.unclean_loss_ms);
    machine.rate = rate;
    machine
}

fn limits(terms: &Terms) -> Limits {
    Limits {
        budget_ms: terms.budget_ms,
        unclean_loss_ms: terms.unclean_loss_ms,
        restarts_allowed: terms.restarts_allowed,
        heartbeat_ms: terms.heartbeat_ms,
    }
}

#[test]
fn p13_ten_years_at_default_settings_write_at_most_100_kilobytes() {
    for profile in &PROFILES {
        for family in [&FAMILIES[0], &FAMILIES[4]] {
            let tally = ten_years(profile, family, DeviceClass::Hardware);
            assert!(
                tally.nv_bytes() <= BUDGET_BYTES,
                "{}: {tally:?}",
                profile.name
            );
        }
        // A window of one day is for virtual TPMs, whose memory does not wear out; twenty boots a day are warned about.
        let virtual_machine = ten_years(profile, &FAMILIES[0], DeviceClass::Virtual);
        assert!(
            virtual_machine.nv_bytes() <= BUDGET_BYTES || profile.name == DEVELOPER.name,
            "{}: {virtual_machine:?}",
            profile.name
        );
    }
}

#[test]
fn p3_the_promised_machine_in_any_order_and_the_laptop_get_all_of_every_window_in_every_family() {
    for profile in [PROMISED, UNEVEN, LAPTOP] {
        for family in &FAMILIES {
            for window_days in WINDOWS {
                for listed_ms in [family.unclean_loss_ms, unlisted_loss_ms()] {
                    let terms = terms(window_days, listed_ms);
                    let share = share(&profile, machine(family, TRUE_RATE), terms);
                    assert!(
                        share >= 100,
                        "{}: {share} % of {window_days} days where I is {}",
                        profile.name,
                        family.name
                    );
                }
            }
        }
    }
}

#[test]
fn p3_nobody_who_meets_the_vendor_now_and_then_is_locked_out_in_ten_years() {
    for profile in &PROFILES {
        let tally = ten_years(profile, &FAMILIES[4], DeviceClass::Hardware);
        assert_eq!(tally.accepted_ms, tally.on_ms, "{}", profile.name);
    }
}

// P1 and P2 are checked at every heartbeat of every trace; here with the clocks that a TPM's owner can set.
#[test]
fn p1_p2_slow_and_fast_clocks_stay_within_charge_and_floor() {
    for profile in &PROFILES {
        for family in &FAMILIES {
            for rate in [SLOWEST_RATE, FASTEST_RATE] {
                let terms = terms(7, family.unclean_loss_ms);
                let tally = live(profile, client(family, rate, terms), 365);
                assert!(tally.charged_ms >= tally.accepted_ms);
            }
        }
    }
}

#[test]
fn p1_a_machine_without_network_is_refused_within_its_budget() {
    for profile in &PROFILES {
        for family in &FAMILIES {
            let terms = terms(30, family.unclean_loss_ms);
            let budget_ms = u128::from(terms.budget_ms);
            let share = share(profile, machine(family, SLOWEST_RATE), terms);
            let worked_ms = u128::from(share) * terms.window.as_millis() / 100;
            let usage = profile.usage();
            let on_ms = worked_ms * usage.on.as_millis() / usage.span.as_millis();
            assert!(on_ms <= budget_ms, "{}: {on_ms} ms", profile.name);
        }
    }
}

#[test]
fn the_calculated_share_is_what_a_life_without_network_comes_to() {
    for profile in &PROFILES {
        for family in &FAMILIES {
            for window_days in [30, 60] {
                let terms = terms(window_days, family.unclean_loss_ms);
                let lived = share(profile, machine(family, TRUE_RATE), terms);
                let calculated = u64::from(share_of_window(
                    &profile.usage(),
                    &limits(&terms),
                    terms.window,
                ));
                // Sleeps that are spread unevenly cost up to a twentieth; a power cut takes from the clock what it costs.
                assert!(
                    lived >= calculated * 95 / 100
                        && (lived <= calculated + 2 || !profile.is_orderly()),
                    "{}, {}: {lived} % lived, {calculated} % calculated for {window_days} days",
                    profile.name,
                    family.name
                );
            }
        }
    }
}

#[test]
fn twenty_boots_a_day_are_warned_about() {
    for (family, expected) in [(&FAMILIES[0], 62), (&FAMILIES[4], 41)] {
        let terms = terms(30, family.unclean_loss_ms);
        let lived = share(&DEVELOPER, machine(family, TRUE_RATE), terms);
        let calculated = share_of_window(&DEVELOPER.usage(), &limits(&terms), terms.window);
        assert_eq!(calculated, expected);
        assert!(lived.abs_diff(expected.into()) <= 1, "{lived} %");
    }
}

#[test]
fn leaps_over_calm_heartbeats_change_nothing() {
    for profile in &PROFILES {
        let client = client(&FAMILIES[2], TRUE_RATE, terms(7, 16_384));
        let walked = live(profile, client.clone().walking(), 40);
        assert_eq!(live(profile, client, 40), walked, "{}", profile.name);
    }
}
