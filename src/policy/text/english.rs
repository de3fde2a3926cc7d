//! English.

use super::{Reason, Text, Tongue};

pub(super) const TONGUE: Tongue = Tongue {
    text,
    some_date: "a date that is not known",
    vendor: "the vendor",
    all_features: "all features",
    tier_features: |tier| format!("the {tier} features"),
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    // 3 March 2027
    day: |day, month, year| format!("{day} {month} {year}"),
    // 3 March 2027 at 14:05 UTC
    hour: |day, hour| format!("{day} at {hour} UTC"),
};

fn text(reason: Reason) -> Text {
    let (message, step) = match reason {
        Reason::Ok => ("Your license is active.", ""),
        Reason::RenewalDue => (
            "Your license is active and due to be refreshed.",
            "This happens by itself when the computer is online. Connect to the internet by {renew_by}.",
        ),
        Reason::OfflineGrace => (
            "Your license has not been refreshed for a while.",
            "Connect to the internet by {offline_until} to keep {features}.",
        ),

        Reason::NotActivated => (
            "The software is not activated on this computer.",
            "Activate it with your license key.",
        ),
        Reason::Released => (
            "The license was given back from this computer.",
            "Activate the software again with your license key to use it here.",
        ),
        Reason::SignatureInvalid => (
            "The license file was altered or damaged.",
            "Activate the software again with your license key.",
        ),
        Reason::IssuerUnknown => (
            "The license file was not made by a party that this software trusts.",
            "Install the latest version of the software; if that does not help, contact {support}.",
        ),
        Reason::IssuerCutOff => (
            "The license file was made with a key that the vendor has withdrawn.",
            "Connect to the internet to receive a new license file, or contact {support}.",
        ),
        Reason::LicenseUnreadable => (
            "The license file can't be read.",
            "Activate the software again with your license key.",
        ),
        Reason::LicenseNewerFormat => (
            "The license was made for a newer version of this software.",
            "Install the latest version of the software.",
        ),
        Reason::ClaimsMismatch => (
            "Parts of the license do not belong together.",
            "Activate the software again with your license key.",
        ),
        Reason::WrongProduct => (
            "The license is for another product.",
            "Activate this software with a license key of its own.",
        ),
        Reason::LeaseMissing => (
            "A part of the license is missing on this computer.",
            "Connect to the internet to have it refreshed.",
        ),
        Reason::LeaseSuperseded => (
            "An older license file was put in the place of a newer one.",
            "Connect to the internet to have the license refreshed.",
        ),
        Reason::StoreOtherVendor => (
            "This folder holds the licenses of another vendor.",
            "Name the folder of this vendor's licenses. Nothing in this one was changed.",
        ),
        Reason::StoreOtherSlot => (
            "This folder holds the licenses of another place in the security chip.",
            "Name the folder and the number that belong together. Nothing in this one was changed.",
        ),

        Reason::TpmMissing => (
            "The security chip of this computer was not found.",
            "Switch it on in the computer's firmware settings (often called \"security device\"), but do not clear it there, then try again.",
        ),
        Reason::TpmNoPermission => (
            "Your user account may not use the security chip of this computer.",
            "Ask an administrator to give your account access to it.",
        ),
        Reason::TpmBusy => (
            "The security chip of this computer is busy.",
            "The software tries again by itself.",
        ),
        Reason::TpmLockedOut => (
            "The security chip of this computer has locked itself after too many wrong passwords.",
            "Leave the computer on and wait; it unlocks by itself. An administrator can unlock it at once.",
        ),
        Reason::TpmFailure => (
            "The security chip of this computer does not work properly.",
            "Switch the computer off and on again. If that does not help, contact {support}.",
        ),
        Reason::TpmReset => (
            "The security chip of this computer was restarted while it was in use.",
            "The software tries again by itself.",
        ),
        Reason::DeviceOther => (
            "The license belongs to another computer.",
            "Activate the software on this computer with your license key.",
        ),
        Reason::StorageKeyOther => (
            "The security chip of this computer no longer holds the key that the license was made for.",
            "Activate the software again with your license key.",
        ),
        Reason::SeedOther => (
            "The license's protected data was replaced.",
            "Put the license's folder back from a backup, or activate the software again with your license key.",
        ),
        Reason::EpochMoved => (
            "The license file was made before the license was given back or moved.",
            "Activate the software again with your license key.",
        ),
        Reason::TpmCleared => (
            "The security chip of this computer was erased.",
            "Activate the software again with your license key; it stays on this computer's account.",
        ),
        Reason::TpmNoAnswer => (
            "The security chip of this computer does not answer.",
            "The software tries again by itself. If this stays, restart the computer.",
        ),
        Reason::TpmRefused => (
            "The security chip of this computer refused what the license needs of it. Nothing of the license is lost.",
            "Restart the computer. If that does not help, contact {support}.",
        ),
        Reason::TpmHierarchyOff => (
            "A part of this computer's security chip is switched off. Nothing of the license is lost.",
            "Restart the computer. If that does not help, switch the security chip on in the computer's firmware settings, but do not clear it there.",
        ),
        Reason::TpmCounterRemoved => (
            "The license's place in the security chip was removed.",
            "Activate the software again with your license key; it stays on this computer's account.",
        ),
        Reason::PlaceTaken => (
            "This computer has licenses of this vendor already, and the software looks for them in another folder.",
            "Start the software as the user who activated it and with the same settings. If that does not help, contact {support}.",
        ),
        Reason::StoreSuperseded => (
            "The licenses in this folder have ended: the software was set up anew from another folder.",
            "Start the software as the user who activated it last and with the same settings. If that does not help, contact {support}.",
        ),

        Reason::EvidenceInvalid => (
            "The security chip's answer is not genuine.",
            "Restart the computer and try again. If that does not help, contact {support}.",
        ),
        Reason::EvidenceNotFresh => (
            "The security chip's answer is an old one.",
            "Restart the computer and try again. If that does not help, contact {support}.",
        ),
        Reason::AnswerLate => (
            "The security chip's answer came too late to be used.",
            "The software tries again by itself. If this stays, restart the computer.",
        ),

        Reason::CounterForeign => (
            "The license's place in the security chip was replaced.",
            "Activate the software again with your license key.",
        ),
        Reason::CounterBehind => (
            "The license's place in the security chip holds an older value than expected.",
            "Connect to the internet to have the license refreshed.",
        ),
        Reason::CounterNotAdvanced => (
            "The security chip did not store a value that it must store.",
            "The software tries again by itself. If this stays, restart the computer.",
        ),
        Reason::StateMissing => (
            "A file that the license needs is missing on this computer.",
            "Connect to the internet to have it made anew.",
        ),
        Reason::StateRolledBack => (
            "The license's files were replaced by older ones, for example from a backup.",
            "Connect to the internet to have them refreshed.",
        ),
        Reason::StateDamaged => (
            "A file that the license needs is damaged.",
            "Connect to the internet to have it made anew.",
        ),
        Reason::StateNewerFormat => (
            "The license's files were last used by a newer version of this software.",
            "Install the latest version of the software.",
        ),
        Reason::StateUnwritable => (
            "The license's folder can't be written.",
            "Free some space on the disk. If there is enough, ask an administrator to find out why the software may not write there.",
        ),
        Reason::StateExposed => (
            "The license's folder belongs to another user, or other users may open it.",
            "Start the software as the user who activated it and with the same settings. If that does not help, ask an administrator to see who may open the folder.",
        ),

        Reason::StateUnreadable => (
            "The license's folder cannot be read.",
            "Check the disk, and that this program may read the folder.",
        ),
        Reason::StateBusy => (
            "Another program is using the license's folder for unusually long.",
            "Wait a minute and try again.",
        ),
        Reason::BindingDamaged => (
            "A file that ties the license to this computer was damaged.",
            "Put the license's folder back from a backup, or activate the license again.",
        ),

        Reason::AnchorForeign => (
            "The security chip's records began anew since the license was refreshed.",
            "Connect to the internet to have the license refreshed.",
        ),
        Reason::RestartsBehind => (
            "The security chip's records of restarts do not fit the license.",
            "Connect to the internet to have the license refreshed.",
        ),
        Reason::ClockBehindAnchor => (
            "The security chip's own clock has gone back.",
            "Connect to the internet to have the license refreshed.",
        ),
        Reason::BudgetSpent => (
            "This computer was used without a connection for as long as the license allows.",
            "Connect to the internet to turn {features} on again.",
        ),
        Reason::LeaseExpired => (
            "This computer was without a connection for longer than the license allows, until {offline_until}.",
            "Connect to the internet to turn {features} on again.",
        ),
        Reason::LicenseExpired => (
            "Your license ended on {expires}.",
            "Extend your license, then connect to the internet. For help, contact {support}.",
        ),
        Reason::LicenseNotYetValid => (
            "Your license begins on {starts}.",
            "Wait until then. If that date is past, set the computer's clock right.",
        ),
        Reason::OsClockAhead => (
            "The computer's clock is ahead of the true time and was not believed.",
            "Set the computer's clock right.",
        ),
        Reason::OsClockBehindFloor => (
            "The computer's clock is behind the vendor's and was not believed.",
            "Set the computer's clock right. If it is right, the vendor's was wrong: ask {support} for a new answer, which puts that \
             right.",
        ),
        Reason::BootsSpent => (
            "This computer was started without a connection as often as the license allows.",
            "Connect to the internet to turn {features} on again.",
        ),

        Reason::LicenseRevoked => (
            "The vendor has withdrawn this license.",
            "Contact {support}.",
        ),
        Reason::LicenseSuspended => (
            "The vendor has put this license on hold.",
            "Contact {support}. When the matter is settled, connect to the internet.",
        ),
        Reason::StatusStale => (
            "Your license is active and has not been compared with the vendor's records for a while.",
            "This happens by itself when the computer is online.",
        ),

        Reason::VersionNotAllowed => (
            "Your license does not cover this version of the software.",
            "Connect to the internet to have the license refreshed, or install a version that it covers.",
        ),
        Reason::VersionUnreadable => (
            "The version of this software can't be compared with what your license covers.",
            "Install the latest version of the software. If that does not help, contact {support}.",
        ),
        Reason::DeviceClassNotLicensed => (
            "Your license does not cover computers of this kind.",
            "Use the software on another computer, or contact {support}.",
        ),
        Reason::ManifestStale => (
            "The vendor's rules for your license are due to be refreshed.",
            "This happens by itself when the computer is online.",
        ),
        Reason::ManifestMissing => (
            "The vendor's rules for your license are missing on this computer.",
            "Connect to the internet to have them refreshed.",
        ),
        Reason::PlatformChanged => (
            "The software that starts this computer is no longer the one that the vendor approved.",
            "Connect to the internet to have the change approved. If that does not help, contact {support}.",
        ),
        Reason::StepUpDue => (
            "Something unusual happened on this computer, so the license has to be refreshed sooner than usual.",
            "Connect to the internet to turn {features} on again.",
        ),
        Reason::StepUpFeatures => (
            "Some features need a recent connection and are off until then: {step_up_features}.",
            "Connect to the internet to turn these features on again: {step_up_features}.",
        ),
        Reason::PlatformUnapproved => (
            "The vendor has not yet approved the software that starts this computer.",
            "This happens by itself when the computer is online.",
        ),
    };
    Text { message, step }
}
