//! Whom the vendor trusts to vouch for TPMs: makers' certificates, their revocation lists, single keys.

use super::audit;
use super::makers::{self, Doubt, Look};
use super::service::Service;
use super::storage::{RootRecord, StorageError, Transaction};
use crate::evidence::{
    Candidate, EkHash, EkRoots, EkTrust, Examination, Expired, Place, RevocationError, Revocations,
    RootError, certificates_in, examine, is_authority,
};
use crate::token::{DeviceClass, Digest, UtcTime};

/// Why a certificate or a list can't be taken, or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustChangeError {
    /// The file holds no certificate.
    #[error("the file holds no certificate, neither in DER nor in PEM nor in PKCS #7")]
    NoCertificate,
    /// The file is no revocation list that can be used.
    #[error(transparent)]
    Revocation(#[from] RevocationError),
    /// Nothing of this fingerprint is pinned.
    #[error("no certificate with fingerprint {0} is trusted; `ek-root list` shows all")]
    Unknown(Digest),
    /// What is stored can't be read again.
    #[error(
        "a trusted certificate or list in the database is damaged; remove it and add it again, or restore a backup"
    )]
    Damaged,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// How certificates are to be pinned. What is not said stays as it is, or is the usual for a new one.
#[derive(Debug, Clone, Copy, Default)]
pub struct RootTerms {
    /// Class of the machines below; `hardware` for a new one, if it looks like a maker's.
    pub class: Option<DeviceClass>,
    /// What becomes of certificates below that have ended; accepted below a new one.
    pub expired: Option<Expired>,
}

impl From<DeviceClass> for RootTerms {
    fn from(class: DeviceClass) -> Self {
        Self {
            class: Some(class),
            expired: None,
        }
    }
}

/// What became of the certificates of a file.
#[derive(Debug, Clone, Default)]
pub struct AddedRoots {
    /// Those that are pinned now, and what is new about each.
    pub pinned: Vec<(RootRecord, RootChange)>,
    /// Those that are not.
    pub refused: Vec<RefusedRoot>,
}

impl AddedRoots {
    /// How many of the pinned ones this was the change of.
    pub fn count(&self, change: RootChange) -> usize {
        let changes = self.pinned.iter().map(|(_, found)| *found);
        changes.filter(|found| *found == change).count()
    }
}

/// What is new about a pinned certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootChange {
    /// It was not pinned before.
    Added,
    /// It was, on other terms.
    Changed,
    /// It was, on the same terms.
    Unchanged,
}

impl RootChange {
    /// The name, as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A certificate of a file that was not pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRoot {
    /// Which one, from 1.
    pub number: usize,
    /// Where in the file it begins.
    pub place: Place,
    /// Whose it is, as far as that can be read.
    pub subject: Option<String>,
    /// Why.
    pub reason: RootRefusal,
}

/// Why a certificate was not pinned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootRefusal {
    /// It cannot be.
    #[error(transparent)]
    Unusable(#[from] RootError),
    /// It can, once somebody says what it is.
    #[error("{0}")]
    Doubtful(Doubt),
}

impl Service {
    /// Pins the certificates of a file of any form: machines whose endorsement certificate leads to one are of its class. One that
    /// can't be pinned does not keep the others out. Without a class a new one counts as a chip maker's only if it does not look like
    /// something else, and one that is pinned already keeps what it has.
    ///
    /// # Errors
    /// [`TrustChangeError::NoCertificate`] where there is nothing to pin in it.
    pub async fn add_ek_roots(
        &self,
        file: &[u8],
        terms: impl Into<RootTerms>,
        now: UtcTime,
    ) -> Result<AddedRoots, TrustChangeError> {
        let terms = terms.into();
        let (parsed, mut refused) = parse_roots(certificates_in(file));
        if parsed.is_empty() && refused.is_empty() {
            return Err(TrustChangeError::NoCertificate);
        }
        let many_strangers = {
            let strangers = parsed.iter().filter(|root| root.look == Look::Stranger);
            strangers.count() > makers::MAX_STRANGERS
        };
        let mut transaction = self.storage().write().await?;
        let mut known = transaction.roots().await?;
        let mut pinned = Vec::new();
        for root in parsed {
            let before = known
                .iter()
                .position(|known| known.fingerprint == root.fingerprint);
            let doubt = match root.look {
                Look::Doubtful(doubt) => Some(doubt),
                Look::Stranger if many_strangers => Some(Doubt::Strangers),
                _ => None,
            };
            if let (None, None, Some(doubt)) = (before, terms.class, doubt) {
                refused.push(root.refused(RootRefusal::Doubtful(doubt)));
                continue;
            }
            let (record, change) = match before {
                None => (root.record(terms, now), RootChange::Added),
                Some(at) => renewed(&known[at], terms),
            };
            if change != RootChange::Unchanged {
                transaction.add_root(&record).await?;
                let subject = record.fingerprint.to_string();
                let detail = match record.expired {
                    Expired::Accept => record.class.name().to_owned(),
                    Expired::Refuse => format!("{}, expired: refuse", record.class.name()),
                };
                let event = match change {
                    RootChange::Added => "ek_root_added",
                    _ => "ek_root_changed",
                };
                audit::append(&mut transaction, now, event, &subject, &detail).await?;
            }
            match before {
                None => known.push(record.clone()),
                Some(at) => known[at] = record.clone(),
            }
            pinned.push((record, change));
        }
        transaction.commit().await?;
        refused.sort_by_key(|refused| refused.number);
        Ok(AddedRoots { pinned, refused })
    }

    /// Says what the endorsement certificates of a file lead to, without a machine: those that are no authority's, or the first
    /// where all are. What else is in the file may stand between them and a root.
    ///
    /// # Errors
    /// [`TrustChangeError::NoCertificate`] where there is nothing to examine in it.
    pub async fn check_ek(
        &self,
        file: &[u8],
        now: UtcTime,
    ) -> Result<Vec<Checked>, TrustChangeError> {
        let candidates = certificates_in(file);
        if candidates.is_empty() {
            return Err(TrustChangeError::NoCertificate);
        }
        let mut transaction = self.storage().read().await?;
        let mut trust = ek_trust(&mut transaction).await?;
        for hash in candidates.iter().filter_map(|found| found.key) {
            if transaction.device(hash).await?.is_some() {
                trust.on_record.insert(hash);
            }
        }
        let of = |authorities: bool| {
            candidates.iter().filter_map(move |found| {
                let der = found.certificate.as_ref().ok()?;
                (is_authority(der) == authorities).then(|| der.clone())
            })
        };
        let others: Vec<_> = of(true).collect();
        let mut leaves: Vec<_> = of(false).collect();
        let mut checked: Vec<Checked> = candidates
            .iter()
            .filter(|found| found.certificate.is_err())
            .map(|found| Checked::Unreadable(found.clone()))
            .collect();
        if leaves.is_empty() && checked.is_empty() {
            leaves.extend(others.first().cloned());
        }
        for leaf in leaves {
            // It was parsed above.
            if let Ok(examination) = examine(&leaf, &others, &trust, now) {
                checked.push(Checked::Examined(Box::new(examination)));
            }
        }
        Ok(checked)
    }

    /// The pinned certificates.
    pub async fn ek_roots(&self) -> Result<Vec<RootRecord>, StorageError> {
        self.storage().read().await?.roots().await
    }

    /// Trusts a pinned certificate no longer. Machines that are licensed already keep their licenses.
    pub async fn remove_ek_root(
        &self,
        fingerprint: Digest,
        now: UtcTime,
    ) -> Result<(), TrustChangeError> {
        let mut transaction = self.storage().write().await?;
        if !transaction.remove_root(fingerprint).await? {
            return Err(TrustChangeError::Unknown(fingerprint));
        }
        audit::append(
            &mut transaction,
            now,
            "ek_root_removed",
            &fingerprint.to_string(),
            "",
        )
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Adds a revocation list of a TPM maker. Answers `false` if it was there already.
    pub async fn add_revocation_list(
        &self,
        file: &[u8],
        now: UtcTime,
    ) -> Result<bool, TrustChangeError> {
        Revocations::default().add_list(file)?;
        let digest = Digest::of(&[file]);
        let mut transaction = self.storage().write().await?;
        let new = transaction.add_revocation_list(digest, file, now).await?;
        if new {
            audit::append(
                &mut transaction,
                now,
                "revocation_list_added",
                &digest.to_string(),
                "",
            )
            .await?;
        }
        transaction.commit().await?;
        Ok(new)
    }

    /// Vouches for an endorsement key without a certificate: its machine is of class `registered`.
    pub async fn allow_ek(&self, ek: EkHash, note: &str, now: UtcTime) -> Result<(), StorageError> {
        let mut transaction = self.storage().write().await?;
        transaction.allow_ek(ek, note, now).await?;
        audit::append(&mut transaction, now, "ek_allowed", &ek.to_string(), "").await?;
        transaction.commit().await
    }
}

/// All that the database says about trust in TPMs, in the form that verification takes.
pub(super) async fn ek_trust(transaction: &mut Transaction) -> Result<EkTrust, TrustChangeError> {
    let mut trust = EkTrust::default();
    for root in transaction.roots().await? {
        trust
            .roots
            .add_with(&root.certificate, root.class, root.expired)
            .map(drop)
            .or_else(|error| match error {
                // Earlier versions took keys with which nothing can be verified. They harm nobody.
                RootError::Key(_) => Ok(()),
                _ => Err(TrustChangeError::Damaged),
            })?;
    }
    for list in transaction.revocation_lists().await? {
        trust
            .revocations
            .add_list(&list)
            .map_err(|_| TrustChangeError::Damaged)?;
    }
    trust.registered.extend(transaction.allowed_eks().await?);
    Ok(trust)
}

/// A certificate of a file for `ek check`.
#[derive(Debug, Clone)]
pub enum Checked {
    /// What it leads to.
    Examined(Box<Examination>),
    /// It cannot be read.
    Unreadable(Candidate),
}

/// A certificate of a file that can be pinned.
struct ParsedRoot {
    number: usize,
    place: Place,
    fingerprint: Digest,
    subject: String,
    look: Look,
    certificate: Vec<u8>,
}

impl ParsedRoot {
    fn record(self, terms: RootTerms, now: UtcTime) -> RootRecord {
        RootRecord {
            fingerprint: self.fingerprint,
            class: terms.class.unwrap_or(DeviceClass::Hardware),
            expired: terms.expired.unwrap_or_default(),
            subject: self.subject,
            added_at: now,
            certificate: self.certificate,
        }
    }

    fn refused(self, reason: RootRefusal) -> RefusedRoot {
        RefusedRoot {
            number: self.number,
            place: self.place,
            subject: Some(self.subject),
            reason,
        }
    }
}

fn parse_roots(candidates: Vec<Candidate>) -> (Vec<ParsedRoot>, Vec<RefusedRoot>) {
    let (mut parsed, mut refused) = (Vec::new(), Vec::new());
    for (number, candidate) in (1..).zip(candidates) {
        let Candidate { place, subject, .. } = candidate;
        let root = candidate.certificate.and_then(|certificate| {
            let mut roots = EkRoots::default();
            let root = roots.add(&certificate, DeviceClass::Hardware)?;
            Ok(ParsedRoot {
                number,
                place,
                fingerprint: Digest::new(*root.fingerprint()),
                subject: root.subject(),
                look: makers::look(&root.subject(), &root.issuer()),
                certificate,
            })
        });
        match root {
            Ok(root) => parsed.push(root),
            Err(error) => refused.push(RefusedRoot {
                number,
                place,
                subject,
                reason: error.into(),
            }),
        }
    }
    (parsed, refused)
}

/// A pinned certificate on the terms that are named anew.
fn renewed(before: &RootRecord, terms: RootTerms) -> (RootRecord, RootChange) {
    let mut record = before.clone();
    record.class = terms.class.unwrap_or(before.class);
    record.expired = terms.expired.unwrap_or(before.expired);
    let change = match record == *before {
        true => RootChange::Unchanged,
        false => RootChange::Changed,
    };
    (record, change)
}
