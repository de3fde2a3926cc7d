//! What the verbs print: text for people, or JSON.

use std::io::{self, IsTerminal as _, Write as _};

use counterfoil::server::answer::Answer;
use counterfoil::server::evidence::{Proof, ProvenPlatform};
use counterfoil::server::license::Overview;
use counterfoil::server::storage::{LicenseRecord, SeatRecord, SeatStatus, StatusEntry, WentBack};
use counterfoil::token::{LicenseId, UtcTime};
use serde_json::{Value, json};

use crate::terminal::{self, printable};
use crate::verbs::Result;

/// Prints one result in the form that was asked for.
pub(crate) struct Printer {
    pub(crate) json: bool,
}

impl Printer {
    /// Prints `text`, harmless for a terminal, or `value` with the number of the schema.
    pub(crate) fn print(&self, text: impl FnOnce() -> String, value: Value) -> Result<()> {
        self.print_as_it_is(|| harmless(&text()), value)
    }

    /// Prints what is never shown again; `lost` says what it means if nobody reads it.
    pub(crate) fn print_once(&self, text: &str, value: Value, lost: &str) -> Result<()> {
        let line = self.line(|| harmless(text), value);
        let written = terminal::write_for_sure(&line);
        Ok(written
            .map_err(|error| format!("standard output cannot be written ({error}): {lost}"))?)
    }

    /// Like [`print`](Self::print), for a text of the vendor's own that has to come out as it went in, but on a terminal.
    pub(crate) fn print_as_it_is(&self, text: impl FnOnce() -> String, value: Value) -> Result<()> {
        let show = || match io::stdout().is_terminal() {
            true => harmless(&text()),
            false => text(),
        };
        write(&self.line(show, value))
    }

    fn line(&self, text: impl FnOnce() -> String, mut value: Value) -> String {
        let mut line = match self.json {
            false => text(),
            true => {
                if let Some(object) = value.as_object_mut() {
                    object.insert("schema".to_owned(), json!(1));
                }
                terminal::escaped(&value.to_string())
            }
        };
        line.push('\n');
        line
    }
}

/// Writes to standard output. A reader who has gone away, as `head` does, is no error.
pub(crate) fn write(text: &str) -> Result<()> {
    let written = terminal::write(text);
    Ok(written.map_err(|error| format!("standard output cannot be written: {error}"))?)
}

/// Says something on standard error, harmless for a terminal. Where that is closed there is nobody to tell.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(text));
}

/// A text of several lines without what a terminal would obey. What comes from others has to be made [`printable`] before it
/// becomes a part of a line, or it could begin a line of its own.
fn harmless(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

pub(crate) fn license_json(license: &LicenseRecord, seats_taken: usize) -> Value {
    json!({
        "id": license.id.to_string(),
        "product": license.product,
        "edition": license.edition,
        "features": license.features,
        "seats": license.seats,
        "seats_taken": seats_taken,
        "state": license.state.name(),
        "created": license.created_at.to_string(),
        "not_before": license.not_before.to_string(),
        "expires": license.expires_at.map(|at| at.to_string()),
        "segment": license.segment,
        "user": license.user,
        "standby": license.standby,
    })
}

pub(crate) fn license_text(license: &LicenseRecord, seats_taken: usize) -> String {
    let mut line = format!(
        "{}  {} {}  {}  {seats_taken} of {} seats taken  {}",
        license.id,
        license.product,
        license.edition,
        license.state.name(),
        license.seats,
        expiry(license.expires_at),
    );
    for (title, value) in particulars(license) {
        line.push_str(&format!("  {title} {value}"));
    }
    line
}

/// What the vendor noted about a license for itself.
fn particulars(license: &LicenseRecord) -> Vec<(&'static str, &str)> {
    let segment = license.segment.as_deref().map(|name| ("segment", name));
    let user = license.user.as_deref().map(|name| ("user", name));
    let standby = license.standby.then_some(("standby", "yes"));
    [segment, user, standby].into_iter().flatten().collect()
}

/// How many of these seats count as taken.
pub(crate) fn taken(seats: &[SeatRecord], now: UtcTime) -> usize {
    seats.iter().filter(|seat| seat.is_taken(now)).count()
}

pub(crate) fn seats_json(seats: &[SeatRecord], now: UtcTime) -> Value {
    seats.iter().map(|seat| seat_json(seat, now)).collect()
}

fn seat_json(seat: &SeatRecord, now: UtcTime) -> Value {
    let entry = StatusEntry::of(seat.status_index);
    json!({
        "device": seat.ek.to_string(),
        "status": seat.status(now).name(),
        "taken_at": seat.taken_at.to_string(),
        "confirmed_at": seat.confirmed_at.map(|at| at.to_string()),
        "lease_ends": seat.lease_ends.map(|at| at.to_string()),
        "status_list": entry.list,
        "status_index": entry.index,
    })
}

pub(crate) fn seats_text(seats: &[SeatRecord], now: UtcTime) -> String {
    if seats.is_empty() {
        return "no seat is taken".to_owned();
    }
    let line = |seat: &SeatRecord| format!("{}  {}", seat.ek, seat_text(seat, now));
    seats.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// How sure it is that the machine has its seat, and since when.
fn seat_text(seat: &SeatRecord, now: UtcTime) -> String {
    let ends = seat.lease_ends.map(|at| at.to_string()).unwrap_or_default();
    match seat.status(now) {
        SeatStatus::Confirmed => format!("confirmed, since {}", seat.taken_at),
        SeatStatus::Pending => format!("pending, since {}; lapses on {ends}", seat.taken_at),
        SeatStatus::Lapsed => format!("lapsed on {ends}, was pending since {}", seat.taken_at),
    }
}

fn went_back_text(noted: &WentBack) -> String {
    match noted.for_sure {
        true => format!(
            "           ATTENTION: on {} its TPM showed lower counts than it had before, as a virtual TPM does that was put back",
            noted.at
        ),
        false => format!(
            "           attention: on {} a request showed lower counts than there were before: it was made earlier and came late, \
             or the virtual TPM was put back",
            noted.at
        ),
    }
}

pub(crate) fn overview_json(overview: &Overview, now: UtcTime) -> Value {
    let seats: Vec<Value> = overview
        .seats
        .iter()
        .map(|held| {
            let bindings: Vec<Value> = held
                .bindings
                .iter()
                .map(|bound| {
                    json!({
                        "store": bound.binding.store.to_string(),
                        "slot": bound.slot,
                        "epoch": bound.binding.epoch,
                        "status": bound.status.name(),
                        "bound_at": bound.bound_at.to_string(),
                    })
                })
                .collect();
            let mut device = seat_json(&held.seat, now);
            device["class"] = json!(held.device.class.name());
            device["first_seen"] = json!(held.device.first_seen.to_string());
            device["tpm_went_back"] = json!(held.device.went_back.map(|noted| json!({
                "at": noted.at.to_string(),
                "for_sure": noted.for_sure,
            })));
            device["bindings"] = json!(bindings);
            device
        })
        .collect();
    let mut license = license_json(&overview.license, overview_taken(overview, now));
    license["devices"] = Value::Array(seats);
    json!({ "license": license })
}

fn overview_taken(overview: &Overview, now: UtcTime) -> usize {
    let seats = overview.seats.iter();
    seats.filter(|held| held.seat.is_taken(now)).count()
}

pub(crate) fn overview_text(overview: &Overview, now: UtcTime) -> String {
    let license = &overview.license;
    let features = match license.features.is_empty() {
        true => "those of the edition".to_owned(),
        false => format!("those of the edition, and {}", license.features.join(", ")),
    };
    let mut lines = vec![
        format!("license    {}", license.id),
        format!(
            "product    {}, edition {}",
            license.product, license.edition
        ),
        format!("features   {features}"),
        format!(
            "state      {}, {}",
            license.state.name(),
            expiry(license.expires_at)
        ),
        format!(
            "seats      {} of {} taken",
            overview_taken(overview, now),
            license.seats
        ),
    ];
    lines.extend(
        particulars(license)
            .into_iter()
            .map(|(title, value)| format!("{title:<11}{value}")),
    );
    for held in &overview.seats {
        lines.push(format!(
            "device     {} ({}), {}",
            held.device.ek,
            held.device.class.name(),
            seat_text(&held.seat, now)
        ));
        lines.extend(held.device.went_back.as_ref().map(went_back_text));
        lines.extend(held.bindings.iter().map(|bound| {
            let (binding, status) = (&bound.binding, bound.status.name());
            format!(
                "           store {}, slot {}, epoch {}: {status}",
                binding.store, bound.slot, binding.epoch
            )
        }));
    }
    lines.join("\n")
}

pub(crate) fn answer_json(answer: &Answer) -> Value {
    let status = StatusEntry::of(answer.status_index);
    json!({
        "answered": true,
        "request": answer.request.to_string(),
        "license": answer.license.to_string(),
        "product": answer.product,
        "device": answer.ek.to_string(),
        "class": answer.class.name(),
        "status_list": status.list,
        "status_index": status.index,
        "lease_expires": answer.lease_expires_at.to_string(),
        "pending": answer.pending,
        "repeated": answer.repeated,
    })
}

pub(crate) fn answer_text(answer: &Answer) -> String {
    let again = if answer.repeated {
        " again, with the same tokens"
    } else {
        ""
    };
    let ended = answer.certificate_expired.map(|end| {
        format!("\nnotice: a certificate between this machine and its pinned root ended on {end}, which is accepted")
    });
    format!(
        "answered{again}: license {} of {} on device {} ({}); its lease ends {}{}",
        answer.license,
        answer.product,
        answer.ek,
        answer.class.name(),
        answer.lease_expires_at,
        ended.unwrap_or_default(),
    )
}

pub(crate) fn proof_json(proof: &Proof) -> Value {
    let clock = &proof.reading.clock;
    let licenses: Vec<Value> = proof
        .licenses
        .iter()
        .map(|proven| {
            json!({
                "id": proven.license.license_id.to_string(),
                "product": proven.license.product,
                "class": proven.license.class.name(),
                "store": proven.license.binding.store.to_string(),
                "epoch": proven.license.binding.epoch,
                "lease_sequence": proven.lease.sequence,
                "lease_expires": proven.lease.expires_at.to_string(),
                "expires": proven.license.expires_at.map(|at| at.to_string()),
                "charge": {
                    "spent_ms": proven.charge.spent_ms,
                    "budget_ms": proven.charge.budget_ms,
                    "left_ms": proven.charge.left_ms(),
                },
                "proven_utc": proven.proven_utc.to_string(),
                "platform": proven.platform.as_ref().map(platform_json),
            })
        })
        .collect();
    json!({
        "valid": true,
        "failed": null,
        "clock": {
            "clock_ms": clock.clock_ms,
            "reset_count": clock.reset_count,
            "restart_count": clock.restart_count,
            "safe": clock.safe,
        },
        "activity": proof.reading.activity,
        "licenses": licenses,
    })
}

pub(crate) fn proof_text(proof: &Proof) -> String {
    let clock = &proof.reading.clock;
    let mut lines = vec![format!(
        "valid: the TPM's clock stands at {:.1} s, {} resets, {} restarts, activity {}",
        clock.clock_ms as f64 / 1000.0,
        clock.reset_count,
        clock.restart_count,
        proof.reading.activity,
    )];
    lines.extend(proof.licenses.iter().map(|proven| {
        let (license, charge) = (&proven.license, &proven.charge);
        format!(
            "license {} of {} ({}, {}, its lease ends {}): {:.1} of {:.1} hours charged; it is at least {}",
            license.license_id,
            license.product,
            license.class.name(),
            expiry(license.expires_at),
            proven.lease.expires_at,
            hours(charge.spent_ms),
            hours(charge.budget_ms),
            proven.proven_utc,
        )
    }));
    lines.extend(
        proof
            .licenses
            .iter()
            .filter_map(|proven| Some((proven.license.license_id, proven.platform.as_ref()?)))
            .map(|(license, platform)| platform_text(license, platform)),
    );
    lines.join("\n")
}

fn platform_json(platform: &ProvenPlatform) -> Value {
    json!({
        "pcrs": platform.pcrs.iter().collect::<Vec<_>>(),
        "digest": platform.digest.to_string(),
        "approved": platform.reference.map(|reference| reference.to_string()),
    })
}

fn platform_text(license: LicenseId, platform: &ProvenPlatform) -> String {
    let ProvenPlatform {
        pcrs,
        digest,
        reference,
    } = platform;
    let judged = match reference {
        None => "compare it with the list in the rules".to_owned(),
        Some(approved) if approved == digest => "as approved".to_owned(),
        Some(approved) => format!("CHANGED, approved was {approved}"),
    };
    format!("license {license}: PCRs {pcrs} show {digest}: {judged}")
}

fn expiry(expires_at: Option<UtcTime>) -> String {
    expires_at.map_or_else(|| "perpetual".to_owned(), |at| format!("ends {at}"))
}

fn hours(ms: u64) -> f64 {
    ms as f64 / 3_600_000.0
}
