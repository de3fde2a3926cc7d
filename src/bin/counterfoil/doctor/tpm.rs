//! The chip: whether it answers, what it can do, and what stands in the way.

use std::time::Duration;

use counterfoil::client::Report;
use counterfoil::device::{
    AuthValue, CounterForm, Description, DeviceError, Endorsement, LockoutState, Tpm,
};
use counterfoil::evidence::EndorsementKey;
use counterfoil::policy::Rules;
use counterfoil::time::{Limits, Usage, share_of_window};

use super::finding::Finding;
use super::plural;
use crate::config::Settings;

/// Counters that a store needs.
const COUNTERS: u32 = 2;
/// Persistent keys that a store uses where there is room: attestation key, feature parent, own storage root.
const KEYS: u32 = 3;

/// Looks at the chip. Whether it answered.
pub(super) fn examine(
    tpm: &mut dyn Tpm,
    settings: &Settings,
    judged: Option<&Report>,
    findings: &mut Vec<Finding>,
) -> bool {
    let description = match tpm.describe() {
        Ok(description) => description,
        Err(error) => {
            findings.push(unreachable(&error, settings));
            return false;
        }
    };
    findings.push(Finding::ok(
        "tpm",
        format!("the TPM at {} answers", settings.tcti),
    ));
    findings.extend(judge(&description));
    findings.push(clock(description.clock_update, judged));
    findings.push(endorsement(&tpm.endorsement(&AuthValue::empty())));
    true
}

/// The TPM does not answer.
pub(super) fn unreachable(error: &DeviceError, settings: &Settings) -> Finding {
    let mut finding = Finding::error("tpm", error);
    finding.text = format!("{} (connection from {})", finding.text, settings.tcti_from);
    finding
}

fn judge(tpm: &Description) -> Vec<Finding> {
    vec![
        model(tpm),
        abilities(tpm),
        hierarchies(tpm),
        lockout(&tpm.lockout),
        counter_room(tpm.nv_counters_free),
        key_room(tpm),
    ]
}

fn model(tpm: &Description) -> Finding {
    let text = format!(
        "made by {} ({}), firmware {}",
        tpm.manufacturer,
        tpm.model,
        version(tpm.firmware)
    );
    match tpm.looks_virtual {
        false => Finding::ok("model", text),
        true => Finding::warning(
            "model",
            format!("{text}; it looks like a software TPM"),
            "ask the vendor whether licenses for virtual machines or simulators are offered",
        ),
    }
}

/// Four numbers of 16 bits, as makers print it.
fn version(firmware: u64) -> String {
    let part = |shift: u32| firmware >> shift & 0xffff;
    format!("{}.{}.{}.{}", part(48), part(32), part(16), part(0))
}

fn abilities(tpm: &Description) -> Finding {
    if !tpm.missing_commands.is_empty() {
        return Finding::problem(
            "abilities",
            format!(
                "it lacks commands that licensing needs: {}",
                tpm.missing_commands.join(", ")
            ),
            "update the TPM's firmware; if that brings nothing this machine cannot hold licenses",
        );
    }
    match tpm.counter_form {
        Some(CounterForm::Certified) => Finding::ok(
            "abilities",
            "it has every command that licensing needs, and certifies counters (NV_Certify)",
        ),
        Some(CounterForm::Audited) if tpm.endorsement_auth_set => Finding::problem(
            "abilities",
            "it has no NV_Certify, and the endorsement hierarchy's password keeps the other way of certifying counters closed",
            "clear that password; ask the TPM's administrator",
        ),
        Some(CounterForm::Audited) => Finding::ok(
            "abilities",
            "it has every command that licensing needs; counters are certified by audit session",
        ),
        None => Finding::problem(
            "abilities",
            "it can certify no counter",
            "update the TPM's firmware; if that brings nothing this machine cannot hold licenses",
        ),
    }
}

/// What an unclean stop can hide from the TPM's clock, and what is charged for it: by each lease, and by the rules that a
/// product begins with where there is none.
fn clock(loss: Duration, judged: Option<&Report>) -> Finding {
    let leases = judged.iter().flat_map(|judged| &judged.licenses);
    let mut charged: Vec<_> = leases
        .filter_map(|license| license.lease.as_ref())
        .map(|lease| {
            let window = Duration::from_secs(lease.window_s);
            let by = format!("the lease of {}", lease.product);
            boots(&by, &Limits::from(lease), window)
        })
        .collect();
    if charged.is_empty() {
        let limits = default_limits();
        charged.push(boots("the default rules", &limits, WINDOW));
    }
    Finding::ok(
        "clock",
        format!(
            "the TPM says that an unclean stop can hide {} of its clock; {}",
            seconds(loss),
            charged.join("; ")
        ),
    )
}

const WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

fn default_limits() -> Limits {
    let time = Rules::default().time;
    time.limits(WINDOW, time.unclean_loss_ms)
}

fn boots(by: &str, limits: &Limits, window: Duration) -> String {
    format!(
        "by {by} a boot is charged as up to {}, so that twenty boots a day leave {} % of the offline time",
        seconds(Duration::from_millis(limits.unclean_loss_ms)),
        share_of_window(&Usage::always_on(20, 0), limits, window),
    )
}

fn hierarchies(tpm: &Description) -> Finding {
    let set: Vec<_> = [
        (tpm.owner_auth_set, "owner"),
        (tpm.endorsement_auth_set, "endorsement"),
    ]
    .into_iter()
    .filter_map(|(set, name)| set.then_some(name))
    .collect();
    if set.is_empty() {
        return Finding::ok(
            "passwords",
            "the TPM's hierarchies have no password; everything can be set up without one",
        );
    }
    let options: Vec<_> = set
        .iter()
        .map(|name| format!("--{name}-auth-file FILE"))
        .collect();
    Finding::warning(
        "passwords",
        format!("the TPM has a password for: {}", set.join(", ")),
        format!(
            "an administrator sets the store up, once: counterfoil provision {}",
            options.join(" ")
        ),
    )
}

fn lockout(lockout: &LockoutState) -> Finding {
    let LockoutState {
        locked,
        tries,
        max_tries,
        interval,
    } = lockout;
    match locked {
        true => Finding::warning(
            "lockout",
            format!("the TPM is locked out after {tries} failed tries of some program"),
            format!(
                "it forgets one try every {}; licenses do not need what is locked, other programs may",
                seconds(*interval)
            ),
        ),
        false => Finding::ok(
            "lockout",
            format!("not locked out ({tries} of {max_tries} failed tries counted)"),
        ),
    }
}

fn counter_room(free: Option<u32>) -> Finding {
    match free {
        Some(free) if free < COUNTERS => Finding::warning(
            "counters",
            format!(
                "there is room for {} more in the TPM, and a store that is not set up yet needs {COUNTERS}",
                plural(free as usize, "counter")
            ),
            "find out whose NV indexes it has (tpm2_getcap handles-nv-index), and have their owners free what they no longer use",
        ),
        Some(free) => Finding::ok(
            "counters",
            format!("room for {free} more counters; a store needs {COUNTERS}"),
        ),
        None => Finding::ok(
            "counters",
            format!(
                "the TPM does not say how many counters it has room for; a store needs {COUNTERS}"
            ),
        ),
    }
}

fn key_room(tpm: &Description) -> Finding {
    match tpm.persistent_free {
        Some(free) if free < KEYS => Finding::warning(
            "keys",
            format!(
                "there is room for {} more in the TPM; what finds none is made anew at each use, which is slow",
                plural(free as usize, "key")
            ),
            "find out whose keys it has (tpm2_getcap handles-persistent), and have their owners free what they no longer use",
        ),
        Some(free) => Finding::ok(
            "keys",
            format!("room for {free} more persistent keys; a store uses up to {KEYS}"),
        ),
        None => Finding::ok(
            "keys",
            format!(
                "the TPM does not say how many keys it has room for; a store uses up to {KEYS}"
            ),
        ),
    }
}

/// The endorsement key by which a vendor recognizes this chip.
fn endorsement(found: &Result<Vec<Endorsement>, DeviceError>) -> Finding {
    let keys = match found {
        Ok(keys) => keys,
        Err(DeviceError::AuthNeeded(_)) => {
            return Finding::warning(
                "endorsement",
                "the endorsement key cannot be shown without the endorsement hierarchy's password",
                "give it when you activate: --endorsement-auth-file FILE",
            );
        }
        Err(error) => return Finding::error("endorsement", error),
    };
    let Some(key) = keys.first() else {
        return Finding::problem(
            "endorsement",
            "the TPM shows no endorsement key, by which a vendor could recognize it",
            "reset the TPM in the firmware's settings; ask the machine's maker",
        );
    };
    match EndorsementKey::from_public(&key.public) {
        Err(error) => Finding::problem(
            "endorsement",
            format!("the endorsement key is not one that a vendor accepts ({error})"),
            "ask the machine's maker",
        ),
        Ok(parsed) if key.certificates.is_empty() => Finding::warning(
            "endorsement",
            format!(
                "the TPM's maker left no certificate for its endorsement key {}",
                parsed.hash()
            ),
            "give the vendor this number, who can vouch for this machine by it (counterfoil-server ek allow)",
        ),
        Ok(parsed) => Finding::ok(
            "endorsement",
            format!(
                "the endorsement key {} has a certificate of the TPM's maker",
                parsed.hash()
            ),
        ),
    }
}

fn seconds(span: Duration) -> String {
    match span.as_secs() {
        0..=119 => format!("{:.1} s", span.as_secs_f64()),
        120..=7199 => format!("{} min", span.as_secs() / 60),
        _ => format!("{} h", span.as_secs() / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    fn healthy() -> Description {
        Description {
            manufacturer: "IFX".into(),
            model: "SLB9670".into(),
            firmware: 0x0007_0055_0011_2100,
            looks_virtual: false,
            clock_update: Duration::from_millis(4096),
            counter_form: Some(CounterForm::Certified),
            missing_commands: Vec::new(),
            owner_auth_set: false,
            endorsement_auth_set: false,
            lockout: LockoutState {
                locked: false,
                tries: 0,
                max_tries: 31,
                interval: Duration::from_secs(600),
            },
            nv_counters_free: Some(6),
            persistent_free: Some(5),
        }
    }

    fn levels(tpm: &Description) -> Vec<(&'static str, Level)> {
        let judged = judge(tpm)
            .into_iter()
            .filter(|finding| finding.level != Level::Ok);
        judged
            .map(|finding| (finding.name, finding.level))
            .collect()
    }

    #[test]
    fn a_healthy_tpm_gives_no_cause_for_concern() {
        assert_eq!(levels(&healthy()), []);
    }

    #[test]
    fn each_defect_is_found_by_itself_with_a_fix() {
        struct Case(&'static str, Level, fn(&mut Description));
        let cases = [
            Case("model", Level::Warning, |tpm| tpm.looks_virtual = true),
            Case("abilities", Level::Problem, |tpm| {
                tpm.missing_commands = vec!["TPM2_Quote"]
            }),
            Case("abilities", Level::Problem, |tpm| tpm.counter_form = None),
            Case("passwords", Level::Warning, |tpm| tpm.owner_auth_set = true),
            Case("passwords", Level::Warning, |tpm| {
                tpm.endorsement_auth_set = true
            }),
            Case("lockout", Level::Warning, |tpm| tpm.lockout.locked = true),
            Case("counters", Level::Warning, |tpm| {
                tpm.nv_counters_free = Some(1)
            }),
            Case("keys", Level::Warning, |tpm| tpm.persistent_free = Some(0)),
        ];
        for Case(name, level, break_it) in cases {
            let mut tpm = healthy();
            break_it(&mut tpm);
            assert_eq!(levels(&tpm), [(name, level)]);
            assert!(
                judge(&tpm)
                    .iter()
                    .all(|finding| (finding.level == Level::Ok) == finding.fix.is_none())
            );
        }
    }

    #[test]
    fn an_audited_counter_needs_the_endorsement_hierarchy_without_password() {
        let mut tpm = Description {
            counter_form: Some(CounterForm::Audited),
            ..healthy()
        };
        assert_eq!(levels(&tpm), []);
        tpm.endorsement_auth_set = true;
        assert_eq!(
            levels(&tpm),
            [("abilities", Level::Problem), ("passwords", Level::Warning)]
        );
    }

    #[test]
    fn without_a_lease_a_boot_costs_what_the_default_rules_charge_whatever_the_tpm_says() {
        for (loss, said) in [(4096, "4.1 s"), (16_384, "16.4 s")] {
            let Finding { level, text, .. } = clock(Duration::from_millis(loss), None);
            assert_eq!(level, Level::Ok);
            assert_eq!(
                text,
                format!(
                    "the TPM says that an unclean stop can hide {said} of its clock; by the default rules a boot is charged as \
                     up to 69 min, so that twenty boots a day leave 41 % of the offline time"
                )
            );
        }
    }
}
