//! What makes rules contradict themselves.

mod allowances;
mod optional;
mod words;

use super::{Keep, LostState, Rules, Tier};
use crate::policy::Version;
use crate::token::DeviceClass;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

/// A fault in rules: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFault {
    /// The line of the TOML text, from 1 on, where there is one.
    pub line: Option<usize>,
    /// The key, with the tables that it lies in: `time.grace_percent`.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub advice: String,
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "`{}` {}; {}", self.key, self.problem, self.advice)
    }
}

/// Longest name of a tier or feature, in bytes.
const NAME_LIMIT: usize = 64;
/// Longest contact and TPM model, in bytes.
const TEXT_LIMIT: usize = 200;
const WINDOW_DAYS: RangeInclusive<u64> = 1..=3650;
const GRACE_PERCENT: RangeInclusive<u64> = 0..=90;
const RENEW_AFTER_PERCENT: RangeInclusive<u64> = 1..=95;
const RECHECK_S: RangeInclusive<u64> = 10..=3600;
const RESTARTS_ALLOWED: RangeInclusive<u64> = 1..=1000;
const UNCLEAN_LOSS_MS: RangeInclusive<u64> = 1..=86_400_000;
const BOOT_BUDGET: RangeInclusive<u64> = 1..=1_000_000;

/// All faults of `rules` that are to become a manifest's.
#[cfg(feature = "server")]
pub(super) fn of_document(rules: &Rules) -> Vec<RuleFault> {
    let mut found = found(rules);
    words::size(rules, &mut found);
    found.0
}

/// All faults of `rules` that were read from a manifest, which are no larger than it.
pub(super) fn of_manifest(rules: &Rules) -> Vec<RuleFault> {
    found(rules).0
}

fn found(rules: &Rules) -> Found {
    let mut found = Found::default();
    windows(rules, &mut found);
    tiers(&rules.tiers, &mut found);
    keep(rules, &mut found);
    time(rules, &mut found);
    versions(rules, &mut found);
    if rules.state.rolled_back == LostState::Tolerate {
        found.add(
            "state.rolled_back",
            "can't be \"tolerate\"",
            "choose \"offline_grace\", \"limited\" or \"suspended\"",
        );
    }
    if let Some(contact) = &rules.support {
        found.text("support.contact", contact);
    }
    optional::faults(rules, &mut found);
    allowances::faults(rules, &mut found);
    words::faults(rules, &mut found);
    found
}

#[derive(Default)]
pub(super) struct Found(pub(super) Vec<RuleFault>);

impl Found {
    pub(super) fn add(
        &mut self,
        key: impl fmt::Display,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let (problem, advice) = (problem.into(), advice.into());
        self.0.push(RuleFault {
            line: None,
            key: key.to_string(),
            problem,
            advice,
        });
    }

    fn range(&mut self, key: impl fmt::Display, value: u64, allowed: RangeInclusive<u64>) {
        if !allowed.contains(&value) {
            let advice = format!(
                "choose a number from {} to {}",
                allowed.start(),
                allowed.end()
            );
            self.add(key, format!("is {value}"), advice);
        }
    }

    fn name(&mut self, key: impl fmt::Display, name: &str) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > NAME_LIMIT || !name.chars().all(allowed) {
            let advice = format!("use 1 to {NAME_LIMIT} letters, digits, \"-\", \"_\" and \".\"");
            self.add(key, format!("holds the name {name:?}"), advice);
        }
    }

    fn text(&mut self, key: impl fmt::Display, text: &str) {
        if text.trim().is_empty() || text.len() > TEXT_LIMIT || text.chars().any(char::is_control) {
            let advice =
                format!("write 1 to {TEXT_LIMIT} characters on one line, or remove the key");
            self.add(
                key,
                "is empty, too long or holds control characters",
                advice,
            );
        }
    }
}

fn windows(rules: &Rules, found: &mut Found) {
    let mut licensed = DeviceClass::ALL
        .into_iter()
        .filter_map(|class| Some((class, rules.windows.days(class)?)))
        .peekable();
    if licensed.peek().is_none() {
        found.add(
            "window_days",
            "licenses no device class",
            "name at least one, for example `hardware = 30`",
        );
    }
    for (class, days) in licensed {
        found.range(
            format_args!("window_days.{class}"),
            days.into(),
            WINDOW_DAYS,
        );
    }
}

fn tiers(tiers: &[Tier], found: &mut Found) {
    if tiers.is_empty() {
        found.add(
            "tier",
            "is missing",
            "name at least the essential tier in a [[tier]] table",
        );
    }
    let mut names = BTreeSet::new();
    let mut features = BTreeSet::new();
    for (place, tier) in tiers.iter().enumerate() {
        let key = format_args!("tier[{place}].name");
        found.name(key, &tier.name);
        if [Keep::ALL_WORD, Keep::NOTHING_WORD].contains(&tier.name.as_str()) {
            found.add(
                key,
                format!("is {:?}, which has a meaning of its own", tier.name),
                "choose another name",
            );
        }
        if !names.insert(&tier.name) {
            found.add(
                key,
                format!("names {:?} a second time", tier.name),
                "give each tier a name of its own",
            );
        }
        for feature in &tier.features {
            let key = format_args!("tier[{place}].features");
            found.name(key, feature);
            if !features.insert(feature) {
                let advice = "list it once, in the lowest tier that has it";
                found.add(key, format!("lists {feature:?} a second time"), advice);
            }
        }
    }
}

fn keep(rules: &Rules, found: &mut Found) {
    let keep = &rules.keep;
    let in_order = [
        ("keep.offline_grace", &keep.offline_grace),
        ("keep.limited", &keep.limited),
        ("keep.expired", &keep.expired),
        ("keep.suspended", &keep.suspended),
        ("keep.revoked", &keep.revoked),
    ];
    if rules.tiers.is_empty() {
        return;
    }
    let mut better: Option<(&str, usize)> = None;
    for (key, kept) in in_order {
        if key == "keep.limited" && *kept == Keep::Nothing {
            found.add(
                key,
                "is \"none\", though a lost connection or an update must not lock anyone out",
                "name the essential tier; if nothing is essential, give that tier no features",
            );
        }
        let Some(extent) = extent(rules, kept) else {
            let names: Vec<_> = rules.tiers.iter().map(|tier| tier.name.as_str()).collect();
            let advice = format!("choose \"all\", \"none\" or a tier: {}", names.join(", "));
            found.add(
                key,
                format!("names the tier {:?}, which does not exist", kept.name()),
                advice,
            );
            continue;
        };
        if let Some((better_key, better_extent)) = better
            && extent > better_extent
        {
            let problem =
                format!("keeps more than `{better_key}`, though that standing is the better one");
            found.add(
                key,
                problem,
                format!("keep no more here than there, or more in `{better_key}`"),
            );
        }
        better = Some((key, extent));
    }
}

/// How many tiers `kept` reaches, with "all" beyond the last.
fn extent(rules: &Rules, kept: &Keep) -> Option<usize> {
    match kept {
        Keep::Nothing => Some(0),
        Keep::Tier(name) => rules.tier(name).map(|place| place + 1),
        Keep::All => Some(usize::MAX),
    }
}

fn time(rules: &Rules, found: &mut Found) {
    let time = &rules.time;
    found.range(
        "time.grace_percent",
        time.grace_percent.into(),
        GRACE_PERCENT,
    );
    found.range(
        "time.renew_after_percent",
        time.renew_after_percent.into(),
        RENEW_AFTER_PERCENT,
    );
    if u16::from(time.grace_percent) + u16::from(time.renew_after_percent) > 100 {
        let problem = "puts the renewal into the grace at the end of the lease";
        found.add(
            "time.renew_after_percent",
            problem,
            "choose both so that their sum is at most 100",
        );
    }
    found.range("time.recheck_seconds", time.recheck_s.into(), RECHECK_S);
    found.range(
        "time.restarts_allowed",
        time.restarts_allowed.get().into(),
        RESTARTS_ALLOWED,
    );
    found.range(
        "time.unclean_loss_ms",
        time.unclean_loss_ms,
        UNCLEAN_LOSS_MS,
    );
    if let Some(boots) = time.boot_budget {
        found.range("time.boot_budget", boots.into(), BOOT_BUDGET);
    }
    let mut listed = BTreeSet::new();
    for (place, tpm) in time.tpms.iter().enumerate() {
        let key = format_args!("time.tpm[{place}]");
        found.text(format_args!("{key}.manufacturer"), &tpm.manufacturer);
        if let Some(model) = &tpm.model {
            found.text(format_args!("{key}.model"), model);
        }
        found.range(
            format_args!("{key}.unclean_loss_ms"),
            tpm.unclean_loss_ms,
            UNCLEAN_LOSS_MS,
        );
        if !listed.insert((&tpm.manufacturer, &tpm.model)) {
            found.add(key, "lists a model a second time", "list each model once");
        }
    }
}

fn versions(rules: &Rules, found: &mut Found) {
    let mut read = |key: &str, text: &Option<String>| -> Option<Version> {
        let text = text.as_ref()?;
        let version = text.parse();
        if version.is_err() {
            found.add(
                key,
                format!("is {text:?}"),
                "write one to four numbers with dots, like \"2.1\"",
            );
        }
        version.ok()
    };
    let min = read("versions.min", &rules.versions.min);
    let max = read("versions.max", &rules.versions.max);
    if let (Some(min), Some(max)) = (min, max)
        && !min.is_at_most(&max)
    {
        found.add(
            "versions.max",
            format!("is {max}, below the least version {min}"),
            "raise it or lower `versions.min`",
        );
    }
}
