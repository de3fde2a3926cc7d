//! The library's answers as JSON.

use counterfoil::client::{LicenseReport, Support, SupportState, SupportStore};
use counterfoil::device::{CounterForm, Description};
use counterfoil::protocol::VerifiedEvidence;
use counterfoil::store::LossKind;
use counterfoil::time::Source;
use serde_json::{Value, json};

use crate::inspect;

/// What the TPM says of itself.
pub(super) fn tpm(tpm: &Description) -> Value {
    json!({
        "manufacturer": tpm.manufacturer,
        "model": tpm.model,
        "firmware": format!("{:#018x}", tpm.firmware),
        "looks_virtual": tpm.looks_virtual,
        "clock_update_ms": tpm.clock_update.as_millis() as u64,
        "counter_form": tpm.counter_form.map(form),
        "missing_commands": tpm.missing_commands,
        "owner_password": tpm.owner_auth_set,
        "endorsement_password": tpm.endorsement_auth_set,
        "lockout": {
            "locked": tpm.lockout.locked,
            "tries": tpm.lockout.tries,
            "max_tries": tpm.lockout.max_tries,
            "interval_s": tpm.lockout.interval.as_secs(),
        },
        "nv_counters_free": tpm.nv_counters_free,
        "persistent_free": tpm.persistent_free,
    })
}

/// Keys, counters and state of the store.
pub(super) fn store(Support { store, failure }: &Support) -> Value {
    let Some(store) = store else {
        return json!({"error": failure.as_ref().map(ToString::to_string)});
    };
    let keys = store
        .keys
        .iter()
        .map(|(what, handle, name)| json!({"key": what, "handle": handle.map(hex_handle), "name": name.to_string()}));
    let indexes = store.indexes.iter().map(|(what, public, value)| {
        let (value, error) = match value {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error.to_string())),
        };
        // A TPMS_NV_PUBLIC begins with its handle.
        let handle = public.first_chunk().map(|handle| hex_handle(u32::from_be_bytes(*handle)));
        json!({"index": what, "handle": handle, "public": hex(public), "value": value, "error": error})
    });
    json!({
        "vendor": store.vendor.to_string(),
        "slot": store.slot,
        "id": store.id.to_string(),
        "epoch": store.epoch,
        "counter_form": form(store.counter_form),
        "keys": keys.collect::<Vec<_>>(),
        "nv_indexes": indexes.collect::<Vec<_>>(),
        "state": match &store.state {
            Ok(state) => of_state(state),
            Err(failure) => json!({"error": failure.to_string()}),
        },
    })
}

fn of_state(state: &SupportState) -> Value {
    let leases = state.leases.iter();
    let lists = state.status_lists.iter();
    let manifests = state.manifests.iter();
    let pending = state.pending.iter();
    json!({
        "sha256": state.digest.to_string(),
        "leases": leases.map(|(id, sequence)| json!({"license": id.to_string(), "sequence": sequence})).collect::<Vec<_>>(),
        "bundle_sequence": state.bundle_sequence,
        "status_lists": lists.map(|(uri, issued)| json!({"list": uri, "issued": issued.to_string()})).collect::<Vec<_>>(),
        "manifests": manifests
            .map(|(product, line, version)| json!({"product": product, "line": line, "version": version}))
            .collect::<Vec<_>>(),
        "issued_at_floor": state.issued_at_floor.map(|time| time.to_string()),
        "pending": pending
            .map(|(request, license)| json!({"request": request.to_string(), "license": license.to_string()}))
            .collect::<Vec<_>>(),
        "lost": state.lost.map(|lost| json!({
            "kind": match lost.kind {
                LossKind::Missing => "missing",
                LossKind::RolledBack => "rolled_back",
                LossKind::Damaged => "damaged",
            },
            "activity": lost.activity,
        })),
        "last_increment": state.last_increment.map(|counts| json!({
            "resets": counts.reset_count,
            "restarts": counts.restart_count,
        })),
        "to_install": state.to_install.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "log_head": state.log_head.map(|head| json!({"n": head.entries, "sha256": head.digest.to_string()})),
    })
}

/// The tokens in plain words.
pub(super) fn tokens(Support { store, .. }: &Support) -> Value {
    let Some(SupportStore { tokens, faults, .. }) = store else {
        return Value::Null;
    };
    let readable = tokens
        .iter()
        .map(|(place, bytes)| match inspect::describe(bytes) {
            Ok(shown) => json!({"path": place.to_string(), "shown": shown}),
            Err(error) => json!({"path": place.to_string(), "error": error}),
        });
    let faults = faults
        .iter()
        .map(|fault| json!({"path": fault.place().map(|place| place.to_string()), "error": fault.to_string()}));
    json!(readable.chain(faults).collect::<Vec<_>>())
}

/// At what time a license was judged.
pub(super) fn judged_at(license: &LicenseReport) -> Value {
    json!({
        "license": license.id.to_string(),
        "time": license.now.utc.to_string(),
        "source": match license.now.source {
            Source::OsClock => "os_clock",
            Source::Floor => "floor",
            Source::Ceiling => "ceiling",
        },
    })
}

/// What the TPM attested.
pub(super) fn counts(evidence: &VerifiedEvidence) -> Value {
    let clock = evidence.clock();
    json!({
        "activity": evidence.activity(),
        "clock_ms": clock.clock_ms,
        "resets": clock.reset_count,
        "restarts": clock.restart_count,
        "safe": clock.safe,
    })
}

fn form(form: CounterForm) -> &'static str {
    match form {
        CounterForm::Certified => "certified",
        CounterForm::Audited => "audited",
    }
}

fn hex_handle(handle: u32) -> String {
    format!("{handle:#010x}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
