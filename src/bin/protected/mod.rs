//! What neither program writes a result over: the folders that hold a vendor's keys and memory, or a machine's state.
//!
//! A folder is known by what lies in it, under whatever name, link or `..` it was reached: a service by its settings and
//! database, a root by its key, a state folder by its epochs. Those that the command works with are known even where they are
//! empty or not made yet.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

/// Files of a service's folder; what lies in a folder of `SERVICE_FOLDERS` is its own too.
const SERVICE_FILES: [&str; 10] = [
    "config.toml",
    "root.pem",
    "bundle",
    "bundle.set-aside",
    "bundle-proposal.toml",
    "counterfoil.sqlite",
    "counterfoil.sqlite-wal",
    "counterfoil.sqlite-shm",
    "counterfoil.sqlite-journal",
    "lock",
];
const SERVICE_FOLDERS: [&str; 3] = ["keys", "manifests", "root"];
const ROOT_FILES: [&str; 4] = ["root.key", "root.pem", "last.bundle", "lock"];

/// What a path must not be written over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Protected {
    /// A file of the license service in this folder.
    Service(PathBuf),
    /// A file of the vendor root in this folder.
    Root(PathBuf),
    /// Anything in this state folder.
    State(PathBuf),
}

impl Protected {
    /// What to tell whoever named it, as the rest of a sentence about the file.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Service(folder) => format!(
                "it is a file of the license service in {}: name another one",
                folder.display()
            ),
            Self::Root(folder) => format!(
                "it is a file of the vendor root in {}: name another one",
                folder.display()
            ),
            Self::State(folder) => format!(
                "it would lie in the state folder {}, which holds this machine's licenses and nothing else: name a file elsewhere",
                folder.display()
            ),
        }
    }
}

/// What stands at `path`, or would, that nothing is written over. `service` and `state` are the folders that the command works
/// with.
pub(crate) fn protected(
    path: &Path,
    service: Option<&Path>,
    state: Option<&Path>,
) -> Option<Protected> {
    let name = path.file_name()?;
    let place = resolve(&folder_of(path)).join(name);
    let state = state.map(resolve);
    let service = service.map(resolve);
    let mut inside = PathBuf::from(name);
    for folder in place.ancestors().skip(1) {
        if state.as_deref().is_some_and(|state| is_same(state, folder)) || holds_state(folder) {
            return Some(Protected::State(folder.to_owned()));
        }
        let given = service
            .as_deref()
            .is_some_and(|service| is_same(service, folder));
        if (given || is_service(folder)) && is_of_service(&inside) {
            return Some(Protected::Service(folder.to_owned()));
        }
        if is_root(folder) && ROOT_FILES.iter().any(|file| inside == Path::new(file)) {
            return Some(Protected::Root(folder.to_owned()));
        }
        if let Some(above) = folder.file_name() {
            inside = Path::new(above).join(inside);
        }
    }
    // A second name of one of the files.
    if let Some(service) = service
        && is_link_to(&place, &service_files(&service))
    {
        return Some(Protected::Service(service));
    }
    let state = state?;
    is_link_to(&place, &files_in(&state, 3)).then_some(Protected::State(state))
}

/// Whether `path` is where a service takes up its trust bundle, which the root may sign into its folder.
#[allow(dead_code, reason = "one of the two programs uses it")]
pub(crate) fn is_bundle_of(service: &Path, path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "bundle")
        && is_same(&resolve(&folder_of(path)), service)
}

/// Where the file at `path` lies, or would.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The path without links and `..`, as far as it is there; the rest follows as it was written.
fn resolve(path: &Path) -> PathBuf {
    let path = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    if let Ok(resolved) = fs::canonicalize(path) {
        return resolved;
    }
    match (path.parent(), path.components().next_back()) {
        (Some(parent), Some(Component::ParentDir)) => {
            let mut resolved = resolve(parent);
            resolved.pop();
            resolved
        }
        (Some(parent), Some(last)) => resolve(parent).join(last),
        _ => path.to_owned(),
    }
}

/// By identity where both are there, since a folder can be mounted at two places; else by name.
fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => one == other,
    }
}

fn holds_state(folder: &Path) -> bool {
    folder.join("lock").is_file()
        && fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name();
                let number = name.to_str().and_then(|name| name.strip_prefix("epoch-"));
                number.is_some_and(|number| number.parse::<u64>().is_ok())
            })
        })
}

fn is_service(folder: &Path) -> bool {
    folder.join("config.toml").is_file() && folder.join("counterfoil.sqlite").is_file()
}

fn is_of_service(inside: &Path) -> bool {
    let first = inside.components().next();
    SERVICE_FILES.iter().any(|file| inside == Path::new(file))
        || SERVICE_FOLDERS
            .iter()
            .any(|folder| first == Some(Component::Normal(folder.as_ref())))
}

fn is_root(folder: &Path) -> bool {
    folder.join("root.key").is_file()
}

fn service_files(folder: &Path) -> Vec<PathBuf> {
    let own = SERVICE_FILES.iter().map(|file| folder.join(file));
    let inside = SERVICE_FOLDERS
        .iter()
        .flat_map(|sub| files_in(&folder.join(sub), 1));
    own.chain(inside).collect()
}

/// The files in a folder and in the folders in it, to a depth.
fn files_in(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 1 => {
                files.extend(files_in(&entry.path(), depth - 1))
            }
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}

/// Whether a file has several names, and one of them is among `files`.
fn is_link_to(path: &Path, files: &[PathBuf]) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else {
        return false;
    };
    if !found.is_file() || found.nlink() < 2 {
        return false;
    }
    let identity = (found.dev(), found.ino());
    files
        .iter()
        .filter_map(|file| fs::symlink_metadata(file).ok())
        .any(|other| (other.dev(), other.ino()) == identity)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test panics where it fails")]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn make(folder: &Path, files: &[&str]) {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
    }

    #[test]
    fn files_of_a_service_of_a_root_and_of_a_state_folder_are_protected_by_whatever_way() {
        let home = TempDir::new().unwrap();
        let home = &fs::canonicalize(home.path()).unwrap();
        let at = |path: &str| home.join(path);
        make(
            home,
            &[
                "acme/config.toml",
                "acme/counterfoil.sqlite",
                "acme/keys/issuer.key",
                "vault/root.key",
                "state/lock",
                "state/epoch-1/licenses/x",
            ],
        );
        std::os::unix::fs::symlink("acme", at("link")).unwrap();
        std::os::unix::fs::symlink("state/epoch-1", at("generation")).unwrap();
        fs::hard_link(at("acme/keys/issuer.key"), at("second-name")).unwrap();
        fs::create_dir(at("empty")).unwrap();
        let found = |path: &str| protected(&at(path), Some(&at("link")), Some(&at("empty/new")));

        let service =
            |path: &str| assert_eq!(found(path), Some(Protected::Service(at("acme"))), "{path}");
        for file in [
            "acme/bundle",
            "acme/lock",
            "acme/counterfoil.sqlite-wal",
            "acme/keys/anything",
            "acme/manifests/deep/er",
            "acme/root/root.key",
            "link/root.pem",
            "link/keys/../keys/issuer.key",
            "empty/../acme/config.toml",
            "second-name",
        ] {
            service(file);
        }
        for file in ["vault/root.key", "vault/last.bundle"] {
            assert_eq!(found(file), Some(Protected::Root(at("vault"))), "{file}");
        }
        for file in [
            "state/x.request",
            "state/epoch-7/x",
            "generation/x",
            "generation/licenses/x",
        ] {
            assert_eq!(found(file), Some(Protected::State(at("state"))), "{file}");
        }
        // One that is made only now, and one whose name alone is known.
        let new = Some(Protected::State(at("empty/new")));
        assert_eq!(
            (found("empty/new/x"), found("empty/new/y/z")),
            (new.clone(), new)
        );
        for file in [
            "x",
            "acme/x.response",
            "acme/answers/x",
            "vault/x",
            "empty/x",
            "no/such/x",
        ] {
            assert_eq!(found(file), None, "{file}");
        }
    }
}
