//! The local log of a licensed machine: what goes into it, and who notices what.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use counterfoil::client::Counterfoil;
use counterfoil::device::Auths;
use counterfoil::store::log::{Entry, Fault};

use crate::stage::{Machine, Vendor, licensed, reason, state_file};

fn events(app: &Counterfoil) -> Vec<String> {
    let told = |entry: &Entry| match &entry.record.reason {
        Some(reason) => reason.clone(),
        None => entry.record.event.clone(),
    };
    app.log().unwrap().entries.iter().map(told).collect()
}

fn activate(app: &Counterfoil, vendor: &Vendor) {
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
}

fn log(machine: &Machine) -> std::path::PathBuf {
    machine.dir().join("log")
}

#[test]
fn an_entry_is_written_when_something_changes_and_not_for_each_validation() {
    let (vendor, machine, app) = licensed();
    let mut expected = vec!["requested", "activated"];
    for _ in 0..3 {
        assert_eq!(reason(&app.validate()), "ok");
        assert_eq!(events(&app), expected);
    }
    machine.tpm.reboot().unwrap();
    app.validate();
    assert_eq!(events(&app), expected, "a boot is nobody's business");

    let file = state_file(&machine);
    let state = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    for _ in 0..3 {
        app.validate();
    }
    expected.push("ok");
    assert_eq!(events(&app), expected);
    let entries = app.log().unwrap().entries;
    assert_eq!(entries[2].record.notices, ["state_missing"]);
    assert!(entries[2].seal.is_some() && entries[2].record.counts.is_some());
    fs::write(&file, state).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    app.validate();
    expected.push("ok");
    assert_eq!(events(&app), expected);

    // Without the TPM there is no seal, and the entry all the same.
    let without = machine.app_with(&vendor, |config| {
        config.hardware = Box::new(counterfoil::device::TssHardware::new("swtpm:path=/nowhere"))
    });
    for _ in 0..3 {
        assert_eq!(reason(&without.validate()), "tpm_missing");
    }
    expected.push("tpm_missing");
    assert_eq!(events(&app), expected);
    let report = app.log().unwrap();
    assert!(report.found.is_intact(), "{:?}", report.found);
    assert_eq!(report.found.unsealed_end, 1);
    assert_eq!(report.entries.last().unwrap().seal, None);

    app.validate();
    activate(&app, &vendor);
    expected.extend(["ok", "requested", "activated"]);
    assert_eq!(events(&app), expected);
    assert_eq!(app.log().unwrap().found.unsealed_end, 0);
}

#[test]
fn a_clock_that_is_not_believed_is_written_down_with_the_time_that_was() {
    let (vendor, machine, app) = licensed();
    assert_eq!(reason(&app.validate()), "ok");
    struct Far;
    impl counterfoil::client::Clock for Far {
        fn os_time(&self) -> counterfoil::token::UtcTime {
            "2099-01-01T00:00:00Z".parse().unwrap()
        }
        fn uptime(&self) -> counterfoil::client::Uptime {
            counterfoil::client::SystemClock.uptime()
        }
        fn monotonic(&self) -> std::time::Duration {
            counterfoil::client::SystemClock.monotonic()
        }
    }
    let far = machine.app_with(&vendor, |config| config.clock = Box::new(Far));
    far.validate();
    let entries = app.log().unwrap().entries;
    let last = &entries.last().unwrap().record;
    assert!(
        last.notices.contains(&"os_clock_ahead".to_owned()),
        "{last:?}"
    );
    assert_ne!(last.source, "os_clock");
    assert!(!last.time.starts_with("2099"), "{last:?}");
}

#[test]
fn p14_the_log_names_no_product_edition_feature_path_or_machine() {
    let (_vendor, machine, app) = licensed();
    fs::remove_file(state_file(&machine)).unwrap();
    app.validate();
    let text = fs::read_to_string(log(&machine)).unwrap();
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    for name in ["studio", "standard", "export", "Vendor", "/", &host] {
        assert!(!text.contains(name), "{name} is in: {text}");
    }
    let known = [
        "n", "prev", "time", "source", "event", "standing", "reason", "notices", "licenses",
        "more", "counts", "program", "log", "oldest", "epoch", "seal",
    ];
    for line in text.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        for field in entry.as_object().unwrap().keys() {
            assert!(known.contains(&field.as_str()), "{field} is not described");
        }
    }
}

#[test]
fn a_log_changed_cut_off_removed_or_put_back_is_noticed_and_no_verdict_changes() {
    let (vendor, machine, app) = licensed();
    let early = fs::read(log(&machine)).unwrap();
    activate(&app, &vendor);
    activate(&app, &vendor);
    let whole = fs::read(log(&machine)).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let without_first = text.split_once('\n').unwrap().1.as_bytes().to_vec();
    let changed = text.replacen("requested", "activated", 1).into_bytes();
    for (what, content) in [
        ("put back", Some(early)),
        ("first entry removed", Some(without_first)),
        ("changed", Some(changed)),
        ("emptied", Some(Vec::new())),
        ("nonsense", Some(vec![b'x'; 300_000])),
        ("removed", None),
    ] {
        match content {
            Some(content) => fs::write(log(&machine), content).unwrap(),
            None => fs::remove_file(log(&machine)).unwrap(),
        }
        match app.log() {
            Ok(report) => assert!(!report.found.is_intact(), "{what}"),
            Err(failure) => assert!(failure.to_string().contains("larger"), "{failure}"),
        }
        assert_eq!(reason(&app.validate()), "ok", "{what}");
        let _ = fs::remove_file(log(&machine));
        fs::write(log(&machine), &whole).unwrap();
        fs::set_permissions(log(&machine), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(app.log().unwrap().found.is_intact(), "{what}");
    }
    // It stays noticed when the log goes on, beyond the next commit.
    fs::remove_file(log(&machine)).unwrap();
    activate(&app, &vendor);
    activate(&app, &vendor);
    let found = app.log().unwrap().found;
    assert!(
        found
            .faults
            .iter()
            .any(|fault| matches!(fault, Fault::Altered { .. })),
        "{found:?}"
    );
    assert_eq!(app.validate().licenses.len(), 5);
}

#[test]
fn p5_a_log_that_cannot_be_written_harms_no_validation_and_no_activation() {
    let (vendor, machine, app) = licensed();
    for hindrance in ["folder", "link", "wide"] {
        let _ = fs::remove_file(log(&machine));
        match hindrance {
            "folder" => fs::create_dir(log(&machine)).unwrap(),
            "link" => std::os::unix::fs::symlink("/dev/full", log(&machine)).unwrap(),
            _ => {
                fs::write(log(&machine), "").unwrap();
                fs::set_permissions(log(&machine), fs::Permissions::from_mode(0o666)).unwrap();
            }
        }
        assert_eq!(reason(&app.validate()), "ok", "{hindrance}");
        activate(&app, &vendor);
        assert_eq!(reason(&app.validate()), "ok", "{hindrance}");
        assert!(app.log().is_err());
        if hindrance == "folder" {
            fs::remove_dir(log(&machine)).unwrap();
        }
    }
    fs::remove_file(log(&machine)).unwrap();
    assert_eq!(app.validate().licenses.len(), 4);
}

#[test]
fn p13_however_much_is_written_the_log_stays_within_two_files() {
    let (vendor, machine, app) = licensed();
    let without = machine.app_with(&vendor, |config| {
        config.hardware = Box::new(counterfoil::device::TssHardware::new("swtpm:path=/nowhere"))
    });
    // As long an entry as there can be stands for many.
    let padding = "x".repeat(255 * 1024);
    for _ in 0..3 {
        let line = format!("{{\"n\":1,\"padding\":\"{padding}\"}}\n");
        fs::write(log(&machine), line).unwrap();
        without.validate();
        app.validate();
        without.validate();
        app.validate();
    }
    for name in ["log", "log.1"] {
        let size = fs::metadata(machine.dir().join(name)).unwrap().len();
        assert!(size <= 256 * 1024, "{name} has {size} bytes");
    }
    assert_eq!(reason(&app.validate()), "ok");
}
