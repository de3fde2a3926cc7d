//! P4, P6: every state that a machine ever had put back, in every way, and every file of another machine.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil::client::{Counterfoil, Report};
use counterfoil::device::Auths;
use counterfoil::policy::Standing;

use crate::stage::{Machine, Vendor, copy, files, licensed, put_back, reason, state_file};

/// What was on the disk at one moment.
struct Moment {
    folder: PathBuf,
    activity: u64,
}

/// A machine that made and answered requests, slept and started, and its disk after each step.
struct History {
    _vendor: Vendor,
    machine: Machine,
    app: Counterfoil,
    moments: Vec<Moment>,
}

impl History {
    fn lived() -> Self {
        let (vendor, machine, app) = licensed();
        let mut history = Self {
            _vendor: vendor,
            machine,
            app,
            moments: Vec::new(),
        };
        history.remember();
        for _ in 0..3 {
            let vendor = &history._vendor;
            let requested = history
                .app
                .request_activation(&vendor.sell(1), &Auths::default())
                .unwrap();
            let answer = vendor.answer(&requested.request).unwrap();
            history.remember();
            history
                .app
                .apply_response(&answer.response, &Auths::default())
                .unwrap();
            history.remember();
            for _ in 0..12 {
                history.machine.tpm.suspend().unwrap();
                history.machine.tpm.resume().unwrap();
            }
            assert_eq!(reason(&history.app.validate()), "ok");
            history.remember();
            history.machine.tpm.reboot().unwrap();
        }
        history
    }

    fn remember(&mut self) {
        let name = format!("moment-{}", self.moments.len());
        let folder = self.machine.dir().with_file_name(name);
        copy(&self.machine.dir(), &folder);
        let activity = number(&state_file(&self.machine));
        self.moments.push(Moment { folder, activity });
    }

    fn newest(&self) -> &Moment {
        self.moments.last().unwrap()
    }
}

fn number(state: &Path) -> u64 {
    state.file_name().unwrap().to_str().unwrap()["state-".len()..]
        .parse()
        .unwrap()
}

/// Puts the older state file there as the only one, under its own name or that of the newest.
fn state_alone(history: &History, older: &Moment, newest_name: bool) {
    let newest = state_file(&history.machine);
    let theirs = files(&older.folder, "state-").remove(0);
    fs::remove_file(&newest).unwrap();
    let name = match newest_name {
        true => newest.file_name(),
        false => theirs.file_name(),
    };
    fs::copy(&theirs, newest.with_file_name(name.unwrap())).unwrap();
}

/// The same with licenses and leases of that moment.
fn state_and_tokens(history: &History, older: &Moment) {
    let licenses = history
        .newest_licenses()
        .strip_prefix(history.machine.dir())
        .unwrap()
        .to_owned();
    state_alone(history, older, false);
    put_back(
        &older.folder.join(&licenses),
        &history.machine.dir().join(&licenses),
    );
}

impl History {
    fn newest_licenses(&self) -> PathBuf {
        state_file(&self.machine).with_file_name("licenses")
    }
}

/// That nothing was gained: an older state is Limited, and no license is charged less than before.
fn assert_no_gain(what: &str, honest: &Report, report: &Report, is_older: bool) {
    for license in &report.licenses {
        let name = license.verdict.reason.name();
        if is_older {
            assert_eq!(
                license.verdict.standing,
                Standing::Limited,
                "{what}: {name}"
            );
        }
        let charged = |report: &Report| {
            let same = report.licenses.iter().find(|it| it.id == license.id);
            same.and_then(|it| it.verdict.charge).map(|it| it.spent_ms)
        };
        if let (Some(now), Some(then)) = (charged(report), charged(honest)) {
            assert!(now >= then, "{what}: {now} ms are charged, and {then} were");
        }
    }
    if is_older {
        assert_eq!(reason(report), "state_rolled_back", "{what}");
    }
}

#[test]
fn p4_every_older_state_put_back_alone_with_its_tokens_or_with_the_whole_folder_gains_nothing() {
    let history = History::lived();
    let honest = history.app.validate();
    assert_eq!(reason(&honest), "ok");
    assert!(history.moments.len() >= 10);
    for (n, older) in history.moments.iter().enumerate() {
        let is_older = older.activity < history.newest().activity;
        type Way = fn(&History, &Moment);
        let ways: [(&str, Way); 4] = [
            ("alone", |history, older| state_alone(history, older, false)),
            ("renamed", |history, older| {
                state_alone(history, older, true)
            }),
            ("with its tokens", state_and_tokens),
            ("with the folder", |history, older| {
                put_back(&older.folder, &history.machine.dir());
            }),
        ];
        for (way, restore) in ways {
            restore(&history, older);
            let report = history.app.validate();
            assert_no_gain(&format!("moment {n} {way}"), &honest, &report, is_older);
            put_back(&history.newest().folder, &history.machine.dir());
        }
    }
    assert_eq!(reason(&history.app.validate()), "ok");
}

#[test]
fn p4_every_older_state_beside_the_newest_does_no_harm() {
    let history = History::lived();
    for older in &history.moments {
        let theirs = files(&older.folder, "state-").remove(0);
        let beside = state_file(&history.machine).with_file_name(theirs.file_name().unwrap());
        if older.activity < history.newest().activity {
            fs::copy(&theirs, &beside).unwrap();
            assert_eq!(reason(&history.app.validate()), "ok");
            fs::remove_file(&beside).unwrap();
        }
    }
}

#[test]
fn p6_every_file_of_another_machine_in_the_place_of_the_own_one_is_refused() {
    let (vendor, machine, app) = licensed();
    let other = Machine::new();
    vendor.trust(&other.tpm);
    other.activate(&vendor, &vendor.sell(1));
    let of_kind = |machine: &Machine| -> Vec<PathBuf> {
        let mut found = files(&machine.dir(), "");
        found.retain(|path| path.file_name().unwrap() != "lock");
        // Names differ by ids; kinds, by folder and ending, do not.
        found.sort_by_key(|path| {
            let folder = path.parent().unwrap().file_name().unwrap().to_owned();
            let is_token = !folder.to_str().unwrap().starts_with("epoch-");
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (
                is_token.then_some(folder),
                path.extension().map(ToOwned::to_owned),
                name,
            )
        });
        found
    };
    let (own, theirs) = (of_kind(&machine), of_kind(&other));
    assert_eq!(own.len(), theirs.len());
    for (own, theirs) in own.iter().zip(&theirs) {
        let kept = fs::read(own).unwrap();
        fs::write(own, fs::read(theirs).unwrap()).unwrap();
        let report = app.validate();
        let named = report.verdict.reason.name() != "ok" || !report.verdict.notices.is_empty();
        assert!(named, "{} for {}", theirs.display(), own.display());
        fs::write(own, kept).unwrap();
        assert_eq!(reason(&app.validate()), "ok", "{}", own.display());
    }
}
