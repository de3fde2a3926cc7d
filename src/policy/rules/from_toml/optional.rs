//! Rules that a product may go without, and small ones of their own tables.

use super::super::{
    Anomaly, ColdStandby, PcrApproval, PcrChange, PcrReference, PcrRule, Rules, StepUp,
};
use super::table::{Table, list, nearest};
use crate::token::Digest;

pub(super) fn read(root: &mut Table<'_>, rules: &mut Rules) {
    rules.pcr = root.table("pcr").map(read_pcr);
    rules.step_up = root.table("step_up").map(read_step_up);
    rules.cold_standby = root.table("cold_standby").map(read_cold_standby);
    if let Some(mut wind_down) = root.table("wind_down") {
        rules.wind_down_minutes = wind_down
            .integer("minutes")
            .unwrap_or(rules.wind_down_minutes);
        wind_down.finish();
    }
    if let Some(mut validity) = root.table("validity") {
        rules.valid_days = validity.integer("days").unwrap_or(rules.valid_days);
        validity.finish();
    }
}

fn read_pcr(mut table: Table<'_>) -> PcrRule {
    let pcrs: Vec<u8> = table.integers("pcrs").unwrap_or_default();
    table.refuse_repetition("pcrs", &pcrs);
    let reference = table.choice("reference", &["activation", "list"]);
    let approved = read_approved(&mut table);
    let reference = match (reference.as_deref(), approved) {
        (Some("list"), approved) => PcrReference::List(approved.unwrap_or_default()),
        (_, None) => PcrReference::Activation,
        (_, Some(_)) => {
            table.fault(
                "approved",
                "is there, and the reference is the activation",
                "set `reference = \"list\"`, or remove it",
            );
            PcrReference::Activation
        }
    };
    let change = table.choice("on_change", &PcrChange::ALL.map(PcrChange::name));
    let on_change = change.and_then(|word| PcrChange::from_name(&word));
    let approval = table.choice("approval", &PcrApproval::ALL.map(PcrApproval::name));
    let approval = approval.and_then(|word| PcrApproval::from_name(&word));
    table.finish();
    PcrRule {
        pcrs: pcrs.into_iter().collect(),
        reference,
        on_change: on_change.unwrap_or(PcrChange::Notice),
        approval: approval.unwrap_or(PcrApproval::Manual),
    }
}

fn read_approved(table: &mut Table<'_>) -> Option<Vec<Digest>> {
    let texts = table.strings("approved")?;
    let mut digests = Vec::new();
    for text in texts {
        match text.parse::<Digest>() {
            Ok(digest) => digests.push(digest),
            Err(_) => table.fault(
                "approved",
                format!("holds {text:?}, which is no SHA-256 digest"),
                "write 64 hexadecimal digits for each",
            ),
        }
    }
    Some(digests)
}

fn read_step_up(mut table: Table<'_>) -> StepUp {
    let features = table.strings("features").unwrap_or_default();
    table.refuse_repetition("features", &features);
    let days = table.integer("contact_days");
    let words = table.strings("after").unwrap_or_default();
    table.refuse_repetition("after", &words);
    let mut after = Vec::new();
    for word in &words {
        match Anomaly::from_name(word) {
            Some(anomaly) => after.push(anomaly),
            None => {
                let known = Anomaly::ALL.map(Anomaly::name);
                let advice = match nearest(word, &known) {
                    Some(similar) => format!("did you mean {similar:?}?"),
                    None => format!("choose from {}", list(&known)),
                };
                let problem = format!("names {word:?}, after which nothing can be demanded");
                table.fault("after", problem, advice);
            }
        }
    }
    table.finish();
    StepUp {
        features: features.into_iter().collect(),
        contact_days: days.unwrap_or(StepUp::default().contact_days),
        after: after.into_iter().collect(),
    }
}

fn read_cold_standby(mut table: Table<'_>) -> ColdStandby {
    let standby = ColdStandby {
        keep_days: table.required_integer("keep_days").unwrap_or_default(),
        run_days: table.required_integer("run_days").unwrap_or_default(),
    };
    table.finish();
    standby
}
