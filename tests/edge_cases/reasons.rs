//! A row for each reason.

use crate::facts::{LICENSE_END, charge, lease, now, utc};
use crate::row::Row;
use counterfoil::policy::{
    ListedStatus, ManifestHealth, PcrApproval, PcrChange, PcrReference, PcrRule, PlatformFact,
    Reason, StateHealth, StepUp,
};
use counterfoil::time::ClockNotice;
use counterfoil::token::DeviceClass;
use std::collections::BTreeSet;
use std::time::Duration;

/// Each cause by itself, shown to decide under its own name.
const ALONE: &str = "p11_every_cause_decides_alone_under_its_own_name";

pub(crate) fn groups() -> Vec<(&'static str, Vec<Row>)> {
    vec![
        ("In order, and on the way to renewal", renewal()),
        ("License and lease", tokens()),
        ("The TPM", device()),
        ("What the TPM attests", evidence()),
        ("Counters and state", state()),
        ("Time", time()),
        ("What the vendor says", status()),
        ("The application and the rules", policy()),
    ]
}

fn renewal() -> Vec<Row> {
    vec![
        Row::new(
            Reason::Ok,
            "Everything is in order.",
            |_| {},
            &["a_machine_in_order_is_active_with_everything_it_bought"],
        ),
        Row::new(
            Reason::RenewalDue,
            "The lease has passed its renew-after date or charge.",
            |inputs| inputs.now.utc = lease(inputs).renew_after.at,
            &[
                "renewal_begins_at_its_date_under_any_rules",
                "renewal_begins_at_its_charge_under_any_rules",
            ],
        ),
        Row::new(
            Reason::OfflineGrace,
            "What is left of the lease, by date or by charge, is its grace.",
            |inputs| inputs.now.utc = lease(inputs).expires_at,
            &[
                "grace_begins_g_before_the_leases_end_under_any_rules",
                "p1_grace_begins_g_before_the_budgets_end_at_the_budgets_rate_under_any_rules",
            ],
        ),
    ]
}

fn tokens() -> Vec<Row> {
    vec![
        Row::missing(
            Reason::NotActivated,
            "There was never a license here.",
            &[
                "without_a_license_the_answer_is_no_and_says_what_to_do",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::Released,
            "The license was given back from this machine.",
            &[ALONE],
        ),
        Row::missing(
            Reason::SignatureInvalid,
            "A license or lease was changed.",
            &[
                "any_flipped_bit_in_a_license_is_refused",
                "any_flipped_bit_in_a_lease_is_refused",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::IssuerUnknown,
            "A license or lease is signed by a key that no trust bundle names.",
            &[
                "each_file_is_accepted_or_refused_for_the_reason_in_its_name",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::IssuerCutOff,
            "A license or lease is signed by a key that the vendor has cut off.",
            &["a_withdrawn_issuer_is_refused_from_the_cut_off_on", ALONE],
        ),
        Row::missing(
            Reason::LicenseUnreadable,
            "A license or lease is no well-formed file, or another machine's.",
            &["p6_single_files_of_another_machine_are_refused", ALONE],
        ),
        Row::missing(
            Reason::LicenseNewerFormat,
            "A license or lease demands what this version does not understand.",
            &[
                "each_file_is_accepted_or_refused_for_the_reason_in_its_name",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::ClaimsMismatch,
            "License and lease were not issued for each other.",
            &["a_lease_belongs_to_its_license_alone", ALONE],
        ),
        Row::missing(
            Reason::WrongProduct,
            "The license is for another product than the application names.",
            &[ALONE],
        ),
        Row::missing(
            Reason::LeaseMissing,
            "The lease was removed.",
            &["p11_a_lease_that_was_removed_is_told_as_such", ALONE],
        ),
        Row::missing(
            Reason::LeaseSuperseded,
            "An older lease was put in the place of a newer one.",
            &["p1_p4_an_older_lease_put_back_is_refused", ALONE],
        ),
    ]
}

fn device() -> Vec<Row> {
    vec![
        Row::missing(
            Reason::TpmMissing,
            "There is no TPM, it is switched off, or it vanished.",
            &[
                "no_tpm_is_told_and_the_essential_tier_stays_on",
                "p11_one_cause_that_takes_several_facts_away_is_counted_once",
            ],
        ),
        Row::missing(
            Reason::TpmNoPermission,
            "The user may not open the TPM.",
            &[ALONE],
        ),
        Row::missing(
            Reason::TpmBusy,
            "The TPM asks to be tried again, even after retries.",
            &[
                "a_refusal_at_any_command_has_its_own_reason_and_leaves_nothing_behind",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::TpmLockedOut,
            "The TPM is in its dictionary-attack lockout.",
            &[
                "a_refusal_at_any_command_has_its_own_reason_and_leaves_nothing_behind",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::TpmFailure,
            "The TPM is in failure mode or answers nonsense.",
            &[
                "a_refusal_at_any_command_has_its_own_reason_and_leaves_nothing_behind",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::TpmReset,
            "The TPM was reset during the validation.",
            &[
                "a_tpm_that_vanishes_at_any_command_is_told_and_nothing_is_lost",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::DeviceOther,
            "The TPM is another: the folder was copied to another machine.",
            &[
                "p6_a_state_folder_copied_to_another_tpm_is_refused",
                "p6_another_machine_has_nothing",
            ],
        ),
        Row::missing(
            Reason::StorageKeyOther,
            "Another key is at the storage root's place.",
            &[
                "p6_a_foreign_key_at_the_storage_roots_handle_is_told_from_a_cleared_tpm",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::SeedOther,
            "The seed was sealed anew.",
            &["p6_a_seed_sealed_again_is_refused", ALONE],
        ),
        Row::missing(
            Reason::EpochMoved,
            "The license is of an epoch that a release ended.",
            &["p6_a_moved_epoch_closes_the_license_for_ever", ALONE],
        ),
        Row::missing(
            Reason::TpmCleared,
            "The TPM was cleared.",
            &[
                "p6_a_cleared_tpm_is_refused_and_its_machine_gets_its_seat_again",
                ALONE,
            ],
        ),
    ]
}

fn evidence() -> Vec<Row> {
    vec![
        Row::missing(
            Reason::EvidenceInvalid,
            "An attestation is not genuine.",
            &["p7_another_tpm_cannot_attest_for_the_licensed_one", ALONE],
        ),
        Row::missing(
            Reason::EvidenceNotFresh,
            "An attestation is genuine and about another question.",
            &["p7_a_recorded_attestation_is_not_fresh", ALONE],
        ),
    ]
}

fn state() -> Vec<Row> {
    let mut rows = counters();
    rows.extend(files());
    rows
}

fn counters() -> Vec<Row> {
    vec![
        Row::missing(
            Reason::CounterForeign,
            "A counter is not the license's.",
            &["p6_counters_that_were_removed_end_the_license", ALONE],
        ),
        Row::missing(
            Reason::CounterBehind,
            "The activity counter is behind the lease's anchor.",
            &[
                "a_counter_behind_the_anchor_is_refused",
                "time_refusals_keep_their_own_causes",
            ],
        ),
        Row::missing(
            Reason::CounterNotAdvanced,
            "An increment that was due did not succeed.",
            &[
                "p5_an_increment_that_the_tpm_limits_is_repeated_later_and_applied_once",
                ALONE,
            ],
        ),
    ]
}

fn files() -> Vec<Row> {
    vec![
        Row::new(
            Reason::StateMissing,
            "The state file is missing, and the activity counter moved at most once since the last contact.",
            |inputs| inputs.state = StateHealth::Missing,
            &["a_missing_state_is_tolerated_until_the_second_increment"],
        ),
        Row::new(
            Reason::StateRolledBack,
            "An older state file was put back.",
            |inputs| inputs.state = StateHealth::RolledBack,
            &[
                "p4_every_older_folder_put_back_is_refused_until_the_next_contact",
                "the_rules_say_what_a_lost_state_leads_to",
            ],
        ),
        Row::new(
            Reason::StateDamaged,
            "The state file is damaged, and the activity counter moved at most once since the last contact.",
            |inputs| inputs.state = StateHealth::Damaged,
            &["p5_a_damaged_state_file_is_told_and_the_licenses_still_load"],
        ),
        Row::new(
            Reason::StateNewerFormat,
            "A newer version of the program wrote the state file.",
            |inputs| inputs.state = StateHealth::NewerFormat,
            &[ALONE],
        ),
        Row::new(
            Reason::StateUnwritable,
            "A state that had to be written could not be.",
            |inputs| inputs.state = StateHealth::Unwritable,
            &[
                "p5_a_folder_that_became_read_only_harms_no_validation_and_refuses_what_must_be_written",
            ],
        ),
        Row::new(
            Reason::StateExposed,
            "The folder is open to others, or another user's.",
            |inputs| inputs.state = StateHealth::Exposed,
            &["p4_a_folder_or_file_open_to_others_is_refused_with_the_fix"],
        ),
        Row::missing(
            Reason::StateUnreadable,
            "The folder or a file in it can't be read.",
            &[
                "a_disk_error_at_any_step_has_its_own_name_and_loses_nothing",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::StateBusy,
            "Another process keeps the folder locked.",
            &[
                "a_folder_held_by_another_process_is_busy_and_not_waited_for_for_ever",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::BindingDamaged,
            "The file that ties the folder to the TPM was changed.",
            &["any_flipped_bit_or_cut_of_the_binding_is_named", ALONE],
        ),
    ]
}

fn time() -> Vec<Row> {
    let mut rows = tpm_time();
    rows.extend(calendar());
    rows
}

fn tpm_time() -> Vec<Row> {
    vec![
        Row::missing(
            Reason::AnchorForeign,
            "The TPM counts fewer resets than the lease's anchor.",
            &[
                "a_tpm_with_fewer_resets_is_not_the_anchors",
                "time_refusals_keep_their_own_causes",
            ],
        ),
        Row::missing(
            Reason::RestartsBehind,
            "The TPM counts fewer restarts than the anchor, in the same boot.",
            &[
                "fewer_restarts_in_the_anchors_boot_are_refused",
                "time_refusals_keep_their_own_causes",
            ],
        ),
        Row::missing(
            Reason::ClockBehindAnchor,
            "The TPM's clock is further behind the anchor than resets explain.",
            &[
                "a_clock_behind_the_anchor_without_a_reset_is_refused",
                "time_refusals_keep_their_own_causes",
            ],
        ),
        Row::missing(
            Reason::BudgetSpent,
            "The machine ran without a contact for as long as the lease's budget.",
            &[
                "p1_the_lease_ends_after_its_budget_under_any_rules",
                "p1_a_tpm_clock_set_forward_and_many_boots_spend_the_budget",
            ],
        ),
        Row::new(
            Reason::BootsSpent,
            "The machine booted more often than the rules allow (`time.boot_budget = 60`).",
            |inputs| {
                let mut spent = charge(0, u64::MAX);
                spent.resets = 61;
                inputs.charge = Ok(spent);
            },
            &["boots_are_allowed_up_to_their_budget"],
        )
        .under(|machine| machine.rules.time.boot_budget = Some(60)),
    ]
}

fn calendar() -> Vec<Row> {
    vec![
        Row::new(
            Reason::LeaseExpired,
            "The lease's date has passed.",
            |inputs| inputs.now.utc = lease(inputs).expires_at.plus(Duration::from_secs(1)),
            &[
                "the_lease_ends_after_its_date_under_any_rules",
                "p1_a_tpm_clock_set_to_the_end_of_time_ends_the_window_and_does_not_overflow",
            ],
        ),
        Row::new(
            Reason::LicenseExpired,
            "The license's own date has passed.",
            |inputs| inputs.now = now(LICENSE_END + 1),
            &[
                "the_license_ends_after_its_date_whatever_the_lease",
                "p2_a_license_that_ended_is_not_revived_by_a_clock_set_back",
            ],
        ),
        Row::new(
            Reason::LicenseNotYetValid,
            "The license's first date is still to come.",
            |inputs| {
                let mut license = inputs.license.expect("there is a license");
                license.not_before = utc(LICENSE_END);
                inputs.license = Ok(license);
            },
            &["a_license_begins_at_its_first_second"],
        ),
        Row::new(
            Reason::OsClockAhead,
            "The operating system's clock stands in 2099.",
            |inputs| inputs.now.notice = Some(ClockNotice::OsClockAhead),
            &[
                "p3_a_clock_that_stands_in_2099_is_ignored_for_the_whole_window",
                "notices_on_the_clock_decide_nothing",
            ],
        ),
        Row::new(
            Reason::OsClockBehindFloor,
            "The operating system's clock stands in 1970.",
            |inputs| inputs.now.notice = Some(ClockNotice::OsClockBehindFloor),
            &[
                "p3_a_clock_in_1970_costs_nothing_and_is_mentioned",
                "notices_on_the_clock_decide_nothing",
            ],
        ),
    ]
}

fn status() -> Vec<Row> {
    vec![
        Row::new(
            Reason::LicenseRevoked,
            "The status list revokes the license.",
            |inputs| inputs.status.status = ListedStatus::Revoked,
            &["a_signed_no_is_a_no_and_an_old_list_is_none"],
        ),
        Row::new(
            Reason::LicenseSuspended,
            "The status list suspends the license.",
            |inputs| inputs.status.status = ListedStatus::Suspended,
            &["a_signed_no_is_a_no_and_an_old_list_is_none"],
        ),
        Row::new(
            Reason::StatusStale,
            "The status list is missing or past its date.",
            |inputs| inputs.status.stale = true,
            &["a_signed_no_is_a_no_and_an_old_list_is_none"],
        ),
    ]
}

fn policy() -> Vec<Row> {
    let mut rows = application();
    rows.extend(optional());
    rows
}

fn application() -> Vec<Row> {
    vec![
        Row::new(
            Reason::VersionNotAllowed,
            "The application was updated to 3.0 and the license covers up to 2.",
            |inputs| inputs.app_version = Some("3.0"),
            &["a_version_that_is_not_covered_leaves_the_essential_tier_until_the_license_is_renewed"],
        )
        .under(|machine| machine.versions.max = Some("2".to_owned())),
        Row::new(
            Reason::VersionUnreadable,
            "The application's version is no version number, and the license covers some versions.",
            |inputs| inputs.app_version = Some("nightly"),
            &["versions_of_rules_and_license_must_both_cover_the_application"],
        )
        .under(|machine| machine.versions.max = Some("2".to_owned())),
        Row::new(
            Reason::DeviceClassNotLicensed,
            "The rules license no machines of this class.",
            |inputs| {
                let mut license = inputs.license.expect("there is a license");
                license.class = DeviceClass::Test;
                inputs.license = Ok(license);
            },
            &["a_class_that_the_rules_do_not_name_is_not_licensed"],
        ),
        Row::new(
            Reason::ManifestStale,
            "The manifest is past its date.",
            |inputs| inputs.manifest = ManifestHealth::Stale,
            &["a_manifest_past_its_date_goes_on_and_a_missing_one_is_limited"],
        ),
        Row::new(
            Reason::ManifestMissing,
            "There is no manifest: the application's own list of essential features stays on.",
            |inputs| inputs.manifest = ManifestHealth::Missing,
            &["a_manifest_past_its_date_goes_on_and_a_missing_one_is_limited"],
        ),
    ]
}

fn optional() -> Vec<Row> {
    vec![
        Row::new(
            Reason::PlatformChanged,
            "The firmware or boot software changed, and the rules ask for the approved one (`pcr.on_change = \"limited\"`).",
            |inputs| inputs.platform = PlatformFact::Differs,
            &[
                "every_platform_fact_has_its_standing_only_where_the_rules_ask",
                "p11_a_platform_that_changed_leaves_the_essential_tier",
            ],
        )
        .under(|machine| machine.rules.pcr = Some(pcr_rule(PcrChange::Limited))),
        Row::new(
            Reason::StepUpDue,
            "The state file is missing, after which the rules demand a contact (`step_up.after`).",
            |inputs| inputs.state = StateHealth::Missing,
            &["each_anomaly_demands_a_contact_where_the_rules_name_it_and_only_there"],
        )
        .under(|machine| {
            machine.rules.step_up = Some(StepUp {
                after: BTreeSet::from([counterfoil::policy::Anomaly::StateMissing]),
                ..StepUp::default()
            });
        }),
        Row::new(
            Reason::StepUpFeatures,
            "The last contact is older than `step_up.contact_days = 7` for the feature `edit`.",
            |inputs| inputs.now.utc = lease(inputs).issued_at.plus(Duration::from_secs(8 * 86_400)),
            &[
                "a_step_up_feature_is_on_for_its_days_after_the_contact",
                "p1_a_step_up_feature_is_on_for_the_charge_of_its_days",
                "a_step_up_feature_that_is_off_is_named_with_what_to_do",
            ],
        )
        .under(|machine| {
            machine.rules.step_up = Some(StepUp {
                features: BTreeSet::from(["edit".to_owned()]),
                ..StepUp::default()
            });
        }),
        Row::new(
            Reason::PlatformUnapproved,
            "The rules ask for an approved firmware, and the lease names none yet.",
            |inputs| inputs.platform = PlatformFact::NoReference,
            &["every_platform_fact_has_its_standing_only_where_the_rules_ask"],
        )
        .under(|machine| machine.rules.pcr = Some(pcr_rule(PcrChange::Limited))),
    ]
}

pub(crate) fn pcr_rule(on_change: PcrChange) -> PcrRule {
    PcrRule {
        pcrs: BTreeSet::from([7]),
        reference: PcrReference::Activation,
        on_change,
        approval: PcrApproval::Manual,
    }
}
