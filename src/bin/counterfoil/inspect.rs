//! `inspect`: any file of ours in plain words.

use std::path::Path;

use counterfoil::protocol::ActivationRequest;
use counterfoil::protocol::report::EvidenceFile;
use counterfoil::token::TrustAnchor;
use counterfoil::token::cose::Kind;
use counterfoil::token::inspect::{self, Description, Field};
use serde::Serialize;

use crate::args::Json;
use crate::exit::{Answer, Failure};
use crate::files;
use crate::output::{self, printable};

/// No kind of file is larger.
const LIMIT: usize = Kind::SealedArtifact.size_limit();

/// Describes a file.
pub(crate) fn inspect(path: &Path, Json { json }: Json) -> Result<Answer, Failure> {
    let bytes = files::read("the file", path, LIMIT)?;
    let shown = describe(&bytes)
        .map_err(|text| Failure::Error(format!("{} cannot be shown: {text}", path.display())))?;
    match json {
        true => output::json(&shown)?,
        false => output::text(&shown.text())?,
    }
    Ok(Answer::Yes)
}

/// A file in plain words, as it is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    schema: u32,
    kind: &'static str,
    /// Whether a signature by a trusted key was verified: never here.
    verified: bool,
    fields: Vec<ShownField>,
}

#[derive(Debug, Serialize)]
struct ShownField {
    label: String,
    value: String,
}

impl Shown {
    fn new(kind: &'static str, fields: impl IntoIterator<Item = Field>) -> Self {
        let fields = fields
            .into_iter()
            .map(|Field { label, value }| ShownField { label, value })
            .collect();
        Self {
            schema: 1,
            kind,
            verified: false,
            fields,
        }
    }

    fn text(&self) -> String {
        let width = self
            .fields
            .iter()
            .map(|field| field.label.chars().count())
            .max()
            .unwrap_or(0);
        let lines = self.fields.iter().map(|ShownField { label, value }| {
            format!("{:width$}  {}\n", printable(label), printable(value))
        });
        lines
            .chain(["\nThis is what the file says. Nothing in it was verified.\n".to_owned()])
            .collect()
    }
}

/// What the bytes are, in plain words.
pub(crate) fn describe(bytes: &[u8]) -> Result<Shown, String> {
    if let Some(shown) = describe_pem(bytes)? {
        return Ok(shown);
    }
    let Description { kind, fields, .. } =
        inspect::describe_with(bytes, |kind, payload| content(kind, bytes, payload))
            .map_err(|error| error.to_string())?;
    Ok(Shown::new(kind.name(), fields))
}

/// A vendor's root public key, the one file of ours that is text.
fn describe_pem(bytes: &[u8]) -> Result<Option<Shown>, String> {
    let Some(text) = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.starts_with("-----BEGIN"))
    else {
        return Ok(None);
    };
    if text.contains("PRIVATE KEY") {
        return Err(
            "it is a private key, which is nobody's to see; keep it where it belongs".to_owned(),
        );
    }
    let anchor = TrustAnchor::from_pem(text)
        .map_err(|error| format!("it says that it is a key ({error})"))?;
    Ok(Some(Shown::new(
        "public-key",
        [
            Field::new("kind", "public key (PEM)"),
            Field::new(
                "vendor",
                format!("{}, if it is a vendor's root", anchor.vendor()),
            ),
            Field::new("key", anchor.root().id()),
        ],
    )))
}

/// What `token` does not know: messages. One that cannot be read is said to be so, and its envelope shown all the same.
fn content(kind: Kind, file: &[u8], payload: &[u8]) -> Option<Vec<Field>> {
    let read = match kind {
        Kind::ActivationRequest => ActivationRequest::open(file)
            .map(|request| request_fields(&request))
            .map_err(|error| error.to_string()),
        Kind::Evidence => EvidenceFile::decode(payload)
            .map(|evidence| evidence_fields(&evidence))
            .map_err(|error| error.to_string()),
        _ => return None,
    };
    Some(read.unwrap_or_else(|error| vec![Field::new("content", error)]))
}

fn request_fields(request: &ActivationRequest) -> Vec<Field> {
    let body = request.body();
    let nonce = format!(
        "{} (drawn by the {})",
        hex(&body.nonce),
        match body.nonce_source {
            counterfoil::protocol::NonceSource::Vendor => "vendor",
            counterfoil::protocol::NonceSource::Device => "machine",
        }
    );
    let certificates = match body.ek_certificates.len() {
        0 => "none".to_owned(),
        found => format!("{found} found in the TPM"),
    };
    let model = &body.tpm;
    vec![
        Field::new("request", request.id()),
        Field::new("vendor", body.vendor),
        Field::new("license", body.license_id),
        Field::new(
            "product",
            if body.product.is_empty() {
                "any".to_owned()
            } else {
                format!("{:?}", body.product)
            },
        ),
        Field::new(
            "store",
            format!(
                "{} in slot {}, at epoch {}",
                body.store, body.slot, body.epoch
            ),
        ),
        Field::new(
            "TPM",
            format!(
                "{:?} {:?}, firmware {:#018x}",
                model.manufacturer, model.model, model.firmware
            ),
        ),
        Field::new("TPM certificates", certificates),
        Field::new("binding key", body.binding_key.id()),
        Field::new("nonce", nonce),
        Field::new("made by version", format!("{:?}", body.program)),
    ]
}

fn evidence_fields(file: &EvidenceFile) -> Vec<Field> {
    let subject = &file.evidence.subject;
    let nonces = subject
        .nonces
        .iter()
        .map(|nonce| Field::new("nonce", hex(nonce)));
    let licenses = file.tokens.iter().flat_map(|tokens| {
        [("license", &tokens.license), ("lease", &tokens.lease)]
            .into_iter()
            .flat_map(|(name, bytes)| {
                let fields = inspect::describe(bytes)
                    .map_or_else(|_| Vec::new(), |described| described.fields);
                fields
                    .into_iter()
                    .map(move |field| Field::new(format!("{name}: {}", field.label), field.value))
            })
    });
    nonces
        .chain([Field::new("state file", subject.state)])
        .chain(
            (file.evidence.quotes.len() > 1)
                .then(|| Field::new("quotes", file.evidence.quotes.len())),
        )
        .chain(licenses)
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_kind_can_be_read_whole() {
        for kind in Kind::ALL {
            assert!(kind.size_limit() <= LIMIT, "{kind}");
        }
    }
}
