//! One CA: a key, its certificate, and what it signs.

use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use x509_cert::Certificate;
use x509_cert::builder::{CertificateBuilder, CrlBuilder, profile::BuilderProfile};
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::der::asn1::{Uint, UtcTime};
use x509_cert::der::pem::LineEnding;
use x509_cert::der::referenced::OwnedToRef as _;
use x509_cert::der::{Decode as _, Encode as _, EncodePem as _};
use x509_cert::ext::pkix::{
    BasicConstraints, CrlNumber, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

use crate::error::Error;
use crate::signing_key::{IssuerKey, SigningKey};

/// A signing key and its certificate.
#[derive(Debug)]
pub(crate) struct Issuer {
    key: SigningKey,
    certificate: Certificate,
}

impl Issuer {
    /// A root with a new key, which signs itself.
    pub(crate) fn root(name: &str, kind: IssuerKey) -> Result<Issuer, Error> {
        let key = SigningKey::generate(kind)?;
        let name = distinguished_name(name)?;
        let mut certificate = builder(name.clone(), name, key.public()?, long_validity())?;
        ca_extensions(&mut certificate, &key.public()?, 1).map_err(Error::authority("a CA"))?;
        Ok(Issuer {
            certificate: key.sign(certificate)?,
            key,
        })
    }

    /// A CA with a new key under this one.
    pub(crate) fn issue_intermediate(&self, name: &str, kind: IssuerKey) -> Result<Issuer, Error> {
        let key = SigningKey::generate(kind)?;
        let name = distinguished_name(name)?;
        let mut certificate = builder(self.name(), name, key.public()?, long_validity())?;
        ca_extensions(&mut certificate, &key.public()?, 0).map_err(Error::authority("a CA"))?;
        Ok(Issuer {
            certificate: self.key.sign(certificate)?,
            key,
        })
    }

    /// Someone with this issuer's certificate but not its key.
    pub(crate) fn impostor(&self) -> Result<Issuer, Error> {
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

    pub(crate) fn certificate_pem(&self) -> String {
        self.certificate
            .to_pem(LineEnding::LF)
            .expect("it was encoded when it was signed")
    }

    pub(crate) fn certificate_der(&self) -> Vec<u8> {
        self.certificate
            .to_der()
            .expect("it was encoded when it was signed")
    }

    /// A revocation list, DER, naming these certificates (DER).
    pub(crate) fn revocation_list(&self, revoked: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
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
        let mut list =
            CrlBuilder::new_with_this_update(&self.certificate, number, long_validity().not_before)
                .map_err(Error::authority(WHAT))?
                .with_next_update(Some(long_validity().not_after));
        if !revoked.is_empty() {
            list = list.with_certificates(revoked.into_iter());
        }
        let list: CertificateList = self.key.sign(list)?;
        list.to_der().map_err(Error::authority(WHAT))
    }

    /// Writes NAME.key and NAME.crt.
    pub(crate) fn save(&self, folder: &Path, name: &str) -> Result<(), Error> {
        let key = folder.join(format!("{name}.key"));
        fs::write(&key, self.key.to_der()?).map_err(Error::file("writing", &key))?;
        let certificate = folder.join(format!("{name}.crt"));
        fs::write(&certificate, self.certificate_der())
            .map_err(Error::file("writing", &certificate))
    }

    /// Reads what [`Issuer::save`] wrote.
    pub(crate) fn load(folder: &Path, name: &str) -> Result<Issuer, Error> {
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
) -> x509_cert::der::Result<()> {
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: Some(path_len),
    };
    certificate.add_extension((true, &constraints))?;
    let usage = KeyUsages::KeyCertSign | KeyUsages::CRLSign;
    certificate.add_extension((true, &KeyUsage(usage)))?;
    let key_id = SubjectKeyIdentifier::try_from(key.owned_to_ref())?;
    certificate.add_extension((false, &key_id))
}

fn distinguished_name(text: &str) -> Result<Name, Error> {
    Name::from_str(text).map_err(Error::authority("a distinguished name"))
}
