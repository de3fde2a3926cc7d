//! The certificate authority of a simulated TPM manufacturer.
//!
//! Real EK chains are signed with RSA as well as with ECDSA and have two or three certificates, so
//! an [`AuthoritySpec`] chooses both. An authority of another name is another manufacturer, whose
//! TPMs a verifier that pinned the first one's root must refuse.

use std::path::Path;

use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::cache;
use crate::certificate::{CertificateSpec, IssuedBy};
use crate::error::Error;
use crate::issuer::Issuer;
use crate::signing_key::IssuerKey;

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
