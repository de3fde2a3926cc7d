//! The registry of all file kinds.

/// A kind of file or message: what its header says, what protects it, and how large it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The long-lived artifact: what a customer owns, bound to one store.
    License,
    /// The short-lived artifact: the right to run, with its time anchor and budget.
    Lease,
    /// The rules of a product line.
    Manifest,
    /// A vendor's keys, signed by its root.
    TrustBundle,
    /// The status of many licenses at once (IETF Token Status List, CWT form).
    StatusList,
    /// A device asks to be bound to a license.
    ActivationRequest,
    /// The vendor's answer, readable by the requesting TPM alone.
    ActivationResponse,
    /// What a device's TPM attests about one validation.
    Evidence,
    /// A device's order to release a binding.
    ReleaseOrder,
    /// Proof that a binding was released.
    Receipt,
    /// A device asks for a newer lease.
    RenewalRequest,
    /// The public part of a store's binding, on disk.
    StoreBinding,
    /// What a store needs for continuity, on disk.
    State,
    /// A signed file at rest, on disk.
    SealedArtifact,
}

/// What protects a file of some [`Kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// COSE_Sign1, ES256.
    Sign1(SignedBy),
    /// COSE_Encrypt0, AES-256-GCM.
    Encrypt0(SealedUnder),
}

/// Whose key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedBy {
    /// The vendor's root.
    Root,
    /// An issuer key of the trust bundle.
    Issuer,
    /// The binding key of a store.
    BindingKey,
    /// The store key.
    StoreKey,
}

/// Which key seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedUnder {
    /// A secret that one TPM alone can recover.
    CredentialSecret,
    /// The state key of a store.
    StateKey,
}

/// Protected header labels (COSE private use) of an activation response.
pub mod response_label {
    /// The id of the request it answers: 32 bytes.
    pub const REQUEST_ID: i64 = -70_001;
    /// The credential blob for TPM2_ActivateCredential: the contents of a TPM2B_ID_OBJECT.
    pub const CREDENTIAL_BLOB: i64 = -70_002;
    /// The encrypted seed for TPM2_ActivateCredential: the contents of a TPM2B_ENCRYPTED_SECRET.
    pub const ENCRYPTED_SECRET: i64 = -70_003;
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::License,
        Self::Lease,
        Self::Manifest,
        Self::TrustBundle,
        Self::StatusList,
        Self::ActivationRequest,
        Self::ActivationResponse,
        Self::Evidence,
        Self::ReleaseOrder,
        Self::Receipt,
        Self::RenewalRequest,
        Self::StoreBinding,
        Self::State,
        Self::SealedArtifact,
    ];

    /// The kebab-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::Lease => "lease",
            Self::Manifest => "manifest",
            Self::TrustBundle => "trust-bundle",
            Self::StatusList => "status-list",
            Self::ActivationRequest => "activation-request",
            Self::ActivationResponse => "activation-response",
            Self::Evidence => "evidence",
            Self::ReleaseOrder => "release-order",
            Self::Receipt => "receipt",
            Self::RenewalRequest => "renewal-request",
            Self::StoreBinding => "store-binding",
            Self::State => "state",
            Self::SealedArtifact => "sealed-artifact",
        }
    }

    /// The `typ` header (RFC 9596): the media type of the file. It is protected, always there and compared before
    /// anything else is used, so that no signature or seal of one kind passes for another.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::License => "application/vnd.counterfoil.license+cwt",
            Self::Lease => "application/vnd.counterfoil.lease+cwt",
            Self::Manifest => "application/vnd.counterfoil.manifest+cwt",
            Self::TrustBundle => "application/vnd.counterfoil.trust-bundle+cwt",
            Self::StatusList => "application/statuslist+cwt",
            Self::ActivationRequest => "application/vnd.counterfoil.activation-request+cose",
            Self::ActivationResponse => "application/vnd.counterfoil.activation-response+cose",
            Self::Evidence => "application/vnd.counterfoil.evidence+cose",
            Self::ReleaseOrder => "application/vnd.counterfoil.release-order+cose",
            Self::Receipt => "application/vnd.counterfoil.receipt+cose",
            Self::RenewalRequest => "application/vnd.counterfoil.renewal-request+cose",
            Self::StoreBinding => "application/vnd.counterfoil.store-binding+cose",
            Self::State => "application/vnd.counterfoil.state+cose",
            Self::SealedArtifact => "application/vnd.counterfoil.sealed-artifact+cose",
        }
    }

    /// The file extension, without the dot. The files of a store have a name of their own instead:
    /// `binding`, `state-<c>`; a sealed artifact keeps that of the file within.
    pub const fn extension(self) -> Option<&'static str> {
        match self {
            Self::License => Some("license"),
            Self::Lease => Some("lease"),
            Self::Manifest => Some("manifest"),
            Self::TrustBundle => Some("bundle"),
            Self::StatusList => Some("statuslist"),
            Self::ActivationRequest => Some("request"),
            Self::ActivationResponse => Some("response"),
            Self::Evidence => Some("evidence"),
            Self::ReleaseOrder => Some("order"),
            Self::Receipt => Some("receipt"),
            Self::RenewalRequest => Some("renewal"),
            Self::StoreBinding | Self::State | Self::SealedArtifact => None,
        }
    }

    /// The largest file, in bytes.
    pub const fn size_limit(self) -> usize {
        match self {
            Self::License | Self::Lease => 1024,
            Self::ReleaseOrder => 4096,
            Self::TrustBundle | Self::StoreBinding => 16_384,
            Self::Manifest | Self::ActivationRequest | Self::Receipt | Self::RenewalRequest => {
                65_536
            }
            // Evidence: 100 licenses of the largest size with their leases.
            Self::ActivationResponse | Self::Evidence => 262_144,
            // The content of the largest response, and a dozen pending requests of the largest size.
            Self::State => 1 << 20,
            Self::StatusList => 1 << 20,
            // The largest signed file and its envelope.
            Self::SealedArtifact => (1 << 20) + 256,
        }
    }

    /// What protects it.
    pub const fn protection(self) -> Protection {
        match self {
            Self::TrustBundle => Protection::Sign1(SignedBy::Root),
            Self::License | Self::Lease | Self::Manifest | Self::StatusList => {
                Protection::Sign1(SignedBy::Issuer)
            }
            Self::ActivationRequest
            | Self::Evidence
            | Self::ReleaseOrder
            | Self::Receipt
            | Self::RenewalRequest => Protection::Sign1(SignedBy::BindingKey),
            Self::StoreBinding => Protection::Sign1(SignedBy::StoreKey),
            Self::ActivationResponse => Protection::Encrypt0(SealedUnder::CredentialSecret),
            Self::State | Self::SealedArtifact => Protection::Encrypt0(SealedUnder::StateKey),
        }
    }

    /// The private labels that its protected header has beside `alg`, `kid` and `typ`; each holds a
    /// byte string and must be there.
    pub const fn header_labels(self) -> &'static [i64] {
        match self {
            Self::ActivationResponse => &[
                response_label::REQUEST_ID,
                response_label::CREDENTIAL_BLOB,
                response_label::ENCRYPTED_SECRET,
            ],
            _ => &[],
        }
    }

    /// The kind with this `typ`.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.content_type() == content_type)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_kinds_share_a_name_type_or_extension() {
        let all = Kind::ALL;
        let distinct =
            |texts: Vec<&str>| texts.iter().collect::<BTreeSet<_>>().len() == texts.len();
        assert!(distinct(all.map(Kind::name).to_vec()));
        assert!(distinct(all.map(Kind::content_type).to_vec()));
        assert!(distinct(
            all.into_iter().filter_map(Kind::extension).collect()
        ));
    }

    #[test]
    fn a_kind_is_found_by_its_type() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_content_type(kind.content_type()), Some(kind));
        }
        assert_eq!(Kind::of_content_type("application/cwt"), None);
    }
}
