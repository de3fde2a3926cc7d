//! The `binding` file: what the TPM needs to open the seed, readable before anything was unsealed.
//!
//! It is signed by the store key whose public half it holds itself: that proves nothing against whoever can write the
//! folder (the license does, by naming seed, keys and counters), but tells a flipped bit before the TPM answers it with
//! an error that nobody understands.

use std::path::PathBuf;

use crate::device::{CounterForm, Key, SealedBlob, StoreBinding};
use crate::evidence::Public;
use crate::token::cbor::{self, CborError, Limits, MapReader, MapWriter, Value};
use crate::token::cose::{self, CoseError, Kind};
use crate::token::{Name, PublicKey, SigningKey};

use super::error::AccessError;
use super::folder::Generation;

pub(super) const NAME: &str = "binding";
/// The format that this program writes, and the newest that it reads.
const FORMAT: u64 = 1;

/// The binding of a generation could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// There is no binding: provisioning was cut short, or the file was lost.
    #[error(
        "{path} is missing: put the file back from a backup of the folder, or have the store made anew with `provision --replace`, which ends its licenses for good"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is not what the store key signed.
    #[error(
        "{path} was changed or damaged ({fault}): put it back from a backup of the folder, or have the store made anew with `provision --replace`, which ends its licenses for good"
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// What the check found.
        fault: BindingFault,
    },
    /// The file was made for another generation.
    #[error("{path} was made for epoch {found}: put each file back where it came from")]
    OtherEpoch {
        /// The file.
        path: PathBuf,
        /// The epoch that it names.
        found: u64,
    },
    /// A newer version of the program wrote it. It is left untouched.
    #[error(
        "{path} has format {format}, written by a newer version of this program, which reads formats up to {FORMAT}: update it"
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
    /// The file could not be read or written.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// What is wrong with a binding's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingFault {
    /// The envelope or its signature.
    #[error(transparent)]
    Envelope(#[from] CoseError),
    /// The content.
    #[error(transparent)]
    Content(#[from] CborError),
    /// It names another store key than the one that signed, or none.
    #[error("it is not signed by the store key that it names")]
    StoreKey,
}

impl Generation<'_> {
    /// Reads the generation's binding.
    ///
    /// # Errors
    /// [`BindingError`].
    pub fn binding(&self) -> Result<StoreBinding, BindingError> {
        let path = self.dir.path().join(NAME);
        let Some(bytes) = self.dir.read(NAME, Kind::StoreBinding.size_limit())? else {
            return Err(BindingError::Missing { path });
        };
        let binding = match verify(&bytes).and_then(|(key, map)| decode(&key, map)) {
            Ok(Format::Known(binding)) => *binding,
            Ok(Format::Newer(format)) => return Err(BindingError::NewerFormat { path, format }),
            Err(fault) => return Err(BindingError::Altered { path, fault }),
        };
        match binding.epoch == self.epoch {
            true => Ok(binding),
            false => Err(BindingError::OtherEpoch {
                path,
                found: binding.epoch,
            }),
        }
    }

    /// Writes the generation's binding in place of the one that is there, signed by `store_key`, whose public half the
    /// binding names.
    ///
    /// # Errors
    /// [`BindingError::Altered`] if the key is another one or the binding too large, [`BindingError::OtherEpoch`] if it
    /// is for another generation, [`BindingError::Access`] if the file cannot be written.
    pub fn write_binding(
        &self,
        binding: &StoreBinding,
        store_key: &SigningKey,
    ) -> Result<(), BindingError> {
        let path = self.dir.path().join(NAME);
        if binding.epoch != self.epoch {
            return Err(BindingError::OtherEpoch {
                path,
                found: binding.epoch,
            });
        }
        if binding.store_key_public != *store_key.public().sec1() {
            return Err(BindingError::Altered {
                path,
                fault: BindingFault::StoreKey,
            });
        }
        match cose::sign(Kind::StoreBinding, store_key, &encode(binding)) {
            Ok(bytes) => Ok(self.dir.replace(NAME, &bytes).map_err(AccessError::from)?),
            Err(error) => Err(BindingError::Altered {
                path,
                fault: error.into(),
            }),
        }
    }
}

/// The store key and the other fields, once the signature was verified with that key, which the payload names: its place
/// is the same in every format.
fn verify(bytes: &[u8]) -> Result<(PublicKey, MapReader), BindingFault> {
    let signed = cose::open(Kind::StoreBinding, bytes)?;
    let limits = Limits::size(Kind::StoreBinding.size_limit());
    let mut fields = MapReader::new(cbor::decode(signed.unverified_payload(), limits)?)?;
    let sec1: Vec<u8> = fields.required(STORE_KEY)?;
    let key = PublicKey::from_sec1(&sec1).map_err(|_| BindingFault::StoreKey)?;
    if signed.kid() != key.id() {
        return Err(BindingFault::StoreKey);
    }
    signed.verify(&key)?;
    Ok((key, fields))
}

enum Format {
    Known(Box<StoreBinding>),
    Newer(u64),
}

const STORE_KEY: i64 = 2;

fn encode(binding: &StoreBinding) -> Vec<u8> {
    MapWriter::new()
        .put(0, FORMAT)
        .put(STORE_KEY, binding.store_key_public)
        .put(4, binding.vendor)
        .put(6, binding.slot)
        .put(8, binding.store)
        .put(10, binding.epoch)
        .put(12, key_map(&binding.attestation_key))
        .put(14, key_map(&binding.storage_root_key))
        .put(16, key_map(&binding.feature_parent))
        .put(18, &binding.epoch_index)
        .put(20, &binding.activity_index)
        .put(22, blob_map(&binding.seed))
        .put(24, blob_map(&binding.store_key))
        .put(26, form_number(binding.counter_form))
        .encode()
}

fn decode(store_key: &PublicKey, mut map: MapReader) -> Result<Format, BindingFault> {
    let format = map.required(0)?;
    if format > FORMAT {
        return Ok(Format::Newer(format));
    }
    let binding = StoreBinding {
        store_key_public: *store_key.sec1(),
        vendor: map.required(4)?,
        slot: map.required(6)?,
        store: map.required(8)?,
        epoch: map.required(10)?,
        attestation_key: read_key(map.required(12)?)?,
        storage_root_key: read_key(map.required(14)?)?,
        feature_parent: read_key(map.required(16)?)?,
        epoch_index: map.required(18)?,
        activity_index: map.required(20)?,
        seed: read_blob(map.required(22)?)?,
        store_key: read_blob(map.required(24)?)?,
        counter_form: read_form(map.required(26)?)?,
    };
    map.finish()?;
    Ok(Format::Known(Box::new(binding)))
}

fn key_map(key: &Key) -> Value {
    MapWriter::new()
        .put_some(2, key.handle)
        .put(4, &key.public)
        .into_value()
}

fn read_key(mut map: MapReader) -> Result<Key, CborError> {
    let handle = map.optional(2)?;
    let public: Vec<u8> = map.required(4)?;
    map.finish()?;
    let name = name_of(&public, 4)?;
    Ok(Key {
        handle,
        public,
        name,
    })
}

fn blob_map(blob: &SealedBlob) -> Value {
    MapWriter::new()
        .put(2, &blob.public)
        .put(4, &blob.private)
        .into_value()
}

fn read_blob(mut map: MapReader) -> Result<SealedBlob, CborError> {
    let public: Vec<u8> = map.required(2)?;
    let private = map.required(4)?;
    map.finish()?;
    let name = name_of(&public, 2)?;
    Ok(SealedBlob {
        public,
        private,
        name,
    })
}

/// Names are calculated, never read: whoever writes the file could claim that of another object.
fn name_of(public: &[u8], key: i64) -> Result<Name, CborError> {
    Public::parse(public)
        .ok()
        .and_then(|public| public.name())
        .ok_or(CborError::OutOfRange { key })
}

fn form_number(form: CounterForm) -> u8 {
    match form {
        CounterForm::Certified => 0,
        CounterForm::Audited => 1,
    }
}

fn read_form(number: u8) -> Result<CounterForm, CborError> {
    match number {
        0 => Ok(CounterForm::Certified),
        1 => Ok(CounterForm::Audited),
        _ => Err(CborError::OutOfRange { key: 26 }),
    }
}
