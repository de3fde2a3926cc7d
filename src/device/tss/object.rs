//! Objects and indexes inside the TPM: looking at them, taking hold of those that the store knows, creating primaries.

use super::capability;
use super::check::holds_attestation_key;
use super::code::{HANDLE, Refusal, at_each_use};
use super::connection::Connection;
use crate::device::{AuthValue, DeviceError, Key, Object, StoreBinding};
use crate::evidence::public::{ak_template, feature_parent_template, srk_template};
use crate::evidence::{Hierarchy, Name, NvPublic, Public};
use crate::token::VendorId;
use tss_esapi::handles::{KeyHandle, NvIndexHandle, ObjectHandle, TpmHandle};
use tss_esapi::interface_types::reserved_handles::Hierarchy as TssHierarchy;
use tss_esapi::structures::Public as TssPublic;
use tss_esapi::traits::{Marshall as _, UnMarshall as _};

/// One of the primary keys of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    AttestationKey,
    StorageRootKey,
    FeatureParent,
}

impl Role {
    pub(super) fn hierarchy(self) -> Hierarchy {
        match self {
            Self::AttestationKey => Hierarchy::Endorsement,
            Self::StorageRootKey | Self::FeatureParent => Hierarchy::Owner,
        }
    }

    pub(super) fn template(self, vendor: VendorId) -> Vec<u8> {
        match self {
            Self::AttestationKey => ak_template(vendor),
            Self::StorageRootKey => srk_template(),
            Self::FeatureParent => feature_parent_template(),
        }
    }

    pub(super) fn object(self) -> Object {
        match self {
            Self::AttestationKey => Object::AttestationKey,
            Self::StorageRootKey => Object::StorageRootKey,
            Self::FeatureParent => Object::FeatureParent,
        }
    }

    pub(super) fn key(self, binding: &StoreBinding) -> &Key {
        match self {
            Self::AttestationKey => &binding.attestation_key,
            Self::StorageRootKey => &binding.storage_root_key,
            Self::FeatureParent => &binding.feature_parent,
        }
    }
}

/// What stands at a persistent handle or NV index.
pub(super) struct Found {
    pub(super) handle: ObjectHandle,
    /// The public area as the TPM sent it: a TPMT_PUBLIC or a TPMS_NV_PUBLIC.
    pub(super) public: Vec<u8>,
}

impl Found {
    /// Whether it is a key that was created from this template; see [`Public::is_made_from`].
    pub(super) fn is_made_from(&self, template: &[u8]) -> bool {
        Public::parse(&self.public).is_ok_and(|public| public.is_made_from(template))
    }
}

/// A primary key that was just created, and is to be flushed.
pub(super) struct Primary {
    pub(super) handle: KeyHandle,
    pub(super) public: Vec<u8>,
    /// None for keys with another Name algorithm, such as the P-384 endorsement key.
    pub(super) name: Option<Name>,
}

impl Connection {
    /// Looks what stands at a persistent handle or NV index.
    ///
    /// Asks first whether anything does: libtss2 would log a refusal that is none.
    pub(super) fn look(&mut self, handle: u32) -> Result<Option<Found>, DeviceError> {
        if capability::handles(self, handle, handle)?.is_empty() {
            return Ok(None);
        }
        let command = if is_index(handle) {
            "TPM2_NV_ReadPublic"
        } else {
            "TPM2_ReadPublic"
        };
        let object = self.call(command, &[], |context| {
            context.tr_from_tpm_public(TpmHandle::try_from(handle)?)
        });
        let object = match object {
            // What is switched off hides its objects from all but the list.
            Err(refusal) if refusal.is(HANDLE) => {
                return match capability::switched_off(self)? {
                    Some(off) if off != DeviceError::NvOff || is_index(handle) => Err(off),
                    // Its owner removed it between the two looks.
                    _ if capability::handles(self, handle, handle)?.is_empty() => Ok(None),
                    _ => Err(refusal.into()),
                };
            }
            object => object?,
        };
        let metadata = self.local("Esys_TR_Serialize", |context| context.tr_serialize(object))?;
        let public = metadata::public(&metadata).ok_or(Refusal::malformed(command))?;
        Ok(Some(Found {
            handle: object,
            public,
        }))
    }

    /// Runs `run` with one of the store's keys: at its persistent handle, or created for the purpose and flushed after.
    ///
    /// The key's Name is the one of the binding: sessions may be salted to it.
    pub(super) fn with_key<T, E: From<Refusal> + From<DeviceError>>(
        &mut self,
        binding: &StoreBinding,
        role: Role,
        run: impl FnOnce(&mut Self, KeyHandle) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with_role(role, role.key(binding), binding.vendor, run)
    }

    /// The same for a key that is not yet part of a binding.
    pub(super) fn with_role<T, E: From<Refusal> + From<DeviceError>>(
        &mut self,
        role: Role,
        key: &Key,
        vendor: VendorId,
        run: impl FnOnce(&mut Self, KeyHandle) -> Result<T, E>,
    ) -> Result<T, E> {
        let template = match (key.handle, self.template_of(key)) {
            (Some(handle), None) => {
                let key = self.hold_key(handle, key)?;
                return run(self, key);
            }
            (_, Some(template)) => template.to_vec(),
            (None, None) => role.template(vendor),
        };
        let primary = self
            .create_primary(role.hierarchy(), &AuthValue::empty(), &template)
            .map_err(at_each_use)?;
        self.flushing(primary.handle.into(), |connection| {
            if primary.name != Some(key.name) {
                return Err(DeviceError::Foreign(role.object()).into());
            }
            run(connection, primary.handle)
        })
    }

    /// Takes hold of a persistent key without asking the TPM for what is known.
    fn hold_key(&mut self, handle: u32, key: &Key) -> Result<KeyHandle, DeviceError> {
        let public = Public::parse(&key.public).map_err(|_| DeviceError::BadBinding)?;
        if public.name() != Some(key.name) {
            return Err(DeviceError::BadBinding);
        }
        let metadata = metadata::of_key(handle, &key.name, &key.public);
        let key = self.hold(handle, &key.name, &metadata)?;
        Ok(KeyHandle::from(key))
    }

    /// Takes hold of an NV index by its public area without asking the TPM for what is known.
    pub(super) fn hold_index(&mut self, public: &NvPublic) -> Result<NvIndexHandle, DeviceError> {
        let name = public.name().ok_or(DeviceError::BadBinding)?;
        let metadata = metadata::of_index(public.handle(), &name, public.as_bytes());
        let index = self.hold(public.handle(), &name, &metadata)?;
        Ok(NvIndexHandle::from(index))
    }

    fn hold(
        &mut self,
        handle: u32,
        name: &Name,
        metadata: &[u8],
    ) -> Result<ObjectHandle, DeviceError> {
        let known = self.local("Esys_TR_Deserialize", |context| {
            context.tr_deserialize(metadata)
        });
        if let Ok(object) = known {
            return Ok(object);
        }
        // A libtss2 that writes its metadata otherwise: then the TPM is asked, and its answer compared.
        const COMMAND: &str = "TPM2_ReadPublic";
        let object = self.call(COMMAND, &[], |context| {
            context.tr_from_tpm_public(TpmHandle::try_from(handle)?)
        })?;
        let found = self.local(COMMAND, |context| context.tr_get_name(object))?;
        if found.value() != name.as_bytes() {
            return Err(DeviceError::Malformed(COMMAND));
        }
        Ok(object)
    }

    /// See [`Tpm::recognizes`](crate::device::Tpm::recognizes).
    pub(super) fn recognizes(
        &mut self,
        binding: &StoreBinding,
        endorsement_auth: &AuthValue,
    ) -> Result<bool, DeviceError> {
        let primary = self.create_primary(
            Role::AttestationKey.hierarchy(),
            endorsement_auth,
            &Role::AttestationKey.template(binding.vendor),
        );
        match primary {
            Ok(primary) => self.flushing(primary.handle.into(), |_| {
                Ok(primary.name == Some(binding.attestation_key.name))
            }),
            // A clear takes the password away, and where there is one provisioning made the key persistent.
            Err(DeviceError::AuthNeeded(_)) => holds_attestation_key(self, binding),
            Err(error) => Err(error),
        }
    }

    /// Creates a primary key with an empty auth value; the caller flushes it.
    pub(super) fn create_primary(
        &mut self,
        hierarchy: Hierarchy,
        auth: &AuthValue,
        template: &[u8],
    ) -> Result<Primary, DeviceError> {
        const COMMAND: &str = "TPM2_CreatePrimary";
        let template = tss_public(COMMAND, template)?;
        let created = self.with_hierarchy(hierarchy, auth, |connection, session| {
            connection
                .call(COMMAND, &[session], |context| {
                    let hierarchy = tss_hierarchy(hierarchy);
                    context.create_primary(hierarchy, template.clone(), None, None, None, None)
                })
                .map_err(|refusal| refusal.by(hierarchy, auth))
        })?;
        let public = created
            .out_public
            .marshall()
            .map_err(|_| Refusal::malformed(COMMAND))?;
        let parsed = Public::parse(&public).map_err(|_| DeviceError::Malformed(COMMAND))?;
        Ok(Primary {
            handle: created.key_handle,
            public,
            name: parsed.name(),
        })
    }
}

fn is_index(handle: u32) -> bool {
    handle >> 24 == 0x01
}

fn tss_hierarchy(hierarchy: Hierarchy) -> TssHierarchy {
    match hierarchy {
        Hierarchy::Owner => TssHierarchy::Owner,
        Hierarchy::Endorsement => TssHierarchy::Endorsement,
    }
}

/// A public area in libtss2's form.
pub(super) fn tss_public(what: &'static str, public: &[u8]) -> Result<TssPublic, Refusal> {
    TssPublic::unmarshall(public).map_err(|_| Refusal::malformed(what))
}

/// libtss2's metadata of an object, as Esys_TR_Serialize writes it: handle, Name, kind, public area.
///
/// Made here from a public area whose Name was checked it saves a TPM2_ReadPublic per object and operation, and leaves
/// whoever stands before the TPM no chance to hand in another key. A libtss2 that writes it otherwise refuses it; then the
/// TPM is asked, and the tests that count commands fail.
mod metadata {
    use crate::evidence::Name;

    const KEY: u32 = 1;
    const INDEX: u32 = 2;

    pub(super) fn of_key(handle: u32, name: &Name, public: &[u8]) -> Vec<u8> {
        write(handle, name, KEY, public)
    }

    pub(super) fn of_index(handle: u32, name: &Name, public: &[u8]) -> Vec<u8> {
        write(handle, name, INDEX, public)
    }

    fn write(handle: u32, name: &Name, kind: u32, public: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(46 + public.len());
        bytes.extend_from_slice(&handle.to_be_bytes());
        put_sized(&mut bytes, name.as_bytes());
        bytes.extend_from_slice(&kind.to_be_bytes());
        put_sized(&mut bytes, public);
        bytes
    }

    fn put_sized(bytes: &mut Vec<u8>, part: &[u8]) {
        // Public areas and Names are far shorter than 64 KiB.
        bytes.extend_from_slice(&(part.len() as u16).to_be_bytes());
        bytes.extend_from_slice(part);
    }

    /// The public area in metadata that libtss2 wrote.
    pub(super) fn public(metadata: &[u8]) -> Option<Vec<u8>> {
        let (_handle, rest) = metadata.split_at_checked(4)?;
        let (_name, rest) = sized(rest)?;
        let (_kind, rest) = rest.split_at_checked(4)?;
        let (public, _) = sized(rest)?;
        Some(public.to_vec())
    }

    fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let (len, rest) = bytes.split_first_chunk()?;
        rest.split_at_checked(u16::from_be_bytes(*len).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::progress::Progress;
    use super::*;

    #[test]
    fn without_usable_metadata_the_tpm_is_asked_and_its_answer_compared() {
        const RSA: u32 = 0x8101_0001;
        const P256: u32 = 0x8101_0002;
        let tpm = tpm_sim::Tpm::start(tpm_sim::TpmSpec::default()).expect("swtpm is installed");
        let progress = Progress::new(std::time::Duration::from_secs(60), Default::default());
        let mut connection = Connection::open(&tpm.tcti(), progress.into()).expect("it opens");
        let [right, wrong] = [RSA, P256].map(|handle| {
            let found = connection.look(handle).expect("the TPM answers");
            let public = Public::parse(&found.expect("an EK").public).expect("a public area");
            public.name().expect("named with SHA-256")
        });
        assert!(connection.hold(RSA, &right, b"unknown").is_ok());
        assert_eq!(
            connection.hold(RSA, &wrong, b"unknown"),
            Err(DeviceError::Malformed("TPM2_ReadPublic"))
        );
    }
}
