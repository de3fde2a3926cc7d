//! The product keeps every promise in every state within small bounds; `make model` goes further.

use counterfoil_model::binding::{self, BindingModel};
use counterfoil_model::crash::{Bounds, CrashModel, Owner};
use counterfoil_model::explore::{exhaust, find};
use counterfoil_model::mistake::Mistake;
use counterfoil_model::rules::Rules;
use counterfoil_model::runs::{Scale, production};

#[test]
fn p1_to_p5_hold_in_every_state_within_the_small_bounds() {
    for run in production(Scale::Small) {
        let name = run.name;
        let outcome = run.explore();
        println!("{name}: {outcome}");
        assert!(outcome.holds(), "{name}: {outcome}");
        assert!(
            outcome.unique > 1000,
            "{name} looked at next to nothing: {outcome}"
        );
    }
}

/// What a counter alone can't tell, as `docs/model.md` explains. If this fails the limit is gone: say so there.
#[test]
fn p12_limit_a_successor_that_was_kept_passes_for_the_one_that_was_committed() {
    let bounds = Bounds {
        owner: Owner::Hostile,
        increments: 3,
        answers: 1,
        keeps_successors: true,
    };
    let outcome = find(CrashModel::new(Rules::production(), bounds));
    println!("{outcome}");
    let promises: Vec<&str> = outcome.broken.iter().map(|broken| broken.promise).collect();
    assert_eq!(promises, ["P12: an answer is applied once"], "{outcome}");
}

#[test]
fn p6_the_seeds_name_implies_the_epoch() {
    let bounds = binding::Bounds {
        seeds: 2,
        clears: 1,
        highest: 5,
        resets: 0,
        restarts: 0,
        holds: false,
        second_license: false,
    };
    let not_compared = Rules {
        seed_names_epoch: true,
        ..Mistake::EpochNotCompared.rules()
    };
    let outcome = exhaust(BindingModel::new(not_compared, bounds), 2);
    assert!(outcome.holds(), "{outcome}");
}

#[test]
fn p8_a_program_held_since_before_a_release_has_no_verdict_that_lasts_beyond_j() {
    let bounds = binding::Bounds {
        seeds: 2,
        clears: 1,
        highest: 4,
        resets: 0,
        restarts: 0,
        holds: true,
        second_license: false,
    };
    let outcome = exhaust(BindingModel::new(Rules::production(), bounds), 2);
    assert!(outcome.holds(), "{outcome}");
    // Counted from the answer it would.
    let outcome = exhaust(
        BindingModel::new(Mistake::DeadlineFromAnswer.rules(), bounds),
        2,
    );
    let promises: Vec<&str> = outcome.broken.iter().map(|broken| broken.promise).collect();
    assert!(
        promises.contains(&"P8: never after a release"),
        "{promises:?}: {outcome}"
    );
}
