//! What a person can do, with this version of the program.

use counterfoil::policy::{Language, Reason, Verdict};

use crate::machine;

/// The steps of the verdict. Where the vendor has to do something they speak of the internet, for every application's
/// sake; what it takes with this program is added.
pub(crate) fn steps(verdict: &Verdict) -> Vec<String> {
    let by_file = is_for_vendor(verdict).then(|| by_file(machine::language()).to_owned());
    verdict.steps.iter().cloned().chain(by_file).collect()
}

fn by_file(language: Language) -> &'static str {
    match language {
        Language::De => {
            "Diese Version erreicht von sich aus keinen Dienst: Erstellen Sie mit `activate --request-out DATEI` eine Anfrage, \
             und wenden Sie die Antwort des Herstellers mit `activate --response DATEI` an."
        }
        _ => {
            "This version reaches no service by itself: make a request with `activate --request-out FILE`, and apply the \
             vendor's answer with `activate --response FILE`."
        }
    }
}

/// Whether one of the steps takes the vendor. Two notices have steps of their own.
fn is_for_vendor(verdict: &Verdict) -> bool {
    let with_step = [Reason::PlatformChanged, Reason::StepUpFeatures];
    let noticed = verdict.notices.iter().any(|it| with_step.contains(it));
    !verdict.steps.is_empty() && (noticed || takes_vendor(verdict.reason))
}

/// Whether what to do about it takes the vendor, and not a person or time alone.
fn takes_vendor(reason: Reason) -> bool {
    !matches!(
        reason,
        Reason::Ok
            | Reason::IssuerUnknown
            | Reason::LicenseNewerFormat
            | Reason::StoreOtherVendor
            | Reason::StoreOtherSlot
            | Reason::TpmMissing
            | Reason::TpmNoPermission
            | Reason::TpmBusy
            | Reason::TpmLockedOut
            | Reason::TpmFailure
            | Reason::TpmReset
            | Reason::PlaceTaken
            | Reason::StoreSuperseded
            | Reason::TpmNoAnswer
            | Reason::TpmRefused
            | Reason::TpmHierarchyOff
            | Reason::AnswerLate
            | Reason::EvidenceInvalid
            | Reason::EvidenceNotFresh
            | Reason::CounterNotAdvanced
            | Reason::StateNewerFormat
            | Reason::StateUnwritable
            | Reason::StateExposed
            | Reason::StateUnreadable
            | Reason::StateBusy
            | Reason::LicenseNotYetValid
            | Reason::OsClockAhead
            | Reason::OsClockBehindFloor
            | Reason::LicenseRevoked
            | Reason::VersionUnreadable
            | Reason::DeviceClassNotLicensed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The library's texts: after `Reason::Name => (` the message and the step.
    const TEXTS: &str = include_str!("../../../policy/text/english.rs");

    #[test]
    fn what_to_do_by_file_is_said_where_the_step_speaks_of_a_contact_or_an_activation() {
        for reason in Reason::all() {
            let (_, text) = TEXTS
                .split_once(&format!("Reason::{reason:?} => ("))
                .unwrap();
            let text = text.split("Reason::").next().unwrap();
            let speaks = ["onnect to the internet", "computer is online", "ctivate "]
                .iter()
                .any(|words| text.contains(words));
            assert_eq!(takes_vendor(reason), speaks, "{reason}: {text}");
        }
    }

    #[test]
    fn each_language_has_its_own_words_for_the_same_options() {
        let texts = Language::ALL.map(by_file);
        assert!(texts.iter().all(|text| {
            text.contains("`activate --request-out ") && text.contains("`activate --response ")
        }));
        assert_ne!(texts[0], texts[1]);
    }
}
