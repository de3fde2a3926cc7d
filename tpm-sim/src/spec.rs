//! What a simulated TPM is to be like.

use std::path::PathBuf;
use std::time::Duration;

use crate::ca::AuthoritySpec;
use crate::certificate::CertificateSpec;
use crate::ek::EkKind;
use crate::provision::Profile;
use crate::silicon::Family;

/// A TPM to be: its factory equipment and how it behaves. The default has all three EKs with
/// well-made certificates of the default authority, answers at once, keeps its Clock as silicon
/// does, and is checked for leaks.
#[derive(Clone, Debug)]
#[must_use]
pub struct TpmSpec {
    pub(crate) profile: Profile,
    pub(crate) family: Option<Family>,
    pub(crate) keeps_clock: bool,
    pub(crate) checks_leaks: bool,
    pub(crate) patience: Duration,
    pub(crate) dir: Option<PathBuf>,
}

impl Default for TpmSpec {
    fn default() -> TpmSpec {
        TpmSpec {
            profile: Profile {
                eks: EkKind::ALL.to_vec(),
                certificate: Some(CertificateSpec::default()),
                authority: AuthoritySpec::default(),
            },
            family: None,
            keeps_clock: true,
            checks_leaks: true,
            patience: Duration::from_secs(30),
            dir: None,
        }
    }
}

impl TpmSpec {
    /// With these endorsement keys. Without any the TPM holds none at its handles, but can still
    /// make them.
    pub fn eks(mut self, eks: impl IntoIterator<Item = EkKind>) -> TpmSpec {
        self.profile.eks = eks.into_iter().collect();
        self.profile.eks.sort_unstable();
        self.profile.eks.dedup();
        self
    }

    /// Without EK certificates.
    pub fn without_certificate(mut self) -> TpmSpec {
        self.profile.certificate = None;
        self
    }

    /// With EK certificates like this.
    pub fn certificate(mut self, certificate: CertificateSpec) -> TpmSpec {
        self.profile.certificate = Some(certificate);
        self
    }

    /// From another manufacturer.
    pub fn authority(mut self, authority: AuthoritySpec) -> TpmSpec {
        self.profile.authority = authority;
        self
    }

    /// As slow as a family of real TPMs.
    pub fn family(mut self, family: Family) -> TpmSpec {
        self.family = Some(family);
        self
    }

    /// With the Clock of some virtual TPMs, which forgets at a power cut whatever passed since the
    /// last NV write.
    pub fn forgetful_clock(mut self) -> TpmSpec {
        self.keeps_clock = false;
        self
    }

    /// Without the check for leaks when it is dropped.
    pub fn without_leak_check(mut self) -> TpmSpec {
        self.checks_leaks = false;
        self
    }

    /// How long a second client waits for its turn before its connection is closed (30 s).
    pub fn patience(mut self, patience: Duration) -> TpmSpec {
        self.patience = patience;
        self
    }

    /// With sockets and state in this folder, which stays. A TPM found there is started again as
    /// it is.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> TpmSpec {
        self.dir = Some(dir.into());
        self
    }
}
