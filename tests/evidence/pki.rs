//! A maker's certificates as data: every field can be set, and nothing is checked.

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use rsa::traits::SignatureScheme as _;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::sync::OnceLock;

pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const ALTERNATIVE_NAME: &str = "2.5.29.17";
pub(crate) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(crate) const POLICIES: &str = "2.5.29.32";
pub(crate) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(crate) const SUBJECT_KEY: &str = "2.5.29.14";
pub(crate) const AUTHORITY_KEY: &str = "2.5.29.35";
pub(crate) const NAME_CONSTRAINTS: &str = "2.5.29.30";

/// Seconds since 1970 of a day in 2026 on which the certificates here are valid.
pub(crate) const TODAY: u64 = 1_790_000_000;

/// A key pair of an authority or a TPM.
#[derive(Clone)]
pub(crate) enum Key {
    Rsa(Box<rsa::PrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

/// How an authority signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    RsaSha1,
    RsaSha256,
    RsaSha384,
    RsaSha512,
    PssSha256,
    PssSha384,
    PssSha512,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
}

impl Key {
    pub(crate) fn p256(seed: u8) -> Self {
        Self::P256(p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    pub(crate) fn p384(seed: u8) -> Self {
        Self::P384(p384::ecdsa::SigningKey::from_slice(&[seed; 48]).unwrap())
    }

    pub(crate) fn p521(seed: u8) -> Self {
        // The first of its 66 bytes holds one bit.
        let mut scalar = [seed; 66];
        scalar[0] = 0;
        Self::P521(p521::ecdsa::SigningKey::from_slice(&scalar).unwrap())
    }

    /// One of two RSA keys, which take a while to make.
    pub(crate) fn rsa(which: usize) -> Self {
        static KEYS: [OnceLock<rsa::PrivateKey>; 2] = [OnceLock::new(), OnceLock::new()];
        let key = KEYS[which].get_or_init(|| {
            let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
            rsa::PrivateKey::new(&mut rng, 2048).unwrap()
        });
        Self::Rsa(Box::new(key.clone()))
    }

    /// The SubjectPublicKeyInfo.
    pub(crate) fn info(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => self.rsa_info("1.2.840.113549.1.1.1"),
            Self::P256(key) => ec_info(
                "1.2.840.10045.3.1.7",
                key.verifying_key().to_sec1_point(false).as_bytes(),
            ),
            Self::P384(key) => ec_info(
                "1.3.132.0.34",
                key.verifying_key().to_sec1_point(false).as_bytes(),
            ),
            Self::P521(key) => ec_info(
                "1.3.132.0.35",
                key.verifying_key().to_sec1_point(false).as_bytes(),
            ),
        }
    }

    /// The SubjectPublicKeyInfo of an RSA key under another algorithm.
    pub(crate) fn rsa_info(&self, algorithm: &str) -> Vec<u8> {
        use rsa::pkcs1::EncodeRsaPublicKey as _;
        let Self::Rsa(key) = self else {
            panic!("not an RSA key")
        };
        let key = key.to_public_key().to_pkcs1_der().unwrap();
        sequence(&[
            sequence(&[oid(algorithm), NULL.to_vec()]),
            bit_string(key.as_bytes()),
        ])
    }

    fn sign(&self, algorithm: Algorithm, content: &[u8]) -> Vec<u8> {
        let digest = match algorithm {
            Algorithm::RsaSha1 => sha1::Sha1::digest(content).to_vec(),
            Algorithm::RsaSha256 | Algorithm::PssSha256 | Algorithm::EcdsaSha256 => {
                Sha256::digest(content).to_vec()
            }
            Algorithm::RsaSha384 | Algorithm::PssSha384 | Algorithm::EcdsaSha384 => {
                Sha384::digest(content).to_vec()
            }
            _ => Sha512::digest(content).to_vec(),
        };
        let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
        match self {
            Self::Rsa(key) => match algorithm {
                Algorithm::RsaSha256 => key.sign(rsa::Pkcs1v15Sign::new::<Sha256>(), &digest),
                Algorithm::RsaSha384 => key.sign(rsa::Pkcs1v15Sign::new::<Sha384>(), &digest),
                Algorithm::RsaSha512 => key.sign(rsa::Pkcs1v15Sign::new::<Sha512>(), &digest),
                Algorithm::PssSha256 => {
                    rsa::Pss::<Sha256>::new().sign(Some(&mut rng), key, &digest)
                }
                Algorithm::PssSha384 => {
                    rsa::Pss::<Sha384>::new().sign(Some(&mut rng), key, &digest)
                }
                Algorithm::PssSha512 => {
                    rsa::Pss::<Sha512>::new().sign(Some(&mut rng), key, &digest)
                }
                Algorithm::RsaSha1 => key.sign(rsa::Pkcs1v15Sign::new::<sha1::Sha1>(), &digest),
                _ => panic!("an RSA key does not sign by {algorithm:?}"),
            }
            .unwrap(),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&digest).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(&digest).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
            Self::P521(key) => {
                // The crate signs nothing shorter than half its field.
                let wide = [vec![0; 66 - digest.len()], digest].concat();
                let signature: p521::ecdsa::Signature = key.sign_prehash(&wide).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

impl Algorithm {
    pub(crate) fn identifier(self) -> Vec<u8> {
        match self {
            Self::RsaSha1 => sequence(&[oid("1.2.840.113549.1.1.5"), NULL.to_vec()]),
            Self::RsaSha256 => sequence(&[oid("1.2.840.113549.1.1.11"), NULL.to_vec()]),
            Self::RsaSha384 => sequence(&[oid("1.2.840.113549.1.1.12"), NULL.to_vec()]),
            Self::RsaSha512 => sequence(&[oid("1.2.840.113549.1.1.13"), NULL.to_vec()]),
            Self::PssSha256 => pss("2.16.840.1.101.3.4.2.1", 32),
            Self::PssSha384 => pss("2.16.840.1.101.3.4.2.2", 48),
            Self::PssSha512 => pss("2.16.840.1.101.3.4.2.3", 64),
            Self::EcdsaSha256 => sequence(&[oid("1.2.840.10045.4.3.2")]),
            Self::EcdsaSha384 => sequence(&[oid("1.2.840.10045.4.3.3")]),
            Self::EcdsaSha512 => sequence(&[oid("1.2.840.10045.4.3.4")]),
        }
    }
}

/// An authority: a name, a key and how it signs.
#[derive(Clone)]
pub(crate) struct Authority {
    pub(crate) name: &'static str,
    pub(crate) key: Key,
    pub(crate) algorithm: Algorithm,
}

impl Authority {
    pub(crate) fn new(name: &'static str, key: Key) -> Self {
        let algorithm = match key {
            Key::Rsa(_) => Algorithm::RsaSha256,
            Key::P256(_) => Algorithm::EcdsaSha256,
            Key::P384(_) => Algorithm::EcdsaSha384,
            Key::P521(_) => Algorithm::EcdsaSha512,
        };
        Self {
            name,
            key,
            algorithm,
        }
    }

    /// Its certificate as an authority, from itself.
    pub(crate) fn root(&self) -> Certificate {
        Certificate::authority(self)
    }
}

/// An extension: identifier, critical, value.
pub(crate) type Extension = (&'static str, bool, Vec<u8>);

/// A certificate to be signed, field by field.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) serial: u8,
    /// What stands before the serial number, which DER forbids.
    pub(crate) serial_padding: &'static [u8],
    pub(crate) issuer: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) not_before: &'static str,
    pub(crate) not_after: &'static str,
    pub(crate) info: Vec<u8>,
    pub(crate) extensions: Vec<Extension>,
    /// What the content says of the signature, where it differs from what the outside says.
    pub(crate) inner_algorithm: Option<Algorithm>,
}

impl Certificate {
    /// A faultless endorsement certificate by this issuer for a key of this kind.
    pub(crate) fn endorsement(issuer: &Authority, key: &Key) -> Self {
        let usage = match key {
            Key::Rsa(_) => 0x20,
            _ => 0x08,
        };
        Self {
            serial: 2,
            serial_padding: &[],
            issuer: issuer.name,
            subject: "",
            not_before: "20250101000000Z",
            not_after: "99991231235959Z",
            info: key.info(),
            extensions: vec![
                (BASIC_CONSTRAINTS, true, sequence(&[])),
                (KEY_USAGE, true, key_usage(usage)),
                (ALTERNATIVE_NAME, true, tpm_name(&MODEL)),
                (EXTENDED_KEY_USAGE, false, sequence(&[oid("2.23.133.8.1")])),
            ],
            inner_algorithm: None,
        }
    }

    /// A faultless certificate of an authority, issued by itself; change `issuer` for another's.
    pub(crate) fn authority(authority: &Authority) -> Self {
        Self {
            serial: 1,
            serial_padding: &[],
            issuer: authority.name,
            subject: authority.name,
            not_before: "20200101000000Z",
            not_after: "20500101000000Z",
            info: authority.key.info(),
            extensions: vec![
                (BASIC_CONSTRAINTS, true, sequence(&[TRUE.to_vec()])),
                (KEY_USAGE, true, key_usage(0x04)),
            ],
            inner_algorithm: None,
        }
    }

    pub(crate) fn issued_by(mut self, issuer: &Authority) -> Self {
        self.issuer = issuer.name;
        self
    }

    /// Replaces the value of an extension.
    pub(crate) fn set(mut self, id: &str, value: Vec<u8>) -> Self {
        let extension = self
            .extensions
            .iter_mut()
            .find(|extension| extension.0 == id);
        extension.expect("the extension is there").2 = value;
        self
    }

    pub(crate) fn without(mut self, id: &str) -> Self {
        self.extensions.retain(|extension| extension.0 != id);
        self
    }

    pub(crate) fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// The certificate in DER, signed by the authority.
    pub(crate) fn sign(&self, signer: &Authority) -> Vec<u8> {
        let inner = self.inner_algorithm.unwrap_or(signer.algorithm);
        let extensions: Vec<_> = self.extensions.iter().map(encode_extension).collect();
        let content = sequence(&[
            tlv(0xa0, &[tlv(0x02, &[vec![2]])]),
            tlv(0x02, &[self.serial_padding.to_vec(), vec![self.serial]]),
            inner.identifier(),
            name(self.issuer),
            sequence(&[time(self.not_before), time(self.not_after)]),
            name(self.subject),
            self.info.clone(),
            tlv(0xa3, &[sequence(&extensions)]),
        ]);
        signed(signer, &content)
    }
}

/// A revocation list of the authority's, with these serial numbers.
pub(crate) fn revocation_list(
    authority: &Authority,
    serials: &[u8],
    extensions: &[Extension],
) -> Vec<u8> {
    let entries: Vec<_> = serials.iter().map(|serial| (*serial, vec![])).collect();
    revocation_list_of(authority, &entries, extensions)
}

/// The same with extensions of the entries.
pub(crate) fn revocation_list_of(
    authority: &Authority,
    entries: &[(u8, Vec<Extension>)],
    extensions: &[Extension],
) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(serial, extensions)| {
            let mut entry = vec![tlv(0x02, &[vec![*serial]]), time("20260101000000Z")];
            if !extensions.is_empty() {
                let extensions: Vec<_> = extensions.iter().map(encode_extension).collect();
                entry.push(sequence(&extensions));
            }
            sequence(&entry)
        })
        .collect();
    let mut fields = vec![
        tlv(0x02, &[vec![1]]),
        authority.algorithm.identifier(),
        name(authority.name),
        time("20260101000000Z"),
        time("20260201000000Z"),
    ];
    if !entries.is_empty() {
        fields.push(sequence(&entries));
    }
    if !extensions.is_empty() {
        let extensions: Vec<_> = extensions.iter().map(encode_extension).collect();
        fields.push(tlv(0xa0, &[sequence(&extensions)]));
    }
    signed(authority, &sequence(&fields))
}

pub(crate) const MODEL: [(&str, &str); 3] = [
    ("2.23.133.2.1", "id:54455354"),
    ("2.23.133.2.2", "Model 1"),
    ("2.23.133.2.3", "id:00010002"),
];

/// A subject alternative name with one directory name of these attributes.
pub(crate) fn tpm_name(attributes: &[(&str, &str)]) -> Vec<u8> {
    sequence(&[directory_name(attributes)])
}

pub(crate) fn directory_name(attributes: &[(&str, &str)]) -> Vec<u8> {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(id, text)| tlv(0x31, &[attribute(id, text)]))
        .collect();
    tlv(0xa4, &[sequence(&attributes)])
}

/// The same with all attributes in one set, as some makers write it.
pub(crate) fn tpm_name_in_one_set(attributes: &[(&str, &str)]) -> Vec<u8> {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(id, text)| attribute(id, text))
        .collect();
    sequence(&[tlv(0xa4, &[sequence(&[tlv(0x31, &attributes)])])])
}

fn attribute(id: &str, text: &str) -> Vec<u8> {
    sequence(&[oid(id), tlv(0x0c, &[text.as_bytes().to_vec()])])
}

/// Basic constraints of an authority with this many authorities below it.
pub(crate) fn path_length(limit: u8) -> Vec<u8> {
    sequence(&[TRUE.to_vec(), tlv(0x02, &[vec![limit]])])
}

/// A key usage with these bits of its first byte.
pub(crate) fn key_usage(bits: u8) -> Vec<u8> {
    tlv(0x03, &[vec![bits.trailing_zeros() as u8, bits]])
}

pub(crate) const TRUE: [u8; 3] = [0x01, 0x01, 0xff];
const NULL: [u8; 2] = [0x05, 0x00];

fn signed(signer: &Authority, content: &[u8]) -> Vec<u8> {
    let signature = signer.key.sign(signer.algorithm, content);
    sequence(&[
        content.to_vec(),
        signer.algorithm.identifier(),
        bit_string(&signature),
    ])
}

fn encode_extension((id, critical, value): &Extension) -> Vec<u8> {
    let critical = if *critical { TRUE.to_vec() } else { vec![] };
    sequence(&[oid(id), critical, tlv(0x04, std::slice::from_ref(value))])
}

fn pss(hash: &str, salt_len: u8) -> Vec<u8> {
    let hash = sequence(&[oid(hash), NULL.to_vec()]);
    let mask = sequence(&[oid("1.2.840.113549.1.1.8"), hash.clone()]);
    let parameters = [
        tlv(0xa0, &[hash]),
        tlv(0xa1, &[mask]),
        tlv(0xa2, &[tlv(0x02, &[vec![salt_len]])]),
    ];
    sequence(&[oid("1.2.840.113549.1.1.10"), sequence(&parameters)])
}

fn ec_info(curve: &str, point: &[u8]) -> Vec<u8> {
    sequence(&[
        sequence(&[oid("1.2.840.10045.2.1"), oid(curve)]),
        bit_string(point),
    ])
}

/// The value of an indirect list's certificateIssuer extension.
pub(crate) fn certificate_issuer(common: &str) -> Vec<u8> {
    sequence(&[tlv(0xa4, &[name(common)])])
}

/// A name of one common name, or of nothing.
fn name(common: &str) -> Vec<u8> {
    if common.is_empty() {
        return sequence(&[]);
    }
    sequence(&[tlv(0x31, &[attribute("2.5.4.3", common)])])
}

/// UTCTime up to 2049, GeneralizedTime from then on.
fn time(text: &str) -> Vec<u8> {
    if text < "2050" {
        tlv(0x17, &[text.as_bytes()[2..].to_vec()])
    } else {
        tlv(0x18, &[text.as_bytes().to_vec()])
    }
}

pub(crate) fn oid(text: &str) -> Vec<u8> {
    let oid: x509_cert::der::asn1::ObjectIdentifier = text.parse().unwrap();
    tlv(0x06, &[oid.as_bytes().to_vec()])
}

fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[vec![0], bytes.to_vec()])
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, parts)
}

pub(crate) fn tlv(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let contents = parts.concat();
    let mut bytes = vec![tag];
    match contents.len() {
        len @ 0..=0x7f => bytes.push(len as u8),
        len @ 0x80..=0xff => bytes.extend([0x81, len as u8]),
        len => bytes.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    bytes.extend(contents);
    bytes
}

/// A PEM block whose base64 is one line.
pub(crate) fn pem_on_one_line(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        base64(der)
    )
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let padded = [&[0], group, &[0; 3]].concat();
        let word = u32::from_be_bytes(padded[..4].try_into().unwrap());
        for at in 0..4 {
            let symbol = SYMBOLS[(word >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= group.len() {
                symbol.into()
            } else {
                '='
            });
        }
    }
    text
}
