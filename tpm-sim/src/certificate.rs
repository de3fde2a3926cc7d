//! What stands in an EK certificate, and what can be wrong with one.
//!
//! Contents follow the TCG EK Credential Profile for TPM Family 2.0, section 3. Flaws are data, so
//! that a test names what it breaks: `CertificateSpec { eku: false, ..CertificateSpec::default() }`.

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{ObjectIdentifier, SetOfVec, Utf8StringRef};
use x509_cert::der::referenced::OwnedToRef as _;
use x509_cert::der::{Any, Encode as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Validity;

use crate::error::Error;
use crate::issuer::{self, Issuer};

/// `tcg-kp-EKCertificate`, the extended key usage of EK certificates.
pub const EK_CERTIFICATE_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.8.1");

/// Who signs an EK certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IssuedBy {
    /// The TPM's own authority.
    #[default]
    Authority,
    /// Someone who uses the authority's name without its key.
    Impostor,
}

/// How the subject alternative name, which names the TPM's model, is present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AltName {
    /// Critical, as it must be where the subject is empty; one multi-valued RDN.
    #[default]
    Critical,
    /// Critical, with one RDN for each of the three attributes.
    CriticalSequence,
    /// Present but not critical.
    NotCritical,
    /// Not there.
    Absent,
}

/// How a certificate lies in its NV index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NvForm {
    /// The DER encoding and nothing else.
    #[default]
    Bare,
    /// Followed by this many bytes 0x00.
    ZeroPadded(u16),
    /// Followed by this many bytes 0xff, as in an index never fully written.
    OnesPadded(u16),
    /// After the header of TPM 1.2's TCG_PCCLIENT_STORED_CERT.
    TcgHeader,
}

/// Contents of an EK certificate. The default is a well-made one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateSpec {
    /// Who signs.
    pub issued_by: IssuedBy,
    /// The subject alternative name.
    pub alt_name: AltName,
    /// Whether the extended key usage [`EK_CERTIFICATE_USAGE`] is there.
    pub eku: bool,
    /// Whether basicConstraints make it a CA, which an EK certificate must not be.
    pub ca: bool,
    /// Whether it ended in 2021.
    pub expired: bool,
    /// Whether it is over another key than the chip's EK.
    pub foreign_key: bool,
    /// The form in NV. Has no effect on [`EkAuthority::certify`](crate::EkAuthority::certify).
    pub nv_form: NvForm,
}

impl Default for CertificateSpec {
    fn default() -> CertificateSpec {
        CertificateSpec {
            issued_by: IssuedBy::default(),
            alt_name: AltName::default(),
            eku: true,
            ca: false,
            expired: false,
            foreign_key: false,
            nv_form: NvForm::default(),
        }
    }
}

impl CertificateSpec {
    /// The certificate, DER.
    pub(crate) fn issue(
        &self,
        ek: &SubjectPublicKeyInfoOwned,
        issuer: &Issuer,
    ) -> Result<Vec<u8>, Error> {
        const WHAT: &str = "an EK certificate";
        let validity = if self.expired {
            Validity::new(issuer::january_first(2020), issuer::january_first(2021))
        } else {
            issuer::long_validity()
        };
        let foreign = self.foreign_key.then(foreign_key).transpose()?;
        let ek = foreign.as_ref().unwrap_or(ek);
        let mut certificate =
            issuer::builder(issuer.name(), Name::default(), ek.clone(), validity)?;
        self.extend(&mut certificate, ek, issuer)
            .map_err(Error::authority(WHAT))?;
        issuer
            .sign(certificate)?
            .to_der()
            .map_err(Error::authority(WHAT))
    }

    fn extend(
        &self,
        certificate: &mut x509_cert::builder::CertificateBuilder<issuer::Subject>,
        ek: &SubjectPublicKeyInfoOwned,
        issuer: &Issuer,
    ) -> x509_cert::der::Result<()> {
        const ID_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
        let constraints = BasicConstraints {
            ca: self.ca,
            path_len_constraint: None,
        };
        certificate.add_extension((true, &constraints))?;
        let usage = if ek.algorithm.oid == ID_RSA {
            KeyUsages::KeyEncipherment
        } else {
            KeyUsages::KeyAgreement
        };
        certificate.add_extension((true, &KeyUsage(usage.into())))?;
        if self.alt_name != AltName::Absent {
            let critical = self.alt_name != AltName::NotCritical;
            let names = SubjectAltName(vec![GeneralName::DirectoryName(self.model()?)]);
            certificate.add_extension((critical, &names))?;
        }
        if self.eku {
            certificate.add_extension((false, &ExtendedKeyUsage(vec![EK_CERTIFICATE_USAGE])))?;
        }
        let SubjectKeyIdentifier(issuer_id) =
            SubjectKeyIdentifier::try_from(issuer.public_key().owned_to_ref())?;
        let issuer_id = AuthorityKeyIdentifier {
            key_identifier: Some(issuer_id),
            ..Default::default()
        };
        certificate.add_extension((false, &issuer_id))
    }

    /// tpmManufacturer, tpmModel and tpmVersion, the first two as swtpm's own tools write them.
    fn model(&self) -> x509_cert::der::Result<Name> {
        let attributes = [
            ("2.23.133.2.1", "id:00001014"),
            ("2.23.133.2.2", "swtpm"),
            ("2.23.133.2.3", "id:20191023"),
        ]
        .into_iter()
        .map(|(oid, value)| {
            Ok(AttributeTypeAndValue {
                oid: ObjectIdentifier::new_unwrap(oid),
                value: Any::encode_from(&Utf8StringRef::new(value)?)?,
            })
        });
        let mut names = RdnSequence::default();
        if self.alt_name == AltName::CriticalSequence {
            for attribute in attributes {
                names.push(RelativeDistinguishedName::from(SetOfVec::try_from([
                    attribute?,
                ])?));
            }
        } else {
            let all = attributes.collect::<x509_cert::der::Result<Vec<_>>>()?;
            names.push(RelativeDistinguishedName::from(SetOfVec::try_from(all)?));
        }
        Ok(Name::hazmat_from_rdn_sequence(names))
    }
}

impl NvForm {
    /// The bytes to write to NV for a certificate in DER.
    pub(crate) fn encase(self, der: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self == NvForm::TcgHeader {
            // tag, certType full, size of what follows, tag of a full certificate
            let len = u16::try_from(der.len() + 2).expect("an EK certificate has about 1 KB");
            bytes.extend([0x10, 0x01, 0x00]);
            bytes.extend(len.to_be_bytes());
            bytes.extend([0x10, 0x02]);
        }
        bytes.extend(der);
        match self {
            NvForm::ZeroPadded(count) => bytes.resize(bytes.len() + usize::from(count), 0x00),
            NvForm::OnesPadded(count) => bytes.resize(bytes.len() + usize::from(count), 0xFF),
            NvForm::Bare | NvForm::TcgHeader => {}
        }
        bytes
    }
}

fn foreign_key() -> Result<SubjectPublicKeyInfoOwned, Error> {
    use p256::elliptic_curve::Generate as _;
    let key = p256::SecretKey::generate().public_key();
    SubjectPublicKeyInfoOwned::from_key(&key).map_err(Error::authority("a public key"))
}
