//! Endorsement keys and their certificates (TCG EK Credential Profile 2.x, 2.2.1 and B.3 to B.5).

use super::capability;
use super::code::{Failure, Refusal};
use super::connection::Connection;
use super::object::Found;
use super::session::EMPTY_AUTH;
use crate::device::{AuthValue, DeviceError, Endorsement, EndorsementTemplate};
use crate::evidence::public::{
    NvAttributes, ek_p256_template, ek_p384_template, ek_rsa2048_template,
};
use crate::evidence::{Hierarchy, NvPublic, Parameters, Public};
use tss_esapi::handles::{KeyHandle, NvIndexHandle};
use tss_esapi::interface_types::reserved_handles::NvAuth;

const EK_INDEXES: (u32, u32) = (0x01c0_0000, 0x01c0_01ff);
const FIRST_CHAIN_INDEX: u32 = 0x01c0_0100;
/// Where endorsement keys are made persistent.
const EK_HANDLES: (u32, u32) = (0x8101_0000, 0x8101_00ff);
/// More than any TPM holds.
const MAX_CERTIFICATE: u16 = 8192;

/// Where the profile puts what belongs to a template.
struct Slots {
    certificate: u32,
    nonce: Option<u32>,
    template: Option<u32>,
}

fn slots(template: EndorsementTemplate) -> Slots {
    let (certificate, low_range) = match template {
        EndorsementTemplate::L1 => (0x01c0_0002, true),
        EndorsementTemplate::L2 => (0x01c0_000a, true),
        EndorsementTemplate::H3 => (0x01c0_0016, false),
    };
    let at = |offset| low_range.then_some(certificate + offset);
    Slots {
        certificate,
        nonce: at(1),
        template: at(2),
    }
}

/// Whether the key's empty auth value suffices to open a credential; otherwise its policy wants the endorsement
/// hierarchy's auth value.
pub(super) fn opens_with_auth(template: EndorsementTemplate) -> bool {
    matches!(template, EndorsementTemplate::H3)
}

fn default_template(template: EndorsementTemplate) -> Vec<u8> {
    match template {
        EndorsementTemplate::L1 => ek_rsa2048_template(),
        EndorsementTemplate::L2 => ek_p256_template(),
        EndorsementTemplate::H3 => ek_p384_template(),
    }
}

/// See [`Tpm::endorsement`](crate::device::Tpm::endorsement).
pub(super) fn list(
    connection: &mut Connection,
    auth: &AuthValue,
) -> Result<Vec<Endorsement>, DeviceError> {
    let store = Store::read(connection)?;
    let chain = store.chain(connection)?;
    let (mut certified, mut others) = (Vec::new(), Vec::new());
    for template in EndorsementTemplate::ALL {
        let certificate = store.contents(connection, slots(template).certificate)?;
        let Some(key) = store.locate(connection, template, certificate.as_deref(), auth)? else {
            continue;
        };
        let public = key.public().to_vec();
        key.release(connection)?;
        match certificate.filter(|certificate| names(certificate, &public)) {
            Some(leaf) => {
                let certificates = [leaf].into_iter().chain(chain.iter().cloned()).collect();
                certified.push(Endorsement {
                    template,
                    public,
                    certificates,
                });
            }
            None => others.push(Endorsement {
                template,
                public,
                certificates: Vec::new(),
            }),
        }
    }
    certified.append(&mut others);
    if certified.is_empty() {
        certified.push(uncertified(connection, auth)?);
    }
    Ok(certified)
}

/// See [`Tpm::endorsement_certificates`](crate::device::Tpm::endorsement_certificates).
pub(super) fn certificates(connection: &mut Connection) -> Result<Vec<Vec<u8>>, DeviceError> {
    let store = Store::read(connection)?;
    let mut certificates = Vec::new();
    for template in EndorsementTemplate::ALL {
        certificates.extend(store.contents(connection, slots(template).certificate)?);
    }
    Ok(certificates)
}

/// See [`Tpm::endorsement_key`](crate::device::Tpm::endorsement_key).
pub(super) fn of_template(
    connection: &mut Connection,
    template: EndorsementTemplate,
    auth: &AuthValue,
) -> Result<Option<Endorsement>, DeviceError> {
    let key = match find(connection, template, auth) {
        // A template that this TPM cannot make.
        Err(DeviceError::Refused { .. }) => return Ok(None),
        key => key?,
    };
    let public = key.public().to_vec();
    key.release(connection)?;
    Ok(Some(Endorsement {
        template,
        public,
        certificates: Vec::new(),
    }))
}

/// Runs `run` with an endorsement key, the same one that [`list`] shows.
pub(super) fn with_endorsement_key<T>(
    connection: &mut Connection,
    template: EndorsementTemplate,
    auth: &AuthValue,
    run: impl FnOnce(&mut Connection, KeyHandle) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match find(connection, template, auth)? {
        Ek::Persistent { handle, .. } => run(connection, handle),
        Ek::Created { handle, .. } => {
            connection.flushing(handle.into(), |connection| run(connection, handle))
        }
    }
}

/// The key of a template: the one that the stored certificate names, one that is persistent, or the one that the template makes.
fn find(
    connection: &mut Connection,
    template: EndorsementTemplate,
    auth: &AuthValue,
) -> Result<Ek, DeviceError> {
    let store = Store::read(connection)?;
    let certificate = store.contents(connection, slots(template).certificate)?;
    match store.locate(connection, template, certificate.as_deref(), auth)? {
        Some(key) => Ok(key),
        None => create(connection, &default_template(template), auth),
    }
}

/// A key for a TPM that stores no certificate: the fastest that it can make.
fn uncertified(connection: &mut Connection, auth: &AuthValue) -> Result<Endorsement, DeviceError> {
    let mut result = Err(DeviceError::Missing(crate::device::Object::EndorsementKey));
    for template in [EndorsementTemplate::L2, EndorsementTemplate::L1] {
        result = create(connection, &default_template(template), auth);
        // A TPM without the curve refuses the template itself.
        if !matches!(result, Err(DeviceError::Refused { .. })) {
            let key = result?;
            let public = key.public().to_vec();
            key.release(connection)?;
            return Ok(Endorsement {
                template,
                public,
                certificates: Vec::new(),
            });
        }
    }
    result.map(|_| unreachable!("a created key was returned above"))
}

/// An endorsement key that is ready for use.
enum Ek {
    Persistent { handle: KeyHandle, public: Vec<u8> },
    Created { handle: KeyHandle, public: Vec<u8> },
}

impl Ek {
    fn public(&self) -> &[u8] {
        match self {
            Self::Persistent { public, .. } | Self::Created { public, .. } => public,
        }
    }

    fn release(self, connection: &mut Connection) -> Result<(), Refusal> {
        match self {
            Self::Persistent { .. } => Ok(()),
            Self::Created { handle, .. } => connection.flushing(handle.into(), |_| Ok(())),
        }
    }
}

fn create(
    connection: &mut Connection,
    template: &[u8],
    auth: &AuthValue,
) -> Result<Ek, DeviceError> {
    let key = connection.create_primary(Hierarchy::Endorsement, auth, template)?;
    Ok(Ek::Created {
        handle: key.handle,
        public: key.public,
    })
}

/// What the TPM stores about its endorsement keys.
struct Store {
    indexes: Vec<u32>,
    persistent: Vec<Found>,
    nv_buffer: u16,
}

impl Store {
    fn read(connection: &mut Connection) -> Result<Self, DeviceError> {
        let indexes = capability::handles(connection, EK_INDEXES.0, EK_INDEXES.1)?;
        let mut persistent = Vec::new();
        for handle in capability::handles(connection, EK_HANDLES.0, EK_HANDLES.1)? {
            persistent.extend(connection.look(handle)?);
        }
        let nv_buffer = capability::nv_buffer_max(connection)?;
        Ok(Self {
            indexes,
            persistent,
            nv_buffer,
        })
    }

    fn chain(&self, connection: &mut Connection) -> Result<Vec<Vec<u8>>, DeviceError> {
        let indexes = self
            .indexes
            .iter()
            .filter(|&&index| index >= FIRST_CHAIN_INDEX);
        let mut chain = Vec::new();
        for &index in indexes {
            chain.extend(self.contents(connection, index)?);
        }
        Ok(chain)
    }

    /// What an index holds; none if it is not there or not readable by everyone.
    fn contents(
        &self,
        connection: &mut Connection,
        index: u32,
    ) -> Result<Option<Vec<u8>>, DeviceError> {
        if !self.indexes.contains(&index) {
            return Ok(None);
        }
        let found = match connection.look(index) {
            Ok(Some(found)) => found,
            Ok(None) | Err(DeviceError::NvOff) => return Ok(None),
            Err(error) => return Err(error),
        };
        let readable = NvAttributes::AUTH_READ.and(NvAttributes::WRITTEN);
        match NvPublic::parse(&found.public) {
            Ok(public)
                if public.attributes().contains(readable)
                    && public.data_size() <= MAX_CERTIFICATE =>
            {
                let index = NvIndexHandle::from(found.handle);
                match self.read_all(connection, index, public.data_size()) {
                    // Locked for reading, or hidden from all but the list.
                    Err(DeviceError::Refused { .. }) => Ok(None),
                    content => content.map(Some),
                }
            }
            _ => Ok(None),
        }
    }

    fn read_all(
        &self,
        connection: &mut Connection,
        index: NvIndexHandle,
        size: u16,
    ) -> Result<Vec<u8>, DeviceError> {
        let mut all = Vec::with_capacity(size.into());
        for offset in (0..size).step_by(self.nv_buffer.into()) {
            let part = self.nv_buffer.min(size - offset);
            let part = connection.call("TPM2_NV_Read", &[EMPTY_AUTH], |context| {
                context.nv_read(NvAuth::NvIndex(index), index, part, offset)
            })?;
            all.extend_from_slice(part.as_bytes());
        }
        Ok(all)
    }

    /// The key of a template that `certificate` names; without certificate one that is persistent.
    fn locate(
        &self,
        connection: &mut Connection,
        template: EndorsementTemplate,
        certificate: Option<&[u8]>,
        auth: &AuthValue,
    ) -> Result<Option<Ek>, DeviceError> {
        let fits = |public: &[u8]| certificate.is_none_or(|certificate| names(certificate, public));
        let default = default_template(template);
        let persistent = self
            .persistent
            .iter()
            .find(|found| found.is_made_from(&default) && fits(&found.public));
        if let Some(found) = persistent {
            let (handle, public) = (found.handle.into(), found.public.clone());
            return Ok(Some(Ek::Persistent { handle, public }));
        }
        if certificate.is_none() {
            return Ok(None);
        }
        for variant in self.variants(connection, template)? {
            let key = match create(connection, &variant, auth) {
                // A template that this TPM cannot make.
                Err(DeviceError::Refused { .. }) => continue,
                key => key?,
            };
            if fits(key.public()) {
                return Ok(Some(key));
            }
            key.release(connection)?;
        }
        // What is stored there names no key that this TPM has: it may have one all the same.
        self.locate(connection, template, None, auth)
    }

    /// The templates that the certified key may have been made with: the stored or default one with the stored nonce,
    /// then, for the high range, the one with zeros that earlier versions of the profile had.
    fn variants(
        &self,
        connection: &mut Connection,
        template: EndorsementTemplate,
    ) -> Result<Vec<Vec<u8>>, DeviceError> {
        let slots = slots(template);
        let mut read = |index: Option<u32>| match index {
            Some(index) => self.contents(connection, index),
            None => Ok(None),
        };
        let nonce = read(slots.nonce)?.unwrap_or_default();
        let stored = read(slots.template)?.filter(|stored| Public::parse(stored).is_ok());
        let base = stored.unwrap_or_else(|| default_template(template));
        let mut variants = Vec::new();
        if !nonce.is_empty() {
            variants.extend(with_nonce(&base, &nonce));
        }
        variants.push(base);
        if let EndorsementTemplate::H3 = template {
            let zeros = [&[0, 48][..], &[0; 48]].concat();
            let base = default_template(template);
            // The template ends in two empty coordinates.
            variants.push([&base[..base.len() - 4], &zeros, &zeros].concat());
        }
        Ok(variants)
    }
}

/// The template with the nonce at the front of its `unique`, the rest of which is zero (B.6.2).
fn with_nonce(template: &[u8], nonce: &[u8]) -> Option<Vec<u8>> {
    let public = Public::parse(template).ok()?;
    let len = match public.parameters() {
        Parameters::Rsa { modulus, .. } => modulus.len(),
        // x and y, each with its size; the nonce goes into x.
        Parameters::Ecc { x, y, .. } => x.len() + 2 + y.len(),
        _ => return None,
    };
    let start = template.len().checked_sub(len)?;
    let mut template = template.to_vec();
    template
        .get_mut(start..start + nonce.len())?
        .copy_from_slice(nonce);
    Some(template)
}

/// Whether a certificate holds this key: its modulus or point stands in the certificate as it is.
///
/// Good enough for finding a key. Whether the certificate is worth anything is for the vendor to say.
fn names(certificate: &[u8], public: &[u8]) -> bool {
    let Ok(public) = Public::parse(public) else {
        return false;
    };
    let key = match public.parameters() {
        Parameters::Rsa { modulus, .. } => modulus.clone(),
        Parameters::Ecc { x, y, curve, .. } => {
            let len = curve.coordinate_len();
            let padded = |part: &[u8]| [vec![0; len - part.len()], part.to_vec()].concat();
            [padded(x), padded(y)].concat()
        }
        _ => return false,
    };
    !key.is_empty() && certificate.windows(key.len()).any(|window| window == key)
}
