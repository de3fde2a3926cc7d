//! The test vectors: one file per property, valid and invalid, made from fixed keys.
//!
//! To add one, add it to the fitting list of [`valid`] or one of the invalid modules; the test
//! `committed_vectors_are_the_generated_ones` then says how to take the new files over.

#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod claims;
pub(crate) mod envelope;
pub(crate) mod fixture;
pub(crate) mod raw;
pub(crate) mod sealed;
pub(crate) mod trust;
pub(crate) mod valid;

use counterfoil::protocol::{
    ActivationRequest, EvidenceFile, RequestError, ResponseError, SealedResponse,
};
use counterfoil::token::cose::{self, Kind, Protection};
use counterfoil::token::{
    BundleError, Lease, License, Manifest, StatusList, TrustBundle, VerifiedBundle,
};
use serde_json::{Value as Json, json};

use fixture::{Key, anchor, bundle};

/// One file, and what reading it must give.
pub(crate) struct Vector {
    /// The file name, which states the property.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) trust: Trust,
    /// The error's name; `None` for a valid file.
    pub(crate) error: Option<&'static str>,
    /// What seals the file beside its kind; empty but for sealed kinds.
    pub(crate) external_aad: Vec<u8>,
}

/// What a file is verified against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A key, or the secret of a sealed kind.
    Key(Key),
    /// The trust bundle of the fixture.
    Bundle,
    /// The root in the application: the first, or the first and the second.
    Anchor(&'static [Key]),
    /// The held bundle that it follows.
    After(&'static str),
}

pub(crate) fn vector(
    name: &str,
    kind: Kind,
    bytes: Vec<u8>,
    error: Option<&'static str>,
) -> Vector {
    let trust = match kind {
        Kind::License | Kind::Lease | Kind::Manifest | Kind::StatusList => Trust::Bundle,
        Kind::TrustBundle => Trust::Anchor(&[Key::Root]),
        Kind::StoreBinding => Trust::Key(Key::Store),
        Kind::ActivationResponse => Trust::Key(Key::Credential),
        Kind::State | Kind::SealedArtifact => Trust::Key(Key::State),
        _ => Trust::Key(Key::Binding),
    };
    let extension = kind.extension().unwrap_or(kind.name());
    Vector {
        name: format!("{name}.{extension}"),
        kind,
        bytes,
        trust,
        error,
        external_aad: match kind {
            Kind::State => fixture::EXTERNAL_AAD.to_vec(),
            Kind::SealedArtifact => fixture::LICENSE_AAD.to_vec(),
            _ => Vec::new(),
        },
    }
}

/// All vectors, in the order of the index.
pub(crate) fn all() -> Vec<Vector> {
    let mut all = valid::vectors();
    all.extend(envelope::vectors());
    all.extend(claims::vectors());
    all.extend(trust::vectors());
    all.extend(sealed::vectors());
    all
}

impl Vector {
    /// The path below `tests/vectors`.
    pub(crate) fn path(&self) -> String {
        let folder = if self.error.is_some() {
            "invalid"
        } else {
            "valid"
        };
        format!("{folder}/{}", self.name)
    }

    /// Reads the file as the program would, and returns the error's name.
    pub(crate) fn read(&self) -> Result<(), &'static str> {
        let bytes = &self.bytes;
        match (self.kind, self.trust) {
            (Kind::License, _) => License::verify(bytes, &bundle())
                .map(drop)
                .map_err(|e| e.name()),
            (Kind::Lease, _) => Lease::verify(bytes, &bundle())
                .map(drop)
                .map_err(|e| e.name()),
            (Kind::Manifest, _) => Manifest::verify(bytes, &bundle())
                .map(drop)
                .map_err(|e| e.name()),
            (Kind::StatusList, _) => StatusList::verify(bytes, &bundle())
                .map(drop)
                .map_err(|e| e.name()),
            (_, Trust::Anchor(_) | Trust::After(_)) => {
                self.read_bundle().map(drop).map_err(|e| e.name())
            }
            (Kind::ActivationRequest, _) => ActivationRequest::open(bytes)
                .map(drop)
                .map_err(|e| request_error(&e)),
            (Kind::ActivationResponse, Trust::Key(key)) => SealedResponse::parse(bytes)
                .and_then(|sealed| sealed.open(&key.scalar()))
                .map(drop)
                .map_err(|e| response_error(&e)),
            (Kind::Evidence, Trust::Key(key)) => read_evidence(bytes, key),
            (kind, Trust::Key(key)) => match kind.protection() {
                Protection::Sign1(_) => cose::open(kind, bytes)
                    .and_then(|unverified| unverified.verify(key.signing().public()))
                    .map(drop),
                Protection::Encrypt0(_) => {
                    cose::unseal(kind, &key.scalar(), &self.external_aad, bytes).map(drop)
                }
            }
            .map_err(|e| e.name()),
            (kind, Trust::Bundle) => unreachable!("{kind} is not verified by a bundle"),
        }
    }

    fn read_bundle(&self) -> Result<VerifiedBundle, BundleError> {
        match self.trust {
            Trust::After(held) => {
                let mut valid = valid::vectors().into_iter();
                let held = valid.find(|vector| vector.name == held).expect("is there");
                held.read_bundle()
                    .expect("is valid")
                    .verify_next(&self.bytes)
            }
            Trust::Anchor(roots) => TrustBundle::verify(&self.bytes, &anchor(roots)),
            _ => unreachable!("{} is no bundle", self.name),
        }
    }

    fn index_entry(&self) -> Json {
        let trust = match self.trust {
            Trust::Key(key) => json!({ "key": key.name() }),
            Trust::Bundle => json!({ "bundle": "valid/bundle.bundle" }),
            Trust::Anchor(roots) => {
                json!({ "roots": roots.iter().map(|r| r.name()).collect::<Vec<_>>() })
            }
            Trust::After(held) => json!({ "after": format!("valid/{held}") }),
        };
        let claims = self
            .error
            .is_none()
            .then(|| valid::known_claims(self.kind, &self.name))
            .flatten();
        json!({
            "file": self.path(),
            "kind": self.kind.name(),
            "content_type": self.kind.content_type(),
            "size_limit": self.kind.size_limit(),
            "external_aad": hex(&self.external_aad),
            "trust": trust,
            "claims": claims,
            "error": self.error,
        })
    }
}

/// Form and signature. What a TPM makes stands in for itself in these vectors; the recorded ones have it.
fn read_evidence(bytes: &[u8], key: Key) -> Result<(), &'static str> {
    let envelope = cose::open(Kind::Evidence, bytes).map_err(|e| e.name())?;
    EvidenceFile::decode(envelope.unverified_payload()).map_err(|e| e.name())?;
    let verified = envelope.verify(key.signing().public());
    verified.map(drop).map_err(|e| e.name())
}

fn request_error(error: &RequestError) -> &'static str {
    match error {
        RequestError::Envelope(error) => error.name(),
        RequestError::Encoding(error) => error.name(),
        RequestError::Format(_) => "format",
        other => panic!("{other}"),
    }
}

fn response_error(error: &ResponseError) -> &'static str {
    match error {
        ResponseError::OtherKind(_) => "wrong_kind",
        ResponseError::Envelope(error) => error.name(),
        ResponseError::Encoding(error) => error.name(),
        ResponseError::OtherRequest => "other_request",
        other => panic!("{other}"),
    }
}

/// The index: keys, and for each file its kind, what verifies it and the expected error.
pub(crate) fn index() -> Json {
    let keys = Key::ALL.map(|key| {
        let value = match key.is_secret() {
            true => json!({ "secret": hex(&key.scalar()) }),
            false => {
                let public = key.signing().public().clone();
                json!({ "kid": public.id().to_string(), "public": public.to_pem() })
            }
        };
        (key.name().to_owned(), value)
    });
    let vectors: Vec<_> = all().iter().map(Vector::index_entry).collect();
    json!({ "keys": serde_json::Map::from_iter(keys), "vectors": vectors })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
