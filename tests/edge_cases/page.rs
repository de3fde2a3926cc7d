//! The page.

use crate::row::Row;
use crate::{reasons, special};
use counterfoil::policy::{Outcome, Verdict};
use std::fmt::Write as _;

const HEAD: &str = "\
<!-- Written by `UPDATE_REFERENCE=1 cargo test --all-features --test edge_cases`. -->
# Edge cases

What a license comes to in every condition that the software knows of. Each row was decided by the code that decides on a
machine; what is not said is in order.

The machine of these rows has a `standard` license of one year, with a feature of its own besides those of the tiers. Its lease was
issued on 1 March 2026 for 30 days, and it is a day later. The rules are those of a new product: of the tiers, the essential one
stays on where the standing is `limited`. [verdict.md](verdict.md) explains standings and rules.

";

pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    for (title, groups) in [
        ("Causes", reasons::groups()),
        ("Special rules", special::groups()),
    ] {
        let _ = writeln!(page, "## {title}\n");
        for (group, rows) in groups {
            let _ = writeln!(
                page,
                "### {group}\n\n\
                 | condition | standing | reason | stays on | what a person reads | tests |\n\
                 |---|---|---|---|---|---|"
            );
            for row in rows {
                let _ = writeln!(page, "{}", line(&row));
            }
            page.push('\n');
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn line(row: &Row) -> String {
    let verdict = row.verdict();
    let said = [std::slice::from_ref(&verdict.message), &verdict.steps].concat();
    let tests: Vec<_> = row.tests.iter().map(|test| format!("`{test}`")).collect();
    format!(
        "| {} | `{}` | {} | {} | {} | {} |",
        row.condition,
        verdict.standing,
        reasons_of(&verdict),
        stays_on(&verdict),
        said.join(" ").replace('|', "\\|"),
        tests.join(", ")
    )
}

/// The decisive reason, the other failed checks and the notices.
fn reasons_of(verdict: &Verdict) -> String {
    let mut text = format!("{} `{}`", verdict.reason.code(), verdict.reason);
    let failed = verdict
        .checks
        .iter()
        .filter_map(|check| match check.outcome {
            Outcome::Fail(reason) if reason != verdict.reason => Some(reason),
            _ => None,
        });
    for reason in failed {
        let _ = write!(text, ", {} `{reason}`", reason.code());
    }
    for notice in &verdict.notices {
        let _ = write!(text, ", notice {} `{notice}`", notice.code());
    }
    text
}

fn stays_on(verdict: &Verdict) -> String {
    match verdict.features.as_slice() {
        [] => "nothing".to_owned(),
        [export, open] if export == "export" && open == "open" => "the essential tier".to_owned(),
        [_, _, _, _] => "everything".to_owned(),
        others => others.join(", "),
    }
}
