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
    /// The chain is longer than any maker's.
    #[error("the chain is too long")]
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

/// The longest path: the endorsement certificate and authorities below the root.
const MAX_BELOW: usize = 4;

/// Builds a path from `leaf` to one of `roots`.
///
/// The search tries every issuer of a fitting name, but no certificate twice in one path. With at
/// most five certificates it is short, and a name that fits costs one signature verification.
pub(crate) fn build<'a>(
    leaf: &'a Certificate,
    intermediates: &'a [Certificate],
    roots: &'a EkRoots,
    at: UtcTime,
) -> Result<Path<'a>, PathError> {
    if !leaf.is_valid_at(at) {
        return Err(PathError::Validity);
    }
    extend(&mut vec![leaf], intermediates, roots, at)
}

fn extend<'a>(
    below: &mut Vec<&'a Certificate>,
    intermediates: &'a [Certificate],
    roots: &'a EkRoots,
    at: UtcTime,
) -> Result<Path<'a>, PathError> {
    let last = *below.last().expect("a path starts with its leaf");
    let mut furthest = PathError::UnknownIssuer;
    for root in roots
        .iter()
        .filter(|root| root.certificate.subject() == last.issuer())
    {
        match check_link(below, &root.certificate) {
            Ok(()) => {
                return Ok(Path {
                    below: below.clone(),
                    root,
                });
            }
            Err(error) => furthest = furthest.max(error),
        }
    }
    let is_next = |candidate: &&Certificate| {
        candidate.subject() == last.issuer()
            && !below
                .iter()
                .any(|used| used.fingerprint() == candidate.fingerprint())
    };
    let candidates: Vec<_> = intermediates.iter().filter(is_next).collect();
    for candidate in candidates {
        let link = if below.len() == MAX_BELOW {
            Err(PathError::TooLong)
        } else if !candidate.is_valid_at(at) {
            Err(PathError::Validity)
        } else {
            check_link(below, candidate)
        };
        let path = link.and_then(|()| {
            below.push(candidate);
            let path = extend(below, intermediates, roots, at);
            below.pop();
            path
        });
        match path {
            Ok(path) => return Ok(path),
            Err(error) => furthest = furthest.max(error),
        }
    }
    Err(furthest)
}

/// Checks that `issuer`, whose name fits, issued the last certificate of `below`.
fn check_link(below: &[&Certificate], issuer: &Certificate) -> Result<(), PathError> {
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
    let last = below.last().expect("a path starts with its leaf");
    // Self-issued certificates do not count (RFC 5280, 4.2.1.9), and neither does the leaf.
    let authorities = below
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
    if !is_signed_by(last.signed(), issuer.public_key()) {
        return Err(PathError::Signature);
    }
    Ok(())
}
