//! The license key: what a customer is given and types in.

use std::fmt;
use std::str::FromStr;

use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::id::LicenseId;

/// A license id and the secret that proves its possession; wiped when dropped.
///
/// Its text form is `CF-` and nine groups of five Crockford base-32 symbols: 39 of content and 6 of
/// check. The check is the BCH code of bech32m (BIP 350), which finds up to four wrong symbols,
/// hence any single one and any swap of neighbors. Reading ignores case, spaces and hyphens, and
/// takes O for 0, I and L for 1.
#[derive(Clone, ZeroizeOnDrop)]
pub struct LicenseKey {
    #[zeroize(skip)]
    id: LicenseId,
    secret: [u8; 16],
}

/// Why a text is not a license key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseKeyError {
    /// It does not start with `CF`.
    #[error("a license key starts with CF-; copy it whole")]
    Prefix,
    /// A character that no license key has.
    #[error("{0:?} does not occur in a license key: check what was typed")]
    Character(char),
    /// Too short or too long.
    #[error(
        "the license key has {found} characters after CF-, not {}: copy it whole",
        SYMBOLS
    )]
    Length {
        /// Characters found, hyphens and spaces left out.
        found: usize,
    },
    /// The check symbols do not fit the others.
    #[error("the license key has a typing error: compare it character by character")]
    Typo,
}

const PREFIX: &str = "CF";
/// Crockford base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 192 bits in symbols of 5, the last filled up with three zero bits.
const CONTENT: usize = 39;
const CHECK: usize = 6;
const SYMBOLS: usize = CONTENT + CHECK;
const GROUP: usize = 5;

impl LicenseKey {
    /// Puts a key together.
    pub fn new(id: LicenseId, secret: [u8; 16]) -> Self {
        Self { id, secret }
    }

    /// The license id, which is no secret.
    pub fn id(&self) -> LicenseId {
        self.id
    }

    /// The secret itself, for whoever makes sure that it is nowhere: programs work with [`mac_key`](Self::mac_key) and
    /// [`to_text`](Self::to_text).
    pub fn secret(&self) -> &[u8; 16] {
        &self.secret
    }

    /// The key for the MACs that prove possession: HKDF-SHA256 of the secret.
    pub fn mac_key(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &self.secret)
            .expand(b"counterfoil/v1/license-key", &mut *key)
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        key
    }

    /// The text form, which holds the secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut symbols = Zeroizing::new([0; SYMBOLS]);
        let content = self.content();
        let bit = |i: usize| content.get(i / 8).map_or(0, |byte| byte >> (7 - i % 8) & 1);
        for (position, symbol) in symbols[..CONTENT].iter_mut().enumerate() {
            *symbol = (0..5).fold(0, |value, i| value << 1 | bit(position * 5 + i));
        }
        let check = checksum(&symbols[..]) ^ BECH32M;
        for (position, symbol) in symbols[CONTENT..].iter_mut().enumerate() {
            *symbol = (check >> (5 * (CHECK - 1 - position)) & 0x1f) as u8;
        }

        // Reserved in one piece: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + SYMBOLS * 6 / 5));
        text.push_str(PREFIX);
        for (position, symbol) in symbols.iter().enumerate() {
            if position % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(*symbol)]));
        }
        text
    }

    fn content(&self) -> Zeroizing<[u8; 24]> {
        let mut content = Zeroizing::new([0; 24]);
        content[..8].copy_from_slice(self.id.as_bytes());
        content[8..].copy_from_slice(&self.secret);
        content
    }
}

impl FromStr for LicenseKey {
    type Err = LicenseKeyError;

    fn from_str(text: &str) -> Result<Self, LicenseKeyError> {
        let mut typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        if !PREFIX
            .chars()
            .all(|c| typed.next().is_some_and(|t| t.eq_ignore_ascii_case(&c)))
        {
            return Err(LicenseKeyError::Prefix);
        }
        let mut symbols = Zeroizing::new([0; SYMBOLS]);
        let mut found = 0;
        for character in typed {
            let value = symbol(character).ok_or(LicenseKeyError::Character(character))?;
            if let Some(slot) = symbols.get_mut(found) {
                *slot = value;
            }
            found += 1;
        }
        if found != SYMBOLS {
            return Err(LicenseKeyError::Length { found });
        }
        // The three bits beyond the content are zero in every key.
        if checksum(&symbols[..]) != BECH32M || symbols[CONTENT - 1] & 0b111 != 0 {
            return Err(LicenseKeyError::Typo);
        }

        let mut content = Zeroizing::new([0u8; 24]);
        for i in 0..192 {
            let bit = symbols[i / 5] >> (4 - i % 5) & 1;
            content[i / 8] |= bit << (7 - i % 8);
        }
        Ok(Self {
            id: LicenseId::new(std::array::from_fn(|i| content[i])),
            secret: std::array::from_fn(|i| content[i + 8]),
        })
    }
}

impl PartialEq for LicenseKey {
    /// Takes the same time wherever the secrets differ.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && bool::from(self.secret.ct_eq(&other.secret))
    }
}

impl Eq for LicenseKey {}

impl fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LicenseKey({}, …)", self.id)
    }
}

/// The value of a typed symbol.
fn symbol(typed: char) -> Option<u8> {
    let typed = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let position = ALPHABET
        .iter()
        .position(|symbol| char::from(*symbol) == typed)?;
    u8::try_from(position).ok()
}

/// What the checksum of a correct key is (BIP 350).
const BECH32M: u32 = 0x2bc8_30a3;

/// The remainder of the symbols by bech32's generator (BIP 173), over the prefix too.
fn checksum(symbols: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let high = PREFIX.bytes().map(|c| c.to_ascii_lowercase() >> 5);
    let low = PREFIX.bytes().map(|c| c.to_ascii_lowercase() & 0x1f);
    let symbols = high.chain([0]).chain(low).chain(symbols.iter().copied());
    symbols.fold(1, |state, symbol| {
        let top = state >> 25;
        let next = (state & 0x01ff_ffff) << 5 ^ u32::from(symbol);
        (0..5)
            .filter(|bit| top >> bit & 1 == 1)
            .fold(next, |next, bit| next ^ GENERATOR[bit])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> LicenseKey {
        let secret = std::array::from_fn(|i| 0xf0 ^ (i as u8 * 7));
        LicenseKey::new(LicenseId::new([1, 2, 3, 4, 5, 6, 7, 8]), secret)
    }

    /// The symbols of a key's text, without prefix and hyphens.
    fn symbols() -> Vec<char> {
        key().to_text()[2..].chars().filter(|c| *c != '-').collect()
    }

    fn parse(symbols: &[char]) -> Result<LicenseKey, LicenseKeyError> {
        format!("CF{}", symbols.iter().collect::<String>()).parse()
    }

    #[test]
    fn the_text_form_round_trips_however_it_is_typed() {
        let text = key().to_text();
        assert_eq!(text.len(), 2 + 9 * 6);
        let typed = text
            .to_lowercase()
            .replace('-', " ")
            .replace('0', "o")
            .replace('1', "l");
        for text in [
            text.as_str(),
            &typed,
            &text.replace('-', ""),
            &text.replace('1', "I"),
        ] {
            assert_eq!(text.parse::<LicenseKey>().as_ref(), Ok(&key()), "{text}");
        }
    }

    #[test]
    fn every_single_wrong_character_is_found() {
        let right = symbols();
        for position in 0..right.len() {
            for symbol in ALPHABET.map(char::from) {
                let mut wrong = right.clone();
                wrong[position] = symbol;
                let expected = match symbol == right[position] {
                    true => Ok(key()),
                    false => Err(LicenseKeyError::Typo),
                };
                assert_eq!(parse(&wrong), expected);
            }
        }
    }

    #[test]
    fn every_swap_of_neighbors_is_found() {
        let right = symbols();
        let mut swaps = 0;
        for position in 1..right.len() {
            let mut wrong = right.clone();
            wrong.swap(position - 1, position);
            if wrong != right {
                assert_eq!(parse(&wrong), Err(LicenseKeyError::Typo));
                swaps += 1;
            }
        }
        assert!(swaps > 30);
    }

    #[test]
    fn each_other_mistake_has_its_own_error() {
        let right = symbols();
        assert_eq!(
            parse(&right[1..]),
            Err(LicenseKeyError::Length { found: 44 })
        );
        assert_eq!("".parse::<LicenseKey>(), Err(LicenseKeyError::Prefix));
        assert_eq!("CX-".parse::<LicenseKey>(), Err(LicenseKeyError::Prefix));
        assert_eq!(
            "CF-U".parse::<LicenseKey>(),
            Err(LicenseKeyError::Character('U'))
        );
    }

    #[test]
    fn a_known_key_has_the_text_that_another_implementation_of_bip_350_gives() {
        let text = "CF-04106-1050R-3GHW7-QZVJY-SMYTR-74CZD-NXMJN-S568E-FDD7K";
        assert_eq!(*key().to_text(), text);
    }

    #[test]
    fn debug_output_shows_no_secret() {
        assert_eq!(format!("{:?}", key()), "LicenseKey(0102030405060708, …)");
    }

    #[test]
    fn the_mac_key_depends_on_the_secret_alone() {
        let other_id = LicenseKey::new(LicenseId::new([9; 8]), *key().secret());
        let other_secret = LicenseKey::new(key().id(), [9; 16]);
        assert_eq!(other_id.mac_key(), key().mac_key());
        assert_ne!(other_secret.mac_key(), key().mac_key());
    }

    proptest! {
        #[test]
        fn any_key_round_trips(id: [u8; 8], secret: [u8; 16]) {
            let key = LicenseKey::new(LicenseId::new(id), secret);
            prop_assert_eq!(key.to_text().parse(), Ok(key));
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let _ = text.parse::<LicenseKey>();
            let _ = format!("CF-{text}").parse::<LicenseKey>();
        }
    }
}
