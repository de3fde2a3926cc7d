//! Messages between a device and its vendor, the same bytes over a network, in a file or in a QR code.
//!
//! Pure: a message is made from values and taken apart into values; the TPM, the disk and the clock are the callers'.
//! May import `token`, `evidence`, `time` and `policy`. Must not know a TPM, a folder or a database.
//!
//! - [`activation`]: the request with which a machine asks for a license, signed by its binding key.
//! - [`response`]: the vendor's answer, which only the requesting TPM can open.
//! - [`report`]: what a machine proves about itself and its license, for itself or for a relying party.

pub mod activation;
mod proofs;
pub mod report;
pub mod response;

pub use activation::{
    ActivationBody, ActivationRequest, NonceSource, PresentedEndorsement, Proofs, RequestError,
    TpmModel,
};
pub use report::{
    Counted, Evidence, EvidenceError, EvidenceFile, LeasedLicense, ReportError, Subject,
    VerifiedEvidence, VerifiedReport,
};
pub use response::{ActivationResponse, ResponseError, SealedResponse};
