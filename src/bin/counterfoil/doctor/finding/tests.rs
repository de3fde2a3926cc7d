//! How an error's text becomes a finding.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use counterfoil::device::{DeviceError, Memory, Object, UnsealError};
use counterfoil::evidence::Hierarchy;
use counterfoil::store::{AccessError, BindingError, BindingFault, DiskError, LockError};
use counterfoil::token::KeyId;
use counterfoil::token::cbor::CborError;
use counterfoil::token::cose::{CoseError, Kind};

use super::*;
use crate::exit::Failure;
use crate::machine;

/// An error, and how what to do about it begins.
type Case = (Box<dyn Display>, &'static str);

fn case(error: impl Display + 'static, step: &'static str) -> Case {
    (Box::new(error), step)
}

/// All errors that become findings, with files at `path` and a TPM at `tcti`.
fn all(path: &str, tcti: &str) -> Vec<Case> {
    let mut all = device(tcti);
    all.extend(disk(path));
    all.extend(folder(path));
    all.extend(binding(path));
    all
}

fn device(tcti: &str) -> Vec<Case> {
    let tcti = || tcti.to_owned();
    vec![
        case(DeviceError::UnknownConnection { tcti: tcti() }, "use for"),
        case(DeviceError::NoTpm { tcti: tcti() }, "switch it on"),
        case(DeviceError::NoPermission { tcti: tcti() }, "add the user"),
        case(DeviceError::Busy { tcti: tcti() }, "use the kernel's"),
        case(DeviceError::Vanished, "try again"),
        case(DeviceError::NotStarted, "restart"),
        case(DeviceError::Interrupted, "try again"),
        case(DeviceError::KeepsRetrying, "try again"),
        case(DeviceError::NvRate, "try again"),
        case(DeviceError::LockedOut, "wait until"),
        case(DeviceError::OutOfMemory(Memory::Object), "other programs"),
        case(DeviceError::NoModule { tcti: tcti() }, "install its"),
        case(DeviceError::AuthNeeded(Hierarchy::Owner), "repeat this"),
        case(DeviceError::WrongAuth(Hierarchy::Owner), "ask whoever"),
        case(
            DeviceError::AuthAtEachUse(Hierarchy::Owner),
            "have its administrator",
        ),
        case(DeviceError::HierarchyOff(Hierarchy::Owner), "restart the"),
        case(DeviceError::Unsupported("TPM2_Quote"), "it cannot be used"),
        case(DeviceError::Missing(Object::EpochIndex), "activate again"),
        case(DeviceError::Foreign(Object::EpochIndex), "activate again"),
        case(DeviceError::BadBinding, "put this folder back"),
        case(DeviceError::Failed, "restart the machine"),
        case(DeviceError::NvOff, "restart the machine"),
        case(
            DeviceError::NoAnswer {
                command: "TPM2_Load",
                waited: Duration::from_secs(30),
            },
            "try again",
        ),
        case(DeviceError::Unanswered { commands: 2 }, "see whether"),
        case(
            DeviceError::RefusedUntold {
                command: "TPM2_Load",
            },
            "restart the machine",
        ),
        case(
            DeviceError::Refused {
                command: "TPM2_Load",
                code: 0x1df,
            },
            "restart the machine",
        ),
        case(DeviceError::Malformed("TPM2_Load"), "look for what"),
        case(UnsealError::Device(DeviceError::Vanished), "try again"),
        case(
            UnsealError::EpochMoved {
                sealed: 1,
                found: 2,
            },
            "its licenses have ended; activate again",
        ),
        case(UnsealError::ForeignBlob, "put this folder back"),
    ]
}

fn disk(path: &str) -> Vec<Case> {
    let path = || PathBuf::from(path);
    vec![
        case(DiskError::Full { path: path() }, "free space"),
        case(DiskError::ReadOnly { path: path() }, "find out why"),
        case(DiskError::Denied { path: path() }, "run the program as"),
        case(
            DiskError::Other {
                path: path(),
                source: io::Error::from_raw_os_error(5),
            },
            "check the disk",
        ),
        case(
            DiskError::Other {
                path: path(),
                source: io::Error::other("the device said: no"),
            },
            "check the disk",
        ),
    ]
}

fn folder(path: &str) -> Vec<Case> {
    let path = || PathBuf::from(path);
    vec![
        case(AccessError::Missing { path: path() }, "name the folder"),
        case(
            AccessError::SymbolicLink { path: path() },
            "name the folder itself",
        ),
        case(
            AccessError::WrongKind {
                path: path(),
                wanted: "folder",
            },
            "name the store's own",
        ),
        case(
            AccessError::ForeignOwner {
                path: path(),
                owner: 4_294_000_000,
                user: 0,
            },
            "repeat this as that user, with `sudo -u '#4294000000'`",
        ),
        case(
            AccessError::ForeignPart {
                path: path(),
                owner: 1,
                user: 2,
            },
            "find out who put it there",
        ),
        case(
            AccessError::NotAStore { path: path() },
            "name the store's folder",
        ),
        case(
            AccessError::WideMode {
                path: path(),
                mode: 0o755,
                fix: Some(0o700),
            },
            "run `chmod 700 ",
        ),
        case(
            AccessError::TooLarge {
                path: path(),
                limit: 1,
            },
            "find out what it is",
        ),
        case(
            LockError::Busy {
                path: path(),
                waited: Duration::from_secs(10),
            },
            "it may be waiting",
        ),
    ]
}

fn binding(path: &str) -> Vec<Case> {
    let path = || PathBuf::from(path);
    let altered = faults().into_iter().map(|fault| {
        let path = path();
        case(BindingError::Altered { path, fault }, "put it back from")
    });
    let others = [
        case(BindingError::Missing { path: path() }, "put the file back"),
        case(
            BindingError::OtherEpoch {
                path: path(),
                found: 2,
            },
            "put each file back",
        ),
        case(
            BindingError::NewerFormat {
                path: path(),
                format: 2,
            },
            "update it",
        ),
    ];
    altered.chain(others).collect()
}

fn faults() -> Vec<BindingFault> {
    let (kind, size, limit, key) = (Kind::StoreBinding, 2, 1, 1);
    let (expected, found) = (KeyId::new([1; 8]), KeyId::new([2; 8]));
    let content = [
        CborError::TooLarge { size, limit },
        CborError::TooDeep { limit },
        CborError::Truncated,
        CborError::TrailingBytes,
        CborError::Tag,
        CborError::Unsupported,
        CborError::IndefiniteLength,
        CborError::Malformed,
        CborError::DuplicateKey,
        CborError::NotDeterministic,
        CborError::NotAMap,
        CborError::KeyType,
        CborError::Missing { key },
        CborError::WrongType {
            key,
            expected: "a map",
        },
        CborError::OutOfRange { key },
        CborError::UnknownCritical { key },
    ];
    let envelope = [
        CoseError::Cbor(CborError::Truncated),
        CoseError::Structure {
            expected: "COSE_Sign1",
        },
        CoseError::WrongKind {
            expected: kind,
            found: None,
        },
        CoseError::Algorithm,
        CoseError::CriticalHeader,
        CoseError::LabelInBothHeaders,
        CoseError::UnprotectedHeader,
        CoseError::UnexpectedHeader,
        CoseError::MissingHeader { label: 4 },
        CoseError::NoPayload,
        CoseError::WrongKey { expected, found },
        CoseError::BadSignature,
        CoseError::HighS,
        CoseError::CannotDecrypt,
        CoseError::TooLarge { kind, size, limit },
        CoseError::Protection(kind),
        CoseError::Signer("the key is gone: look for it".into()),
    ];
    let content = content.into_iter().map(BindingFault::from);
    let envelope = envelope.into_iter().map(BindingFault::from);
    content
        .chain(envelope)
        .chain([BindingFault::StoreKey])
        .collect()
}

/// What doctor says where the trust file cannot be used.
fn trust() -> Vec<Case> {
    let folder = tempfile::tempdir().unwrap();
    let told = |content: Option<&[u8]>| {
        let path = folder.path().join("root.pem");
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        match machine::trust(&path) {
            Err(Failure::Error(text) | Failure::Usage(text)) => text,
            Ok(_) => panic!("this is no root"),
        }
    };
    vec![
        case(told(None), "check the path"),
        case(told(Some(&[b'x'; 20_000])), "it is another file"),
        case(told(Some(&[0xff])), "it is another file"),
        case(told(Some(b"no PEM")), "ask the vendor"),
    ]
}

#[test]
fn every_error_is_parted_into_its_cause_and_what_to_do() {
    for (error, step) in all("/var/lib/acme", "device:/dev/tpmrm0")
        .into_iter()
        .chain(trust())
    {
        let text = error.to_string();
        let Finding {
            text: cause, fix, ..
        } = Finding::error("x", &*error);
        let fix = fix.unwrap_or_else(|| panic!("one piece: {text}"));
        assert!(fix.starts_with(step), "{text}");
        assert_eq!(format!("{cause}: {fix}"), text);
    }
}

#[test]
fn an_error_about_an_odd_name_is_parted_rightly_or_not_at_all() {
    for odd in [
        "/a: b", "/a: b(c", "/a: b)c", "/a(b", "/a)b", "/a): b(c", "/(a: b)",
    ] {
        for (error, step) in all(odd, &format!("device:{odd}")) {
            let Finding { text, fix, .. } = Finding::error("x", &*error);
            match fix {
                Some(fix) => assert!(fix.starts_with(step), "{text} -> {fix}"),
                None => assert_eq!(text, error.to_string()),
            }
        }
    }
}
