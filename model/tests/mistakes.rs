//! A model that finds nothing proves nothing: each mistake makes a promise break, the one named here.

use counterfoil_model::mistake::Mistake;
use counterfoil_model::runs::mistaken;

const UNDERCHARGED: &str = "no file brings the charge below what was accepted";

fn finds(mistake: Mistake, promise: &str) {
    let outcome = mistaken(mistake).explore();
    println!("{outcome}");
    let promises: Vec<&str> = outcome.broken.iter().map(|broken| broken.promise).collect();
    assert!(promises.contains(&promise), "{promises:?}: {outcome}");
}

#[test]
fn seeded_bug_no_per_reset_charge_is_found() {
    finds(Mistake::NoChargePerReset, UNDERCHARGED);
}

#[test]
fn seeded_bug_seven_sixths_left_off_i_is_found() {
    finds(Mistake::LossAtTheClocksRate, UNDERCHARGED);
}

#[test]
fn seeded_bug_verdict_before_the_increment_is_found() {
    finds(Mistake::ActBeforeIncrement, UNDERCHARGED);
}

#[test]
fn seeded_bug_answer_applied_before_the_increment_is_found() {
    finds(
        Mistake::ApplyBeforeIncrement,
        "P12: an answer is applied once",
    );
}

#[test]
fn seeded_bug_os_clock_stored_as_floor_is_found() {
    finds(
        Mistake::OsClockAsFloor,
        "P3: the floor is never ahead of the true time",
    );
}

#[test]
fn seeded_bug_state_without_its_reset_count_is_found() {
    finds(Mistake::StateWithoutResetCount, UNDERCHARGED);
}

#[test]
fn seeded_bug_s_instead_of_s_plus_one_is_found() {
    finds(Mistake::SInsteadOfSPlusOne, UNDERCHARGED);
}

#[test]
fn seeded_bug_s_zero_is_found() {
    finds(
        Mistake::SIsZero,
        "P13: ten sleeps a day cost one increment a day at most",
    );
}

#[test]
fn seeded_bug_deadline_from_the_answer_is_found() {
    finds(Mistake::DeadlineFromAnswer, UNDERCHARGED);
}

#[test]
fn seeded_bug_counts_and_activity_from_two_moments_is_found() {
    finds(Mistake::TwoMoments, UNDERCHARGED);
}

#[test]
fn seeded_bug_persisted_verdict_is_found() {
    finds(Mistake::PersistedVerdict, UNDERCHARGED);
}

#[test]
fn seeded_bug_grace_that_renews_itself_is_found() {
    finds(Mistake::GraceRenewsItself, "P1: accepted is at most D");
}

#[test]
fn seeded_bug_attestation_key_not_compared_is_found() {
    finds(
        Mistake::AttestationKeyNotCompared,
        "P6: only with the chip of the license",
    );
}

#[test]
fn seeded_bug_storage_key_not_compared_is_found() {
    finds(Mistake::StorageKeyNotCompared, "P6: never after TPM2_Clear");
}

#[test]
fn seeded_bug_seed_not_compared_is_found() {
    finds(Mistake::SeedNotCompared, "P6: only with the sealed seed");
}

#[test]
fn seeded_bug_epoch_neither_sealed_nor_compared_is_found() {
    finds(Mistake::EpochNotCompared, "P8: never after a release");
}

#[test]
fn seeded_bug_counter_not_compared_is_found() {
    finds(
        Mistake::CounterNotCompared,
        "P6: only with the counter of the license",
    );
}

#[test]
fn seeded_bug_lost_state_forgotten_is_found() {
    finds(
        Mistake::LossForgotten,
        "P4: a lost state is Limited above k = 1, until a contact",
    );
}

#[test]
fn seeded_bug_missing_state_limited_at_once_is_found() {
    finds(
        Mistake::LossCountedAtOnce,
        "P3: a missing state takes nothing at k <= 1",
    );
}
