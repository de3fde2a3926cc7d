//! Rules as a vendor writes them.

mod allowances;
mod optional;
mod table;
mod words;

use super::{
    Enforcement, Keep, KeepRules, LostState, RuleFault, Rules, Tier, TpmLoss, Windows, faults,
};
use crate::token::DeviceClass;
use std::num::NonZeroU32;
use table::{Document, Table};

impl Rules {
    /// Reads rules from TOML. A key that is absent has its default, but for `tier`, which must be there; a table
    /// `window_days` that is present names every class that is licensed.
    ///
    /// # Errors
    ///
    /// Every fault, in the order of the lines: bad TOML, unknown keys, wrong types, values out of range, and rules that
    /// contradict themselves.
    pub fn from_toml(text: &str) -> Result<Self, Vec<RuleFault>> {
        Self::from_toml_with_warnings(text).map(|(rules, _)| rules)
    }

    /// The same, with [warnings](Rules::warnings) and their lines.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Rules::from_toml).
    pub fn from_toml_with_warnings(text: &str) -> Result<(Self, Vec<RuleFault>), Vec<RuleFault>> {
        let document = Document::new(text);
        let Some(root) = document.root() else {
            return Err(document.into_faults());
        };
        let rules = read(root);
        for fault in faults::of_document(&rules) {
            document.add_unless_faulty(fault);
        }
        let (faults, lines) = document.into_faults_and_lines();
        if !faults.is_empty() {
            return Err(faults);
        }
        let warnings = rules.warnings().into_iter().map(|warning| RuleFault {
            line: table::line_of_key(&lines, &warning.key),
            ..warning
        });
        let mut warnings: Vec<_> = warnings.collect();
        warnings.sort_by_key(|warning| warning.line);
        Ok((rules, warnings))
    }
}

fn read(mut root: Table<'_>) -> Rules {
    let mut rules = Rules::default();
    if let Some(word) = root.choice("enforcement", &Enforcement::ALL.map(Enforcement::name)) {
        rules.enforcement = Enforcement::from_name(&word).unwrap_or(rules.enforcement);
    }
    if let Some(mut support) = root.table("support") {
        rules.support = support.string("contact");
        support.finish();
    }
    if let Some(mut windows) = root.table("window_days") {
        rules.windows = Windows::default();
        for class in DeviceClass::ALL {
            if let Some(days) = windows.integer(class.name()) {
                rules.windows = rules.windows.with(class, days);
            }
        }
        windows.finish();
    }
    rules.tiers = root.tables("tier").into_iter().map(read_tier).collect();
    if let Some(essential) = rules.tiers.first() {
        rules.keep = KeepRules::keeping(&essential.name);
    }
    if let Some(keep) = root.table("keep") {
        read_keep(keep, &mut rules);
    }
    if let Some(time) = root.table("time") {
        read_time(time, &mut rules);
    }
    if let Some(mut versions) = root.table("versions") {
        rules.versions.min = versions.string("min");
        rules.versions.max = versions.string("max");
        versions.finish();
    }
    if let Some(mut state) = root.table("state") {
        let words = LostState::ALL.map(LostState::name);
        let mut choice = |key| LostState::from_name(&state.choice(key, &words)?);
        rules.state.missing = choice("missing").unwrap_or(rules.state.missing);
        rules.state.rolled_back = choice("rolled_back").unwrap_or(rules.state.rolled_back);
        state.finish();
    }
    optional::read(&mut root, &mut rules);
    if let Some(messages) = root.table("messages") {
        rules.messages = words::read(messages);
    }
    let allowances = root.tables("allowance").into_iter().enumerate();
    rules.allowances = allowances.map(allowances::read).collect();
    root.finish();
    rules
}

fn read_tier(mut table: Table<'_>) -> Tier {
    let tier = Tier {
        name: table.required_string("name").unwrap_or_default(),
        features: table.strings("features").unwrap_or_default(),
    };
    table.finish();
    tier
}

fn read_keep(mut table: Table<'_>, rules: &mut Rules) {
    let keep = &mut rules.keep;
    for (key, kept) in [
        ("offline_grace", &mut keep.offline_grace),
        ("limited", &mut keep.limited),
        ("expired", &mut keep.expired),
        ("suspended", &mut keep.suspended),
        ("revoked", &mut keep.revoked),
    ] {
        if let Some(word) = table.string(key) {
            *kept = Keep::from_name(word);
        }
    }
    table.finish();
}

fn read_time(mut table: Table<'_>, rules: &mut Rules) {
    let time = &mut rules.time;
    time.grace_percent = table.integer("grace_percent").unwrap_or(time.grace_percent);
    time.renew_after_percent = table
        .integer("renew_after_percent")
        .unwrap_or(time.renew_after_percent);
    time.recheck_s = table.integer("recheck_seconds").unwrap_or(time.recheck_s);
    if let Some(restarts) = table.integer("restarts_allowed") {
        match NonZeroU32::new(restarts) {
            Some(restarts) => time.restarts_allowed = restarts,
            None => table.fault("restarts_allowed", "is 0", "choose a number from 1 on"),
        }
    }
    time.unclean_loss_ms = table
        .integer("unclean_loss_ms")
        .unwrap_or(time.unclean_loss_ms);
    time.boot_budget = table.integer("boot_budget");
    time.tpms = table.tables("tpm").into_iter().map(read_tpm).collect();
    table.finish();
}

fn read_tpm(mut table: Table<'_>) -> TpmLoss {
    let tpm = TpmLoss {
        manufacturer: table.required_string("manufacturer").unwrap_or_default(),
        model: table.string("model"),
        unclean_loss_ms: table
            .required_integer("unclean_loss_ms")
            .unwrap_or_default(),
    };
    table.finish();
    tpm
}
