//! What a service asks the vendor root to sign next: the content of a trust bundle as TOML, for a person to review.

use serde::{Deserialize, Serialize};

use crate::token::{BundleKey, KeyPurpose, PublicKey, TrustBundle, UtcTime, VendorId};

/// The content of the next trust bundle, but for its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    bundle: TrustBundle,
}

/// Why a text is not a proposal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProposalError {
    /// Not the TOML of a proposal.
    #[error("the proposal can't be read: {0}")]
    Toml(String),
    /// A value that can't be.
    #[error("the proposal can't be read: {field} {problem}")]
    Value {
        /// Where.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A newer program has written it.
    #[error("the proposal has format {found}, this program knows {FORMAT}; use the newer program")]
    Newer {
        /// The format found.
        found: u32,
    },
}

const FORMAT: u32 = 1;

impl Proposal {
    /// The first one of a vendor.
    pub fn first(vendor: VendorId, vendor_name: &str) -> Self {
        let bundle = TrustBundle {
            vendor,
            vendor_name: vendor_name.to_owned(),
            sequence: 1,
            issued_at: UtcTime::EPOCH,
            keys: Vec::new(),
            next_root: None,
        };
        Self { bundle }
    }

    /// The one that follows a bundle: the same keys, the next number.
    pub fn after(bundle: &TrustBundle) -> Self {
        Self {
            bundle: TrustBundle {
                sequence: bundle.sequence + 1,
                issued_at: UtcTime::EPOCH,
                ..bundle.clone()
            },
        }
    }

    /// Adds a key, unless it is there already.
    #[must_use]
    pub fn with(mut self, key: BundleKey) -> Self {
        if !self
            .bundle
            .keys
            .iter()
            .any(|present| present.key == key.key)
        {
            self.bundle.keys.push(key);
        }
        self
    }

    /// The vendor.
    pub fn vendor(&self) -> VendorId {
        self.bundle.vendor
    }

    /// The number of the proposed bundle.
    pub fn sequence(&self) -> u64 {
        self.bundle.sequence
    }

    /// The bundle, issued at `now`.
    pub fn bundle(&self, now: UtcTime) -> TrustBundle {
        TrustBundle {
            issued_at: now,
            ..self.bundle.clone()
        }
    }

    /// Reads the TOML form.
    pub fn from_toml(text: &str) -> Result<Self, ProposalError> {
        let table: toml::Table = toml::from_str(text)
            .map_err(|error| ProposalError::Toml(error.message().to_owned()))?;
        match table.get("format").and_then(toml::Value::as_integer) {
            Some(format) if format > i64::from(FORMAT) => {
                return Err(ProposalError::Newer {
                    found: u32::try_from(format).unwrap_or(u32::MAX),
                });
            }
            _ => {}
        }
        let form: Form = table
            .try_into()
            .map_err(|error: toml::de::Error| ProposalError::Toml(error.message().to_owned()))?;
        let keys = form
            .keys
            .iter()
            .map(KeyForm::read)
            .collect::<Result<_, _>>()?;
        let bundle = TrustBundle {
            vendor: parse("vendor", &form.vendor)?,
            vendor_name: form.vendor_name,
            sequence: form.sequence,
            issued_at: UtcTime::EPOCH,
            keys,
            next_root: form
                .next_root
                .as_deref()
                .map(|pem| public("next_root", pem))
                .transpose()?,
        };
        Ok(Self { bundle })
    }

    /// The TOML form.
    pub fn to_toml(&self) -> String {
        let form = Form {
            format: FORMAT,
            vendor: self.bundle.vendor.to_string(),
            vendor_name: self.bundle.vendor_name.clone(),
            sequence: self.bundle.sequence,
            next_root: self.bundle.next_root.as_ref().map(PublicKey::to_pem),
            keys: self.bundle.keys.iter().map(KeyForm::write).collect(),
        };
        let body =
            toml::to_string(&form).expect("strings, numbers and tables of them have a TOML form");
        format!(
            "# What the vendor root is asked to sign. Review it, then: counterfoil-server root sign-bundle\n{body}"
        )
    }
}

/// A key in a line for people.
pub(super) fn describe(key: &BundleKey) -> String {
    let product = key
        .product
        .as_deref()
        .map(|product| format!(" for {product}"))
        .unwrap_or_default();
    let cut_off = key
        .cut_off
        .map(|at| format!(", cut off as of {at}"))
        .unwrap_or_default();
    let (id, purpose) = (key.key.id(), key.purpose.name());
    format!(
        "{purpose} key {id}{product}, valid {} to {}{cut_off}",
        key.not_before, key.not_after
    )
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: u32,
    vendor: String,
    vendor_name: String,
    sequence: u64,
    next_root: Option<String>,
    #[serde(default)]
    keys: Vec<KeyForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyForm {
    purpose: String,
    product: Option<String>,
    not_before: String,
    not_after: String,
    cut_off: Option<String>,
    public: String,
}

impl KeyForm {
    fn write(key: &BundleKey) -> Self {
        Self {
            purpose: key.purpose.name().to_owned(),
            product: key.product.clone(),
            not_before: key.not_before.to_string(),
            not_after: key.not_after.to_string(),
            cut_off: key.cut_off.map(|at| at.to_string()),
            public: key.key.to_pem(),
        }
    }

    fn read(&self) -> Result<BundleKey, ProposalError> {
        let purpose = [KeyPurpose::Issuer, KeyPurpose::Policy]
            .into_iter()
            .find(|purpose| purpose.name() == self.purpose)
            .ok_or(ProposalError::Value {
                field: "purpose",
                problem: format!("is `{}`", self.purpose),
            })?;
        Ok(BundleKey {
            key: public("public", &self.public)?,
            purpose,
            product: self.product.clone(),
            not_before: parse("not_before", &self.not_before)?,
            not_after: parse("not_after", &self.not_after)?,
            cut_off: self
                .cut_off
                .as_deref()
                .map(|at| parse("cut_off", at))
                .transpose()?,
        })
    }
}

fn public(field: &'static str, pem: &str) -> Result<PublicKey, ProposalError> {
    PublicKey::from_pem(pem).map_err(|error| ProposalError::Value {
        field,
        problem: format!("is {error}"),
    })
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &'static str,
    text: &str,
) -> Result<T, ProposalError> {
    text.parse().map_err(|error| ProposalError::Value {
        field,
        problem: format!("is `{text}`: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::SigningKey;

    fn proposal() -> Proposal {
        let key = |scalar, purpose, product: Option<&str>| BundleKey {
            key: SigningKey::from_scalar(&[scalar; 32])
                .expect("a scalar")
                .public()
                .clone(),
            purpose,
            product: product.map(str::to_owned),
            not_before: UtcTime::EPOCH,
            not_after: UtcTime::EPOCH.plus(std::time::Duration::from_secs(86_400)),
            cut_off: product.map(|_| UtcTime::EPOCH),
        };
        Proposal::first(VendorId::new([4; 16]), "Acme \"Ltd\"")
            .with(key(1, KeyPurpose::Issuer, None))
            .with(key(2, KeyPurpose::Policy, Some("cad")))
    }

    #[test]
    fn the_text_says_all_that_is_signed() {
        let read = Proposal::from_toml(&proposal().to_toml()).expect("a proposal");
        assert_eq!(read, proposal());
    }

    #[test]
    fn a_key_stands_in_it_once() {
        let once = proposal();
        let again = once
            .clone()
            .with(once.bundle(UtcTime::EPOCH).keys[0].clone());
        assert_eq!(again, once);
    }

    #[test]
    fn what_the_reader_does_not_know_is_refused() {
        let text = proposal().to_toml();
        let newer = Proposal::from_toml(&text.replace("format = 1", "format = 2"));
        assert!(matches!(newer, Err(ProposalError::Newer { found: 2 })));
        for (from, to) in [
            ("sequence = 1", "sequence = 1\nmore = 1"),
            ("purpose = \"issuer\"", "purpose = \"root\""),
            ("BEGIN PUBLIC KEY", "BEGIN PRIVATE KEY"),
            ("1970-01-01T00:00:00Z", "yesterday"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(
                Proposal::from_toml(&text.replacen(from, to, 1)).is_err(),
                "{to}"
            );
        }
    }
}
