//! The factory: makes chips with seeds of their own, endorsement keys and certificates.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ca::{AuthoritySpec, EkAuthority};
use crate::cache;
use crate::certificate::CertificateSpec;
use crate::ek::EkKind;
use crate::error::Error;
use crate::process::{NV_FILE, Swtpm};
use crate::wire::{self, StartupType};

/// NV index of the first certificate above the EK's own, where the chain is longer than two.
pub const CHAIN_INDEX: u32 = 0x01C0_0100;

/// What the factory puts into a chip.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Profile {
    /// Endorsement keys, each at its persistent handle.
    pub(crate) eks: Vec<EkKind>,
    /// Their certificates; `None` for a TPM without any.
    pub(crate) certificate: Option<CertificateSpec>,
    /// Who certifies them.
    pub(crate) authority: AuthoritySpec,
}

/// Which of the chips with the same profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Chip {
    /// Numbered by the caller.
    Serial(u32),
    /// Numbered by the order in which a process needs different chips at the same time.
    Automatic(u32),
}

/// Copies the NV state of the chip to `state_dir`, making that chip first if nobody did.
pub(crate) fn deliver(profile: &Profile, chip: Chip, state_dir: &Path) -> Result<(), Error> {
    let authority = EkAuthority::shared(&profile.authority)?;
    // A chip's certificates are worth nothing under a root made anew.
    let description = (profile, chip, authority.root_der());
    let folder = cache::folder("chip", &description, |folder| {
        manufacture(profile, &authority, folder, &folder.join("swtpm.log"))
    })?;
    let (from, to) = (folder.join(NV_FILE), state_dir.join(NV_FILE));
    fs::copy(&from, &to).map_err(Error::file("copying", from))?;
    Ok(())
}

/// Makes a chip that never was before, in the empty folder `state_dir`.
pub(crate) fn manufacture(
    profile: &Profile,
    authority: &EkAuthority,
    state_dir: &Path,
    log: &Path,
) -> Result<(), Error> {
    // swtpm gives a TPM that starts without state new random seeds.
    let mut tpm = Swtpm::spawn(state_dir, log)?;
    tpm.startup(StartupType::Clear)?;
    for kind in &profile.eks {
        let public = create_ek(&mut tpm, *kind)?;
        if let Some(spec) = &profile.certificate {
            let certificate = authority.certify(&kind.public_key(&public)?, spec)?;
            store(
                &mut tpm,
                kind.certificate_index(),
                &spec.nv_form.encase(&certificate),
            )?;
        }
    }
    if let (Some(_), Some(intermediate)) = (&profile.certificate, authority.intermediate_der()) {
        store(&mut tpm, CHAIN_INDEX, &intermediate)?;
    }
    tpm.run(wire::shutdown(StartupType::Clear)).map(drop)
}

/// Makes an EK persistent and returns its TPMT_PUBLIC.
fn create_ek(tpm: &mut Swtpm, kind: EkKind) -> Result<Vec<u8>, Error> {
    let response = tpm.run(wire::create_primary(wire::RH_ENDORSEMENT, &kind.template()))?;
    let unreadable = || Error::Unreadable("TPM2_CreatePrimary");
    // header, objectHandle, parameterSize, outPublic
    let object = wire::be_u32(&response, 10).ok_or_else(unreadable)?;
    let public = wire::sized_at(&response, 18)
        .ok_or_else(unreadable)?
        .to_vec();
    tpm.run(wire::evict_control(object, kind.persistent_handle()))?;
    tpm.run(wire::flush_context(object))?;
    Ok(public)
}

/// Puts a certificate into an NV index with the attributes that `swtpm_setup` gives it.
fn store(tpm: &mut Swtpm, index: u32, bytes: &[u8]) -> Result<(), Error> {
    // PLATFORMCREATE, NO_DA, AUTHREAD, OWNERREAD, PPREAD, WRITEDEFINE, PPWRITE
    const ATTRIBUTES: u32 = 0x4207_2001;
    const CHUNK: usize = 1024; // TPM_PT_NV_BUFFER_MAX of swtpm
    let size = u16::try_from(bytes.len()).map_err(Error::authority("a certificate"))?;
    tpm.run(wire::nv_define(index, ATTRIBUTES, size))?;
    let mut offset = 0;
    for chunk in bytes.chunks(CHUNK) {
        tpm.run(wire::nv_write(index, chunk, offset))?;
        offset += CHUNK as u16;
    }
    Ok(())
}

/// Where the state of a TPM lies in its own folder.
pub(crate) fn state_dir(dir: &Path) -> PathBuf {
    dir.join("state")
}
