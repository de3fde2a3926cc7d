//! TPMT_PUBLIC, the public area of an object (TPM 2.0 Part 2, 12.2.4).

use super::ObjectAttributes;
use crate::evidence::algorithm::{
    ALG_AES, ALG_CFB, ALG_ECC, ALG_ECDH, ALG_ECDSA, ALG_HMAC, ALG_KEYEDHASH, ALG_NULL, ALG_OAEP,
    ALG_RSA, ALG_RSAPSS, ALG_RSASSA, Curve, HashAlgorithm,
};
use crate::evidence::name::{Name, name_of};
use crate::evidence::wire::{Put, Reader, WireError};

/// The public area of a TPM object, parsed from received bytes that it keeps.
///
/// Whoever sent the bytes chose every field: a public area proves nothing until its Name is
/// certified or named in something signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    bytes: Vec<u8>,
    name_algorithm: HashAlgorithm,
    attributes: ObjectAttributes,
    auth_policy: Vec<u8>,
    parameters: Parameters,
}

/// What differs between kinds of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parameters {
    /// An RSA key.
    Rsa {
        /// Key length of the AES-CFB cipher that protects children or credentials; none for keys
        /// that are no parents.
        aes_bits: Option<u16>,
        /// The key's scheme.
        scheme: Scheme,
        /// Length of the modulus in bits.
        bits: u16,
        /// The public exponent; 65537 where the structure says 0, which stands for it.
        exponent: u32,
        /// The modulus, big-endian; in a template whatever `unique` is.
        modulus: Vec<u8>,
    },
    /// A key on an elliptic curve.
    Ecc {
        /// Key length of the AES-CFB cipher that protects children or credentials; none for keys
        /// that are no parents.
        aes_bits: Option<u16>,
        /// The key's scheme.
        scheme: Scheme,
        /// The curve.
        curve: Curve,
        /// The point's first coordinate, big-endian, possibly shorter than the curve's; in a
        /// template whatever `unique` is.
        x: Vec<u8>,
        /// The point's second coordinate.
        y: Vec<u8>,
    },
    /// An HMAC key or sealed data.
    KeyedHash {
        /// HMAC for a key, null for sealed data.
        scheme: Scheme,
        /// Hash of the secret part.
        unique: Vec<u8>,
    },
}

/// The scheme that a key is bound to, with its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// No scheme.
    Null,
    /// RSASSA-PKCS1-v1_5.
    RsaSsa(HashAlgorithm),
    /// RSASSA-PSS.
    RsaPss(HashAlgorithm),
    /// RSAES-OAEP.
    Oaep(HashAlgorithm),
    /// ECDSA.
    Ecdsa(HashAlgorithm),
    /// ECDH.
    Ecdh(HashAlgorithm),
    /// HMAC.
    Hmac(HashAlgorithm),
}

impl Public {
    /// Parses a TPMT_PUBLIC (without the size that a TPM2B_PUBLIC puts in front).
    ///
    /// Known are RSA and ECC keys and keyed-hash objects, AES-CFB, NIST P-256 and P-384, SHA-256
    /// and SHA-384; everything else, reserved bits and trailing bytes are refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u16()?;
        let name_algorithm = HashAlgorithm::read(&mut reader, "nameAlg")?;
        let attributes = ObjectAttributes::from_bits(reader.u32()?)?;
        let auth_policy = reader.sized(name_algorithm.digest_len(), "authPolicy")?;
        if !auth_policy.is_empty() && auth_policy.len() != name_algorithm.digest_len() {
            return Err(WireError::Field("authPolicy"));
        }
        let parameters = match kind {
            ALG_RSA => read_rsa(&mut reader)?,
            ALG_ECC => read_ecc(&mut reader)?,
            ALG_KEYEDHASH => read_keyed_hash(&mut reader, name_algorithm)?,
            _ => return Err(WireError::Field("type")),
        };
        reader.finish()?;
        Ok(Self {
            bytes: bytes.to_vec(),
            name_algorithm,
            attributes,
            auth_policy: auth_policy.to_vec(),
            parameters,
        })
    }

    /// The bytes that were parsed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes that were parsed.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether an object was created from this template, as far as the public area shows: everything
    /// but the key (or the hash of what is sealed) is the same, byte for byte.
    ///
    /// `template` is a TPMT_PUBLIC too; one that cannot be parsed fits nothing.
    #[must_use]
    pub fn is_made_from(&self, template: &[u8]) -> bool {
        Self::parse(template).is_ok_and(|template| self.head() == template.head())
    }

    /// The templates from which a primary key with this public area was made, if from a usual one.
    ///
    /// A key depends on `unique`, and usual templates leave that empty or full of zeros (TCG TPM v2.0 Provisioning
    /// Guidance, on storage primary keys). Which one it was shows only by creating the key again and comparing its Name.
    pub fn usual_templates(&self) -> [Vec<u8>; 2] {
        let sizes = match &self.parameters {
            Parameters::Rsa { modulus, .. } => vec![modulus.len()],
            Parameters::Ecc { curve, .. } => vec![curve.coordinate_len(); 2],
            Parameters::KeyedHash { unique, .. } => vec![unique.len()],
        };
        let template = |filled: bool| {
            let mut template = self.head().to_vec();
            for size in &sizes {
                template.put_sized(&vec![0; if filled { *size } else { 0 }]);
            }
            template
        };
        [template(false), template(true)]
    }

    /// What stands before `unique`.
    fn head(&self) -> &[u8] {
        let unique = match &self.parameters {
            Parameters::Rsa { modulus, .. } => 2 + modulus.len(),
            Parameters::Ecc { x, y, .. } => 4 + x.len() + y.len(),
            Parameters::KeyedHash { unique, .. } => 2 + unique.len(),
        };
        &self.bytes[..self.bytes.len() - unique]
    }

    /// The hash of which the Name is made.
    pub fn name_algorithm(&self) -> HashAlgorithm {
        self.name_algorithm
    }

    /// The Name, calculated over the received bytes; none if its algorithm is not SHA-256.
    pub fn name(&self) -> Option<Name> {
        (self.name_algorithm == HashAlgorithm::Sha256).then(|| name_of(&self.bytes))
    }

    /// The attributes.
    pub fn attributes(&self) -> ObjectAttributes {
        self.attributes
    }

    /// The policy digest, empty if there is none.
    pub fn auth_policy(&self) -> &[u8] {
        &self.auth_policy
    }

    /// The rest, by kind of object.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }
}

fn read_rsa(reader: &mut Reader<'_>) -> Result<Parameters, WireError> {
    let aes_bits = read_symmetric(reader)?;
    let scheme = read_scheme(reader)?;
    let bits = reader.u16()?;
    let exponent = match reader.u32()? {
        0 => 65537,
        exponent => exponent,
    };
    if !matches!(bits, 1024 | 2048 | 3072 | 4096) {
        return Err(WireError::Field("keyBits"));
    }
    let modulus = reader.sized(usize::from(bits / 8), "unique")?.to_vec();
    Ok(Parameters::Rsa {
        aes_bits,
        scheme,
        bits,
        exponent,
        modulus,
    })
}

fn read_ecc(reader: &mut Reader<'_>) -> Result<Parameters, WireError> {
    let aes_bits = read_symmetric(reader)?;
    let scheme = read_scheme(reader)?;
    let curve = Curve::read(reader)?;
    if reader.u16()? != ALG_NULL {
        return Err(WireError::Field("kdf"));
    }
    let x = reader.sized(curve.coordinate_len(), "unique.x")?.to_vec();
    let y = reader.sized(curve.coordinate_len(), "unique.y")?.to_vec();
    Ok(Parameters::Ecc {
        aes_bits,
        scheme,
        curve,
        x,
        y,
    })
}

fn read_keyed_hash(reader: &mut Reader<'_>, name: HashAlgorithm) -> Result<Parameters, WireError> {
    let scheme = read_scheme(reader)?;
    let unique = reader.sized(name.digest_len(), "unique")?.to_vec();
    Ok(Parameters::KeyedHash { scheme, unique })
}

fn read_symmetric(reader: &mut Reader<'_>) -> Result<Option<u16>, WireError> {
    match reader.u16()? {
        ALG_NULL => Ok(None),
        ALG_AES => match (reader.u16()?, reader.u16()?) {
            (bits @ (128 | 192 | 256), ALG_CFB) => Ok(Some(bits)),
            _ => Err(WireError::Field("symmetric")),
        },
        _ => Err(WireError::Field("symmetric")),
    }
}

fn read_scheme(reader: &mut Reader<'_>) -> Result<Scheme, WireError> {
    let with_hash: fn(HashAlgorithm) -> Scheme = match reader.u16()? {
        ALG_NULL => return Ok(Scheme::Null),
        ALG_RSASSA => Scheme::RsaSsa,
        ALG_RSAPSS => Scheme::RsaPss,
        ALG_OAEP => Scheme::Oaep,
        ALG_ECDSA => Scheme::Ecdsa,
        ALG_ECDH => Scheme::Ecdh,
        ALG_HMAC => Scheme::Hmac,
        _ => return Err(WireError::Field("scheme")),
    };
    Ok(with_hash(HashAlgorithm::read(reader, "scheme.hashAlg")?))
}
