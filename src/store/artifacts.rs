//! Signed artifacts, each a file of its own: one that is damaged or lost takes no other with it, and with the state gone
//! they still load.

use std::collections::BTreeMap;
use std::mem;
use std::path::PathBuf;

use crate::token::cose::{Kind, Sealed};

use super::commit::SaveError;
use super::dir::Dir;
use super::error::AccessError;
use super::place::{FOLDERS, Place};
use super::record::Artifact;
use super::state::State;
use super::vault::Vault;

/// What the artifact files of a generation hold.
#[derive(Debug, Default)]
pub struct Artifacts {
    /// The tokens as they were received, by place. Decrypted but **not yet verified**: each carries its vendor's
    /// signature, which the caller checks.
    pub tokens: BTreeMap<Place, Vec<u8>>,
    /// Files that could not be used; the others are not affected.
    pub faults: Vec<ArtifactFault>,
}

/// An artifact's file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactFault {
    /// The file does not open.
    #[error(
        "{path} does not open with this store's key: it was changed, cut off, or comes from another place, machine or epoch; renew to get it anew"
    )]
    NotAuthentic {
        /// What it holds.
        place: Place,
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder could not be read.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl ArtifactFault {
    /// The artifact whose file does not open; none where a whole folder could not be read.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::NotAuthentic { place, .. } => Some(*place),
            Self::Access(_) => None,
        }
    }
}

impl Vault<'_> {
    /// Reads every artifact. Those in the journal of `state` count as written: they are newer than their files.
    pub fn artifacts(&self, state: Option<&State>) -> Artifacts {
        let mut found = Artifacts::default();
        let dir = &self.generation.dir;
        self.collect(dir, None, &mut found);
        for name in FOLDERS {
            match dir.folder(name) {
                Ok(Some(folder)) => self.collect(&folder, Some(name), &mut found),
                Ok(None) => {}
                Err(error) => found.faults.push(error.into()),
            }
        }
        for artifact in state.iter().flat_map(|state| &state.to_install) {
            found.tokens.insert(artifact.place, artifact.bytes.clone());
        }
        found
    }

    /// Reads every artifact that lies in `dir` itself, the generation's folder or the one of this name in it. One that
    /// cannot be listed is a fault, and the others still count.
    fn collect(&self, dir: &Dir, folder: Option<&str>, found: &mut Artifacts) {
        let names = match dir.names() {
            Ok(names) => names,
            Err(error) => return found.faults.push(AccessError::from(error).into()),
        };
        for name in names {
            let path = folder.map_or_else(|| name.clone(), |folder| format!("{folder}/{name}"));
            let Ok(place) = path.parse() else { continue };
            match self.read_from(dir, &name, place, &path) {
                Ok(Some(bytes)) => drop(found.tokens.insert(place, bytes)),
                Ok(None) => {}
                Err(fault) => found.faults.push(fault),
            }
        }
    }

    /// Reads the artifact at `place`, decrypted but not yet verified; `None` if there is none.
    ///
    /// # Errors
    /// [`ArtifactFault`] if the file cannot be read or does not open.
    pub fn read_artifact(&self, place: Place) -> Result<Option<Vec<u8>>, ArtifactFault> {
        let (folder, name) = place.folder_and_name();
        let dir = &self.generation.dir;
        let sub = match folder {
            Some(folder) => match dir.folder(folder)? {
                Some(sub) => Some(sub),
                None => return Ok(None),
            },
            None => None,
        };
        let dir = sub.as_ref().unwrap_or(dir);
        self.read_from(dir, &name, place, &place.to_string())
    }

    /// Reads the file `name` in `dir`, the one at `place`, whose text form is `role`.
    fn read_from(
        &self,
        dir: &Dir,
        name: &str,
        place: Place,
        role: &str,
    ) -> Result<Option<Vec<u8>>, ArtifactFault> {
        let Some(bytes) = dir.read(name, Kind::SealedArtifact.size_limit())? else {
            return Ok(None);
        };
        let opened = Sealed::parse(Kind::SealedArtifact, &bytes)
            .and_then(|sealed| self.unseal(&sealed, role.as_bytes()));
        match opened {
            // Signed, not secret: it need not be wiped.
            Ok(mut token) => Ok(Some(mem::take(&mut *token))),
            Err(_) => Err(ArtifactFault::NotAuthentic {
                place,
                path: dir.path().join(name),
            }),
        }
    }

    /// Writes one artifact in place of the one that lies there.
    ///
    /// What must not be undone goes through the journal instead; see [`Vault::commit`].
    ///
    /// # Errors
    /// [`SaveError`].
    pub fn write_artifact(&self, artifact: &Artifact) -> Result<(), SaveError> {
        let (folder, name) = artifact.place.folder_and_name();
        let role = artifact.place.to_string();
        let bytes = self.seal(Kind::SealedArtifact, role.as_bytes(), &artifact.bytes)?;
        let dir = &self.generation.dir;
        match folder {
            Some(folder) => dir.make_folder(folder)?.replace(&name, &bytes)?,
            None => dir.replace(&name, &bytes)?,
        }
        Ok(())
    }

    /// Removes the artifact at `place`; it is no error if there is none.
    ///
    /// # Errors
    /// [`AccessError`] if the folder cannot be written.
    pub fn remove_artifact(&self, place: Place) -> Result<(), AccessError> {
        let (folder, name) = place.folder_and_name();
        let dir = &self.generation.dir;
        let sub = match folder {
            Some(folder) => match dir.folder(folder)? {
                Some(sub) => Some(sub),
                None => return Ok(()),
            },
            None => None,
        };
        let dir = sub.as_ref().unwrap_or(dir);
        dir.remove(&name)?;
        Ok(dir.sync()?)
    }
}
