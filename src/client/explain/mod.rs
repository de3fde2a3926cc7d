//! What a person is told of the license itself: what is kept here, what is sent, when it is renewed, how long it works
//! without, what ends it, and what happens then. Everything follows from the license, the lease and the vendor's rules.
//!
//! One file a language. The texts name no part of the machinery; a test holds the list of words that may not occur.

mod english;
mod german;

use std::collections::BTreeSet;

use crate::evidence::CertificateNames;
use crate::policy::{Keep, Language, Rules};
use crate::store::Folder;
use crate::token::{Lease, License, LicenseId};

use super::Counterfoil;
use super::failure::Failure;
use super::holdings::take_stock;
use super::tokens::Held;
use super::unlock::unlock;

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The language of the texts.
    pub language: Language,
    /// For each license that is genuine.
    pub licenses: Vec<LicenseExplanation>,
    /// What holds with or without a license: what is kept and sent.
    pub general: Vec<Section>,
}

/// What there is to tell of one license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseExplanation {
    /// Its id.
    pub id: LicenseId,
    /// The product.
    pub product: String,
    /// The edition.
    pub edition: String,
    /// The texts, in the order in which a person wants them.
    pub sections: Vec<Section>,
}

/// One question, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Which question; stable.
    pub topic: Topic,
    /// The question in words.
    pub heading: &'static str,
    /// The answer, a sentence or two each.
    pub text: Vec<String>,
}

/// A question that [`Counterfoil::explain`] answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// What is stored here.
    Stored,
    /// What is sent, and when.
    Sent,
    /// When it is renewed.
    Renewal,
    /// How long it works without a contact.
    Offline,
    /// What ends it.
    Ends,
    /// What happens then.
    Afterwards,
}

impl Topic {
    /// A name that stays, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Sent => "sent",
            Self::Renewal => "renewal",
            Self::Offline => "offline",
            Self::Ends => "ends",
            Self::Afterwards => "afterwards",
        }
    }
}

impl Counterfoil {
    /// Tells a person what the license means for this computer, in [`Config::language`](super::Config::language).
    ///
    /// Reads license, lease and the vendor's rules, and makes no validation: what is on is for [`Counterfoil::validate`]
    /// to say. Where there is no license that can be opened the general part is told, with the names that the chip's certificates bear. Blocks for some TPM commands and,
    /// if other processes hold the state folder, for at most [`Config::patience`](super::Config::patience).
    pub fn explain(&self) -> Explanation {
        let language = self.config().language;
        Explanation {
            language,
            licenses: self.explain_licenses().unwrap_or_default(),
            general: {
                let names = self.certificate_names().unwrap_or_default();
                match language {
                    Language::De => german::general(&names),
                    _ => english::general(&names),
                }
            },
        }
    }

    /// What the certificates that a request carries call this machine's TPM, beside its make: some of them name a virtual machine, or
    /// whose it is.
    fn certificate_names(&self) -> Result<BTreeSet<String>, Failure> {
        let config = self.config();
        let mut certificates = config.hardware.open()?.endorsement_certificates()?;
        if let Ok(folder) = Folder::open(&config.dir) {
            let folder = folder.lock(config.patience)?;
            certificates.extend(folder.endorsement_certificates()?);
        }
        let names = certificates
            .iter()
            .filter_map(|certificate| CertificateNames::of(certificate));
        Ok(names
            .flat_map(|names| names.of_subject().map(str::to_owned).collect::<Vec<_>>())
            .collect())
    }

    fn explain_licenses(&self) -> Result<Vec<LicenseExplanation>, Failure> {
        let config = self.config();
        let folder = Folder::open(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        let unlocked = unlock(config, &folder, tpm.as_mut())?;
        let (settled, holdings) = take_stock(&config.trust, &unlocked, tpm.as_mut())?;
        let held = holdings.by_license(config, &settled.state);
        Ok(held
            .iter()
            .filter_map(|held| explain(held, config.language))
            .collect())
    }
}

fn explain(held: &Held<'_>, language: Language) -> Option<LicenseExplanation> {
    let license = held.license.ok()?;
    let facts = Facts {
        license,
        lease: held.lease.ok().map(|lease| &**lease),
        rules: &held.rules,
    };
    Some(LicenseExplanation {
        id: held.id,
        product: license.product.clone(),
        edition: license.edition.clone(),
        sections: match language {
            Language::De => german::sections(&facts),
            _ => english::sections(&facts),
        },
    })
}

/// What the texts are made of.
struct Facts<'a> {
    license: &'a License,
    lease: Option<&'a Lease>,
    rules: &'a Rules,
}

/// A way in which a license comes to grant less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// Too long without a contact.
    TimeUp,
    /// Past its last day.
    Expired,
    /// Suspended by the vendor.
    Suspended,
    /// Withdrawn by the vendor.
    Revoked,
}

/// What stays on of what a license grants.
#[derive(Debug, PartialEq, Eq)]
enum Stays {
    Everything,
    These(Vec<String>),
    Nothing,
}

impl Facts<'_> {
    fn stays(&self, keep: &Keep) -> Stays {
        let name = match keep {
            Keep::All => return Stays::Everything,
            Keep::Nothing => return Stays::Nothing,
            Keep::Tier(name) => name,
        };
        let tiers = &self.rules.tiers;
        let place = |name: &str| tiers.iter().position(|tier| tier.name == name).unwrap_or(0);
        let (last, own) = (place(name), place(&self.license.edition));
        let kept: BTreeSet<&String> = tiers
            .iter()
            .enumerate()
            .take(last + 1)
            .flat_map(|(at, tier)| tier.features.iter().map(move |feature| (at, feature)))
            .filter(|(at, feature)| *at <= own || self.license.features.contains(*feature))
            .map(|(_, feature)| feature)
            .collect();
        match kept.is_empty() {
            true => Stays::Nothing,
            false => Stays::These(kept.into_iter().cloned().collect()),
        }
    }

    /// What stays on in each case that a person may come into, the cases with the same answer together.
    fn cases(&self) -> Vec<(Vec<Case>, Stays)> {
        let keep = &self.rules.keep;
        let all = [
            (Case::TimeUp, &keep.limited),
            (Case::Expired, &keep.expired),
            (Case::Suspended, &keep.suspended),
            (Case::Revoked, &keep.revoked),
        ];
        let mut cases: Vec<(Vec<Case>, Stays)> = Vec::new();
        for (case, keep) in all {
            if case == Case::Expired && self.license.expires_at.is_none() {
                continue;
            }
            let stays = self.stays(keep);
            match cases.iter_mut().find(|(_, other)| *other == stays) {
                Some((same, _)) => same.push(case),
                None => cases.push((vec![case], stays)),
            }
        }
        cases
    }
}

/// Days, rounded down, or hours where it is less than two days.
enum Span {
    Days(u64),
    Hours(u64),
}

fn span(seconds: u64) -> Span {
    match seconds / 3600 {
        hours @ 0..48 => Span::Hours(hours),
        hours => Span::Days(hours / 24),
    }
}

#[cfg(test)]
mod tests;
