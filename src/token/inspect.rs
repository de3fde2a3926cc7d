//! Any file in plain words, for people. Nothing in a description is verified.

use std::fmt;

use super::bundle::TrustBundle;
use super::claims::ClaimsError;
use super::cose::{
    self, CoseError, Kind, Protection, Sealed, SealedUnder, SignedBy, response_label,
};
use super::id::{Digest, write_hex};
use super::lease::Lease;
use super::license::License;
use super::manifest::Manifest;
use super::status_list::{Status, StatusList};
use super::verify::Issued;

/// A file in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// What kind of file it is.
    pub kind: Kind,
    /// Labels and values, in reading order.
    pub fields: Vec<Field>,
    /// What is wrong with the file, if it is not well-formed: then the fields are what could be read all the same.
    pub fault: Option<String>,
}

/// One line of a [`Description`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: String,
}

impl Field {
    /// A label and the value's text.
    pub fn new(label: impl Into<String>, value: impl fmt::Display) -> Self {
        Self {
            label: label.into(),
            value: value.to_string(),
        }
    }
}

impl fmt::Display for Description {
    /// One line for each field, values aligned.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .fields
            .iter()
            .map(|field| field.label.chars().count())
            .max()
            .unwrap_or(0);
        for Field { label, value } in &self.fields {
            writeln!(f, "{label:width$}  {value}")?;
        }
        Ok(())
    }
}

/// Describes a file of any kind. Of a file whose content this module does not know or cannot read
/// it describes the envelope.
///
/// # Errors
/// When the bytes do not say which kind of file they are.
pub fn describe(bytes: &[u8]) -> Result<Description, CoseError> {
    describe_with(bytes, |_, _| None)
}

/// Like [`describe`], with `content` to describe the payloads that this module does not know: it is
/// given a signed file's kind and payload, and returns the fields and what is wrong.
///
/// # Errors
/// When the bytes do not say which kind of file they are.
pub fn describe_with(
    bytes: &[u8],
    content: impl FnOnce(Kind, &[u8]) -> Option<(Vec<Field>, Option<String>)>,
) -> Result<Description, CoseError> {
    let kind = cose::identify(bytes)?;
    let mut fields = vec![
        Field::new("kind", format!("{kind} ({})", kind.content_type())),
        Field::new(
            "size",
            format!("{} of at most {} bytes", bytes.len(), kind.size_limit()),
        ),
        Field::new("SHA-256", Digest::of(&[bytes])),
    ];
    let (more, fault) = match kind.protection() {
        Protection::Sign1(by) => match cose::open(kind, bytes) {
            Ok(unverified) => {
                let signer = format!("{} {} (not verified)", signer(by), unverified.kid());
                fields.push(Field::new("signed by", signer));
                let payload = unverified.unverified_payload();
                match claims(kind, payload) {
                    Ok(Some(fields)) => (fields, None),
                    Ok(None) => content(kind, payload).unwrap_or_else(|| {
                        let size = format!("{} bytes", payload.len());
                        (vec![Field::new("content", size)], None)
                    }),
                    Err(error) => (Vec::new(), Some(format!("it is no {kind}: {error}"))),
                }
            }
            Err(error) => (Vec::new(), Some(error.to_string())),
        },
        Protection::Encrypt0(under) => match Sealed::parse(kind, bytes) {
            Ok(file) => (sealed(under, &file), None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        },
    };
    fields.extend(more);
    Ok(Description {
        kind,
        fields,
        fault,
    })
}

fn signer(by: SignedBy) -> &'static str {
    match by {
        SignedBy::Root => "root key",
        SignedBy::Issuer => "issuer key",
        SignedBy::BindingKey => "binding key",
        SignedBy::StoreKey => "store key",
    }
}

fn claims(kind: Kind, payload: &[u8]) -> Result<Option<Vec<Field>>, ClaimsError> {
    Ok(Some(match kind {
        Kind::License => license(&License::from_payload(payload)?),
        Kind::Lease => lease(&Lease::from_payload(payload)?),
        Kind::Manifest => manifest(&Manifest::from_payload(payload)?),
        Kind::TrustBundle => bundle(&TrustBundle::from_payload(payload)?),
        Kind::StatusList => status_list(&StatusList::from_payload(payload)?),
        _ => return Ok(None),
    }))
}

fn license(license: &License) -> Vec<Field> {
    let binding = &license.binding;
    let end = license
        .expires_at
        .map_or("never".to_owned(), |end| end.to_string());
    let features: Vec<_> = license.features.iter().map(|name| quoted(name)).collect();
    let (min, max) = (&license.versions.min, &license.versions.max);
    let versions = match (min, max) {
        (None, None) => "all".to_owned(),
        (Some(min), None) => format!("from {min}"),
        (None, Some(max)) => format!("up to {max}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
    };
    vec![
        Field::new("vendor", license.issuer),
        Field::new("license", license.license_id),
        Field::new("product", quoted(&license.product)),
        Field::new("edition", quoted(&license.edition)),
        Field::new(
            "features",
            if features.is_empty() {
                "none".into()
            } else {
                features.join(", ")
            },
        ),
        Field::new("versions", versions),
        Field::new("manifest line", quoted(&license.manifest_line)),
        Field::new("issued", license.issued_at),
        Field::new("valid from", license.not_before),
        Field::new("expires", end),
        Field::new("token", license.token_id),
        Field::new(
            "status",
            format!("entry {} of {}", license.status.index, license.status.list),
        ),
        Field::new("device class", license.class),
        Field::new(
            "bound to store",
            format!("{} at epoch {}", binding.store, binding.epoch),
        ),
        Field::new("binding key", binding.confirmation_key.id()),
        Field::new("attestation key Name", binding.ak),
        Field::new("storage root key Name", binding.srk),
        Field::new("seed Name", binding.seed),
        Field::new("epoch counter Name", binding.epoch_index),
        Field::new("activity counter Name", binding.activity_index),
    ]
}

fn lease(lease: &Lease) -> Vec<Field> {
    let anchor = &lease.anchor;
    let counts = format!(
        "Clock {} ms, {} resets, {} restarts, activity {}",
        anchor.clock_ms, anchor.reset_count, anchor.restart_count, anchor.activity
    );
    let renew = &lease.renew_after;
    let mut fields = vec![
        Field::new("vendor", lease.issuer),
        Field::new("license", lease.license_id),
        Field::new("product", quoted(&lease.product)),
        Field::new("for license token", lease.license),
        Field::new("token", lease.token_id),
        Field::new("number", lease.sequence),
        Field::new("issued", lease.issued_at),
        Field::new("expires", lease.expires_at),
        Field::new(
            "renew after",
            format!("{} or {} charged", renew.at, span(renew.charge_ms)),
        ),
        Field::new("window promised", span(lease.window_s.saturating_mul(1000))),
        Field::new("charge budget", span(lease.budget_ms)),
        Field::new("loss per unclean reset", span(lease.unclean_loss_ms)),
        Field::new("restarts allowed", lease.restarts_allowed),
        Field::new("heartbeat", span(lease.heartbeat_ms)),
        Field::new("anchor time", anchor.utc),
        Field::new("anchor TPM", counts),
        Field::new(
            "bound to store",
            format!("{} at epoch {}", lease.store, lease.epoch),
        ),
        Field::new("binding key", lease.confirmation_key.id()),
        Field::new(
            "manifest",
            format!(
                "version {}, {}",
                lease.manifest.version, lease.manifest.digest
            ),
        ),
    ];
    if let Some(approval) = &lease.feature_approval {
        fields.push(Field::new(
            "feature approval",
            format!("{} bytes", approval.len()),
        ));
    }
    if let Some(platform) = &lease.platform {
        fields.push(Field::new("platform PCRs", platform.pcrs));
        if let Some(reference) = platform.reference {
            fields.push(Field::new("platform approved", reference));
        }
    }
    fields
}

fn manifest(manifest: &Manifest) -> Vec<Field> {
    vec![
        Field::new("vendor", manifest.issuer),
        Field::new("product", quoted(&manifest.product)),
        Field::new("line", quoted(&manifest.line)),
        Field::new("version", manifest.version),
        Field::new("issued", manifest.issued_at),
        Field::new("valid from", manifest.not_before),
        Field::new("expires", manifest.expires_at),
        Field::new("rules", format!("{} bytes", manifest.rules.len())),
    ]
}

fn bundle(bundle: &TrustBundle) -> Vec<Field> {
    let mut fields = vec![
        Field::new("vendor", bundle.vendor),
        Field::new("vendor name", quoted(&bundle.vendor_name)),
        Field::new("number", bundle.sequence),
        Field::new("issued", bundle.issued_at),
    ];
    for entry in &bundle.keys {
        let product = entry
            .product
            .as_deref()
            .map_or("all products".into(), quoted);
        let cut_off = entry
            .cut_off
            .map_or(String::new(), |at| format!(", WITHDRAWN as of {at}"));
        let validity = format!("{} to {}", entry.not_before, entry.not_after);
        let value = format!("{} for {product}, {validity}{cut_off}", entry.key.id());
        fields.push(Field::new(format!("{} key", entry.purpose.name()), value));
    }
    let next = bundle
        .next_root
        .as_ref()
        .map_or("none announced".into(), |key| key.id().to_string());
    fields.push(Field::new("next root", next));
    fields
}

fn status_list(list: &StatusList) -> Vec<Field> {
    let mut counts = [0u64; 3];
    let mut other = 0u64;
    for index in 0..list.capacity() {
        match list.status(index) {
            Some(Status::Valid) => counts[0] += 1,
            Some(Status::Invalid) => counts[1] += 1,
            Some(Status::Suspended) => counts[2] += 1,
            Some(Status::Other(_)) | None => other += 1,
        }
    }
    let [valid, invalid, suspended] = counts;
    vec![
        Field::new("vendor", list.issuer),
        Field::new(
            "product",
            list.product.as_deref().map_or("all".into(), quoted),
        ),
        Field::new("list", &list.uri),
        Field::new("issued", list.issued_at),
        Field::new("expires", list.expires_at),
        Field::new(
            "entries",
            format!("{valid} valid, {invalid} invalid, {suspended} suspended, {other} other"),
        ),
    ]
}

fn sealed(under: SealedUnder, sealed: &Sealed) -> Vec<Field> {
    match under {
        SealedUnder::CredentialSecret => {
            let request = sealed
                .header(response_label::REQUEST_ID)
                .unwrap_or_default();
            vec![
                Field::new("answers request", Hex(request)),
                Field::new(
                    "content",
                    "encrypted to one TPM: only the machine that asked can open it",
                ),
            ]
        }
        SealedUnder::StateKey => vec![Field::new(
            "content",
            "encrypted under a store's state key: only that store's TPM can open it",
        )],
    }
}

/// Names are the vendor's own text: quoted, so that none can pose as more than one.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Milliseconds, in the largest units.
fn span(ms: u64) -> String {
    let (seconds, rest) = (ms / 1000, ms % 1000);
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
    ];
    let mut parts: Vec<_> = units
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    match (seconds % 60, rest) {
        (0, 0) if !parts.is_empty() => {}
        (seconds, 0) => parts.push(format!("{seconds} s")),
        (seconds, rest) => parts.push(format!("{seconds}.{rest:03} s")),
    }
    parts.join(" ")
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_largest_units() {
        for (ms, text) in [
            (0, "0 s"),
            (999, "0.999 s"),
            (300_000, "5 min"),
            (4_194_304, "1 h 9 min 54.304 s"),
            (2_592_000_000, "30 d"),
        ] {
            assert_eq!(span(ms), text);
        }
    }

    #[test]
    fn something_else_is_named_as_such() {
        let error = describe(b"-----BEGIN PUBLIC KEY-----").unwrap_err();
        assert!(matches!(error, CoseError::Structure { .. }));
    }
}
