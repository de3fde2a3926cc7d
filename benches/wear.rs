//! What ten years cost, one figure to a line: `name value unit goal ok`.
//!
//! For each kind of machine and each family of TPMs: the share of its window that it gets without network, what it is charged
//! beyond the time for which it is on, and what is written into the TPM. `docs/wear.md` explains them.

#[path = "figures/line.rs"]
#[allow(dead_code, reason = "the other figures use more of it")]
mod line;
#[path = "../tests/wear/trace/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod trace;

use line::{figure, figure_with_goal, number, row};
use trace::tables::{share_of, ten_years};
use trace::{BUDGET_BYTES, FAMILIES, LAPTOP, PROFILES, PROMISED, UNEVEN, WINDOWS};

fn main() {
    line::heading();
    for profile in &PROFILES {
        let machine = word(profile.name);
        let is_promised = [PROMISED.name, UNEVEN.name, LAPTOP.name].contains(&profile.name);
        for family in &FAMILIES {
            let of = |what: &str| format!("wear.{machine}.{}.{what}", word(family.name));
            for days in WINDOWS {
                let (name, share) = (
                    of(&format!("share-of-{days}-days")),
                    share_of(profile, family, days) as f64,
                );
                match is_promised {
                    true => figure_to_reach(&name, share, "percent", 100.0),
                    false => figure(&name, share, "percent"),
                }
            }
            let life = ten_years(profile, family, 30);
            figure(
                &of("charge-of-on-time"),
                life.overcharge() as f64,
                "percent",
            );
            figure_with_goal(
                &of("nv-writes"),
                life.nv_bytes() as f64 / 1000.0,
                "KB",
                BUDGET_BYTES as f64 / 1000.0,
            );
        }
    }
}

/// A name as one word.
fn word(name: &str) -> String {
    name.replace(", ", "-").replace(' ', "-")
}

/// A figure that should reach `goal`, marked so.
fn figure_to_reach(name: &str, value: f64, unit: &str, goal: f64) {
    let ok = if value >= goal { "yes" } else { "no" };
    row(
        name,
        &number(value),
        unit,
        &format!(">={}", number(goal)),
        ok,
    );
}
