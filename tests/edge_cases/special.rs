//! Rows for what the rules make of a cause, and for causes that meet.

use crate::facts::{LICENSE_END, charge, lease, now};
use crate::reasons::pcr_rule;
use crate::row::Row;
use counterfoil::policy::{
    Anomaly, Enforcement, Inputs, Keep, ListedStatus, LostState, PcrChange, PlatformFact, Reason,
    StateHealth, StepUp,
};
use counterfoil::time::ClockNotice;
use std::collections::BTreeSet;
use std::time::Duration;

pub(crate) fn groups() -> Vec<(&'static str, Vec<Row>)> {
    vec![
        ("What the rules tolerate", tolerated()),
        ("What the rules demand", demanded()),
        ("What stays on", kept()),
        ("Several causes at once", several()),
    ]
}

fn tolerated() -> Vec<Row> {
    vec![
        Row::new(
            Reason::StateMissing,
            "The state file is missing, and the activity counter moved twice since the last contact.",
            |inputs| {
                inputs.state = StateHealth::Missing;
                let mut moved = inputs.charge.expect("the charge is there");
                moved.increments = 2;
                inputs.charge = Ok(moved);
            },
            &["a_missing_state_is_tolerated_until_the_second_increment"],
        ),
        Row::new(
            Reason::StateMissing,
            "The state file is missing, and what was charged can't be known.",
            |inputs| {
                inputs.state = StateHealth::Missing;
                inputs.charge = Err(Reason::AnchorForeign);
            },
            &["a_missing_state_is_not_tolerated_where_increments_are_unknown"],
        ),
        Row::new(
            Reason::StateRolledBack,
            "An older state file was put back, and the rules say `state.rolled_back = \"offline_grace\"`.",
            |inputs| inputs.state = StateHealth::RolledBack,
            &["the_rules_say_what_a_lost_state_leads_to"],
        )
        .under(|machine| machine.rules.state.rolled_back = LostState::OfflineGrace),
        Row::new(
            Reason::StateRolledBack,
            "The same with `state.rolled_back = \"suspended\"`.",
            |inputs| inputs.state = StateHealth::RolledBack,
            &["the_rules_say_what_a_lost_state_leads_to"],
        )
        .under(|machine| machine.rules.state.rolled_back = LostState::Suspended),
        Row::new(
            Reason::PlatformChanged,
            "The firmware changed, and the rules say `pcr.on_change = \"notice\"`.",
            |inputs| inputs.platform = PlatformFact::Differs,
            &["a_platform_that_changed_is_told_with_what_to_do_and_takes_nothing_where_the_rule_says_notice"],
        )
        .under(|machine| machine.rules.pcr = Some(pcr_rule(PcrChange::Notice))),
        Row::new(
            Reason::Ok,
            "The firmware changed, and the rules have no `[pcr]` table.",
            |inputs| inputs.platform = PlatformFact::Differs,
            &["every_platform_fact_has_its_standing_only_where_the_rules_ask"],
        ),
    ]
}

fn demand(anomaly: Anomaly) -> StepUp {
    StepUp {
        after: BTreeSet::from([anomaly]),
        ..StepUp::default()
    }
}

fn clock_is_wrong(inputs: &mut Inputs<'_>, hours_after_the_contact: u64) {
    let contact = lease(inputs).issued_at;
    inputs.now.utc = contact.plus(Duration::from_secs(hours_after_the_contact * 3600));
    inputs.now.notice = Some(ClockNotice::OsClockAhead);
}

fn demanded() -> Vec<Row> {
    vec![
        Row::new(
            Reason::OsClockAhead,
            "The clock is wrong, the rules demand a contact after that, and the last one is 23 hours old.",
            |inputs| clock_is_wrong(inputs, 23),
            &["p3_a_contact_answers_for_a_wrong_clock_for_a_day_and_the_next_one_again"],
        )
        .under(|machine| machine.rules.step_up = Some(demand(Anomaly::OsClock))),
        Row::new(
            Reason::StepUpDue,
            "The same, and the last contact is 25 hours old.",
            |inputs| clock_is_wrong(inputs, 25),
            &["p3_a_contact_answers_for_a_wrong_clock_for_a_day_and_the_next_one_again"],
        )
        .under(|machine| machine.rules.step_up = Some(demand(Anomaly::OsClock))),
        Row::new(
            Reason::StepUpDue,
            "The clock is right again, and was wrong longer than a day after the last contact.",
            |inputs| inputs.remembered = [Anomaly::OsClock].into(),
            &[
                "an_anomaly_that_no_contact_answers_for_is_to_be_remembered_and_demands_one_when_it_is_over",
                "p4_a_clock_that_was_turned_back_is_remembered_until_the_next_contact",
            ],
        )
        .under(|machine| machine.rules.step_up = Some(demand(Anomaly::OsClock))),
        Row::new(
            Reason::StepUpDue,
            "The firmware changed, which is otherwise a notice, and the rules demand a contact after that.",
            |inputs| {
                inputs.platform = PlatformFact::Differs;
                inputs.now.utc = inputs.now.utc.plus(Duration::from_secs(3600));
            },
            &["each_anomaly_demands_a_contact_where_the_rules_name_it_and_only_there"],
        )
        .under(|machine| {
            machine.rules.pcr = Some(pcr_rule(PcrChange::Notice));
            machine.rules.step_up = Some(demand(Anomaly::PlatformChanged));
        }),
    ]
}

fn kept() -> Vec<Row> {
    vec![
        Row::new(
            Reason::LicenseRevoked,
            "The license is revoked, and the rules are advisory.",
            |inputs| inputs.status.status = ListedStatus::Revoked,
            &["advisory_rules_report_and_turn_nothing_off"],
        )
        .under(|machine| machine.rules.enforcement = Enforcement::Advisory),
        Row::missing(
            Reason::SignatureInvalid,
            "The rules are advisory, and there is no genuine license.",
            &["advisory_rules_report_and_turn_nothing_off"],
        )
        .under(|machine| machine.rules.enforcement = Enforcement::Advisory),
        Row::new(
            Reason::OfflineGrace,
            "The grace runs, and the rules say `keep.offline_grace = \"standard\"`.",
            |inputs| inputs.now.utc = lease(inputs).expires_at,
            &["what_stays_on_is_the_rules_to_say"],
        )
        .under(|machine| machine.rules.keep.offline_grace = Keep::Tier("standard".to_owned())),
        Row::new(
            Reason::LicenseExpired,
            "The license ended, and the rules say `keep.expired = \"none\"`.",
            |inputs| inputs.now = now(LICENSE_END + 1),
            &["what_stays_on_is_the_rules_to_say"],
        )
        .under(|machine| machine.rules.keep.expired = Keep::Nothing),
        Row::new(
            Reason::Ok,
            "The license's edition is the name of no tier.",
            |_| {},
            &["an_edition_that_is_no_tier_grants_its_list_and_the_essential_tier"],
        )
        .under(|machine| machine.edition = "campus".to_owned()),
        Row::new(
            Reason::OfflineGrace,
            "The grace runs, and the license has the features of its tier alone.",
            |inputs| inputs.now.utc = lease(inputs).expires_at,
            &["a_step_names_the_tier_that_is_to_be_lost"],
        )
        .under(|machine| machine.features.clear()),
    ]
}

fn several() -> Vec<Row> {
    vec![
        Row::new(
            Reason::LicenseRevoked,
            "The license is revoked and over, and an older state file was put back.",
            |inputs| {
                inputs.now = now(LICENSE_END + 1);
                inputs.status.status = ListedStatus::Revoked;
                inputs.state = StateHealth::RolledBack;
            },
            &["the_worst_of_several_causes_decides_and_the_list_names_them_all"],
        ),
        Row::new(
            Reason::TpmCleared,
            "The TPM was cleared, so that its counts fit the anchor no longer.",
            |inputs| {
                inputs.device = Err(Reason::TpmCleared);
                inputs.charge = Err(Reason::AnchorForeign);
            },
            &["the_first_of_equally_bad_causes_decides"],
        ),
        Row::new(
            Reason::LicenseRevoked,
            "The license is revoked, and the TPM is locked out after it was read.",
            |inputs| {
                inputs.device = Err(Reason::TpmLockedOut);
                inputs.status.status = ListedStatus::Revoked;
            },
            &["p11_nothing_that_gets_worse_gives_a_better_standing_or_more_features"],
        ),
        Row::missing(
            Reason::TpmMissing,
            "The license ended, and without its TPM it can't be read: its end can't be known.",
            &["p11_a_license_that_cannot_be_read_leaves_the_essential_tier_at_best"],
        ),
        Row::new(
            Reason::BudgetSpent,
            "Budget and date of the lease have both passed.",
            |inputs| {
                inputs.now.utc = lease(inputs).expires_at.plus(Duration::from_secs(1));
                inputs.charge = Ok(charge(2, 1));
            },
            &["the_first_of_equally_bad_causes_decides"],
        ),
        Row::new(
            Reason::LicenseExpired,
            "License and lease end on the same day, and it has passed.",
            |inputs| {
                let mut license = inputs.license.expect("there is a license");
                license.expires_at = Some(lease(inputs).expires_at);
                inputs.license = Ok(license);
                inputs.now.utc = lease(inputs).expires_at.plus(Duration::from_secs(1));
            },
            &["the_worst_of_several_causes_decides_and_the_list_names_them_all"],
        ),
    ]
}
