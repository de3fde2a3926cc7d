//! One folder, held open: every name is looked up in the folder itself, so that moving or renaming it while the
//! program runs sends nothing astray, and no path is resolved twice.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::error::{AccessError, DiskError};
use super::step::{Step, Watch};

/// Names of files that are not complete yet start with this.
pub(super) const TEMPORARY: &str = ".tmp-";
pub(super) const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// An open folder of the store, of mode 0700 and owned by the user that runs the program.
pub(super) struct Dir {
    fd: OwnedFd,
    path: PathBuf,
    watch: Arc<dyn Watch>,
}

impl Dir {
    /// Opens the folder at `path`, whose last component must not be a symbolic link.
    pub(super) fn open(path: &Path, watch: Arc<dyn Watch>) -> Result<Self, AccessError> {
        // A trailing slash would make the system follow a link.
        let path: PathBuf = path.components().collect();
        let fd = open_folder(rustix::fs::CWD, &path, &path)?;
        Ok(Self { fd, path, watch })
    }

    /// Opens the folder `name` in this one; `None` if there is none.
    pub(super) fn folder(&self, name: &str) -> Result<Option<Self>, AccessError> {
        let path = self.path.join(name);
        match open_folder(&self.fd, Path::new(name), &path) {
            Ok(fd) => Ok(Some(Self {
                fd,
                path,
                watch: Arc::clone(&self.watch),
            })),
            Err(AccessError::Missing { .. }) => Ok(None),
            Err(other) => Err(of_part(other)),
        }
    }

    /// Opens the folder `name` in this one, making it first if there is none.
    pub(super) fn make_folder(&self, name: &str) -> Result<Self, AccessError> {
        if let Some(found) = self.folder(name)? {
            return Ok(found);
        }
        let path = self.path.join(name);
        self.step(Step::MakeFolder, &path, || {
            rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(FOLDER_MODE))
        })?;
        self.sync()?;
        self.folder(name)?.ok_or(AccessError::Missing { path })
    }

    /// The folder's path when it was opened; for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The names in the folder that are text and not temporary, sorted.
    pub(super) fn names(&self) -> Result<Vec<String>, DiskError> {
        let mut names = self.all_names()?;
        names.retain(|name| !name.starts_with(TEMPORARY));
        Ok(names)
    }

    /// Content of the file `name`, of at most `limit` bytes; `None` if there is none.
    pub(super) fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, AccessError> {
        let Some((mut file, stat)) = self.open_checked(name, OFlags::RDONLY)? else {
            return Ok(None);
        };
        // The size is the file's until its end is reached: who writes here holds the lock.
        let size = usize::try_from(stat.st_size).unwrap_or(usize::MAX);
        if size > limit {
            let path = self.path.join(name);
            return Err(AccessError::TooLarge { path, limit });
        }
        let mut bytes = vec![0; size];
        match file.read_exact(&mut bytes) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) => Err(DiskError::new(&self.path.join(name), error).into()),
        }
    }

    /// Whether `name` still names the file that `file` is.
    pub(super) fn still_names(&self, name: &str, file: &File) -> Result<bool, DiskError> {
        let failed = |errno| DiskError::new(&self.path.join(name), errno);
        let named = match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(false),
            Err(errno) => return Err(failed(errno)),
        };
        let held = rustix::fs::fstat(file).map_err(failed)?;
        Ok((held.st_dev, held.st_ino) == (named.st_dev, named.st_ino))
    }

    /// Opens the file `name` after checking its kind, owner and mode; `None` if there is none.
    pub(super) fn open_file(
        &self,
        name: &str,
        access: OFlags,
    ) -> Result<Option<File>, AccessError> {
        Ok(self.open_checked(name, access)?.map(|(file, _)| file))
    }

    fn open_checked(
        &self,
        name: &str,
        access: OFlags,
    ) -> Result<Option<(File, Stat)>, AccessError> {
        let path = || self.path.join(name);
        // NONBLOCK: opening a pipe that someone put here must not hang.
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(&self.fd, name, flags, Mode::from_raw_mode(FILE_MODE)) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(AccessError::SymbolicLink { path: path() }),
            Err(Errno::NXIO | Errno::ISDIR) => {
                return Err(AccessError::WrongKind {
                    path: path(),
                    wanted: "regular file",
                });
            }
            Err(errno) => return Err(DiskError::new(&path(), errno).into()),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|e| DiskError::new(&path(), e))?;
        check(&stat, FileType::RegularFile, path).map_err(of_part)?;
        Ok(Some((File::from(fd), stat)))
    }

    /// Puts `bytes` in place of the file `name`: after a crash the file has its old content or all of the new one.
    /// On return the new content is on the medium.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.replace_by(name, |temporary| {
            let file = self.write_temporary(temporary, bytes)?;
            self.step(Step::SyncFile, &self.path.join(temporary), || {
                file.sync_all()
            })
        })?;
        self.sync()
    }

    /// The same without flushing: after a crash of the machine the file may have either content, or none.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.replace_by(name, |temporary| {
            self.write_temporary(temporary, bytes).map(drop)
        })
    }

    fn replace_by(
        &self,
        name: &str,
        write: impl FnOnce(&str) -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        let temporary = format!("{TEMPORARY}{name}");
        let written = write(&temporary).and_then(|()| {
            self.step(Step::Rename, &self.path.join(name), || {
                rustix::fs::renameat(&self.fd, &temporary, &self.fd, name)
            })
        });
        if written.is_err() {
            // Best effort: a leftover is removed by the next `clean`.
            let _ = rustix::fs::unlinkat(&self.fd, &temporary, AtFlags::empty());
        }
        written
    }

    /// Cuts the file `name` to `size` bytes and adds `bytes`, which are on the medium on return. A crash leaves the file as
    /// it was, cut, or with a part of what was added; what stood before `size` is never written again.
    pub(super) fn append(&self, name: &str, size: u64, bytes: &[u8]) -> Result<(), AccessError> {
        let path = self.path.join(name);
        let access = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE;
        self.step(Step::Append, &path, || Ok::<_, io::Error>(()))?;
        let mut file = self.open_file(name, access)?;
        let file = file.as_mut().ok_or(AccessError::Missing {
            path: self.path.clone(),
        })?;
        let failed = |error| DiskError::new(&path, error);
        let before = file.metadata().map_err(failed)?.len();
        if before > size {
            self.step(Step::Write, &path, || file.set_len(size))?;
        }
        let written = self.step(Step::Write, &path, || file.write_all(bytes));
        if written.is_err() {
            // Best effort: a line that is not whole is recognized.
            let _ = file.set_len(size);
        }
        written?;
        self.step(Step::SyncFile, &path, || file.sync_all())?;
        match before {
            0 => Ok(self.sync()?),
            _ => Ok(()),
        }
    }

    /// Gives the file `from` the name `to`, in place of what has it; it is no error if there is none. Not durable before
    /// [`Dir::sync`].
    pub(super) fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.step(
            Step::Rename,
            &self.path.join(to),
            || match rustix::fs::renameat(&self.fd, from, &self.fd, to) {
                Err(Errno::NOENT) => Ok(()),
                other => other,
            },
        )
    }

    /// Removes the file `name`; it is no error if there is none. Not durable before [`Dir::sync`].
    pub(super) fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.step(
            Step::Remove,
            &self.path.join(name),
            || match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
                Err(Errno::NOENT) => Ok(()),
                other => other,
            },
        )
    }

    /// Removes the folder `name` with the files in it, and its folders; it is no error if there is none.
    pub(super) fn remove_folder(&self, name: &str) -> Result<(), AccessError> {
        let Some(folder) = self.folder(name)? else {
            return Ok(());
        };
        for entry in folder.all_names()? {
            match folder.folder(&entry) {
                Ok(Some(_)) => folder.remove_folder(&entry)?,
                _ => folder.remove(&entry)?,
            }
        }
        self.step(Step::Remove, &folder.path, || {
            rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR)
        })?;
        Ok(self.sync()?)
    }

    /// Flushes the folder's entries to the medium.
    pub(super) fn sync(&self) -> Result<(), DiskError> {
        self.step(Step::SyncFolder, &self.path, || rustix::fs::fsync(&self.fd))
    }

    /// Removes what a crash left half-written, as far as the disk allows.
    pub(super) fn clean(&self) {
        for name in self.all_names().unwrap_or_default() {
            if name.starts_with(TEMPORARY) {
                let _ = self.remove(&name);
            }
        }
    }

    /// Announces a step that is not the disk's.
    pub(super) fn announce(&self, step: Step) -> Result<(), DiskError> {
        self.step(step, &self.path, || Ok::<_, io::Error>(()))
    }

    /// Announces `step`, then does it.
    pub(super) fn step<T, E: Into<io::Error>>(
        &self,
        step: Step,
        path: &Path,
        act: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, DiskError> {
        self.watch
            .before(step, path)
            .map_err(|e| DiskError::new(path, e))?;
        act().map_err(|e| DiskError::new(path, e))
    }

    /// Writes `bytes` to a file that is gone on return.
    pub(super) fn try_to_write(&self, bytes: &[u8]) -> Result<(), DiskError> {
        let temporary = format!("{TEMPORARY}room");
        let written = self.write_temporary(&temporary, bytes).map(drop);
        written.and(self.remove(&temporary))
    }

    fn write_temporary(&self, temporary: &str, bytes: &[u8]) -> Result<File, DiskError> {
        let path = self.path.join(temporary);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = self.step(Step::Create, &path, || {
            // Left by a crash; the lock says that nobody is writing it now.
            match rustix::fs::unlinkat(&self.fd, temporary, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(errno),
            }
            rustix::fs::openat(&self.fd, temporary, flags, Mode::from_raw_mode(FILE_MODE))
                .map(File::from)
        })?;
        self.step(Step::Write, &path, || file.write_all(bytes))?;
        Ok(file)
    }

    fn all_names(&self) -> Result<Vec<String>, DiskError> {
        let failed = |errno| DiskError::new(&self.path, errno);
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.fd).map_err(failed)? {
            match entry.map_err(failed)?.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(name.to_owned()),
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

fn open_folder(at: impl AsFd, name: &Path, path: &Path) -> Result<OwnedFd, AccessError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = match rustix::fs::openat(&at, name, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => {
            return Err(AccessError::Missing {
                path: path.to_path_buf(),
            });
        }
        // Linux says "not a directory" for a link that is not to be followed, others say "loop".
        Err(Errno::NOTDIR | Errno::LOOP) => {
            let link = rustix::fs::statat(&at, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink);
            let path = path.to_path_buf();
            return Err(match link {
                true => AccessError::SymbolicLink { path },
                false => AccessError::WrongKind {
                    path,
                    wanted: "folder",
                },
            });
        }
        Err(errno) => return Err(DiskError::new(path, errno).into()),
    };
    let stat = rustix::fs::fstat(&fd).map_err(|e| DiskError::new(path, e))?;
    check(&stat, FileType::Directory, || path.to_path_buf())?;
    Ok(fd)
}

/// Refuses what the store did not make so: another kind, owner, or rights for others.
fn check(stat: &Stat, kind: FileType, path: impl FnOnce() -> PathBuf) -> Result<(), AccessError> {
    let (wanted, fix) = match kind {
        FileType::Directory => ("folder", FOLDER_MODE),
        _ => ("regular file", FILE_MODE),
    };
    if FileType::from_raw_mode(stat.st_mode) != kind {
        let path = path();
        return Err(AccessError::WrongKind { path, wanted });
    }
    let user = rustix::process::geteuid().as_raw();
    if stat.st_uid != user {
        return Err(AccessError::ForeignOwner {
            path: path(),
            owner: stat.st_uid,
            user,
        });
    }
    let mode = Mode::from_raw_mode(stat.st_mode).as_raw_mode();
    if mode & 0o077 != 0 {
        return Err(AccessError::WideMode {
            path: path(),
            mode,
            // A file of several names is not the store's alone.
            fix: (kind == FileType::Directory || stat.st_nlink == 1).then_some(fix),
        });
    }
    Ok(())
}

/// What is wrong with a folder or file inside the state folder: that is its user's, so nobody else can use what is in it.
fn of_part(error: AccessError) -> AccessError {
    match error {
        AccessError::ForeignOwner { path, owner, user } => {
            AccessError::ForeignPart { path, owner, user }
        }
        other => other,
    }
}
