//! What ten years come to, as tables for people.

use super::machine::Machine;
use super::{
    Client, DEVELOPER, FAMILIES, Family, KIOSK_ALWAYS_ON, PROFILES, PROMISED, Profile, TEN_YEARS,
    UNEVEN, WINDOWS, live, share, terms, terms_of,
};
use counterfoil::policy::{Rules, Terms};
use std::num::NonZeroU32;

/// Every table by its name in the document, in Markdown.
pub(crate) fn all() -> [(&'static str, String); 6] {
    [
        ("families", families()),
        ("profiles", profiles()),
        ("shares", shares()),
        ("overcharge", overcharge()),
        ("writes", writes()),
        ("settings", settings()),
    ]
}

/// Ten years of a machine whose TPM is listed.
pub(crate) fn ten_years(profile: &Profile, family: &Family, window_days: u16) -> super::Tally {
    live(
        profile,
        client(family, terms(window_days, family.unclean_loss_ms)),
        TEN_YEARS,
    )
}

/// The share of a window for a machine whose TPM is listed.
pub(crate) fn share_of(profile: &Profile, family: &Family, window_days: u16) -> u64 {
    let loss_ms = family.unclean_loss_ms;
    share(profile, Machine::new(loss_ms), terms(window_days, loss_ms))
}

fn client(family: &Family, terms: Terms) -> Client {
    Client::activate(Machine::new(family.unclean_loss_ms), terms)
}

fn families() -> String {
    let rows = FAMILIES.iter().map(|family| {
        vec![
            family.name.to_owned(),
            family.unclean_loss_ms.to_string(),
            family.makers.to_owned(),
        ]
    });
    table(&["I", "ms", "makers"], rows)
}

fn profiles() -> String {
    let rows = PROFILES
        .iter()
        .map(|profile| vec![profile.name.to_owned(), profile.about.to_owned()]);
    table(&["machine", "use"], rows)
}

fn shares() -> String {
    let rows = PROFILES.iter().map(|profile| {
        by_family(profile, |family| {
            let shares = WINDOWS.map(|days| share_of(profile, family, days).to_string());
            shares.join(" ")
        })
    });
    table(&family_headings(), rows)
}

fn overcharge() -> String {
    let rows = PROFILES.iter().map(|profile| {
        by_family(profile, |family| {
            ten_years(profile, family, 30).overcharge().to_string()
        })
    });
    table(&family_headings(), rows)
}

fn writes() -> String {
    let [.., largest] = &FAMILIES;
    let rows = PROFILES.iter().map(|profile| {
        let lives = WINDOWS.map(|days| ten_years(profile, largest, days));
        let mut row = vec![profile.name.to_owned()];
        row.extend(lives.iter().map(|life| kilobytes(life.nv_bytes())));
        row.push(kilobytes(lives[2].own_bytes()));
        row
    });
    let mut headings = vec!["machine".to_owned()];
    headings.extend(WINDOWS.map(|days| format!("W = {days}")));
    headings.push("the TPM's own".to_owned());
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    table(&headings, rows)
}

/// What a vendor can do: for each setting the share of 30 days and the kilobytes in ten years.
fn settings() -> String {
    const MACHINES: [&Profile; 4] = [&PROMISED, &UNEVEN, &KIOSK_ALWAYS_ON, &DEVELOPER];
    let [small, .., large] = &FAMILIES;
    let mut rows = Vec::new();
    for restarts_allowed in [10, 6, 3, 1] {
        for (family, listed) in [(large, "70 min"), (small, "4 s")] {
            let mut rules = Rules::default();
            rules.time.restarts_allowed = NonZeroU32::new(restarts_allowed).expect("S is not zero");
            let terms = terms_of(rules, 30, family.unclean_loss_ms);
            let mut row = vec![restarts_allowed.to_string(), listed.to_owned()];
            row.extend(MACHINES.map(|profile| {
                let share = share(profile, Machine::new(family.unclean_loss_ms), terms);
                let life = live(profile, client(family, terms), TEN_YEARS);
                format!("{share} %, {} KB", kilobytes(life.nv_bytes()))
            }));
            rows.push(row);
        }
    }
    let mut headings = vec!["S", "I"];
    headings.extend(MACHINES.map(|profile| profile.name));
    table(&headings, rows.into_iter())
}

fn by_family(profile: &Profile, value: impl Fn(&Family) -> String) -> Vec<String> {
    let mut row = vec![profile.name.to_owned()];
    row.extend(FAMILIES.iter().map(value));
    row
}

fn family_headings() -> Vec<&'static str> {
    let mut headings = vec!["machine"];
    headings.extend(FAMILIES.iter().map(|family| family.name));
    headings
}

/// In thousands of bytes, rounded up.
fn kilobytes(bytes: u64) -> String {
    bytes.div_ceil(1000).to_string()
}

fn table(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(headings.to_vec());
    text += &line(vec!["---"; headings.len()]);
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}
