//! Commands that a message names: only such as a shell takes for what is meant. Nothing here runs any.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// More than the accounts of any machine that keeps them in a file.
const ACCOUNTS_LIMIT: u64 = 1 << 20;

/// `path` as one argument for a POSIX shell (XCU 2.2, Quoting); `None` where what a person would see and copy might not be
/// the path: a name that is no text, or has signs in it that are not shown or steer a terminal.
pub(crate) fn argument(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let shown = |sign: char| match sign.is_ascii() {
        true => !sign.is_ascii_control(),
        false => sign.is_alphanumeric(),
    };
    if text.is_empty() || !text.chars().all(shown) {
        return None;
    }
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "_./+:@,-".contains(sign);
    // A name that starts with a dash would be taken for an option.
    let here = if text.starts_with('-') { "./" } else { "" };
    Some(match text.chars().all(plain) {
        true => format!("{here}{text}"),
        false => format!("{here}'{}'", text.replace('\'', r"'\''")),
    })
}

/// What makes a command of the user `uid`'s out of one that follows it: `sudo -u alice`.
pub(crate) fn as_user(uid: u32) -> String {
    match account(&accounts(), uid) {
        Some(name) => format!("sudo -u {name}"),
        // sudo(8) takes a number with this sign, which starts a comment in a shell unless quoted.
        None => format!("sudo -u '#{uid}'"),
    }
}

/// Whom to run the program as where a folder is `owner`'s and the program runs as `user`.
pub(crate) fn run_as(owner: u32, user: u32) -> String {
    match (owner, user) {
        (0, _) => "repeat this as an administrator, with `sudo` before it, or name one of your own"
            .to_owned(),
        (_, 0) => format!(
            "repeat this as that user, with `{}` before it",
            as_user(owner)
        ),
        _ => format!(
            "repeat this as that user, with `{}` before it, or name one of your own",
            as_user(owner)
        ),
    }
}

/// Whether `path` names a file that is no link and has no other name.
#[cfg(feature = "server")]
pub(crate) fn is_plain_file(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.nlink() == 1)
}

/// The accounts that this machine itself keeps; empty where they cannot be read.
fn accounts() -> String {
    let mut text = String::new();
    let read = File::open("/etc/passwd")
        .and_then(|file| file.take(ACCOUNTS_LIMIT).read_to_string(&mut text));
    read.map_or_else(|_| String::new(), |_| text)
}

/// The name of the account `uid` in the lines of passwd(5), if it is one that a shell takes as it is.
fn account(passwd: &str, uid: u32) -> Option<&str> {
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number = fields.nth(1)?;
        (number == uid.to_string()).then_some(name)
    })?;
    let starts = name.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_');
    let goes_on = |sign: char| sign.is_ascii_alphanumeric() || "_.-".contains(sign);
    (starts && name.chars().all(goes_on)).then_some(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    #[test]
    fn a_shell_takes_a_named_path_for_that_path_alone() {
        for path in [
            "/var/lib/acme",
            "/home/al ice/state",
            "it's",
            "-R",
            "-R; ls",
            "~",
            "$HOME",
            "`id`",
            "a;b&c|d>e",
            "*",
            "#1",
            "x\"y\\z",
            "Zoë",
        ] {
            let word = argument(Path::new(path)).unwrap();
            let shown = Command::new("sh")
                .args(["-c", &format!("printf '<%s>' {word}")])
                .output()
                .unwrap();
            let taken = String::from_utf8(shown.stdout).unwrap();
            let taken = taken.strip_prefix("<./").unwrap_or(&taken);
            assert_eq!(
                taken.trim_start_matches('<').trim_end_matches('>'),
                path.trim_end_matches('>'),
                "{word}"
            );
            assert!(!word.starts_with('-'), "{word}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_shown_as_it_is_gets_no_command() {
        for path in ["", "a\nb", "a\u{1b}[2Jb", "a\u{202e}b", "a\u{200b}b"] {
            assert_eq!(argument(Path::new(path)), None, "{path:?}");
        }
        assert_eq!(argument(Path::new(OsStr::from_bytes(b"a\xff"))), None);
    }

    #[test]
    fn an_account_is_named_and_one_without_a_name_numbered() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nal:x:1000:1000::/home/al:\nbad;id:x:7:7:::\n-u:x:8:8:::\nshort\n";
        assert_eq!(account(passwd, 0), Some("root"));
        assert_eq!(account(passwd, 1000), Some("al"));
        for none in [7, 8, 9, 100] {
            assert_eq!(account(passwd, none), None);
        }
        assert_eq!(as_user(4_294_000_000), "sudo -u '#4294000000'");
    }

    #[test]
    fn each_user_is_told_whom_to_run_the_program_as() {
        let unknown = 4_294_000_000;
        assert!(run_as(unknown, 0).contains("`sudo -u '#4294000000'`"));
        assert!(!run_as(unknown, 0).contains("of your own"));
        assert!(run_as(0, 1000).contains("`sudo`"));
        assert!(run_as(unknown, 1000).contains("of your own"));
    }

    #[cfg(feature = "server")]
    #[test]
    fn a_device_a_link_and_a_file_of_two_names_are_no_plain_files() {
        let folder = tempfile::TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "").unwrap();
        assert!(is_plain_file(&at("file")));
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        std::fs::write(at("two"), "").unwrap();
        std::fs::hard_link(at("two"), at("names")).unwrap();
        for other in [at("link"), at("two"), at("none"), folder.path().into()] {
            assert!(!is_plain_file(&other), "{}", other.display());
        }
        for other in ["/dev/null", "/dev/stdin", "/proc/self/fd/0"] {
            assert!(!is_plain_file(Path::new(other)), "{other}");
        }
    }
}
