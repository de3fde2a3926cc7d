//! The three kinds of endorsement key: their templates, handles and public halves.
//!
//! Templates, NV indexes and persistent handles are those of the TCG EK Credential Profile for
//! TPM Family 2.0, revision 2.5, sections 2.2.1.4-2.2.1.6 and B.3-B.4.

use rsa::BoxedUint;
use x509_cert::der::Decode as _;
use x509_cert::spki::{EncodePublicKey, SubjectPublicKeyInfoOwned};

use crate::error::Error;
use crate::wire;

/// A kind of endorsement key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EkKind {
    /// RSA-2048 by template L-1; what nearly every TPM has.
    Rsa2048,
    /// NIST P-256 by template L-2.
    P256,
    /// NIST P-384 by template H-3; what `swtpm_setup --ecc` makes.
    P384,
}

impl EkKind {
    /// All kinds.
    pub const ALL: [EkKind; 3] = [EkKind::Rsa2048, EkKind::P256, EkKind::P384];

    /// NV index of the EK's certificate.
    pub const fn certificate_index(self) -> u32 {
        match self {
            EkKind::Rsa2048 => 0x01C0_0002,
            EkKind::P256 => 0x01C0_000A,
            EkKind::P384 => 0x01C0_0016,
        }
    }

    /// Handle at which the manufacturer leaves the EK itself.
    pub const fn persistent_handle(self) -> u32 {
        match self {
            EkKind::Rsa2048 => 0x8101_0001,
            EkKind::P256 => 0x8101_0002,
            EkKind::P384 => 0x8101_0016,
        }
    }

    /// The TPMT_PUBLIC from which `TPM2_CreatePrimary` under the endorsement hierarchy makes the
    /// EK.
    pub fn template(self) -> Vec<u8> {
        match self {
            EkKind::Rsa2048 => {
                let mut template = template(ALG_RSA, ALG_SHA256, LOW_ATTRIBUTES, &POLICY_A_SHA256);
                extend_u16(&mut template, &[ALG_AES, 128, ALG_CFB, ALG_NULL, 2048]);
                template.extend([0; 4]);
                extend_sized(&mut template, &[0; 256]);
                template
            }
            EkKind::P256 => {
                let mut template = template(ALG_ECC, ALG_SHA256, LOW_ATTRIBUTES, &POLICY_A_SHA256);
                extend_u16(
                    &mut template,
                    &[ALG_AES, 128, ALG_CFB, ALG_NULL, ECC_NIST_P256, ALG_NULL],
                );
                extend_sized(&mut template, &[0; 32]);
                extend_sized(&mut template, &[0; 32]);
                template
            }
            EkKind::P384 => {
                let mut template = template(ALG_ECC, ALG_SHA384, HIGH_ATTRIBUTES, &POLICY_B_SHA384);
                extend_u16(
                    &mut template,
                    &[ALG_AES, 256, ALG_CFB, ALG_NULL, ECC_NIST_P384, ALG_NULL],
                );
                extend_sized(&mut template, &[]);
                extend_sized(&mut template, &[]);
                template
            }
        }
    }

    /// The public key in `public`, a TPMT_PUBLIC made from this kind's template, as an X.509
    /// SubjectPublicKeyInfo.
    pub(crate) fn public_key(self, public: &[u8]) -> Result<SubjectPublicKeyInfoOwned, Error> {
        // What comes before `unique` has the same length in the template and in the key.
        let policy_len = wire::sized_at(public, 8).map_or(0, <[u8]>::len);
        let parameters = 10 + policy_len;
        let unreadable = || Error::Unreadable("TPM2_CreatePrimary");
        let der = match self {
            EkKind::Rsa2048 => {
                const EXPONENT: u64 = 65_537;
                let modulus = wire::sized_at(public, parameters + 14).ok_or_else(unreadable)?;
                let modulus = BoxedUint::from_be_slice_vartime(modulus);
                rsa::PublicKey::new(modulus, EXPONENT.into())
                    .map_err(Error::authority("an RSA key"))?
                    .to_public_key_der()
            }
            EkKind::P256 => p256::PublicKey::from_sec1_bytes(
                &sec1(public, parameters + 12, 32).ok_or_else(unreadable)?,
            )
            .map_err(Error::authority("a P-256 key"))?
            .to_public_key_der(),
            EkKind::P384 => p384::PublicKey::from_sec1_bytes(
                &sec1(public, parameters + 12, 48).ok_or_else(unreadable)?,
            )
            .map_err(Error::authority("a P-384 key"))?
            .to_public_key_der(),
        };
        let der = der.map_err(Error::authority("a public key"))?;
        SubjectPublicKeyInfoOwned::from_der(der.as_bytes())
            .map_err(Error::authority("a public key"))
    }
}

const ALG_RSA: u16 = 0x0001;
const ALG_AES: u16 = 0x0006;
const ALG_SHA256: u16 = 0x000B;
const ALG_SHA384: u16 = 0x000C;
const ALG_NULL: u16 = 0x0010;
const ALG_ECC: u16 = 0x0023;
const ALG_CFB: u16 = 0x0043;
const ECC_NIST_P256: u16 = 0x0003;
const ECC_NIST_P384: u16 = 0x0004;

/// fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy, restricted, decrypt.
const LOW_ATTRIBUTES: u32 = 0x0003_00B2;
/// The same and userWithAuth.
const HIGH_ATTRIBUTES: u32 = 0x0003_00F2;

/// PolicyA: PolicySecret(endorsement hierarchy).
const POLICY_A_SHA256: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xB3, 0xF8, 0x1A, 0x90, 0xCC, 0x8D, 0x46, 0xA5, 0xD7, 0x24,
    0xFD, 0x52, 0xD7, 0x6E, 0x06, 0x52, 0x0B, 0x64, 0xF2, 0xA1, 0xDA, 0x1B, 0x33, 0x14, 0x69, 0xAA,
];

/// PolicyB: PolicyA or what the owner of an NV index authorizes.
const POLICY_B_SHA384: [u8; 48] = [
    0xB2, 0x6E, 0x7D, 0x28, 0xD1, 0x1A, 0x50, 0xBC, 0x53, 0xD8, 0x82, 0xBC, 0xF5, 0xFD, 0x3A, 0x1A,
    0x07, 0x41, 0x48, 0xBB, 0x35, 0xD3, 0xB4, 0xE4, 0xCB, 0x1C, 0x0A, 0xD9, 0xBD, 0xE4, 0x19, 0xCA,
    0xCB, 0x47, 0xBA, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0F, 0x9F, 0xC0, 0x00, 0xF3, 0xF8, 0x0E, 0x12,
];

/// The part of a TPMT_PUBLIC that all kinds share: type, nameAlg, attributes, authPolicy.
fn template(kind: u16, name_alg: u16, attributes: u32, policy: &[u8]) -> Vec<u8> {
    let mut template = Vec::new();
    extend_u16(&mut template, &[kind, name_alg]);
    template.extend(attributes.to_be_bytes());
    extend_sized(&mut template, policy);
    template
}

fn extend_u16(bytes: &mut Vec<u8>, values: &[u16]) {
    bytes.extend(values.iter().flat_map(|value| value.to_be_bytes()));
}

fn extend_sized(bytes: &mut Vec<u8>, content: &[u8]) {
    extend_u16(bytes, &[content.len() as u16]);
    bytes.extend(content);
}

/// An uncompressed point from the TPMS_ECC_POINT at `offset`. TPMs may leave out leading zeros.
fn sec1(public: &[u8], offset: usize, coordinate_len: usize) -> Option<Vec<u8>> {
    let x = wire::sized_at(public, offset)?;
    let y = wire::sized_at(public, offset + 2 + x.len())?;
    let mut point = vec![4];
    for coordinate in [x, y] {
        point.resize(
            point.len() + coordinate_len.checked_sub(coordinate.len())?,
            0,
        );
        point.extend(coordinate);
    }
    Some(point)
}
