//! What shows which measurements, and what does not pass for it.

use super::*;

#[test]
fn p7_a_platform_that_is_not_the_requests_own_is_refused() {
    let scene = Scene::new(LIMITED);
    let app = scene.machine.app(&scene.vendor);
    let request = scene.request(&app);
    let other = Scene::new(LIMITED);
    let theirs = other.request(&other.machine.app(&other.vendor));
    let theirs = ActivationRequest::open(&theirs).unwrap();
    let own = ActivationRequest::open(&request).unwrap();

    let flip = |change: fn(&mut [[u8; 32]; 16])| {
        let mut platform = own.proofs().platform.clone();
        change(&mut platform.as_mut().unwrap().values);
        platform
    };
    let mut over_none = own.proofs().platform.clone();
    over_none.as_mut().unwrap().quote = own.proofs().quote.clone();
    let mut certification = own.proofs().platform.clone();
    certification.as_mut().unwrap().quote = own.proofs().seed.clone();
    for (what, platform) in [
        ("another machine's", theirs.proofs().platform.clone()),
        ("a watched value changed", flip(|values| values[7][0] ^= 1)),
        (
            "an unwatched value changed",
            flip(|values| values[9][31] ^= 1),
        ),
        ("two values exchanged", flip(|values| values.swap(0, 7))),
        ("a quote over no PCR", over_none),
        ("no quote", certification),
    ] {
        let forged = scene.forged(&request, |proofs| proofs.platform = platform);
        let refused = scene.vendor.answer(&forged);
        assert!(
            matches!(refused, Err(AnswerError::Refused(Refusal::Platform(_)))),
            "{what}: {refused:?}"
        );
    }
    assert!(scene.vendor.answer(&request).is_ok());
}

#[test]
fn p7_a_quote_of_before_the_change_is_refused() {
    let (scene, app) = Scene::activated(LIMITED);
    assert_undisturbed(&app.validate());
    let hardware = scene.machine.hardware();
    let attest = |selections: &Selections| {
        use counterfoil::device::Hardware as _;
        let mut tpm = hardware.open().unwrap();
        tpm.attest(&binding(&scene.machine), &[7; 32], selections)
            .unwrap()
    };
    let watched = PcrSelection::new([0, 7]).unwrap();
    let recorded = attest(&Selections::over([watched]));
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let replayed = scene.machine.app_with(&scene.vendor, |config| {
        let relay = Relay::new(scene.machine.hardware()).replaying(recorded);
        config.hardware = Box::new(relay);
    });
    let report = replayed.validate();
    assert_eq!(reason(&report), "evidence_invalid");
    assert!(!report.allows(PAID));
}

#[test]
fn p7_a_fresh_quote_over_other_pcrs_is_refused() {
    let (scene, _app) = Scene::activated(LIMITED);
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let pcrs = |pcrs: &[u8]| PcrSelection::new(pcrs.iter().copied()).unwrap();
    for selections in [
        Selections::none(),
        Selections::over([pcrs(&[0])]),
        Selections::over([pcrs(&[0, 4, 7])]),
        Selections::over([pcrs(&[0]), pcrs(&[0, 7])]),
    ] {
        let lying = scene.machine.app_with(&scene.vendor, |config| {
            let relay = Relay::new(scene.machine.hardware()).quoting(selections.clone());
            config.hardware = Box::new(relay);
        });
        let report = lying.validate();
        assert_eq!(reason(&report), "evidence_invalid", "{selections:?}");
        assert!(!report.allows(PAID));
    }
}

#[test]
fn p7_a_relying_party_sees_the_platform_and_what_was_approved() {
    let (scene, app) = Scene::activated(LIMITED);
    const NONCE: [u8; 32] = [0x33; 32];
    let proven = |app: &Counterfoil| {
        let file = app.evidence(NONCE).unwrap();
        let proof = scene.vendor.service().verify_evidence(&file, &NONCE);
        proof.unwrap().licenses.remove(0).platform.unwrap()
    };
    let before = proven(&app);
    assert_eq!(before.pcrs.to_string(), "0, 7");
    assert_eq!(before.reference, Some(before.digest));
    assert_eq!(before.digest, scene.digest(&app, &[0, 7]));
    scene.machine.tpm.pcr_extend(7, &[1; 32]).unwrap();
    let after = proven(&app);
    assert_ne!(after.digest, before.digest);
    assert_eq!(after.reference, Some(before.digest));

    // Nor can the machine leave the platform out.
    let silent = scene.machine.app_with(&scene.vendor, |config| {
        let relay = Relay::new(scene.machine.hardware()).quoting(Selections::none());
        config.hardware = Box::new(relay);
    });
    let file = silent.evidence(NONCE).unwrap();
    let refused = scene.vendor.service().verify_evidence(&file, &NONCE);
    assert!(refused.is_err_and(|error| error.is_refusal()));
}

#[test]
fn p7_evidence_without_one_quote_for_each_selection_is_refused() {
    const NONCE: [u8; 32] = [0x34; 32];
    let (scene, app) = three_products();
    let file = app.evidence(NONCE).unwrap();
    let verify = |file: &[u8]| scene.vendor.service().verify_evidence(file, &NONCE);
    let shown = verify(&file).unwrap().licenses.into_iter();
    assert_eq!(shown.filter_map(|license| license.platform).count(), 2);

    let envelope = cose::open(Kind::Evidence, &file).unwrap();
    let genuine = EvidenceFile::decode(envelope.unverified_payload()).unwrap();
    let key = binding_key(&scene.machine);
    let changed = |change: &str| {
        let mut file = genuine.clone();
        let quotes = &mut file.evidence.quotes;
        match change {
            "none" => {}
            "exchanged" => quotes.swap(0, 1),
            "the second is missing" => quotes.truncate(1),
            "the first twice" => quotes[1] = quotes[0].clone(),
            _ => quotes.push(quotes[0].clone()),
        }
        verify(&file.sign(key.signing_key()).unwrap())
    };
    assert!(changed("none").is_ok());
    for change in [
        "exchanged",
        "the second is missing",
        "the first twice",
        "one too many",
    ] {
        let refused = changed(change).map(drop).unwrap_err().to_string();
        assert!(refused.contains("about other PCRs"), "{change}: {refused}");
    }
}
