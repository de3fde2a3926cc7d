//! The vendor's answer to an activation request, which only the requesting TPM can open.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::evidence::Credential;
use crate::token::Digest;
use crate::token::cbor::{self, CborError, Limits, MapReader, MapWriter};
use crate::token::cose::{self, CoseError, Kind, response_label};

const KEY_DOMAIN: &[u8] = b"counterfoil/v1/response";
const LIMITS: Limits = Limits::size(Kind::ActivationResponse.size_limit());

/// What the vendor sends: signed artifacts, each as the bytes of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationResponse {
    /// The request that this answers.
    pub request: Digest,
    /// The license.
    pub license: Vec<u8>,
    /// Its first lease.
    pub lease: Vec<u8>,
    /// The manifest that the lease names.
    pub manifest: Vec<u8>,
    /// The trust bundle.
    pub trust_bundle: Vec<u8>,
    /// Status lists that the license points into.
    pub status_lists: Vec<Vec<u8>>,
}

impl ActivationResponse {
    /// Encrypts the response under `secret`, which `credential` carries to the one TPM that can activate it.
    ///
    /// `iv` must be random; the key is used for this one message.
    ///
    /// # Errors
    /// [`CoseError`] where the whole exceeds the size limit of its kind.
    pub fn seal(
        &self,
        credential: &Credential,
        secret: &[u8],
        iv: [u8; 12],
    ) -> Result<Vec<u8>, CoseError> {
        let payload = MapWriter::new()
            .put(2, self.request)
            .put(4, &self.license)
            .put(6, &self.lease)
            .put(8, &self.manifest)
            .put(10, &self.trust_bundle)
            .put_list(11, &self.status_lists)
            .encode();
        let header = [
            (response_label::REQUEST_ID, self.request.as_bytes().to_vec()),
            (
                response_label::CREDENTIAL_BLOB,
                credential.id_object.clone(),
            ),
            (
                response_label::ENCRYPTED_SECRET,
                credential.encrypted_secret.clone(),
            ),
        ];
        let key = response_key(secret, &self.request);
        cose::seal(Kind::ActivationResponse, &key, &[], &header, &payload, iv)
    }
}

/// A response as it arrives, before the TPM has opened its credential. Nothing in it is trusted yet.
#[derive(Debug, Clone)]
pub struct SealedResponse {
    envelope: cose::Sealed,
    request: Digest,
    credential: Credential,
}

impl SealedResponse {
    /// Reads a response file.
    ///
    /// # Errors
    /// [`ResponseError::OtherKind`] or [`ResponseError::Envelope`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ResponseError> {
        if let Ok(kind) = cose::identify(bytes)
            && kind != Kind::ActivationResponse
        {
            return Err(ResponseError::OtherKind(kind));
        }
        let envelope = cose::Sealed::parse(Kind::ActivationResponse, bytes)?;
        let header = |label| {
            envelope
                .header(label)
                .ok_or(CoseError::MissingHeader { label })
        };
        let request = Digest::try_from(header(response_label::REQUEST_ID)?).map_err(|_| {
            CoseError::MissingHeader {
                label: response_label::REQUEST_ID,
            }
        })?;
        let credential = Credential {
            id_object: header(response_label::CREDENTIAL_BLOB)?.to_vec(),
            encrypted_secret: header(response_label::ENCRYPTED_SECRET)?.to_vec(),
        };
        Ok(Self {
            envelope,
            request,
            credential,
        })
    }

    /// The id of the request that this claims to answer.
    pub fn request(&self) -> Digest {
        self.request
    }

    /// For TPM2_ActivateCredential.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Decrypts with the secret that the TPM recovered from [`Self::credential`].
    ///
    /// # Errors
    /// [`ResponseError::Envelope`] where the secret is another one or a byte was changed.
    pub fn open(&self, secret: &[u8]) -> Result<ActivationResponse, ResponseError> {
        let payload = self
            .envelope
            .decrypt(&response_key(secret, &self.request), &[])?;
        let mut map = MapReader::new(cbor::decode(&payload, LIMITS)?)?;
        let response = ActivationResponse {
            request: map.required(2)?,
            license: map.required(4)?,
            lease: map.required(6)?,
            manifest: map.required(8)?,
            trust_bundle: map.required(10)?,
            status_lists: map.list(11)?,
        };
        map.finish()?;
        if response.request != self.request {
            return Err(ResponseError::OtherRequest);
        }
        Ok(response)
    }
}

/// Why a response is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// It is another file of this project's.
    #[error("this is a file of kind `{}`, not the vendor's response: {}", .0.name(), instead(*.0))]
    OtherKind(Kind),
    /// The envelope, or its decryption.
    #[error("the response file is damaged or was changed ({0}); ask the vendor for the file again")]
    Envelope(#[from] CoseError),
    /// The CBOR inside.
    #[error("the response is not in the expected form ({0}); ask the vendor for the file again")]
    Encoding(#[from] CborError),
    /// Inside and outside name different requests.
    #[error(
        "the response contradicts itself about the request that it answers; ask the vendor for the file again"
    )]
    OtherRequest,
}

/// What to do with a file that is no response.
fn instead(kind: Kind) -> &'static str {
    match kind {
        Kind::ActivationRequest => "send it to the vendor, and apply the file that comes back",
        _ => "apply the file that the vendor sent in answer to the request",
    }
}

fn response_key(secret: &[u8], request: &Digest) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(&[KEY_DOMAIN, request.as_bytes()], key.as_mut_slice())
        .expect("32 bytes are within HKDF's limit");
    key
}
