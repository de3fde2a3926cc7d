//! The request with which a machine asks for a license.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::evidence::{Attested, CounterProof, PlatformQuote};
use crate::token::cbor::{self, CborError, FromCbor, Limits, MapReader, MapWriter, ToCbor, Value};
use crate::token::cose::{self, CoseError, Kind};
use crate::token::{Digest, License, LicenseId, PublicKey, SigningKey, StoreId, TokenId, VendorId};

const ATTESTATION_DOMAIN: &[u8] = b"counterfoil/v1/activation";
const MAC_DOMAIN: &[u8] = b"counterfoil/v1/license-mac";

/// Who drew the nonce of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceSource {
    /// The vendor's service, for a request over a network.
    Vendor,
    /// The device, for a request that travels as a file.
    Device,
}

/// What the TPM says about its own make, for people. The attestation covers it, which does not make it true: the vendor's
/// figures go by the model that the endorsement certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmModel {
    /// The four letters of TPM_PT_MANUFACTURER, without padding.
    pub manufacturer: String,
    /// The text of TPM_PT_VENDOR_STRING_1 to 4.
    pub model: String,
    /// TPM_PT_FIRMWARE_VERSION_1 and 2.
    pub firmware: u64,
}

/// What a request says, before anything signs it.
///
/// The TPM's structures are kept as the bytes received: their Names are hashes over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationBody {
    /// The license that is asked for.
    pub license_id: LicenseId,
    /// The product that the application belongs to; empty where it takes licenses for any of the vendor's.
    pub product: String,
    /// Makes the attestations fresh.
    pub nonce: [u8; 32],
    /// Who drew `nonce`.
    pub nonce_source: NonceSource,
    /// The vendor, by its founding root key.
    pub vendor: VendorId,
    /// The store that will hold the license.
    pub store: StoreId,
    /// The store's number on this machine; 0 is the machine-wide one.
    pub slot: u32,
    /// The epoch that the seed is sealed for.
    pub epoch: u64,
    /// TPMT_PUBLIC of the endorsement key.
    pub ek_public: Vec<u8>,
    /// DER certificates of the endorsement key, its own first, then whatever lies where makers leave their chains; empty where the
    /// TPM has none.
    pub ek_certificates: Vec<Vec<u8>>,
    /// TPMT_PUBLIC of the attestation key.
    pub ak_public: Vec<u8>,
    /// TPMT_PUBLIC of the storage root key.
    pub srk_public: Vec<u8>,
    /// TPMT_PUBLIC of the feature parent.
    pub feature_parent_public: Vec<u8>,
    /// TPMT_PUBLIC of the sealed seed.
    pub seed_public: Vec<u8>,
    /// TPMS_NV_PUBLIC of the epoch counter.
    pub epoch_index: Vec<u8>,
    /// TPMS_NV_PUBLIC of the activity counter.
    pub activity_index: Vec<u8>,
    /// The key that approves increments of both counters.
    pub store_key: PublicKey,
    /// The key that every token is bound to and that signs this request.
    pub binding_key: PublicKey,
    /// The TPM's make.
    pub tpm: TpmModel,
    /// Digest of the trust bundle that the device holds, if any: a proof that the request is younger than it.
    pub trust_bundle: Option<Digest>,
    /// Version of this library.
    pub program: String,
    /// The TPM's other endorsement keys with a certificate, of which a vendor may trust one sooner; at most
    /// [`MAX_FURTHER_ENDORSEMENTS`]. A service that does not know the field judges by the first key alone.
    pub further_endorsements: Vec<PresentedEndorsement>,
    /// The leases that the store holds. Their ids were sent in encrypted answers alone: naming one proves that the answer was
    /// opened. Empty from older programs.
    pub leases: Vec<TokenId>,
}

/// An endorsement key beside the first, as a request presents it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedEndorsement {
    /// TPMT_PUBLIC of the key.
    pub public: Vec<u8>,
    /// DER certificates of the key, its own first. What came with the first key may belong to their chain too.
    pub certificates: Vec<Vec<u8>>,
}

/// More endorsement keys than the profile has templates for are no TPM's.
pub const MAX_FURTHER_ENDORSEMENTS: usize = 7;

impl ActivationBody {
    /// All endorsement keys that the request presents, the first one first: public area and certificates.
    pub fn endorsements(&self) -> impl Iterator<Item = (&[u8], &[Vec<u8>])> {
        let further = self
            .further_endorsements
            .iter()
            .map(|key| (&key.public[..], &key.certificates[..]));
        std::iter::once((&self.ek_public[..], &self.ek_certificates[..])).chain(further)
    }

    /// The deterministic encoding, which [`qualifying_data`] and the request's signature cover.
    pub fn encode(&self) -> Vec<u8> {
        MapWriter::new()
            .put(2, FORMAT)
            .put(4, self.license_id)
            .put(6, &self.product)
            .put(8, self.nonce)
            .put(10, self.nonce_source)
            .put(12, self.vendor)
            .put(14, self.store)
            .put(16, self.slot)
            .put(18, self.epoch)
            .put(20, &self.ek_public)
            .put_list(22, &self.ek_certificates)
            .put(24, &self.ak_public)
            .put(26, &self.srk_public)
            .put(28, &self.feature_parent_public)
            .put(30, &self.seed_public)
            .put(32, &self.epoch_index)
            .put(34, &self.activity_index)
            .put(36, self.store_key.sec1())
            .put(38, self.binding_key.sec1())
            .put(39, &self.tpm)
            .put_some(41, self.trust_bundle)
            .put(43, &self.program)
            .put_some_list(45, &self.further_endorsements)
            .put_some_list(49, &self.leases)
            .encode()
    }

    /// Reads the encoding back; anything but the one deterministic form is refused.
    ///
    /// # Errors
    /// [`RequestError`] names the first field that is missing or malformed.
    pub fn decode(bytes: &[u8]) -> Result<Self, RequestError> {
        let mut map = MapReader::new(cbor::decode(bytes, LIMITS)?)?;
        let format = map.required(2)?;
        if format != FORMAT {
            return Err(RequestError::Format(format));
        }
        let body = Self {
            license_id: map.required(4)?,
            product: read_product(&mut map, 6)?,
            nonce: map.required(8)?,
            nonce_source: map.required(10)?,
            vendor: map.required(12)?,
            store: map.required(14)?,
            slot: map.required(16)?,
            epoch: map.required(18)?,
            ek_public: map.required(20)?,
            ek_certificates: map.list(22)?,
            ak_public: map.required(24)?,
            srk_public: map.required(26)?,
            feature_parent_public: map.required(28)?,
            seed_public: map.required(30)?,
            epoch_index: map.required(32)?,
            activity_index: map.required(34)?,
            store_key: read_key(&mut map, 36)?,
            binding_key: read_key(&mut map, 38)?,
            tpm: map.required(39)?,
            trust_bundle: map.optional(41)?,
            program: map.required(43)?,
            further_endorsements: map.optional_list(45)?,
            leases: map.optional_list(49)?,
        };
        if body.further_endorsements.len() > MAX_FURTHER_ENDORSEMENTS {
            return Err(CborError::OutOfRange { key: 45 }.into());
        }
        map.finish()?;
        Ok(body)
    }
}

const FORMAT: u64 = 1;
const LIMITS: Limits = Limits::size(Kind::ActivationRequest.size_limit());

/// What the TPM signed for a request, each over the same [`qualifying_data`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proofs {
    /// TPM2_Certify of the storage root key.
    pub srk: Attested,
    /// TPM2_Certify of the feature parent.
    pub feature_parent: Attested,
    /// TPM2_Certify of the sealed seed.
    pub seed: Attested,
    /// Value of the epoch counter.
    pub epoch: CounterProof,
    /// Value of the activity counter.
    pub activity: CounterProof,
    /// The quote.
    pub quote: Attested,
    /// What the TPM measured of the machine's start, for vendors whose rules watch it; `None` where the TPM measures
    /// nothing with SHA-256, and from older programs.
    pub platform: Option<PlatformQuote>,
}

/// The qualifying data of every attestation in a request: SHA-256(domain ‖ nonce ‖ request id), where the request id is
/// SHA-256(body).
pub fn qualifying_data(nonce: &[u8; 32], request: Digest) -> [u8; 32] {
    *Digest::of(&[ATTESTATION_DOMAIN, nonce, request.as_bytes()]).as_bytes()
}

/// A request whose signature by its own binding key has been verified.
///
/// That says that one holder of the binding key made the whole of it, and nothing about a TPM: the proofs, the
/// certificates and the MAC are the issuer's to verify.
#[derive(Debug, Clone)]
pub struct ActivationRequest {
    body: ActivationBody,
    id: Digest,
    proofs: Proofs,
    mac: [u8; 32],
}

impl ActivationRequest {
    /// Makes the request file: the encoded body, the TPM's proofs about it, a MAC by the license key, all signed by the
    /// binding key.
    ///
    /// # Errors
    /// [`CoseError`] where the whole exceeds the size limit of its kind.
    pub fn sign(
        body: &[u8],
        proofs: &Proofs,
        license: &[u8; 32],
        binding_key: &SigningKey,
    ) -> Result<Vec<u8>, CoseError> {
        let mac = license_mac(license, Digest::of(&[body]))
            .finalize()
            .into_bytes();
        let payload = MapWriter::new()
            .put(2, body)
            .put(4, proofs)
            .put(6, mac.as_slice())
            .encode();
        cose::sign(Kind::ActivationRequest, binding_key, &payload)
    }

    /// Reads a request file and verifies its signature under the binding key that it names.
    ///
    /// # Errors
    /// [`RequestError`]; nothing of a refused request is usable.
    pub fn open(bytes: &[u8]) -> Result<Self, RequestError> {
        let envelope = cose::open(Kind::ActivationRequest, bytes)?;
        let mut map = MapReader::new(cbor::decode(envelope.unverified_payload(), LIMITS)?)?;
        let body_bytes: Vec<u8> = map.required(2)?;
        let body = ActivationBody::decode(&body_bytes)?;
        envelope.verify(&body.binding_key)?;
        let proofs = map.required(4)?;
        let mac = map.required(6)?;
        map.finish()?;
        Ok(Self {
            id: Digest::of(&[&body_bytes]),
            body,
            proofs,
            mac,
        })
    }

    /// What the request says.
    pub fn body(&self) -> &ActivationBody {
        &self.body
    }

    /// What the TPM signed; not yet verified.
    pub fn proofs(&self) -> &Proofs {
        &self.proofs
    }

    /// The request's id: SHA-256 of its body.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The qualifying data that every proof must carry.
    pub fn qualifying_data(&self) -> [u8; 32] {
        qualifying_data(&self.body.nonce, self.id)
    }

    /// Verifies, in constant time, that the sender knows the secret of the license key.
    ///
    /// # Errors
    /// [`RequestError::LicenseKey`].
    pub fn verify_mac(&self, license: &[u8; 32]) -> Result<(), RequestError> {
        license_mac(license, self.id)
            .verify_slice(&self.mac)
            .map_err(|_| RequestError::LicenseKey)
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The envelope or its signature.
    #[error("the request file is damaged or was changed ({0}); make a new request")]
    Envelope(#[from] CoseError),
    /// The CBOR inside.
    #[error("the request is not in the expected form ({0}); make a new request")]
    Encoding(#[from] CborError),
    /// A request in a format of a newer program.
    #[error("the request has format {0}, which this program does not know; update this program")]
    Format(u64),
    /// The MAC does not match the license key.
    #[error("the license key is not valid")]
    LicenseKey,
}

fn license_mac(license: &[u8; 32], request: Digest) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(license)
        .expect("HMAC takes keys of any length")
        .chain_update(MAC_DOMAIN)
        .chain_update(request.as_bytes())
}

/// The name of a product, which people read in what comes of the request, or nothing.
fn read_product(map: &mut MapReader, key: i64) -> Result<String, CborError> {
    let product: String = map.required(key)?;
    match product.len() > License::NAME_LIMIT || product.contains(char::is_control) {
        true => Err(CborError::OutOfRange { key }),
        false => Ok(product),
    }
}

fn read_key(map: &mut MapReader, key: i64) -> Result<PublicKey, CborError> {
    let point: [u8; 65] = map.required(key)?;
    PublicKey::from_sec1(&point).map_err(|_| CborError::OutOfRange { key })
}

impl ToCbor for NonceSource {
    fn to_cbor(&self) -> Value {
        match self {
            Self::Vendor => 0u64.to_cbor(),
            Self::Device => 1u64.to_cbor(),
        }
    }
}

impl FromCbor for NonceSource {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        match u64::from_cbor(value, key)? {
            0 => Ok(Self::Vendor),
            1 => Ok(Self::Device),
            _ => Err(CborError::OutOfRange { key }),
        }
    }
}

impl ToCbor for TpmModel {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(1, &self.manufacturer)
            .put(3, &self.model)
            .put(5, self.firmware)
            .into_value()
    }
}

impl FromCbor for TpmModel {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let model = Self {
            manufacturer: map.required(1)?,
            model: map.required(3)?,
            firmware: map.required(5)?,
        };
        map.finish()?;
        Ok(model)
    }
}

impl ToCbor for PresentedEndorsement {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.public)
            .put_list(4, &self.certificates)
            .into_value()
    }
}

impl FromCbor for PresentedEndorsement {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let presented = Self {
            public: map.required(2)?,
            certificates: map.list(4)?,
        };
        map.finish()?;
        Ok(presented)
    }
}

impl ToCbor for Proofs {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.srk)
            .put(4, &self.feature_parent)
            .put(6, &self.seed)
            .put(8, &self.epoch)
            .put(10, &self.activity)
            .put(12, &self.quote)
            .put_some(13, self.platform.as_ref())
            .into_value()
    }
}

impl FromCbor for Proofs {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let proofs = Self {
            srk: map.required(2)?,
            feature_parent: map.required(4)?,
            seed: map.required(6)?,
            epoch: map.required(8)?,
            activity: map.required(10)?,
            quote: map.required(12)?,
            platform: map.optional(13)?,
        };
        map.finish()?;
        Ok(proofs)
    }
}
