//! Who may use the folder, what it may look like, and how several processes share it.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]

mod store_support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use counterfoil::store::log::Record;
use counterfoil::store::{
    AccessError, ArtifactFault, Ask, Folder, LockError, Place, State, is_own_path,
};

use store_support::*;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn refusal(path: &Path) -> AccessError {
    match Folder::open(path) {
        Ok(_) => panic!("{} was accepted", path.display()),
        Err(error) => error,
    }
}

/// Every file below `path`, and every folder.
fn tree(path: &Path) -> (Vec<std::path::PathBuf>, Vec<std::path::PathBuf>) {
    let (mut files, mut folders) = (Vec::new(), vec![path.to_path_buf()]);
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => {
                let (more_files, more_folders) = tree(&path);
                files.extend(more_files);
                folders.extend(more_folders);
            }
            false => files.push(path),
        }
    }
    (files, folders)
}

fn used() -> Home {
    let (home, counter) = (Home::new(), Counter::at(1));
    home.start(&counter, State::default());
    home.with(|vault| {
        answer(1, 1)
            .iter()
            .for_each(|artifact| vault.write_artifact(artifact).unwrap())
    });
    home
}

#[test]
fn folders_are_0700_and_files_0600() {
    let home = used();
    let (files, folders) = tree(&home.path());
    assert_eq!((files.len(), folders.len()), (7, 5));
    assert!(files.iter().all(|file| mode(file) == 0o600));
    assert!(folders.iter().all(|folder| mode(folder) == 0o700));
}

#[test]
fn every_path_in_a_used_store_is_known_for_its_own() {
    let home = used();
    let folder = home.folder();
    let locked = folder.lock(WAIT).unwrap();
    let generation = locked.generation(EPOCH).unwrap();
    generation.write_binding(&binding(), &store_key()).unwrap();
    let rendezvous = locked.rendezvous().unwrap();
    let ask = Ask {
        nonce: [1; 32],
        boot_id: [9; 16],
        boottime_ms: 1,
    };
    rendezvous.leave_ask([0xf1; 16], &ask).unwrap();
    rendezvous.leave_evidence(b"evidence").unwrap();
    // So large that the log is turned over.
    let record = Record {
        event: "x".repeat(200_000),
        ..Record::default()
    };
    for _ in 0..2 {
        locked.log().append(&record, None, None).unwrap();
    }

    let (files, folders) = tree(&home.path());
    assert_eq!((files.len(), folders.len()), (12, 6));
    for path in files.iter().chain(&folders) {
        let relative = path.strip_prefix(home.path()).unwrap().to_str().unwrap();
        assert!(relative.is_empty() || is_own_path(relative), "{relative}");
    }
}

#[test]
fn each_wider_mode_of_the_folder_is_refused_with_the_fix() {
    let home = used();
    for wide in [0o701, 0o710, 0o750, 0o755, 0o770, 0o777, 0o2750] {
        set_mode(&home.path(), wide);
        let error = refusal(&home.path());
        assert!(matches!(error, AccessError::WideMode { mode, .. } if mode == wide));
        let fix = format!("chmod 700 {}", home.path().display());
        assert!(error.to_string().contains(&fix), "{error}");
    }
    set_mode(&home.path(), 0o700);
    Folder::open(&home.path()).unwrap();
}

/// Commands that change whose a file is or who may use it.
fn assert_no_command(error: &AccessError) {
    let text = error.to_string();
    for command in ["chmod", "chown"] {
        assert!(!text.contains(command), "{text}");
    }
}

#[test]
fn the_rights_of_a_folder_that_is_not_the_stores_alone_are_left_to_it() {
    let home = Home::new();
    let folder = home.path().with_file_name("shared");
    fs::create_dir(&folder).unwrap();
    for mode in [0o755, 0o1777] {
        set_mode(&folder, mode);
        let error = refusal(&folder);
        assert!(
            matches!(error, AccessError::NotAStore { .. }),
            "empty: {error}"
        );
        assert_no_command(&error);
        fs::write(folder.join("somebody's"), "").unwrap();
        let error = refusal(&folder);
        assert!(matches!(error, AccessError::NotAStore { .. }), "{error}");
        assert_no_command(&error);
        for of_a_store in ["lock", "epoch-3"] {
            fs::write(folder.join(of_a_store), "").unwrap();
            let error = refusal(&folder);
            assert!(matches!(error, AccessError::WideMode { fix: None, .. }));
            assert_no_command(&error);
            fs::remove_file(folder.join(of_a_store)).unwrap();
        }
        fs::remove_file(folder.join("somebody's")).unwrap();
    }
    // Nothing but a store in it, but where everybody may write.
    fs::write(folder.join("lock"), "").unwrap();
    assert_no_command(&refusal(&folder));
    set_mode(&folder, 0o777);
    assert!(refusal(&folder).to_string().contains("chmod 700 "));
}

#[test]
fn no_command_is_advised_for_a_path_of_the_system() {
    let home = used();
    let link = home.path().with_file_name("link");
    symlink("/etc", &link).unwrap();
    for path in [
        "/",
        "/tmp",
        "/var/tmp",
        "/dev",
        "/dev/null",
        "/dev/stdin",
        "/proc",
        "/etc",
        "/etc/passwd",
    ] {
        assert_no_command(&refusal(path.as_ref()));
    }
    assert_no_command(&refusal(&link));
    assert_no_command(&refusal(&link.join("")));
    // A file of the store that has another name elsewhere too.
    let state = home.state_file(1);
    fs::hard_link(&state, home.path().with_file_name("other name")).unwrap();
    set_mode(&state, 0o640);
    home.with(|vault| {
        let Err(error) = vault.load(1) else {
            panic!("was loaded");
        };
        assert_no_command(&error);
    });
}

#[test]
fn a_command_is_advised_for_the_path_as_a_shell_takes_it() {
    let home = used();
    for (name, advised) in [
        ("my state; ls", Some("'")),
        ("it's", Some(r"it'\''s'`")),
        ("line\nfeed", None),
    ] {
        let path = home.path().with_file_name(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("lock"), "").unwrap();
        set_mode(&path, 0o750);
        let text = refusal(&path).to_string();
        match advised {
            Some(quoted) => assert!(
                text.contains("`chmod 700 '") && text.contains(quoted),
                "{text}"
            ),
            None => assert!(!text.contains("chmod"), "{text}"),
        }
    }
}

#[test]
fn a_wider_mode_of_a_file_is_refused_with_the_fix() {
    let home = used();
    let state = home.state_file(1);
    set_mode(&state, 0o640);
    home.with(|vault| {
        let error = vault.load(1).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("chmod 600 {}", state.display())),
            "{error}"
        );
    });
}

#[test]
fn a_wider_mode_of_one_artifact_or_their_folder_is_a_fault_of_its_own() {
    let home = used();
    set_mode(
        &home.generation().join(Place::Lease(license(1)).to_string()),
        0o604,
    );
    home.with(|vault| {
        let found = vault.artifacts(None);
        assert_eq!((found.tokens.len(), found.faults.len()), (4, 1));
        assert!(matches!(
            found.faults[0],
            ArtifactFault::Access(AccessError::WideMode { mode: 0o604, .. })
        ));
    });
    set_mode(&home.generation().join("licenses"), 0o755);
    home.with(|vault| assert_eq!(vault.artifacts(None).tokens.len(), 3));
}

#[test]
fn a_foreign_owner_is_refused_and_told_whom_to_run_the_program_as() {
    let home = used();
    // Only root can give a folder away; for anybody else root's own folders are foreign.
    if chown(home.path(), Some(12345), None).is_err() {
        let error = refusal("/root".as_ref());
        assert_no_command(&error);
        return;
    }
    let error = refusal(&home.path());
    assert!(
        matches!(
            error,
            AccessError::ForeignOwner {
                owner: 12345,
                user: 0,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("`sudo -u '#12345'`"), "{error}");
    assert_no_command(&error);
    fs::write(home.path().join("somebody's"), "").unwrap();
    assert!(matches!(
        refusal(&home.path()),
        AccessError::ForeignOwner { .. }
    ));

    // What holds something else is not this program's to be run for, whoever runs it.
    let other = home.path().with_file_name("home");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("letter"), "").unwrap();
    chown(&other, Some(12345), None).unwrap();
    let error = refusal(&other);
    assert!(matches!(error, AccessError::NotAStore { .. }), "{error}");
    assert_no_command(&error);
}

#[test]
fn a_foreign_file_in_the_folder_is_not_a_reason_to_run_as_its_owner() {
    let home = used();
    if chown(home.state_file(1), Some(12345), None).is_err() {
        return;
    }
    home.with(|vault| {
        let Err(error) = vault.load(1) else {
            panic!("was loaded");
        };
        assert!(
            matches!(error, AccessError::ForeignPart { owner: 12345, .. }),
            "{error}"
        );
        assert!(!error.to_string().contains("sudo"), "{error}");
        assert_no_command(&error);
    });
}

#[test]
fn a_symbolic_link_is_never_followed() {
    let home = used();
    let link = home.path().with_file_name("link");
    symlink(home.path(), &link).unwrap();
    let with_slash = link.join("");
    for path in [&link, &with_slash] {
        assert!(matches!(refusal(path), AccessError::SymbolicLink { .. }));
    }
    let elsewhere = home.path().with_file_name("elsewhere");
    fs::rename(home.state_file(1), &elsewhere).unwrap();
    symlink(&elsewhere, home.state_file(1)).unwrap();
    home.with(|vault| {
        assert!(matches!(
            vault.load(1),
            Err(AccessError::SymbolicLink { .. })
        ))
    });
    let licenses = home.generation().join("licenses");
    fs::rename(&licenses, home.path().with_file_name("licenses")).unwrap();
    symlink(home.path().with_file_name("licenses"), &licenses).unwrap();
    home.with(|vault| assert_eq!(vault.artifacts(None).faults.len(), 1));
}

#[test]
fn a_link_in_place_of_a_file_is_replaced_and_not_written_through() {
    let home = used();
    let target = home.path().with_file_name("target");
    fs::write(&target, b"untouched").unwrap();
    let lease = home.generation().join(Place::Lease(license(1)).to_string());
    fs::remove_file(&lease).unwrap();
    symlink(&target, &lease).unwrap();
    symlink(
        &target,
        lease.with_file_name(format!(".tmp-{}.lease", license(1))),
    )
    .unwrap();
    home.with(|vault| vault.write_artifact(&answer(1, 2)[1]).unwrap());
    assert_eq!(fs::read(&target).unwrap(), b"untouched");
    assert!(fs::symlink_metadata(&lease).unwrap().is_file());
}

#[test]
fn a_folder_or_pipe_in_place_of_a_file_is_named_and_does_not_hang() {
    let home = used();
    let state = home.state_file(1);
    fs::remove_file(&state).unwrap();
    fs::create_dir(&state).unwrap();
    home.with(|vault| assert!(matches!(vault.load(1), Err(AccessError::WrongKind { .. }))));
    fs::remove_dir(&state).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg("-m")
            .arg("600")
            .arg(&state)
            .status()
            .unwrap()
            .success()
    );
    home.with(|vault| assert!(matches!(vault.load(1), Err(AccessError::WrongKind { .. }))));
}

#[test]
fn a_file_in_place_of_the_folder_and_no_folder_are_told_apart() {
    let home = used();
    assert!(matches!(
        refusal(&home.state_file(1)),
        AccessError::WrongKind {
            wanted: "folder",
            ..
        }
    ));
    assert!(matches!(
        refusal(&home.path().join("none")),
        AccessError::Missing { .. }
    ));
}

#[test]
fn a_file_beyond_its_limit_is_refused_before_it_is_read_whole() {
    let home = used();
    fs::File::options()
        .write(true)
        .open(home.state_file(1))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    home.with(|vault| assert!(matches!(vault.load(1), Err(AccessError::TooLarge { .. }))));
}

#[test]
fn a_state_beyond_its_limit_is_refused_and_the_old_one_stays() {
    let home = used();
    let counter = Counter::at(1);
    home.with(|vault| {
        let found = current(vault, 1);
        let mut next = State::default();
        for n in 0..20 {
            let mut large = pending(n);
            large.request = vec![0; 65_000];
            next.add_pending(large);
        }
        let error = vault
            .commit(found.base, next, || counter.increment())
            .unwrap_err();
        assert!(error.to_string().contains("bytes"), "{error}");
        assert_eq!(
            (counter.value(), current(vault, 1).state),
            (1, State::default())
        );
    });
}

#[test]
fn a_missing_folder_is_made_with_those_above_it() {
    let home = Home::new();
    let deep = home.path().with_file_name("a").join("b").join("c");
    Folder::open_or_create(&deep).unwrap();
    let above = home.path().with_file_name("a");
    assert_eq!(mode(&deep), 0o700);
    // Other vendors' folders can be beside it, under other users; nobody else may write there.
    for folder in [&above, &above.join("b")] {
        assert_eq!(mode(folder) & 0o722, 0o700);
    }
    Folder::open_or_create(&deep).unwrap();
}

#[test]
fn generations_are_listed_newest_first_and_strange_names_are_none() {
    let home = Home::new();
    let folder = home.folder();
    let locked = folder.lock(WAIT).unwrap();
    for epoch in [9, 10, 2] {
        locked.create_generation(epoch).unwrap();
    }
    for strange in ["epoch-", "epoch-007", "epoch-+3", "epoch-x", "other"] {
        fs::create_dir(home.path().join(strange)).unwrap();
    }
    assert_eq!(locked.epochs().unwrap(), [10, 9, 2]);
    assert!(matches!(
        locked.generation(3),
        Err(AccessError::Missing { .. })
    ));
}

#[test]
fn a_removed_generation_leaves_nothing_and_the_others_untouched() {
    let home = used();
    let folder = home.folder();
    let locked = folder.lock(WAIT).unwrap();
    locked.create_generation(EPOCH + 1).unwrap();
    for _ in 0..2 {
        locked.remove_generation(EPOCH).unwrap();
        assert!(!home.generation().exists());
        assert_eq!(locked.epochs().unwrap(), [EPOCH + 1]);
    }
}

#[test]
fn p6_a_renamed_folder_goes_on_also_under_an_open_program() {
    let (home, counter) = (Home::new(), Counter::at(1));
    home.start(&counter, State::default());
    let moved = home.path().with_file_name("moved");
    home.with(|vault| {
        let found = current(vault, 1);
        fs::rename(home.path(), &moved).unwrap();
        let next = State {
            to_install: answer(1, 1),
            ..State::default()
        };
        let mut committed = vault
            .commit(found.base, next, || counter.increment())
            .unwrap();
        vault.install(&mut committed).unwrap();
    });
    with_vault(&Folder::open(&moved).unwrap(), |vault| {
        assert_eq!(current(vault, 2).state, State::default());
        assert_eq!(vault.artifacts(None).tokens.len(), 5);
    });
}

#[test]
fn threads_take_turns_and_lose_no_change() {
    let (home, counter) = (Home::new(), Mutex::new(Counter::at(1)));
    home.start(&counter.lock().unwrap(), State::default());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    home.with(|vault| {
                        // Read under the folder's lock; the mutex only makes the test's counter shareable.
                        let value = counter.lock().unwrap().value();
                        let found = current(vault, value);
                        let mut next = found.state;
                        next.bundle_sequence += 1;
                        vault
                            .commit(found.base, next, || counter.lock().unwrap().increment())
                            .unwrap();
                    });
                }
            });
        }
    });
    home.with(|vault| assert_eq!(current(vault, 101).state.bundle_sequence, 100));
}

/// Another process that holds the lock until it is told to end.
struct Holder(Child);

impl Holder {
    fn start(home: &Home) -> Self {
        let mut child = Command::new("flock")
            .arg(home.path().join("lock"))
            .args(["sh", "-c", "echo held; read line"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "held\n");
        Self(child)
    }

    fn end(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn the_lock_of_another_process_is_waited_for_and_then_reported() {
    let home = used();
    let mut holder = Holder::start(&home);
    let folder = home.folder();
    let error = folder.lock(Duration::from_millis(50)).err().unwrap();
    assert!(
        matches!(&error, LockError::Busy { waited, .. } if *waited >= Duration::from_millis(50))
    );
    assert!(error.to_string().contains("lock"), "{error}");
    let waiting = thread::scope(|scope| {
        let waiting = scope.spawn(|| folder.lock(WAIT).is_ok());
        holder.end();
        waiting.join().unwrap()
    });
    assert!(waiting);
}

#[test]
fn who_waited_for_a_lock_file_that_was_removed_holds_the_one_in_its_place() {
    let home = used();
    let (folder, other) = (home.folder(), home.folder());
    let first = folder.lock(WAIT).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| other.lock(WAIT).unwrap());
        // Time to open the file that is about to go.
        thread::sleep(Duration::from_millis(50));
        let file = home.path().join("lock");
        fs::remove_file(&file).unwrap();
        fs::write(&file, "").unwrap();
        set_mode(&file, 0o600);
        drop(first);
        let second = waiting.join().unwrap();
        let third = home.folder().lock(Duration::ZERO).err();
        assert!(matches!(third, Some(LockError::Busy { .. })));
        drop(second);
    });
}
