//! COSE envelopes (RFC 9052) around opaque payloads: COSE_Sign1 with ES256 for what is signed,
//! COSE_Encrypt0 with AES-256-GCM for what is sealed.
//!
//! An envelope has one form: tagged, the headers that its [`Kind`] calls for and no others,
//! deterministically encoded. Its protected `typ` names the kind, so that no signature or seal of one
//! kind passes for another. The external_aad is empty, so that any COSE library verifies what is
//! signed; only what a store seals for itself has one, which binds a file to its place.

mod encrypt0;
mod header;
mod kind;
mod sign1;

pub use encrypt0::{Sealed, seal, unseal};
pub use kind::{Kind, Protection, SealedUnder, SignedBy, response_label};
pub use sign1::{Unverified, VerifiedPayload, open, sign};

use super::cbor::CborError;
use super::id::KeyId;

/// Why an envelope cannot be made, opened or verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoseError {
    /// The bytes are not the CBOR of an envelope.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// CBOR, but not the expected COSE structure.
    #[error("not a {expected} structure: this is no counterfoil file, or not one of this kind")]
    Structure {
        /// `COSE_Sign1` or `COSE_Encrypt0`.
        expected: &'static str,
    },
    /// The header names another kind of file.
    #[error("expected a file of kind {expected}, found {}", found_kind(*found))]
    WrongKind {
        /// The kind asked for.
        expected: Kind,
        /// The kind found, if it is one of ours.
        found: Option<Kind>,
    },
    /// Another algorithm than the kind's.
    #[error("the header names an algorithm that is not used here")]
    Algorithm,
    /// The header marks parameters as critical, and this program knows none.
    #[error("the header has critical parameters that this program does not know: update it")]
    CriticalHeader,
    /// One label in both the protected and the unprotected header.
    #[error("a header parameter occurs in both the protected and the unprotected header")]
    LabelInBothHeaders,
    /// A parameter in the unprotected header, where none is allowed.
    #[error("a header parameter is not protected")]
    UnprotectedHeader,
    /// A protected parameter that the kind does not have.
    #[error("the header has a parameter that files of this kind do not have")]
    UnexpectedHeader,
    /// A parameter that the kind must have is absent or malformed.
    #[error("the header parameter {label} is missing or malformed")]
    MissingHeader {
        /// The COSE label.
        label: i64,
    },
    /// No payload in the envelope.
    #[error("the envelope has no content of its own (detached content is not used)")]
    NoPayload,
    /// Signed by another key than the one given.
    #[error("signed by key {found}, not by key {expected}")]
    WrongKey {
        /// The key it was verified with.
        expected: KeyId,
        /// The key it names.
        found: KeyId,
    },
    /// The signature is not the key's signature over this content.
    #[error("the signature does not match: the file was changed or damaged; get it anew")]
    BadSignature,
    /// The signature is valid, in its second mathematical form.
    #[error("the signature is not in its canonical form (low s)")]
    HighS,
    /// The key, or the additional data, is another one, or the content was changed.
    #[error("cannot be decrypted: sealed under another key, or changed")]
    CannotDecrypt,
    /// The file would be larger than its kind allows.
    #[error("the {kind} would take {size} bytes where at most {limit} are allowed: {}", smaller(*kind))]
    TooLarge {
        /// The kind.
        kind: Kind,
        /// Bytes needed.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The kind is protected in another way than asked for.
    #[error("files of kind {0} are not protected that way")]
    Protection(Kind),
    /// The signing key cannot be used.
    #[error("the signing key cannot be used: {0}")]
    Signer(String),
}

impl CoseError {
    /// The stable snake_case name, as used by the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cbor(error) => error.name(),
            Self::Structure { .. } => "structure",
            Self::WrongKind { .. } => "wrong_kind",
            Self::Algorithm => "algorithm",
            Self::CriticalHeader => "critical_header",
            Self::LabelInBothHeaders => "label_in_both_headers",
            Self::UnprotectedHeader => "unprotected_header",
            Self::UnexpectedHeader => "unexpected_header",
            Self::MissingHeader { .. } => "missing_header",
            Self::NoPayload => "no_payload",
            Self::WrongKey { .. } => "wrong_key",
            Self::BadSignature => "bad_signature",
            Self::HighS => "high_s",
            Self::CannotDecrypt => "cannot_decrypt",
            Self::TooLarge { .. } => "too_large",
            Self::Protection(_) => "protection",
            Self::Signer(_) => "signer",
        }
    }
}

fn found_kind(kind: Option<Kind>) -> &'static str {
    kind.map_or("an unknown one", Kind::name)
}

/// How a file of this kind gets smaller.
fn smaller(kind: Kind) -> &'static str {
    match kind {
        Kind::License => "use shorter or fewer names",
        Kind::Manifest => "shorten the rules",
        // No person says what is in the others.
        _ => "please report this",
    }
}

/// The kind that a file says it is. Nothing about it is verified.
///
/// # Errors
/// When it is no tagged COSE_Sign1 or COSE_Encrypt0, or names no kind of ours.
pub fn identify(bytes: &[u8]) -> Result<Kind, CoseError> {
    header::kind_of(bytes)
}
