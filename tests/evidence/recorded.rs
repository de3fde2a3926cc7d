//! Evidence recorded from swtpm 0.7.1 with libtpms 0.9.2, its endorsement certificates from
//! swtpm_setup's own authority.
//!
//! Live TPMs are tested elsewhere; these keep what such a TPM once wrote readable for ever.

use counterfoil::evidence::{
    AttestationKey, Attested, CounterError, CounterProof, EkTrust, EndorsementKey, NvPublic,
    verify_counter, verify_ek, verify_quote,
};
use counterfoil::token::{DeviceClass, PcrSelection, UtcTime};

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("vectors/swtpm_", $name))
    };
}

/// What was asked of the recorded TPM.
const EXTRA_DATA: [u8; 2] = [0x5a, 0x5a];

fn ak() -> AttestationKey {
    AttestationKey::from_public(vector!("ak.tpmt")).unwrap()
}

fn attested(attest: &[u8], signature: &[u8]) -> Attested {
    Attested {
        attest: attest.to_vec(),
        signature: signature.to_vec(),
    }
}

/// A day in 2027.
fn later() -> UtcTime {
    UtcTime::from_unix(1_800_000_000).unwrap()
}

#[test]
fn the_recorded_quote_is_accepted() {
    let quote = attested(vector!("quote_no_pcr.attest"), vector!("quote_no_pcr.sig"));
    let quote = verify_quote(&ak(), &quote, &EXTRA_DATA, PcrSelection::NONE).unwrap();
    assert_eq!(quote.clock().clock_ms, 720_057);
    assert_eq!(
        (quote.clock().reset_count, quote.clock().restart_count),
        (3, 0)
    );
    assert!(quote.clock().safe);
    assert_eq!(quote.firmware_version(), 0x2019_1023_0016_3636);
}

#[test]
fn the_recorded_counter_is_accepted() {
    let index = NvPublic::parse(vector!("counter.nv"))
        .unwrap()
        .name()
        .unwrap();
    let certified = attested(vector!("nv_certify.attest"), vector!("nv_certify.sig"));
    let proof = CounterProof::Certified(certified);
    let counter = verify_counter(&ak(), &proof, &index, &EXTRA_DATA).unwrap();
    assert_eq!(counter.value(), 1);
}

#[test]
fn the_recorded_audit_session_was_interrupted() {
    let index = NvPublic::parse(vector!("counter.nv"))
        .unwrap()
        .name()
        .unwrap();
    let session = attested(
        vector!("session_audit_not_exclusive.attest"),
        vector!("session_audit_not_exclusive.sig"),
    );
    let proof = CounterProof::Audited { session, value: 1 };
    let refused = verify_counter(&ak(), &proof, &index, &EXTRA_DATA);
    assert_eq!(refused, Err(CounterError::NotExclusive));
}

#[test]
fn swtpm_setup_s_chains_are_accepted() {
    let mut trust = EkTrust::default();
    trust
        .roots
        .add(vector!("root.pem"), DeviceClass::Test)
        .unwrap();
    let issuer = vector!("issuer.crt").to_vec();
    for (public, certificate) in [
        (
            &vector!("ek_rsa2048.tpmt")[..],
            &vector!("ek_rsa2048.crt")[..],
        ),
        (vector!("ek_p384.tpmt"), vector!("ek_p384.crt")),
    ] {
        let ek = EndorsementKey::from_public(public).unwrap();
        let chain = [certificate.to_vec(), issuer.clone()];
        let trusted = verify_ek(ek, &chain, &trust, later()).unwrap();
        let model = trusted.model().unwrap();
        assert_eq!(model.manufacturer, "id:00001014");
        assert_eq!(model.model, "swtpm");
        assert_eq!(model.version, "id:20191023");
    }
}
