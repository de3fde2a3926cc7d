//! What a TPM says about itself: parsing and verifying it, Names, policy digests, software
//! credentials.
//!
//! A vendor's service and an application on the licensed machine verify with the same code. Whoever
//! verifies receives bytes that the machine's owner may have chosen at will, together with things
//! that he established elsewhere (the attestation key's Name from a signed license, the nonce that
//! he drew himself). What comes out has a type of its own that only verification can make:
//! [`VerifiedQuote`], [`VerifiedCounter`], [`CertifiedObject`], [`TrustedEk`], [`EnrolledKey`].
//! Every verifying function opens with the list of its checks and of what the caller must have
//! established.
//!
//! Signatures and Names are computed over the bytes received, never over re-serialized ones.
//! Everything here is pure Rust without a TPM library; time and randomness are arguments.
//!
//! May import `token` for identifiers. Must not know how a TPM is reached, what a license allows,
//! or how messages are framed.

mod algorithm;
mod attest;
mod attestation_key;
mod audit;
mod certify;
mod counter;
mod credential;
mod ek;
mod ek_chain;
mod enroll;
pub mod handles;
mod kdf;
mod kem;
mod name;
mod pcr;
mod policy;
pub mod public;
mod quote;
mod signature;
mod storage_root;
mod wire;

pub use algorithm::{Curve, HashAlgorithm};
pub use attest::{AttestationError, Attested, ClockInfo};
pub use attestation_key::{AkError, AttestationKey};
pub use certify::{CertifiedObject, CertifyError, verify_certify};
pub use counter::{CounterError, CounterProof, VerifiedCounter, verify_counter};
pub use credential::{Credential, CredentialError, make_credential};
pub use ek::{EkHash, EkHashParseError, EkKind, EkPublicError, EndorsementKey};
pub use ek_chain::{
    Candidate, CertificateError, CertificateNames, EkError, EkRoots, EkTrust, Examination, Expired,
    PathError, PinnedRoot, Place, Recognized, RevocationError, Revocations, RootError, TpmModel,
    TrustedEk, Unsupported, certificates_in, examine, is_authority, unwrap_certificates, verify_ek,
};
pub use enroll::{EnrollError, EnrolledKey, PresentedKey, RefusedKey, enroll, enroll_any};
pub use name::{
    Hierarchy, Name, child_qualified_name, endorsement_primary_qualified_name,
    primary_qualified_name,
};
pub use pcr::{PcrValues, PlatformQuote};
pub use policy::{
    CommandCode, Comparison, PolicyDigest, approval_digest, counter_policy, epoch_policy,
    feature_parent_branches, feature_parent_policy,
};
pub use public::{NvAttributes, NvPublic, ObjectAttributes, Parameters, Public, Scheme};
pub use quote::{QuoteError, VerifiedQuote, verify_platform, verify_quote};
pub use storage_root::{StorageRootError, check_storage_root};
pub use wire::WireError;
