//! Over random facts: no panic, the same verdict twice, and nothing gained by anything getting worse.

use crate::random::{Facts, any_facts, any_machine, any_reason};
use crate::worse::{any_worse, worsen};
use counterfoil::policy::{Check, Outcome, Rules, Standing, Verdict, decide};
use proptest::prelude::*;

fn is_no_more(after: &[String], before: &[String]) -> bool {
    after.iter().all(|feature| before.contains(feature))
}

fn outcomes_are(verdict: &Verdict, wanted: impl Fn(Outcome) -> bool) -> bool {
    verdict.checks.iter().all(|result| wanted(result.outcome))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p10_any_facts_give_one_verdict_always_the_same(facts in any_facts(), machine in any_machine()) {
        let inputs = facts.inputs(&machine);
        let verdict = decide(&inputs, &machine.rules);
        prop_assert_eq!(&verdict, &decide(&inputs, &machine.rules));
        prop_assert_eq!(verdict.checks.map(|result| result.check), Check::ALL);
        prop_assert!(verdict.features.is_sorted());
        let words = [std::slice::from_ref(&verdict.message), &verdict.steps].concat().concat();
        let unfilled = words.contains(['{', '}']);
        prop_assert!(!unfilled, "a blank was left unfilled: {}", words);

        // A failed check is never behind a standing that keeps everything, but where the rules say so for lost state.
        let failed = !outcomes_are(&verdict, |outcome| !matches!(outcome, Outcome::Fail(_)));
        prop_assert!(!failed || verdict.standing >= Standing::OfflineGrace);
        let all_there = outcomes_are(&verdict, |outcome| outcome == Outcome::Pass);
        prop_assert!(all_there || verdict.standing >= Standing::RenewalDue);
    }

    #[test]
    fn p11_nothing_that_gets_worse_gives_a_better_standing_or_more_features(
        facts in any_facts(),
        machine in any_machine(),
        worse in prop::collection::vec(any_worse(), 1..4),
    ) {
        let before = decide(&facts.inputs(&machine), &machine.rules);
        let spoiled = worse.iter().fold(facts, worsen);
        let after = decide(&spoiled.inputs(&machine), &machine.rules);
        prop_assert!(after.standing >= before.standing, "{} became {}", before.standing, after.standing);
        prop_assert!(is_no_more(&after.features, &before.features));
    }

    #[test]
    fn p11_a_license_that_cannot_be_read_leaves_the_essential_tier_at_best(
        facts in any_facts(),
        machine in any_machine(),
        reason in any_reason(),
    ) {
        let before = decide(&facts.inputs(&machine), &machine.rules);
        let spoiled = Facts { license: Err(reason), ..facts };
        let after = decide(&spoiled.inputs(&machine), &machine.rules);
        // Its own end can't be known any more, nor that it was licensed at all.
        prop_assert!(after.standing >= before.standing.min(Standing::Limited));
        prop_assert!(is_no_more(&after.features, &machine.rules.tiers[0].features));
    }

    #[test]
    fn p11_neither_a_platform_nor_a_version_nor_a_contact_that_is_missing_takes_the_essential_tier(
        facts in any_facts(),
        machine in any_machine(),
    ) {
        let mut without = machine.rules.clone();
        (without.pcr, without.step_up, without.time.boot_budget) = (None, None, None);
        let with = decide(&facts.inputs(&machine), &machine.rules);
        let without = decide(&Facts { app_version: Some("2"), ..facts }.inputs(&machine), &without);
        prop_assert!(with.standing <= without.standing.max(Standing::Limited));
        for feature in &machine.rules.tiers[0].features {
            prop_assert!(with.features.contains(feature) || !without.features.contains(feature));
        }
    }

    #[test]
    fn what_the_rules_read_back_decides_the_same(facts in any_facts(), machine in any_machine()) {
        let read = Rules::from_cbor(&machine.rules.to_cbor());
        prop_assert_eq!(read.as_ref(), Ok(&machine.rules));
        let read = read.expect("sound rules");
        prop_assert_eq!(decide(&facts.inputs(&machine), &read), decide(&facts.inputs(&machine), &machine.rules));
    }
}
