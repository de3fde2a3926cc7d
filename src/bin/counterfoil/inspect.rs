//! `inspect`: any file of ours in plain words.

use std::path::Path;

use counterfoil::evidence::{CertificateNames, EndorsementKey};
use counterfoil::protocol::ActivationRequest;
use counterfoil::protocol::report::{EvidenceFile, cmw};
use counterfoil::store::log::Entry;
use counterfoil::token::TrustAnchor;
use counterfoil::token::cose::Kind;
use counterfoil::token::inspect::{self, Description, Field};
use serde::Serialize;

use crate::args::Json;
use crate::exit::{Answer, Failure};
use crate::files;
use crate::output::{self, printable, shown_path};

/// No kind of file is larger.
const LIMIT: usize = Kind::SealedArtifact.size_limit();

/// Describes a file. One that is not well-formed is an error; what can be shown of it is shown all the same. With `--json`
/// there is a document in any case, which says the error too.
pub(crate) fn inspect(path: &Path, Json { json }: Json) -> Result<Answer, Failure> {
    let shown = match (read(path), json) {
        (Ok(shown), true) => {
            output::json(&shown)?;
            shown
        }
        (Ok(shown), false) => {
            output::text(&shown.text())?;
            shown
        }
        (Err(failure), true) => {
            output::json(&Shown::nothing(&failure))?;
            return Err(failure);
        }
        (Err(failure), false) => return Err(failure),
    };
    match shown.fault {
        None => Ok(Answer::Yes),
        Some(fault) => Err(Failure::Error(format!(
            "{} is not well-formed: {fault}{ANEW}",
            shown_path(path)
        ))),
    }
}

fn read(path: &Path) -> Result<Shown, Failure> {
    let bytes = files::read("the file", path, LIMIT)?;
    describe(&bytes)
        .map_err(|text| Failure::Error(format!("{} cannot be shown: {text}", shown_path(path))))
}

/// What to do about a file that cannot be read, or not as a whole.
const ANEW: &str = "; if that is unexpected, get the file anew from where it came from";

/// A file in plain words, as it is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    schema: u32,
    /// Null where that cannot be said.
    kind: Option<&'static str>,
    /// Whether a signature by a trusted key was verified: never here.
    verified: bool,
    fields: Vec<ShownField>,
    /// What is wrong with the file; null where it is well-formed.
    fault: Option<String>,
    /// Why nothing of it can be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct ShownField {
    label: String,
    value: String,
}

impl Shown {
    fn new(
        kind: &'static str,
        fields: impl IntoIterator<Item = Field>,
        fault: Option<String>,
    ) -> Self {
        let fields = fields
            .into_iter()
            .map(|Field { label, value }| ShownField { label, value })
            .collect();
        Self {
            schema: 1,
            kind: Some(kind),
            verified: false,
            fields,
            fault,
            error: None,
        }
    }

    fn nothing(failure: &Failure) -> Self {
        Self {
            schema: 1,
            kind: None,
            verified: false,
            fields: Vec::new(),
            fault: None,
            error: Some(failure.text().to_owned()),
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
    if bytes.is_empty() {
        return Err(format!("it is empty{ANEW}"));
    }
    let first_line = bytes.split(|byte| *byte == b'\n').next();
    if first_line.is_some_and(|line| serde_json::from_slice::<Entry>(line).is_ok()) {
        return Err("it is the log of a state folder; see `counterfoil log show`".to_owned());
    }
    let bytes = &*cmw::contents(bytes).map_err(|error| format!("{error}{ANEW}"))?;
    let Description {
        kind,
        fields,
        fault,
        ..
    } = inspect::describe_with(bytes, |kind, payload| content(kind, bytes, payload))
        .map_err(|error| format!("{error}{ANEW}"))?;
    Ok(Shown::new(kind.name(), fields, fault))
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
    if text.contains("CERTIFICATE") {
        return Err(
            "it is a certificate, which is none of Counterfoil's files; `openssl x509 -text -in FILE` shows it".to_owned(),
        );
    }
    let anchor = TrustAnchor::from_pem(text).map_err(|error| {
        format!("it is no vendor's root public key ({error}); ask the vendor for the file")
    })?;
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
        None,
    )))
}

/// What `token` does not know: messages. The fields, and what is wrong.
fn content(kind: Kind, file: &[u8], payload: &[u8]) -> Option<(Vec<Field>, Option<String>)> {
    let nothing = |error: String| (Vec::new(), Some(error));
    match kind {
        Kind::ActivationRequest => Some(match ActivationRequest::open(file) {
            Ok(request) => (request_fields(&request), None),
            Err(error) => nothing(error.to_string()),
        }),
        Kind::Evidence => Some(match EvidenceFile::decode(payload) {
            Ok(evidence) => evidence_fields(&evidence),
            Err(error) => nothing(error.to_string()),
        }),
        _ => None,
    }
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
    let model = &body.tpm;
    let mut fields = vec![
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
    ];
    fields.extend(body.endorsements().flat_map(endorsement_fields));
    fields.extend([
        Field::new("binding key", body.binding_key.id()),
        Field::new("nonce", nonce),
        Field::new("made by version", format!("{:?}", body.program)),
    ]);
    fields
}

/// An endorsement key and what its certificate tells of the machine: its subject can be the name of a virtual one.
fn endorsement_fields((public, certificates): (&[u8], &[Vec<u8>])) -> Vec<Field> {
    let key = match EndorsementKey::from_public(public) {
        Ok(key) => format!("{} ({})", key.hash(), key.kind()),
        Err(error) => error.to_string(),
    };
    let mut fields = vec![Field::new("TPM key", key)];
    let Some(own) = certificates.first() else {
        fields.push(Field::new("TPM certificate", "none"));
        return fields;
    };
    match CertificateNames::of(own) {
        None => fields.push(Field::new("TPM certificate", "not readable")),
        Some(names) => {
            fields.push(Field::new(
                "TPM certificate",
                format!("issued by {}", names.issuer),
            ));
            fields.extend(
                names
                    .of_subject()
                    .map(|name| Field::new("names the machine", name)),
            );
        }
    }
    if certificates.len() > 1 {
        fields.push(Field::new(
            "others beside it",
            format!("{} found in the TPM", certificates.len() - 1),
        ));
    }
    fields
}

fn evidence_fields(file: &EvidenceFile) -> (Vec<Field>, Option<String>) {
    let subject = &file.evidence.subject;
    let nonces = subject.nonces.iter();
    let mut fields: Vec<_> = nonces
        .map(|nonce| Field::new("nonce", hex(nonce)))
        .collect();
    fields.push(Field::new("state file", subject.state));
    if file.evidence.quotes.len() > 1 {
        fields.push(Field::new("quotes", file.evidence.quotes.len()));
    }
    let mut fault = None;
    let tokens = file.tokens.iter();
    let tokens = tokens.flat_map(|both| [("license", &both.license), ("lease", &both.lease)]);
    for (name, bytes) in tokens {
        let (found, wrong) = match inspect::describe(bytes) {
            Ok(described) => (described.fields, described.fault),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let of_token = |Field { label, value }| Field::new(format!("{name}: {label}"), value);
        fields.extend(found.into_iter().map(of_token));
        fault = fault.or(wrong.map(|wrong| format!("the {name} in it: {wrong}")));
    }
    (fields, fault)
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
