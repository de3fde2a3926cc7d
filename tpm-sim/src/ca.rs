//! The certificate authority of a simulated TPM manufacturer.
//!
//! Real EK chains are signed with RSA as well as with ECDSA and have two or three certificates, so
//! an [`AuthoritySpec`] chooses both. An authority of another name is another manufacturer, whose
//! TPMs a verifier that pinned the first one's root must refuse.

use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use p256::elliptic_curve::Generate as _;
use rsa::pkcs1v15;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use sha2::Sha256;
use x509_cert::Certificate;
use x509_cert::builder::{Builder, CertificateBuilder, profile::BuilderProfile};
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{
    Decode as _, Encode as _, EncodePem as _,
    asn1::{Uint, UtcTime},
    flagset::FlagSet,
};
use x509_cert::ext::pkix::{
    BasicConstraints, CrlNumber, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{EncodePublicKey, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::cache;
use crate::certificate::{CertificateSpec, IssuedBy};
use crate::error::Error;

/// The kind of key with which an authority signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IssuerKey {
    /// ECDSA with P-256 and SHA-256.
    #[default]
    P256,
    /// ECDSA with P-384 and SHA-384.
    P384,
    /// RSA-2048, PKCS #1 v1.5 with SHA-256.
    Rsa2048,
}

/// Which authority certifies the EKs of a TPM.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuthoritySpec {
    /// The manufacturer's name. Another name is another root.
    pub name: String,
    /// Key of the root and the intermediate.
    pub key: IssuerKey,
    /// Whether an intermediate between the root and the EK certificates signs these. TPMs then
    /// carry its certificate at NV index 0x01c00100.
    pub intermediate: bool,
}

impl Default for AuthoritySpec {
    /// The authority of all TPMs that are not told another one: P-256, EK certificates directly
    /// under the root.
    fn default() -> AuthoritySpec {
        AuthoritySpec {
            name: "tpm-sim".to_owned(),
            key: IssuerKey::P256,
            intermediate: false,
        }
    }
}

impl AuthoritySpec {
    /// Another manufacturer, with the default key and chain.
    pub fn named(name: &str) -> AuthoritySpec {
        AuthoritySpec {
            name: name.to_owned(),
            ..AuthoritySpec::default()
        }
    }
}

/// An authority with its keys.
#[derive(Debug)]
pub struct EkAuthority {
    root: Issuer,
    intermediate: Option<Issuer>,
}

impl EkAuthority {
    /// The authority of this specification, made when it is first asked for and the same ever
    /// after for this user on this machine.
    ///
    /// # Errors
    /// [`Error::ForeignCache`], [`Error::File`] or [`Error::Authority`].
    pub fn shared(spec: &AuthoritySpec) -> Result<EkAuthority, Error> {
        let folder = cache::folder("authority", spec, |folder| {
            EkAuthority::new(spec)?.save(folder)
        })?;
        EkAuthority::load(&folder)
    }

    /// A new authority that nobody else has, even where the name is the same.
    ///
    /// # Errors
    /// [`Error::Authority`].
    pub fn new(spec: &AuthoritySpec) -> Result<EkAuthority, Error> {
        let root = Issuer::root(
            &format!("CN={} EK root,O={}", spec.name, spec.name),
            spec.key,
        )?;
        let intermediate = spec
            .intermediate
            .then(|| {
                root.issue_intermediate(
                    &format!("CN={} EK CA 1,O={}", spec.name, spec.name),
                    spec.key,
                )
            })
            .transpose()?;
        Ok(EkAuthority { root, intermediate })
    }

    /// The root certificate, PEM: what a verifier pins.
    pub fn root_pem(&self) -> String {
        self.root.certificate_pem()
    }

    /// The root certificate, DER.
    pub fn root_der(&self) -> Vec<u8> {
        self.root.certificate_der()
    }

    /// The intermediate's certificate, DER, where the chain has one.
    pub fn intermediate_der(&self) -> Option<Vec<u8>> {
        self.intermediate.as_ref().map(Issuer::certificate_der)
    }

    /// An EK certificate, DER, over `ek`, well made or flawed as `spec` says.
    ///
    /// # Errors
    /// [`Error::Authority`].
    pub fn certify(
        &self,
        ek: &SubjectPublicKeyInfoOwned,
        spec: &CertificateSpec,
    ) -> Result<Vec<u8>, Error> {
        match spec.issued_by {
            IssuedBy::Authority => spec.issue(ek, self.issuer()),
            IssuedBy::Impostor => {
                // Same names, other keys: the chain breaks at a signature and nowhere else.
                let impostor = self.issuer().impostor()?;
                spec.issue(ek, &impostor)
            }
        }
    }

    /// A certificate revocation list, DER, naming the certificates (DER) in `revoked`, signed by
    /// the issuer of EK certificates.
    ///
    /// # Errors
    /// [`Error::Authority`].
    pub fn revocation_list(&self, revoked: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
        self.issuer().revocation_list(revoked)
    }

    fn issuer(&self) -> &Issuer {
        self.intermediate.as_ref().unwrap_or(&self.root)
    }

    fn save(&self, folder: &Path) -> Result<(), Error> {
        self.root.save(folder, "root")?;
        self.intermediate
            .as_ref()
            .map_or(Ok(()), |issuer| issuer.save(folder, "intermediate"))
    }

    fn load(folder: &Path) -> Result<EkAuthority, Error> {
        let intermediate = folder.join("intermediate.crt").exists();
        Ok(EkAuthority {
            root: Issuer::load(folder, "root")?,
            intermediate: intermediate
                .then(|| Issuer::load(folder, "intermediate"))
                .transpose()?,
        })
    }
}

/// A signing key and its certificate.
#[derive(Debug)]
pub(crate) struct Issuer {
    key: SigningKey,
    certificate: Certificate,
}

impl Issuer {
    fn root(name: &str, kind: IssuerKey) -> Result<Issuer, Error> {
        let key = SigningKey::generate(kind)?;
        let name = distinguished_name(name)?;
        let mut certificate = builder(name.clone(), name, key.public()?, long_validity())?;
        ca_extensions(&mut certificate, &key.public()?, 1)?;
        Ok(Issuer {
            certificate: key.sign(certificate)?,
            key,
        })
    }

    fn issue_intermediate(&self, name: &str, kind: IssuerKey) -> Result<Issuer, Error> {
        let key = SigningKey::generate(kind)?;
        let name = distinguished_name(name)?;
        let mut certificate = builder(self.name(), name, key.public()?, long_validity())?;
        ca_extensions(&mut certificate, &key.public()?, 0)?;
        Ok(Issuer {
            certificate: self.key.sign(certificate)?,
            key,
        })
    }

    /// Someone with this issuer's certificate but not its key.
    fn impostor(&self) -> Result<Issuer, Error> {
        let key = SigningKey::generate(self.key.kind())?;
        Ok(Issuer {
            key,
            certificate: self.certificate.clone(),
        })
    }

    pub(crate) fn name(&self) -> Name {
        self.certificate.tbs_certificate().subject().clone()
    }

    pub(crate) fn public_key(&self) -> SubjectPublicKeyInfoOwned {
        self.certificate
            .tbs_certificate()
            .subject_public_key_info()
            .clone()
    }

    pub(crate) fn sign(
        &self,
        certificate: CertificateBuilder<Subject>,
    ) -> Result<Certificate, Error> {
        self.key.sign(certificate)
    }

    fn certificate_pem(&self) -> String {
        self.certificate
            .to_pem(LineEnding::LF)
            .expect("it was encoded when it was signed")
    }

    fn certificate_der(&self) -> Vec<u8> {
        self.certificate
            .to_der()
            .expect("it was encoded when it was signed")
    }

    fn revocation_list(&self, revoked: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
        const WHAT: &str = "a revocation list";
        let revoked = revoked
            .iter()
            .map(|der| {
                let certificate = Certificate::from_der(der).map_err(Error::authority(WHAT))?;
                Ok(RevokedCert {
                    serial_number: certificate.tbs_certificate().serial_number().clone(),
                    revocation_date: long_validity().not_before,
                    crl_entry_extensions: None,
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let number = CrlNumber(Uint::new(&[1]).map_err(Error::authority(WHAT))?);
        let mut list = x509_cert::builder::CrlBuilder::new_with_this_update(
            &self.certificate,
            number,
            long_validity().not_before,
        )
        .map_err(Error::authority(WHAT))?
        .with_next_update(Some(long_validity().not_after));
        if !revoked.is_empty() {
            list = list.with_certificates(revoked.into_iter());
        }
        let list: CertificateList = self.key.sign(list)?;
        list.to_der().map_err(Error::authority(WHAT))
    }

    fn save(&self, folder: &Path, name: &str) -> Result<(), Error> {
        let key = folder.join(format!("{name}.key"));
        fs::write(&key, self.key.to_der()?).map_err(Error::file("writing", &key))?;
        let certificate = folder.join(format!("{name}.crt"));
        fs::write(&certificate, self.certificate_der())
            .map_err(Error::file("writing", &certificate))
    }

    fn load(folder: &Path, name: &str) -> Result<Issuer, Error> {
        let path = folder.join(format!("{name}.crt"));
        let certificate = fs::read(&path).map_err(Error::file("reading", &path))?;
        let certificate =
            Certificate::from_der(&certificate).map_err(Error::authority("a certificate"))?;
        let path = folder.join(format!("{name}.key"));
        let key = fs::read(&path).map_err(Error::file("reading", &path))?;
        Ok(Issuer {
            key: SigningKey::from_der(&key)?,
            certificate,
        })
    }
}

/// A key of any of the three kinds.
#[derive(Debug)]
enum SigningKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa2048(pkcs1v15::SigningKey<Sha256>),
}

impl SigningKey {
    fn generate(kind: IssuerKey) -> Result<SigningKey, Error> {
        let mut rng = UnwrapErr(SysRng);
        Ok(match kind {
            IssuerKey::P256 => {
                SigningKey::P256(p256::ecdsa::SigningKey::generate_from_rng(&mut rng))
            }
            IssuerKey::P384 => {
                SigningKey::P384(p384::ecdsa::SigningKey::generate_from_rng(&mut rng))
            }
            IssuerKey::Rsa2048 => SigningKey::Rsa2048(pkcs1v15::SigningKey::new(
                rsa::RsaPrivateKey::new(&mut rng, 2048).map_err(Error::authority("an RSA key"))?,
            )),
        })
    }

    fn kind(&self) -> IssuerKey {
        match self {
            SigningKey::P256(_) => IssuerKey::P256,
            SigningKey::P384(_) => IssuerKey::P384,
            SigningKey::Rsa2048(_) => IssuerKey::Rsa2048,
        }
    }

    fn public(&self) -> Result<SubjectPublicKeyInfoOwned, Error> {
        fn info(key: &impl EncodePublicKey) -> Result<SubjectPublicKeyInfoOwned, Error> {
            SubjectPublicKeyInfoOwned::from_key(key).map_err(Error::authority("a public key"))
        }
        match self {
            SigningKey::P256(key) => info(key.verifying_key()),
            SigningKey::P384(key) => info(key.verifying_key()),
            SigningKey::Rsa2048(key) => info(&rsa::signature::Keypair::verifying_key(key)),
        }
    }

    fn sign<B: Builder>(&self, builder: B) -> Result<B::Output, Error> {
        match self {
            SigningKey::P256(key) => builder.build::<_, p256::ecdsa::DerSignature>(key),
            SigningKey::P384(key) => builder.build::<_, p384::ecdsa::DerSignature>(key),
            SigningKey::Rsa2048(key) => builder.build::<_, pkcs1v15::Signature>(key),
        }
        .map_err(Error::authority("a signature"))
    }

    fn to_der(&self) -> Result<Vec<u8>, Error> {
        match self {
            SigningKey::P256(key) => key.to_pkcs8_der(),
            SigningKey::P384(key) => key.to_pkcs8_der(),
            SigningKey::Rsa2048(key) => key.to_pkcs8_der(),
        }
        .map(|der| der.as_bytes().to_vec())
        .map_err(Error::authority("a private key"))
    }

    fn from_der(der: &[u8]) -> Result<SigningKey, Error> {
        p256::ecdsa::SigningKey::from_pkcs8_der(der)
            .map(SigningKey::P256)
            .or_else(|_| p384::ecdsa::SigningKey::from_pkcs8_der(der).map(SigningKey::P384))
            .or_else(|_| pkcs1v15::SigningKey::from_pkcs8_der(der).map(SigningKey::Rsa2048))
            .map_err(Error::authority("a private key"))
    }
}

/// Who issues a certificate to whom. Extensions are added one by one.
pub(crate) struct Subject {
    issuer: Name,
    subject: Name,
}

impl BuilderProfile for Subject {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _subject_key: x509_cert::spki::SubjectPublicKeyInfoRef<'_>,
        _issuer_key: x509_cert::spki::SubjectPublicKeyInfoRef<'_>,
        _tbs: &x509_cert::TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<x509_cert::ext::Extension>> {
        Ok(Vec::new())
    }
}

/// A certificate without extensions, with a random serial number.
pub(crate) fn builder(
    issuer: Name,
    subject: Name,
    public_key: SubjectPublicKeyInfoOwned,
    validity: Validity,
) -> Result<CertificateBuilder<Subject>, Error> {
    let serial = SerialNumber::generate(&mut UnwrapErr(SysRng));
    CertificateBuilder::new(Subject { issuer, subject }, serial, validity, public_key)
        .map_err(Error::authority("a certificate"))
}

/// From 2020 to the date that RFC 5280 section 4.1.2.5 gives certificates without an end.
pub(crate) fn long_validity() -> Validity {
    Validity::new(january_first(2020), Time::INFINITY)
}

/// The start of a year before 2050.
pub(crate) fn january_first(year: u16) -> Time {
    x509_cert::der::DateTime::new(year, 1, 1, 0, 0, 0)
        .and_then(UtcTime::from_date_time)
        .map(Time::UtcTime)
        .expect("UTCTime holds the years 1950 to 2049")
}

fn ca_extensions(
    certificate: &mut CertificateBuilder<Subject>,
    key: &SubjectPublicKeyInfoOwned,
    path_len: u8,
) -> Result<(), Error> {
    let usage = KeyUsages::KeyCertSign | KeyUsages::CRLSign;
    add_ca_extensions(certificate, key, path_len, usage)
        .map_err(Error::authority("a CA certificate"))
}

fn add_ca_extensions(
    certificate: &mut CertificateBuilder<Subject>,
    key: &SubjectPublicKeyInfoOwned,
    path_len: u8,
    usage: FlagSet<KeyUsages>,
) -> x509_cert::der::Result<()> {
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: Some(path_len),
    };
    certificate.add_extension((true, &constraints))?;
    certificate.add_extension((true, &KeyUsage(usage)))?;
    let key_id =
        SubjectKeyIdentifier::try_from(x509_cert::der::referenced::OwnedToRef::owned_to_ref(key))?;
    certificate.add_extension((false, &key_id))
}

fn distinguished_name(text: &str) -> Result<Name, Error> {
    Name::from_str(text).map_err(Error::authority("a distinguished name"))
}
