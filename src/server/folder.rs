//! The service folder: where each thing lies, who may read it, and its settings.
//!
//! ```text
//! DIR/                     0700
//!   config.toml            the vendor's name and settings
//!   root.pem               public half of the vendor root
//!   root/                  the vendor root, if it lives on this machine (`root::RootFolder`)
//!   bundle                 the trust bundle in force
//!   bundle.set-aside       another bundle of the same number, which is not in force
//!   bundle-proposal.toml   what the root is asked to sign next, if it lives elsewhere
//!   keys/                  issuer.key, policy-PRODUCT.key
//!   manifests/             PRODUCT.toml, the rules as people write them
//!   counterfoil.sqlite     everything else
//!   lock                   held by whoever changes the files
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lock::{self, Held};
use crate::advice;

/// A service folder whose owner, modes and settings have been checked.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    config: Config,
}

/// Settings of a service, `config.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Format of the folder; a higher one is of a newer program.
    pub format: u32,
    /// The vendor's name, as devices show it.
    pub vendor_name: String,
}

/// The newest folder format that this program knows.
const FORMAT: u32 = 1;

const KEYS: &str = "keys";
const MANIFESTS: &str = "manifests";

/// Why a folder can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// There is no such service folder.
    #[error(
        "there is no folder {}; check --dir, and that its volume is mounted; a new service begins with `counterfoil-server --dir {} \
         init --name NAME`", .0.display(), advice::argument(.0).unwrap_or_else(|| "DIR".to_owned())
    )]
    Missing(PathBuf),
    /// There is something of this name, and it is no folder, or no file.
    #[error("{} is not a {}; check the path", path.display(), if *directory { "folder" } else { "file" })]
    OtherType {
        /// What was named.
        path: PathBuf,
        /// Whether it should be a folder.
        directory: bool,
    },
    /// The folder lacks what makes it a service folder.
    #[error("{} is not a folder of a license service (it has no config.toml); check --dir", .0.display())]
    NotOurs(PathBuf),
    /// The folder is used already, by us or for something else.
    #[error("{} is not empty; choose a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// Others may read or write it.
    #[error("{} is open to others (mode {mode:03o}); {}", path.display(), close(path, *fix, *directory))]
    TooOpen {
        /// What is too open.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Whether it is a folder.
        directory: bool,
        /// The permission bits it should have; none where it may not be the service's alone, so that its bits are not this
        /// program's to choose.
        fix: Option<u32>,
    },
    /// It belongs to another user.
    #[error("{} belongs to user {owner}, this program runs as user {user}; {}", path.display(), advice::run_as(*owner, *user))]
    ForeignOwner {
        /// Whose it is.
        owner: u32,
        /// Who runs.
        user: u32,
        /// What is owned.
        path: PathBuf,
    },
    /// config.toml can't be understood.
    #[error("{} can't be read: {message}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        message: String,
    },
    /// A newer program has made it. It was left untouched.
    #[error(
        "the folder has format {found}, this program knows up to {FORMAT}; use the newer program"
    )]
    Newer {
        /// The folder's format.
        found: u32,
    },
    /// A file that was handed in is larger than any of its kind.
    #[error("{} is larger than {limit} bytes, which no file of its kind is", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes allowed.
        limit: u64,
    },
    /// Another process holds the folder's lock for longer than anything takes.
    #[error(
        "{} has been held by another process for {} s: wait for it, or find it with `fuser {}`",
        path.display(),
        waited.as_secs(),
        path.display()
    )]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// The disk said no.
    #[error("{}: {source}; check that the folder is there, writable and not full", path.display())]
    Io {
        /// The file in question.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Folder {
    /// Makes the frame of a new folder: the modes, the settings, the empty sub-folders.
    pub fn create(path: &Path, vendor_name: &str) -> Result<Self, FolderError> {
        create_private_dir(path)?;
        for sub in [KEYS, MANIFESTS] {
            create_private_dir(&path.join(sub))?;
        }
        let config = Config {
            format: FORMAT,
            vendor_name: vendor_name.to_owned(),
        };
        let file = path.join("config.toml");
        let text = toml::to_string(&config).map_err(|error| FolderError::Config {
            path: file.clone(),
            message: error.to_string(),
        })?;
        write_private(&file, text.as_bytes())?;
        Ok(Self {
            path: path.to_owned(),
            config,
        })
    }

    /// Opens a folder: it must be ours alone, and of a format that this program knows.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let file = path.join("config.toml");
        // Said first: owner and mode of a folder that was named by mistake are nobody's business.
        if path.is_dir()
            && fs::symlink_metadata(&file).is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
        {
            return Err(FolderError::NotOurs(path.to_owned()));
        }
        check_private(path, true)?;
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(FolderError::NotOurs(path.to_owned()));
            }
            Err(source) => return Err(FolderError::Io { path: file, source }),
        };
        let damaged = |error: toml::de::Error| FolderError::Config {
            path: file.clone(),
            message: error.message().to_owned(),
        };
        let format: FormatOnly = toml::from_str(&text).map_err(damaged)?;
        if format.format > FORMAT {
            return Err(FolderError::Newer {
                found: format.format,
            });
        }
        let config = toml::from_str(&text).map_err(damaged)?;
        Ok(Self {
            path: path.to_owned(),
            config,
        })
    }

    /// Locks the files of the folder against every other process that changes them.
    pub(super) async fn lock(&self) -> Result<Held, FolderError> {
        lock::acquire(&self.path, &[KEYS, MANIFESTS]).await
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.path.join("counterfoil.sqlite")
    }

    /// Public half of the vendor root, PEM.
    pub fn root_public(&self) -> PathBuf {
        self.path.join("root.pem")
    }

    /// Where the vendor root lies, if it lies on this machine.
    pub fn local_root(&self) -> PathBuf {
        self.path.join("root")
    }

    /// The trust bundle in force.
    pub fn bundle(&self) -> PathBuf {
        self.path.join("bundle")
    }

    /// Another trust bundle of the number in force, out of the way.
    pub fn bundle_set_aside(&self) -> PathBuf {
        self.path.join("bundle.set-aside")
    }

    /// What the root is asked to sign next.
    pub fn bundle_proposal(&self) -> PathBuf {
        self.path.join("bundle-proposal.toml")
    }

    /// The key that signs licenses, leases, manifests and status lists.
    pub fn issuer_key(&self) -> PathBuf {
        self.path.join(KEYS).join("issuer.key")
    }

    /// The key that approves TPM policies of a product.
    pub fn policy_key(&self, product: &str) -> PathBuf {
        self.path.join(KEYS).join(format!("policy-{product}.key"))
    }

    /// The rules of a product, as people write them.
    pub fn manifest_source(&self, product: &str) -> PathBuf {
        self.path.join(MANIFESTS).join(format!("{product}.toml"))
    }
}

/// What every format has in common.
#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// Makes a folder that only its owner can enter.
pub(super) fn create_private_dir(path: &Path) -> Result<(), FolderError> {
    fs::DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(|source| FolderError::Io {
            path: path.to_owned(),
            source,
        })
}

/// Refuses a file or folder that others can open, or that is someone else's.
///
/// That there is none is [`FolderError::Missing`], whose text is about service folders; other callers put their own in its
/// place.
pub(super) fn check_private(path: &Path, directory: bool) -> Result<(), FolderError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() == directory => metadata,
        Ok(_) => {
            return Err(FolderError::OtherType {
                path: path.to_owned(),
                directory,
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(FolderError::Missing(path.to_owned()));
        }
        Err(source) => {
            return Err(FolderError::Io {
                path: path.to_owned(),
                source,
            });
        }
    };
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        return Err(FolderError::ForeignOwner {
            owner,
            user,
            path: path.to_owned(),
        });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let fix = match directory {
            true => is_ours_alone(path, mode).then_some(0o700),
            false => advice::is_plain_file(path).then_some(0o600),
        };
        return Err(FolderError::TooOpen {
            path: path.to_owned(),
            mode,
            directory,
            fix,
        });
    }
    Ok(())
}

/// Whether a folder holds a service or a root, and is none in which everybody may write.
fn is_ours_alone(path: &Path, mode: u32) -> bool {
    const STICKY: u32 = 0o1000;
    let holds = |names: [&str; 2]| names.iter().all(|name| path.join(name).exists());
    let real = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    real && mode & STICKY == 0
        && (holds(["config.toml", "keys"]) || holds(["root.key", "root.pem"]))
}

/// What to do about a folder or file that is open to others.
fn close(path: &Path, fix: Option<u32>, directory: bool) -> String {
    match (fix, advice::argument(path)) {
        (Some(fix), Some(path)) => format!("run `chmod {fix:o} {path}`"),
        (Some(_), None) => "close it to all but its owner".to_owned(),
        (None, _) if directory => {
            "name a folder that is this program's alone, or one that does not exist yet".to_owned()
        }
        (None, _) => "name a file that its owner alone may read".to_owned(),
    }
}

/// Writes a file that only its owner can read: whole, on disk, and in place of an older one only when it is complete.
///
/// Only a file is replaced: what a device, a pipe or a symbolic link stands for is not this program's to remove. The unfinished
/// file has a name of this process's own beside it, and is gone where anything fails. One that a killed process left is in
/// nobody's way, also where the next process has the same number, as in a container.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let failed = |source| FolderError::Io {
        path: path.to_owned(),
        source,
    };
    // What cannot be looked at cannot be replaced either, and the attempt says why.
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(FolderError::OtherType {
            path: path.to_owned(),
            directory: false,
        });
    }
    let (mut file, successor) = create_beside(path).map_err(failed)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&successor, path));
    if let Err(error) = written {
        // Best effort: the failure is what there is to tell.
        let _ = fs::remove_file(&successor);
        return Err(failed(error));
    }
    sync_folder_of(path).map_err(failed)
}

/// A new file beside `path`, and its name.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut attempt: u32 = 0;
    loop {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.{attempt}.new", std::process::id()));
        let successor = path.with_file_name(name);
        let created = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&successor);
        match created {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => {
                attempt += 1;
            }
            created => return created.map(|file| (file, successor)),
        }
    }
}

/// Has the entry of `path` in its folder on disk.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// Removes what killed processes left half written in a folder whose lock is held. Best effort: it is in nobody's way.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_unfinished) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a name is one that [`write_private`] gives to an unfinished file.
pub(super) fn is_unfinished(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = name.rsplitn(4, '.');
    matches!(
        (parts.next(), parts.next(), parts.next(), parts.next()),
        (Some("new"), Some(attempt), Some(process), Some(_)) if number(attempt) && number(process)
    )
}

/// Reads a file that some person or machine hands in, refusing one that is larger than `limit` before reading it.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, FolderError> {
    use std::io::Read;
    let failed = |source| FolderError::Io {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(FolderError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}
