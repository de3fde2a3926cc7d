//! Licenses as the vendor sells them: made, listed, shown.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::audit;
use super::product::{DEFAULT_LINE, ProductName};
use super::service::Service;
use super::storage::{
    BindingRecord, DeviceRecord, LicenseRecord, LicenseState, SeatRecord, StorageError,
};
use crate::token::{License, LicenseId, LicenseKey, UtcTime};

/// What a customer buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The product.
    pub product: ProductName,
    /// The edition.
    pub edition: String,
    /// The features.
    pub features: BTreeSet<String>,
    /// On how many machines it may be active; at least 1.
    pub seats: u32,
    /// End of validity; none for a perpetual license.
    pub expires_at: Option<UtcTime>,
}

/// What a vendor notes about a license for itself. None of it is in any token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Particulars {
    /// The vendor's own group of customers, for allowances by segment.
    pub segment: Option<Label>,
    /// The vendor's own pseudonym for whom the license is, for allowances by user.
    pub user: Option<Label>,
    /// It is for machines that are kept switched off until they are needed.
    pub standby: bool,
}

/// A word of the vendor's own for a segment or a user: 1 to 64 letters, digits, `-`, `_` and `.`.
///
/// It is a pseudonym: what looks like an e-mail address or a person's name with blanks is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

/// Text that is no [`Label`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// An e-mail address.
    #[error(
        "this looks like an e-mail address, and no personal data is kept here; write your own number for the customer, \
         such as `customer-1042`, and keep the address in your own records"
    )]
    Address,
    /// Characters that it may not have, too many, or none.
    #[error(
        "use 1 to {} letters, digits, '-', '_' and '.', such as `customer-1042`: a number of your own, not a name",
        Label::LIMIT
    )]
    Form,
}

/// A license with the machines that hold its seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The license.
    pub license: LicenseRecord,
    /// Its seats that nobody freed; those that lapsed too.
    pub seats: Vec<SeatOverview>,
}

/// A seat with the machine that holds it and what was issued to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatOverview {
    /// The seat.
    pub seat: SeatRecord,
    /// The machine.
    pub device: DeviceRecord,
    /// Its bindings, oldest first.
    pub bindings: Vec<BindingRecord>,
}

/// Why a license can't be made or shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseError {
    /// There is no such product.
    #[error("there is no product {0}; add it with `product add {0}`")]
    UnknownProduct(ProductName),
    /// There is no such license.
    #[error("there is no license {0}; `license list` shows all")]
    Unknown(LicenseId),
    /// A license that never was valid.
    #[error("the license would end on {0}, which is past; choose a later date")]
    EndsInThePast(UtcTime),
    /// A name that a token can't carry.
    #[error(
        "`{name}` can't be an edition or a feature: use 1 to {} characters, no commas or control characters",
        License::NAME_LIMIT
    )]
    Name {
        /// The name.
        name: String,
    },
    /// More features than a license token of 1 KB carries.
    #[error(
        "the edition's and the features' names have {found} bytes together, a license has room for {NAMES_LIMIT}; use shorter names"
    )]
    TooManyFeatures {
        /// Bytes of all names.
        found: usize,
    },
    /// No license without a seat.
    #[error("a license needs at least one seat")]
    NoSeat,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Bytes of edition and features that fit into a license of 1024 bytes beside everything else.
const NAMES_LIMIT: usize = 256;

impl Service {
    /// Makes a license. The key is for the customer; the service keeps only what it needs to recognize it.
    ///
    /// # Errors
    /// When the terms contradict themselves or what a token can carry.
    pub async fn create_license(
        &self,
        terms: &Terms,
        particulars: Particulars,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<(LicenseRecord, LicenseKey), LicenseError> {
        check_terms(terms, now)?;
        let mut transaction = self.storage().write().await?;
        if !transaction.has_product(terms.product.as_str()).await? {
            return Err(LicenseError::UnknownProduct(terms.product.clone()));
        }
        let key = draw_key(random);
        let record = LicenseRecord {
            id: key.id(),
            product: terms.product.to_string(),
            line: DEFAULT_LINE.to_owned(),
            edition: terms.edition.clone(),
            features: terms.features.iter().cloned().collect(),
            seats: terms.seats,
            created_at: now,
            not_before: now,
            expires_at: terms.expires_at,
            state: LicenseState::Valid,
            segment: particulars.segment.map(|Label(segment)| segment),
            user: particulars.user.map(|Label(user)| user),
            standby: particulars.standby,
        };
        transaction.add_license(&record, &key.mac_key()).await?;
        let detail = format!(
            "product {}, edition {}, {} seats",
            record.product, record.edition, record.seats
        );
        audit::append(
            &mut transaction,
            now,
            "license_made",
            &record.id.to_string(),
            &detail,
        )
        .await?;
        transaction.commit().await?;
        Ok((record, key))
    }

    /// All licenses, each with its seats that nobody freed; those that lapsed too.
    pub async fn licenses(&self) -> Result<Vec<(LicenseRecord, Vec<SeatRecord>)>, LicenseError> {
        let mut transaction = self.storage().read().await?;
        let mut licenses = Vec::new();
        for license in transaction.licenses().await? {
            let seats = transaction.seats(license.id).await?;
            licenses.push((license, seats));
        }
        Ok(licenses)
    }

    /// One license, with the machines that hold its seats.
    pub async fn license(&self, id: LicenseId) -> Result<Overview, LicenseError> {
        let mut transaction = self.storage().read().await?;
        let license = transaction
            .license(id)
            .await?
            .ok_or(LicenseError::Unknown(id))?;
        let mut seats = Vec::new();
        for seat in transaction.seats(id).await? {
            let device = transaction
                .device(seat.ek)
                .await?
                .ok_or(StorageError::Damaged { column: "seats.ek" })?;
            let bindings = transaction.bindings(&seat).await?;
            seats.push(SeatOverview {
                seat,
                device,
                bindings,
            });
        }
        Ok(Overview { license, seats })
    }
}

impl Terms {
    /// The end of validity that lies `days` days after `now`.
    pub fn days_from(now: UtcTime, days: u32) -> UtcTime {
        now.plus(Duration::from_secs(u64::from(days) * 86_400))
    }
}

impl Label {
    /// Most characters.
    const LIMIT: usize = 64;
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        if text.contains('@') {
            return Err(LabelError::Address);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match (1..=Self::LIMIT).contains(&text.len()) && text.chars().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(LabelError::Form),
        }
    }
}

fn check_terms(terms: &Terms, now: UtcTime) -> Result<(), LicenseError> {
    if terms.seats == 0 {
        return Err(LicenseError::NoSeat);
    }
    if let Some(end) = terms.expires_at
        && end <= now
    {
        return Err(LicenseError::EndsInThePast(end));
    }
    let names = || terms.features.iter().chain([&terms.edition]);
    let unfit = |name: &&String| {
        name.is_empty()
            || name.len() > License::NAME_LIMIT
            || name.contains(|c: char| c == ',' || c.is_control())
    };
    if let Some(name) = names().find(unfit) {
        return Err(LicenseError::Name { name: name.clone() });
    }
    // Each name costs its bytes and up to two for its length.
    let found = names().map(|name| name.len() + 2).sum();
    if found > NAMES_LIMIT {
        return Err(LicenseError::TooManyFeatures { found });
    }
    Ok(())
}

fn draw_key(random: &mut impl CryptoRng) -> LicenseKey {
    let mut id = [0; LicenseId::LEN];
    let mut secret = Zeroizing::new([0; 16]);
    random.fill_bytes(&mut id);
    random.fill_bytes(&mut *secret);
    LicenseKey::new(LicenseId::new(id), *secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p14_a_label_is_a_pseudonym_and_no_address_or_name() {
        for label in ["customer-1042", "schools", "A.7_b", &"a".repeat(64)] {
            assert_eq!(label.parse(), Ok(Label(label.to_owned())));
        }
        for address in [
            "jane@example.com",
            "@jane",
            "jane@",
            "Jane Doe <jane@example.com>",
        ] {
            assert_eq!(
                address.parse::<Label>(),
                Err(LabelError::Address),
                "{address}"
            );
        }
        for other in ["", "Jane Doe", "J\u{fc}rgen", "a,b", "a\n", &"a".repeat(65)] {
            assert_eq!(other.parse::<Label>(), Err(LabelError::Form), "{other}");
        }
    }
}
