//! A TPM's attestation key in software, which signs whatever a test puts into an attestation.

use counterfoil::evidence::public::ak_template;
use counterfoil::evidence::{
    AttestationKey, Attested, ClockInfo, Name, Public, endorsement_primary_qualified_name,
};
use counterfoil::token::VendorId;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

pub(crate) const CLOCK: ClockInfo = ClockInfo {
    clock_ms: 123_456_789,
    reset_count: 7,
    restart_count: 3,
    safe: true,
};
pub(crate) const FIRMWARE: u64 = 0x2019_1023_0016_3636;
pub(crate) const EXTRA_DATA: [u8; 32] = [0x5a; 32];

/// The signing key with the number `seed`.
pub(crate) fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

/// The public area of an attestation key with this key pair.
pub(crate) fn ak_public(key: &SigningKey) -> Vec<u8> {
    with_point(&ak_template(vendor()), 32, 0, key)
}

/// A P-256 template with the key's point in place of its `unique`, whose coordinates have these
/// lengths.
pub(crate) fn with_point(template: &[u8], x_len: usize, y_len: usize, key: &SigningKey) -> Vec<u8> {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    let mut public = template[..template.len() - 4 - x_len - y_len].to_vec();
    for coordinate in [x, y] {
        public.extend([0, 32]);
        public.extend(coordinate);
    }
    public
}

pub(crate) fn ak() -> AttestationKey {
    AttestationKey::from_public(&ak_public(&signing_key(1))).unwrap()
}

pub(crate) fn vendor() -> VendorId {
    VendorId::new([7; 16])
}

/// The Name of some object: the attestation key's with the number `seed`.
pub(crate) fn some_name(seed: u8) -> Name {
    Public::parse(&ak_public(&signing_key(seed)))
        .unwrap()
        .name()
        .unwrap()
}

/// An attestation, field by field.
pub(crate) struct Attest {
    pub(crate) magic: u32,
    pub(crate) kind: u16,
    pub(crate) qualified_signer: Vec<u8>,
    pub(crate) extra_data: Vec<u8>,
    pub(crate) clock: ClockInfo,
    pub(crate) safe: u8,
    pub(crate) firmware: u64,
    pub(crate) body: Vec<u8>,
    pub(crate) signer: SigningKey,
}

impl Attest {
    /// A faultless one of this kind.
    pub(crate) fn new(kind: u16, body: Vec<u8>) -> Self {
        Self {
            magic: 0xff54_4347,
            kind,
            qualified_signer: endorsement_primary_qualified_name(&some_name(1))
                .as_bytes()
                .to_vec(),
            extra_data: EXTRA_DATA.to_vec(),
            clock: CLOCK,
            safe: 1,
            firmware: FIRMWARE,
            body,
            signer: signing_key(1),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.magic.to_be_bytes());
        bytes.extend(self.kind.to_be_bytes());
        bytes.extend(sized(&self.qualified_signer));
        bytes.extend(sized(&self.extra_data));
        bytes.extend(self.clock.clock_ms.to_be_bytes());
        bytes.extend(self.clock.reset_count.to_be_bytes());
        bytes.extend(self.clock.restart_count.to_be_bytes());
        bytes.push(self.safe);
        bytes.extend(self.firmware.to_be_bytes());
        bytes.extend(&self.body);
        bytes
    }

    /// Signed as a TPM would.
    pub(crate) fn sign(&self) -> Attested {
        let attest = self.encode();
        let signature = sign(&self.signer, &attest);
        Attested { attest, signature }
    }
}

/// A TPMT_SIGNATURE over the message.
pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let signature: Signature = key.sign(message);
    let (r, s) = signature.split_bytes();
    [&[0x00, 0x18, 0x00, 0x0b][..], &sized(&r), &sized(&s)].concat()
}

/// A TPM2B.
pub(crate) fn sized(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).unwrap();
    [&len.to_be_bytes(), bytes].concat()
}
