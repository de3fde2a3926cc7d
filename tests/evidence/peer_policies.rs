//! Policy digests against the trial sessions of a simulated TPM, through tpm2-tools.

use crate::peer_scene::{create_counter, handles, store_key, store_key_name};
use crate::software_tpm::{signing_key, sized};
use crate::tpm_commands::ENDORSEMENT;
use crate::tpm2_tools::Peer;
use counterfoil::evidence::public::verification_key_public;
use counterfoil::evidence::{
    CommandCode, Comparison, PolicyDigest, Public, approval_digest, counter_policy, epoch_policy,
    feature_parent_policy,
};
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Signer as _;
use sha2::{Digest as _, Sha256};

#[test]
fn policy_digests_are_those_of_a_trial_session() {
    let peer = Peer::start();
    let store_key = store_key_name();
    let counter = create_counter(&peer);
    let index = handles().epoch_index;

    let ours = epoch_policy(&counter, 2);
    peer.write("epoch", &2_u64.to_be_bytes());
    let arguments = format!("-C {index:#x} -i epoch --offset 0 {index:#x} eq");
    assert_eq!(
        peer.trial(&[("tpm2_policynv", &arguments)]),
        ours.as_bytes()
    );

    let ours = PolicyDigest::EMPTY.nv(&counter, &[9], 7, Comparison::LessOrEqual);
    peer.write("operand", &[9]);
    let arguments = format!("-C {index:#x} -i operand --offset 7 {index:#x} ule");
    assert_eq!(
        peer.trial(&[("tpm2_policynv", &arguments)]),
        ours.as_bytes()
    );

    for (comparison, option) in [
        (Comparison::Equal, "--eq"),
        (Comparison::Less, "--ult"),
        (Comparison::LessOrEqual, "--ule"),
    ] {
        let ours = PolicyDigest::EMPTY.counter_timer(&1000_u64.to_be_bytes(), 8, comparison);
        let arguments = format!("{option} clock=1000");
        assert_eq!(
            peer.trial(&[("tpm2_policycountertimer", &arguments)]),
            ours.as_bytes()
        );
        let ours = PolicyDigest::EMPTY.counter_timer(&5_u32.to_be_bytes(), 16, comparison);
        let arguments = format!("{option} resets=5");
        assert_eq!(
            peer.trial(&[("tpm2_policycountertimer", &arguments)]),
            ours.as_bytes()
        );
    }

    let ours = PolicyDigest::EMPTY.secret(&ENDORSEMENT.to_be_bytes(), &[]);
    assert_eq!(
        peer.trial(&[("tpm2_policysecret", "-c e")]),
        ours.as_bytes()
    );

    peer.write("name", store_key.as_bytes());
    peer.write("ref", b"feature");
    peer.write("approved", &[0; 32]);
    let ours = PolicyDigest::authorize(&store_key, b"feature");
    let arguments = "-i approved -n name -q ref";
    assert_eq!(
        peer.trial(&[("tpm2_policyauthorize", arguments)]),
        ours.as_bytes()
    );
}

#[test]
fn the_approval_of_a_feature_key_is_that_of_a_trial_session() {
    let peer = Peer::start();
    let counter = create_counter(&peer);
    let index = handles().epoch_index;
    let ours = PolicyDigest::EMPTY
        .command_code(CommandCode::Hmac)
        .auth_value()
        .counter_timer(&1000_u64.to_be_bytes(), 8, Comparison::Less)
        .counter_timer(&5_u32.to_be_bytes(), 16, Comparison::LessOrEqual)
        .nv(&counter, &2_u64.to_be_bytes(), 0, Comparison::Equal);
    peer.write("epoch", &2_u64.to_be_bytes());
    let epoch = format!("-C {index:#x} -i epoch --offset 0 {index:#x} eq");
    let steps = [
        ("tpm2_policycommandcode", "TPM2_CC_HMAC"),
        ("tpm2_policyauthvalue", ""),
        ("tpm2_policycountertimer", "--ult clock=1000"),
        ("tpm2_policycountertimer", "--ule resets=5"),
        ("tpm2_policynv", &epoch),
    ];
    assert_eq!(peer.trial(&steps), ours.as_bytes());
}

#[test]
fn the_counters_policy_is_that_of_a_trial_session() {
    let peer = Peer::start();
    let public = verification_key_public(store_key().verifying_key());
    peer.write("store.pub", &sized(&public));
    peer.call(
        "tpm2_loadexternal",
        "-C o -u store.pub -c store.ctx -n store.name",
    );
    assert_eq!(peer.read("store.name"), store_key_name().as_bytes());
    let signature: Signature = store_key().sign(b"a trial session does not look");
    peer.write("signature", signature.to_der().as_bytes());
    let trial = |arguments: &str| {
        let common = "-g sha256 -c store.ctx -s signature -f ecdsa";
        peer.trial(&[("tpm2_policysigned", &format!("{common} {arguments}"))])
    };
    assert_eq!(trial(""), counter_policy(&store_key_name()).as_bytes());
    peer.write("ref", b"why");
    peer.call("tpm2_loadexternal", "-C o -u store.pub -c store.ctx");
    let ours = PolicyDigest::EMPTY.signed(&store_key_name(), b"why");
    assert_eq!(trial("-q ref"), ours.as_bytes());
}

#[test]
fn the_feature_parents_policy_is_that_of_a_trial_session() {
    let peer = Peer::start();
    let import = peer.trial(&[("tpm2_policycommandcode", "TPM2_CC_Import")]);
    let load = peer.trial(&[("tpm2_policycommandcode", "TPM2_CC_Load")]);
    peer.write("import", &import);
    peer.write("load", &load);
    peer.call("tpm2_startauthsession", "-S or.ctx");
    peer.call("tpm2_policyor", "-S or.ctx -L or.digest sha256:import,load");
    peer.call("tpm2_flushcontext", "or.ctx");
    assert_eq!(peer.read("or.digest"), feature_parent_policy().as_bytes());
}

#[test]
fn the_tpm_accepts_our_approval_of_a_policy() {
    let peer = Peer::start();
    let key = signing_key(4);
    let public = verification_key_public(key.verifying_key());
    peer.write("key.pub", &sized(&public));
    let approved = PolicyDigest::EMPTY
        .command_code(CommandCode::Hmac)
        .auth_value();
    peer.write("approved", approved.as_bytes());
    let message = [&approved.as_bytes()[..], b"feature"].concat();
    let signature: Signature = key.sign(&message);
    assert_eq!(
        approval_digest(&approved, b"feature")[..],
        Sha256::digest(&message)[..]
    );
    peer.write("message", &message);
    peer.write("signature", signature.to_der().as_bytes());
    peer.write("ref", b"feature");
    peer.call(
        "tpm2_loadexternal",
        "-C o -u key.pub -c key.ctx -n key.name",
    );
    peer.call(
        "tpm2_verifysignature",
        "-c key.ctx -g sha256 -m message -s signature -f ecdsa -t ticket",
    );
    peer.call("tpm2_flushcontext", "-t");
    peer.call("tpm2_startauthsession", "-S policy.ctx --policy-session");
    peer.call("tpm2_policycommandcode", "-S policy.ctx TPM2_CC_HMAC");
    peer.call("tpm2_policyauthvalue", "-S policy.ctx");
    peer.call(
        "tpm2_policyauthorize",
        "-S policy.ctx -L digest -i approved -q ref -n key.name -t ticket",
    );
    peer.call("tpm2_flushcontext", "policy.ctx");
    let name = Public::parse(&public).unwrap().name().unwrap();
    assert_eq!(
        peer.read("digest"),
        PolicyDigest::authorize(&name, b"feature").as_bytes()
    );
}
