//! Rows for what is found on disk and in the TPM.

use crate::row::Row;
use counterfoil::policy::{Reason, StateHealth};

/// Each cause by itself, shown to decide under its own name.
pub(crate) const ALONE: &str = "p11_every_cause_decides_alone_under_its_own_name";

pub(crate) fn tokens() -> Vec<Row> {
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
        Row::missing(
            Reason::StoreOtherVendor,
            "The state folder named is another vendor's.",
            &[
                "a_wrong_setting_is_named_first_and_nothing_is_touched_or_advised",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::StoreOtherSlot,
            "The state folder named is that of another slot.",
            &[
                "a_wrong_setting_is_named_first_and_nothing_is_touched_or_advised",
                ALONE,
            ],
        ),
    ]
}

pub(crate) fn device() -> Vec<Row> {
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
            Reason::TpmNoAnswer,
            "The TPM does not answer a command within its deadline.",
            &[
                "p11_no_answer_to_any_command_is_told_in_time_and_leaves_nothing_behind",
                "p11_a_tpm_that_does_not_answer_for_a_while",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::TpmRefused,
            "The TPM refuses a command with a code that proves nothing about the license.",
            &[
                "p11_an_odd_code_at_any_command_of_a_validation_is_told_as_a_refusal_and_loses_nothing",
                "p11_what_a_resource_manager_refuses_in_the_tpms_place_is_told_as_a_refusal",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::TpmHierarchyOff,
            "A hierarchy of the TPM is switched off.",
            &[
                "a_hierarchy_that_is_switched_off_is_not_a_missing_chip_and_comes_back_with_a_restart",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::TpmCounterRemoved,
            "The TPM's owner removed one of the license's counters.",
            &[
                "a_counter_that_was_removed_alone_is_not_a_chip_that_was_erased",
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
            "The storage root key is gone from its place, and can't be made again without a password or at all.",
            &[
                "p5_keys_evicted_under_an_owner_password_are_put_back_by_who_knows_it_and_cost_nothing",
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
        Row::missing(
            Reason::PlaceTaken,
            "The TPM has a store of this vendor and slot, and the folder is an empty or another one.",
            &[
                "p6_a_second_folder_ends_nothing_and_the_right_one_works_on",
                ALONE,
            ],
        ),
        Row::missing(
            Reason::StoreSuperseded,
            "The store was made anew from another folder.",
            &[
                "p6_a_stale_folder_ends_nothing_and_says_that_its_licenses_have_ended",
                ALONE,
            ],
        ),
    ]
}

pub(crate) fn evidence() -> Vec<Row> {
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
        Row::missing(
            Reason::AnswerLate,
            "The TPM's answer came later than one heartbeat after the question, twice.",
            &[
                "p1_every_way_to_a_verdict_refuses_an_answer_that_was_held_back",
                "p1_an_answer_that_was_held_back_serves_no_check",
                ALONE,
            ],
        ),
    ]
}

pub(crate) fn state() -> Vec<Row> {
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
