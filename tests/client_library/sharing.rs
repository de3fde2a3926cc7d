//! The machine's processes share what the TPM attests, and trust nothing of what others leave.
//!
//! Here each process is a `Counterfoil` of its own, so that their clocks can be moved; `tests/client_processes.rs` has real
//! ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use counterfoil::client::Counterfoil;
use counterfoil::protocol::Evidence;

use crate::client_support::{BEAT, HEARTBEAT, commands, quotes};
use crate::stage::files;
use crate::{BOUGHT, Scene};

fn meeting_place(scene: &Scene) -> PathBuf {
    scene.machine.dir().join("heartbeat")
}

fn evidence_file(scene: &Scene) -> PathBuf {
    meeting_place(scene).join("evidence")
}

fn asks(scene: &Scene) -> Vec<PathBuf> {
    files(&meeting_place(scene), "ask-")
}

fn left(scene: &Scene) -> Evidence {
    Evidence::decode(&fs::read(evidence_file(scene)).unwrap()).unwrap()
}

fn leave(scene: &Scene, bytes: &[u8]) {
    let file = evidence_file(scene);
    fs::write(&file, bytes).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
}

/// Quotes that `processes` cost in ten heartbeats of a lease, where each looks at the clock `looks` times per beat.
fn cost(scene: &Scene, processes: &[Counterfoil], looks: u32) -> usize {
    let beats = 25;
    quotes(&scene.machine.tpm);
    for _ in 0..beats * looks {
        for process in processes {
            process.beat();
            assert_eq!(process.try_check(BOUGHT), Some(true));
        }
        scene.clock.advance(BEAT / looks);
    }
    quotes(&scene.machine.tpm)
}

#[test]
fn n_processes_cost_as_many_quotes_as_one() {
    let scene = Scene::new();
    let alone = cost(&scene, std::slice::from_ref(&scene.app), 1);
    assert_eq!(alone, 25);
    let others: Vec<_> = (0..7).map(|_| scene.another()).collect();
    for (number, process) in others.iter().enumerate() {
        // They start at different times, each with a quote of its own.
        process.beat();
        scene.clock.advance(BEAT * number as u32 / 20);
    }
    for looks in [4, 10] {
        let together = cost(&scene, &others, looks);
        assert!(together <= alone + 1, "{together} with {looks} looks");
    }
}

#[test]
fn a_verdict_from_anothers_evidence_counts_from_the_own_drawing() {
    let scene = Scene::new();
    let other = scene.another();
    scene.app.beat();
    scene.clock.advance(BEAT / 2);
    other.beat();
    scene.clock.advance(BEAT / 2);
    quotes(&scene.machine.tpm);
    scene.app.beat();
    assert_eq!(quotes(&scene.machine.tpm), 0, "the other's quote covers it");
    // Its random was drawn when it beat first, one beat ago.
    scene.clock.advance(HEARTBEAT - BEAT);
    assert_eq!(scene.app.try_check(BOUGHT), None);
    assert_eq!(other.try_check(BOUGHT), Some(true));
}

#[test]
fn p8_a_process_that_shares_still_has_the_tpm_open_the_seed() {
    let scene = Scene::new();
    let other = scene.another();
    scene.app.beat();
    other.beat();
    scene.clock.advance(BEAT);
    scene.machine.tpm.take_counts();
    scene.app.beat();
    let counts = scene.machine.tpm.take_counts();
    assert_eq!(counts.get("TPM2_Unseal"), Some(&1));
    assert_eq!(counts.get("TPM2_PolicyNV"), Some(&1));
    assert_eq!(counts.get("TPM2_Quote"), None);
}

/// Both processes have beaten, and the evidence that the second left covers the first one's random.
fn covered() -> (Scene, Counterfoil) {
    let scene = Scene::new();
    let other = scene.another();
    scene.app.beat();
    other.beat();
    scene.clock.advance(BEAT);
    quotes(&scene.machine.tpm);
    (scene, other)
}

/// A beat of the first process has the TPM asked anew, and the verdict is right all the same.
fn costs_one_quote(scene: &Scene, what: &str) {
    scene.app.beat();
    assert_eq!(quotes(&scene.machine.tpm), 1, "{what}");
    assert_eq!(scene.app.try_check(BOUGHT), Some(true), "{what}");
}

/// A beat later the other process leaves evidence that covers the first one's random again.
fn cover_again(scene: &Scene, other: &Counterfoil) {
    scene.clock.advance(BEAT);
    fs::remove_file(evidence_file(scene)).unwrap();
    other.beat();
    quotes(&scene.machine.tpm);
}

#[test]
fn p7_evidence_with_any_part_changed_is_refused_and_costs_one_quote() {
    let (scene, other) = covered();
    const PARTS: usize = 24;
    for part in 0..PARTS {
        cover_again(&scene, &other);
        let mut bytes = fs::read(evidence_file(&scene)).unwrap();
        let at = (bytes.len() - 1) * part / (PARTS - 1);
        bytes[at] ^= 1;
        leave(&scene, &bytes);
        costs_one_quote(&scene, &format!("byte {at}"));
    }
    cover_again(&scene, &other);
    scene.app.beat();
    assert_eq!(quotes(&scene.machine.tpm), 0, "unchanged it is used");
}

#[test]
fn p7_evidence_from_before_the_random_was_drawn_is_refused() {
    let (scene, other) = covered();
    let old = fs::read(evidence_file(&scene)).unwrap();
    scene.app.beat();
    other.beat();
    scene.clock.advance(BEAT);
    quotes(&scene.machine.tpm);
    leave(&scene, &old);
    costs_one_quote(&scene, "replayed");
}

#[test]
fn p7_evidence_whose_randoms_were_changed_is_refused() {
    let (scene, other) = covered();
    let mut evidence = left(&scene);
    scene.app.beat();
    other.beat();
    scene.clock.advance(BEAT);
    quotes(&scene.machine.tpm);
    // The attacker reads what the process asks for, and writes it into evidence that was made before.
    evidence.subject.nonces = left(&scene).subject.nonces;
    leave(&scene, &evidence.encode());
    costs_one_quote(&scene, "randoms of another");
}

#[test]
fn evidence_about_another_state_or_lease_is_not_used() {
    let (scene, _other) = covered();
    let key = scene.vendor.sell(1);
    let requested = scene
        .app
        .request_activation(&key, &Default::default())
        .unwrap();
    quotes(&scene.machine.tpm);
    costs_one_quote(&scene, "a request is under way now");
    drop(requested);
}

#[test]
fn what_dead_processes_left_is_swept_and_costs_nothing() {
    let (scene, other) = covered();
    assert_eq!(asks(&scene).len(), 2);
    // Forgotten, not dropped: a killed process takes nothing back.
    std::mem::forget(other);
    scene.app.beat();
    for _ in 0..3 {
        scene.clock.advance(BEAT);
        scene.app.beat();
    }
    assert_eq!(asks(&scene).len(), 1);
    assert_eq!(left(&scene).subject.nonces.len(), 1);
}

#[test]
fn no_crowd_of_files_makes_evidence_grow_without_end() {
    let (scene, _other) = covered();
    let mut ask = fs::read(&asks(&scene)[0]).unwrap();
    for n in 0..2000_u32 {
        // The random is its last field.
        let end = ask.len();
        ask[end - 4..].copy_from_slice(&n.to_be_bytes());
        let file = meeting_place(&scene).join(format!("ask-{n:032x}"));
        fs::write(&file, &ask).unwrap();
        fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    }
    fs::remove_file(evidence_file(&scene)).unwrap();
    costs_one_quote(&scene, "a crowd");
    assert_eq!(left(&scene).subject.nonces.len(), 256);
}

#[test]
fn a_meeting_place_that_cannot_be_used_costs_quotes_and_nothing_else() {
    let (scene, other) = covered();
    let place = meeting_place(&scene);
    fs::remove_dir_all(&place).unwrap();
    fs::write(&place, b"no folder").unwrap();
    costs_one_quote(&scene, "no folder");
    quotes(&scene.machine.tpm);
    scene.clock.advance(BEAT);
    for process in [&scene.app, &other] {
        process.beat();
        assert_eq!(process.try_check(BOUGHT), Some(true));
    }
    assert_eq!(quotes(&scene.machine.tpm), 2);
}

#[test]
fn only_a_heartbeat_leaves_anything() {
    let scene = Scene::new();
    assert!(scene.app.check(BOUGHT));
    scene.app.validate();
    assert!(!meeting_place(&scene).exists());
    assert!(commands(&scene.machine.tpm) > 0);
}

#[test]
fn what_a_killed_process_left_half_written_is_swept_by_the_next() {
    let scene = Scene::new();
    scene.app.beat();
    let half = meeting_place(&scene).join(".tmp-ask-0123456789abcdef0123456789abcdef");
    fs::write(&half, b"half").unwrap();
    scene.clock.advance(BEAT);
    scene.app.beat();
    assert_eq!(files(&meeting_place(&scene), ".tmp-"), [] as [PathBuf; 0]);
}
