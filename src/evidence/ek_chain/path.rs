//! The path from an endorsement certificate to a pinned root (RFC 5280, section 6).

use super::certificate::{Certificate, CertificateError};
use super::name;
use super::roots::{EkRoots, Expired, PinnedRoot};
use super::signature::{self, SignatureError, Unsupported};
use crate::token::UtcTime;
use thiserror::Error;

/// A path that was verified.
pub(crate) struct Path<'a> {
    /// The endorsement certificate and the authorities between it and the root, in this order.
    pub(crate) below: Vec<&'a Certificate>,
    pub(crate) root: &'a PinnedRoot,
    /// When the first of those below the root expired, if one has.
    pub(crate) expired: Option<UtcTime>,
}

impl<'a> Path<'a> {
    /// Each certificate below the root with its issuer's.
    pub(crate) fn links(&self) -> impl Iterator<Item = (&'a Certificate, &'a Certificate)> {
        let issuers = self
            .below
            .iter()
            .skip(1)
            .copied()
            .chain([&self.root.certificate]);
        self.below.iter().copied().zip(issuers)
    }
}

/// What ended a try to build a path. Where there were several tries, the one that got furthest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PathError {
    /// No certificate with the issuer's name is at hand.
    #[error("an issuer is unknown")]
    UnknownIssuer,
    /// The certificate is its own issuer's.
    #[error("the certificate is signed by itself")]
    SelfSigned,
    /// The issuer's certificate came with the request and cannot be used.
    #[error("an issuer's certificate cannot be used: {0}")]
    UnusableIssuer(CertificateError),
    /// The chain is longer or more tangled than any maker's.
    #[error("the chain is too long or leads in too many directions")]
    TooLong,
    /// The certificate with the issuer's name is not a certificate authority's, or may not sign
    /// certificates.
    #[error("an issuer is not an authority that may sign certificates")]
    NotAuthority,
    /// An issuer limits how many authorities stand below it, and there are more.
    #[error("an issuer allows fewer authorities below it")]
    PathLength,
    /// A certificate below the root is not valid before this time.
    #[error("a certificate is not valid before {0}")]
    NotYetValid(UtcTime),
    /// A signature, or its key, is of an algorithm that is not verified here.
    #[error("{0} cannot be verified")]
    Unsupported(Unsupported),
    /// A signature is made with SHA-1.
    #[error("a certificate is signed with SHA-1")]
    Sha1,
    /// A signature is not its issuer's.
    #[error("a signature is wrong")]
    Signature,
    /// All is in order, but a certificate below the root ended at this time and the root's rule refuses such.
    #[error("a certificate expired on {0}")]
    Expired(UtcTime),
}

impl PathError {
    /// How far a try got that ended so.
    fn rank(self) -> u8 {
        match self {
            Self::UnknownIssuer => 0,
            Self::SelfSigned => 1,
            Self::UnusableIssuer(_) => 2,
            Self::TooLong => 3,
            Self::NotAuthority => 4,
            Self::PathLength => 5,
            Self::NotYetValid(_) => 6,
            Self::Unsupported(_) => 7,
            Self::Sha1 => 8,
            Self::Signature => 9,
            Self::Expired(_) => 10,
        }
    }
}

impl From<SignatureError> for PathError {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Wrong => Self::Signature,
            SignatureError::Sha1 => Self::Sha1,
            SignatureError::Unsupported(what) => Self::Unsupported(what),
        }
    }
}

/// Where a try to build a path ended.
pub(crate) struct DeadEnd<'a> {
    pub(crate) reason: PathError,
    /// The certificate that got no issuer.
    certificate: &'a Certificate,
}

impl DeadEnd<'_> {
    /// The name of the issuer at which it ended.
    pub(crate) fn issuer(&self) -> String {
        name::shown(self.certificate.issuer())
    }
}

/// What a path may be built of, and by which rules.
#[derive(Clone, Copy)]
pub(crate) struct Material<'a> {
    pub(crate) intermediates: &'a [Certificate],
    /// Names of issuers whose certificates came and cannot be used, and why.
    pub(crate) unusable: &'a [(Vec<u8>, CertificateError)],
    pub(crate) roots: &'a EkRoots,
    pub(crate) at: UtcTime,
    /// Whether a certificate that has ended is accepted whatever its root's rule says.
    pub(crate) any_age: bool,
}

/// The longest path: the endorsement certificate and authorities below the root.
const MAX_BELOW: usize = 6;

/// Signatures that a search verifies at most. Any honest chain needs fewer than ten; certificates
/// that all carry one name would make the search try their permutations.
const MAX_SIGNATURES: usize = 32;

/// Builds a path from `leaf` to one of the pinned roots.
///
/// The search tries every issuer of a fitting name, roots first, those that the hints in the certificates speak for before
/// others, and no certificate twice in one path.
pub(crate) fn build<'a>(
    leaf: &'a Certificate,
    material: Material<'a>,
) -> Result<Path<'a>, DeadEnd<'a>> {
    let mut search = Search {
        material,
        below: vec![leaf],
        signatures: 0,
    };
    match leaf.not_before() > material.at {
        true => Err(search.dead_end(PathError::NotYetValid(leaf.not_before()))),
        false => search.extend(),
    }
}

struct Search<'a> {
    material: Material<'a>,
    /// The path so far: the leaf, and issuers that were verified.
    below: Vec<&'a Certificate>,
    /// How many signatures were verified.
    signatures: usize,
}

impl<'a> Search<'a> {
    fn last(&self) -> &'a Certificate {
        self.below.last().expect("a path starts with its leaf")
    }

    fn extend(&mut self) -> Result<Path<'a>, DeadEnd<'a>> {
        let mut furthest = self.dead_end(self.without_issuer());
        let Material {
            intermediates,
            roots,
            at,
            ..
        } = self.material;
        let last = self.last();
        for root in roots.iter() {
            if root.certificate.subject_name() != last.issuer_name() {
                continue;
            }
            match self.end_at(root) {
                Ok(path) => return Ok(path),
                Err(end) if end.reason.rank() > furthest.reason.rank() => furthest = end,
                Err(_) => {}
            }
        }
        let mut candidates: Vec<_> = intermediates
            .iter()
            .filter(|candidate| candidate.subject_name() == last.issuer_name())
            .filter(|candidate| !self.is_used(candidate))
            .collect();
        candidates.sort_by_key(|issuer| (last.hints_at_another(issuer), issuer.not_after() < at));
        for candidate in candidates {
            match self.extend_with(candidate) {
                Ok(path) => return Ok(path),
                // Of two equal ones the one that is nearer to a root.
                Err(end) if end.reason.rank() >= furthest.reason.rank() => furthest = end,
                Err(_) => {}
            }
        }
        Err(furthest)
    }

    /// Why the last certificate has no issuer, as long as none was tried.
    fn without_issuer(&self) -> PathError {
        let last = self.last();
        let unusable = self.material.unusable.iter();
        match unusable
            .map(|(name, error)| (name, *error))
            .find(|(name, _)| name.as_slice() == last.issuer_name())
        {
            Some((_, error)) => PathError::UnusableIssuer(error),
            None if self.below.len() == 1
                && last.is_self_issued()
                && signature::verify(last.signed(), last.public_key()).is_ok() =>
            {
                PathError::SelfSigned
            }
            None => PathError::UnknownIssuer,
        }
    }

    fn dead_end(&self, reason: PathError) -> DeadEnd<'a> {
        DeadEnd {
            reason,
            certificate: self.last(),
        }
    }

    /// The path that `root` ends, whose name fits.
    fn end_at(&mut self, root: &'a PinnedRoot) -> Result<Path<'a>, DeadEnd<'a>> {
        self.check_link(&root.certificate)
            .map_err(|reason| self.dead_end(reason))?;
        let ended = self
            .below
            .iter()
            .filter(|below| below.not_after() < self.material.at);
        let first = ended.min_by_key(|below| below.not_after());
        match first {
            Some(certificate) if root.expired == Expired::Refuse && !self.material.any_age => {
                Err(DeadEnd {
                    reason: PathError::Expired(certificate.not_after()),
                    certificate,
                })
            }
            first => Ok(Path {
                below: self.below.clone(),
                root,
                expired: first.map(|certificate| certificate.not_after()),
            }),
        }
    }

    fn extend_with(&mut self, candidate: &'a Certificate) -> Result<Path<'a>, DeadEnd<'a>> {
        if self.below.len() == MAX_BELOW {
            return Err(self.dead_end(PathError::TooLong));
        }
        if candidate.not_before() > self.material.at {
            return Err(self.dead_end(PathError::NotYetValid(candidate.not_before())));
        }
        self.check_link(candidate)
            .map_err(|reason| self.dead_end(reason))?;
        self.below.push(candidate);
        let path = self.extend();
        self.below.pop();
        path
    }

    fn is_used(&self, candidate: &Certificate) -> bool {
        self.below
            .iter()
            .any(|used| used.fingerprint() == candidate.fingerprint())
    }

    /// Checks that `issuer`, whose name fits, issued the last certificate.
    fn check_link(&mut self, issuer: &Certificate) -> Result<(), PathError> {
        let extensions = issuer.extensions();
        let Some(authority) = extensions.authority else {
            return Err(PathError::NotAuthority);
        };
        if extensions
            .key_usage
            .as_ref()
            .is_some_and(|usage| !usage.key_cert_sign())
        {
            return Err(PathError::NotAuthority);
        }
        // Self-issued certificates do not count (RFC 5280, 4.2.1.9), and neither does the leaf.
        let authorities = self
            .below
            .iter()
            .skip(1)
            .filter(|below| !below.is_self_issued())
            .count();
        if authority
            .path_len
            .is_some_and(|limit| authorities > usize::from(limit))
        {
            return Err(PathError::PathLength);
        }
        if self.signatures == MAX_SIGNATURES {
            return Err(PathError::TooLong);
        }
        self.signatures += 1;
        Ok(signature::verify(
            self.last().signed(),
            issuer.public_key(),
        )?)
    }
}
