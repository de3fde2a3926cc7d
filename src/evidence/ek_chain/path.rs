//! The path from an endorsement certificate to a pinned root (RFC 5280, section 6).

use super::certificate::Certificate;
use super::roots::{EkRoots, PinnedRoot};
use super::signature::is_signed_by;
use crate::token::UtcTime;
use thiserror::Error;

/// A path that was verified.
pub(crate) struct Path<'a> {
    /// The endorsement certificate and the authorities between it and the root, in this order.
    pub(crate) below: Vec<&'a Certificate>,
    pub(crate) root: &'a PinnedRoot,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
#[non_exhaustive]
pub enum PathError {
    /// No certificate with the issuer's name is at hand.
    #[error("an issuer is unknown")]
    UnknownIssuer,
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
    /// A certificate below the root is not valid at this time.
    #[error("a certificate has expired or is not valid yet")]
    Validity,
    /// A signature is not its issuer's.
    #[error("a signature is wrong")]
    Signature,
}

/// Where a try to build a path ended.
pub(crate) struct DeadEnd<'a> {
    pub(crate) reason: PathError,
    /// The certificate that got no issuer.
    certificate: &'a Certificate,
}

impl DeadEnd<'_> {
    /// The name of the issuer at which it ended, cut to a length that a message can hold. A customer chose it: what a
    /// terminal might obey is escaped.
    pub(crate) fn issuer(&self) -> String {
        const LONGEST: usize = 200;
        let name = self.certificate.issuer().to_string();
        let mut safe = String::new();
        for character in name.chars().take(LONGEST) {
            match character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric() {
                true => safe.push(character),
                false => safe.extend(character.escape_unicode()),
            }
        }
        safe
    }
}

/// The longest path: the endorsement certificate and authorities below the root.
const MAX_BELOW: usize = 6;

/// Signatures that a search verifies at most. Any honest chain needs fewer than ten; certificates
/// that all carry one name would make the search try their permutations.
const MAX_SIGNATURES: usize = 32;

/// Builds a path from `leaf` to one of `roots`.
///
/// The search tries every issuer of a fitting name, roots first, but no certificate twice in one
/// path.
pub(crate) fn build<'a>(
    leaf: &'a Certificate,
    intermediates: &'a [Certificate],
    roots: &'a EkRoots,
    at: UtcTime,
) -> Result<Path<'a>, DeadEnd<'a>> {
    if !leaf.is_valid_at(at) {
        return Err(DeadEnd {
            reason: PathError::Validity,
            certificate: leaf,
        });
    }
    let mut search = Search {
        intermediates,
        roots,
        at,
        below: vec![leaf],
        signatures: 0,
    };
    search.extend()
}

struct Search<'a> {
    intermediates: &'a [Certificate],
    roots: &'a EkRoots,
    at: UtcTime,
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
        let mut furthest = self.dead_end(PathError::UnknownIssuer);
        for root in self.roots.iter() {
            if root.certificate.subject() != self.last().issuer() {
                continue;
            }
            match self.check_link(&root.certificate) {
                Ok(()) => {
                    return Ok(Path {
                        below: self.below.clone(),
                        root,
                    });
                }
                Err(reason) if reason > furthest.reason => furthest = self.dead_end(reason),
                Err(_) => {}
            }
        }
        for candidate in self.intermediates {
            if candidate.subject() != self.last().issuer() || self.is_used(candidate) {
                continue;
            }
            match self.extend_with(candidate) {
                Ok(path) => return Ok(path),
                // Of two equal ones the one that is nearer to a root.
                Err(end) if end.reason >= furthest.reason => furthest = end,
                Err(_) => {}
            }
        }
        Err(furthest)
    }

    fn dead_end(&self, reason: PathError) -> DeadEnd<'a> {
        DeadEnd {
            reason,
            certificate: self.last(),
        }
    }

    fn extend_with(&mut self, candidate: &'a Certificate) -> Result<Path<'a>, DeadEnd<'a>> {
        if self.below.len() == MAX_BELOW {
            return Err(self.dead_end(PathError::TooLong));
        }
        if !candidate.is_valid_at(self.at) {
            return Err(self.dead_end(PathError::Validity));
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
            .filter(|below| below.subject() != below.issuer())
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
        if !is_signed_by(self.last().signed(), issuer.public_key()) {
            return Err(PathError::Signature);
        }
        Ok(())
    }
}
