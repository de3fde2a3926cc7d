//! Evidence against independent peers: a TPM (simulated) and tpm2-tools.
//!
//! We verify what the tools had a TPM make, the TPM opens what we make, and Names and policy digests are the same.

#[path = "evidence/software_tpm.rs"]
#[expect(dead_code, reason = "shared with tests that forge attestations")]
mod software_tpm;
#[path = "evidence/tpm2_tools.rs"]
mod tpm2_tools;
#[path = "evidence/tpm_commands.rs"]
mod tpm_commands;

use counterfoil::evidence::handles::Handles;
use counterfoil::evidence::public::{
    ak_template, counter_definition, counter_name, counter_public, ek_p256_template,
    ek_p384_template, ek_rsa2048_template, feature_parent_template, sealed_template, srk_template,
    verification_key_public,
};
use counterfoil::evidence::{
    AttestationKey, Attested, CommandCode, Comparison, CounterError, CounterProof, EndorsementKey,
    Hierarchy, Name, NvPublic, PcrValues, PolicyDigest, Public, approval_digest,
    check_storage_root, counter_policy, epoch_policy, feature_parent_policy, make_credential,
    verify_certify, verify_counter, verify_quote,
};
use counterfoil::token::VendorId;
use getrandom::SysRng;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest as _, Sha256};
use software_tpm::{signing_key, sized, vendor};
use tpm_commands::{ENDORSEMENT, OWNER};
use tpm2_tools::Peer;

const EXTRA_DATA: [u8; 4] = [0xc0, 0xff, 0xee, 0x01];
/// What tpm2_certify always puts there.
const CERTIFY_EXTRA_DATA: [u8; 4] = [0x00, 0xff, 0x55, 0xaa];

fn handles() -> Handles {
    Handles::new(vendor(), 0)
}

fn store_key() -> SigningKey {
    signing_key(3)
}

fn store_key_name() -> Name {
    Public::parse(&verification_key_public(store_key().verifying_key()))
        .unwrap()
        .name()
        .unwrap()
}

/// Creates the attestation key at its persistent handle.
fn create_ak(peer: &Peer) -> AttestationKey {
    let (handle, public) = peer
        .commands()
        .create_primary(ENDORSEMENT, &ak_template(vendor()));
    peer.commands().persist(handle, handles().ak);
    AttestationKey::from_public(&public).unwrap()
}

fn attested(peer: &Peer, attest: &str, signature: &str) -> Attested {
    Attested {
        attest: peer.read(attest),
        signature: peer.read(signature),
    }
}

/// Increments a counter under the store key's signature over the TPM's nonce.
fn increment(peer: &Peer, index: u32) {
    let public = verification_key_public(store_key().verifying_key());
    peer.write("store.pub", &sized(&public));
    peer.call("tpm2_loadexternal", "-C o -u store.pub -c store.ctx");
    peer.call("tpm2_startauthsession", "-S policy.ctx --policy-session");
    let arguments = "-S policy.ctx -g sha256 -c store.ctx -x -t 0";
    peer.call(
        "tpm2_policysigned",
        &format!("{arguments} --raw-data to-sign"),
    );
    let signature: Signature = store_key().sign(&peer.read("to-sign"));
    peer.write("signature", signature.to_der().as_bytes());
    peer.call(
        "tpm2_policysigned",
        &format!("{arguments} -s signature -f ecdsa"),
    );
    peer.call(
        "tpm2_nvincrement",
        &format!("-C {index:#x} -P session:policy.ctx {index:#x}"),
    );
    peer.call("tpm2_flushcontext", "policy.ctx");
    peer.call("tpm2_flushcontext", "-t");
}

/// Defines the epoch counter and increments it twice.
fn create_counter(peer: &Peer) -> Name {
    let index = handles().epoch_index;
    peer.commands()
        .define_index(&counter_definition(index, &store_key_name()));
    increment(peer, index);
    increment(peer, index);
    counter_name(index, &store_key_name())
}

#[test]
fn names_of_keys_are_those_that_the_tpm_says() {
    let peer = Peer::start();
    for (hierarchy, template) in [
        (ENDORSEMENT, ak_template(vendor())),
        (ENDORSEMENT, ek_p256_template()),
        (OWNER, srk_template()),
        (OWNER, feature_parent_template()),
    ] {
        let (handle, created) = peer.commands().create_primary(hierarchy, &template);
        peer.run(
            "tpm2_readpublic",
            &format!("-c {handle:#x} -f tpmt -o public -n name"),
        );
        assert_eq!(peer.read("public"), created);
        let name = Public::parse(&created).unwrap().name().unwrap();
        assert_eq!(peer.read("name"), name.as_bytes());
    }
}

#[test]
fn what_the_tpm_creates_differs_from_a_template_in_the_key_alone() {
    let peer = Peer::start();
    for (hierarchy, template) in [
        (ENDORSEMENT, ak_template(vendor())),
        (ENDORSEMENT, ek_rsa2048_template()),
        (ENDORSEMENT, ek_p384_template()),
        (OWNER, srk_template()),
        (OWNER, feature_parent_template()),
    ] {
        let (handle, created) = peer.commands().create_primary(hierarchy, &template);
        peer.commands().flush(handle);
        let (template, created) = (
            Public::parse(&template).unwrap(),
            Public::parse(&created).unwrap(),
        );
        assert_eq!(template.name_algorithm(), created.name_algorithm());
        assert_eq!(template.attributes(), created.attributes());
        assert_eq!(template.auth_policy(), created.auth_policy());
    }
}

#[test]
fn the_templates_of_endorsement_keys_give_the_keys_that_were_provisioned() {
    let peer = Peer::start();
    for (template, provisioned) in [
        (ek_rsa2048_template(), 0x8101_0001_u32),
        (ek_p256_template(), 0x8101_0002),
        (ek_p384_template(), 0x8101_0016),
    ] {
        let (handle, created) = peer.commands().create_primary(ENDORSEMENT, &template);
        peer.commands().flush(handle);
        peer.run(
            "tpm2_readpublic",
            &format!("-c {provisioned:#x} -f tpmt -o public"),
        );
        assert_eq!(peer.read("public"), created);
        EndorsementKey::from_public(&created).unwrap();
    }
}

#[test]
fn the_storage_templates_keep_the_rule_of_storage_root_keys() {
    for template in [
        srk_template(),
        feature_parent_template(),
        ek_rsa2048_template(),
    ] {
        assert_eq!(
            check_storage_root(&Public::parse(&template).unwrap()),
            Ok(())
        );
    }
}

#[test]
fn vendors_have_attestation_keys_of_their_own_on_one_chip() {
    let peer = Peer::start();
    let [one, other] = [[7; 16], [8; 16]].map(|vendor| {
        let template = ak_template(VendorId::new(vendor));
        let (handle, public) = peer.commands().create_primary(ENDORSEMENT, &template);
        peer.commands().flush(handle);
        *AttestationKey::from_public(&public).unwrap().name()
    });
    assert_ne!(one, other);
}

#[test]
fn names_of_counters_are_those_that_the_tpm_says() {
    let peer = Peer::start();
    let index = handles().epoch_index;
    let said_by_tpm = |name: &Name| {
        let said = peer.call("tpm2_nvreadpublic", &format!("{index:#x}"));
        said.contains(&format!("name: {}", hex(name.as_bytes())))
    };
    let definition = counter_definition(index, &store_key_name());
    let before = NvPublic::parse(&definition).unwrap();
    peer.commands().define_index(&definition);
    assert!(said_by_tpm(&before.name().unwrap()));

    increment(&peer, index);
    let after = NvPublic::parse(&counter_public(index, &store_key_name())).unwrap();
    assert!(said_by_tpm(&after.name().unwrap()));
    assert_eq!(after.name(), Some(counter_name(index, &store_key_name())));
    assert_ne!(after.name(), before.name());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn quotes_by_the_tools_are_accepted() {
    let peer = Peer::start();
    let ak = create_ak(&peer);
    let handle = handles().ak;
    let common = format!("-c {handle:#x} -q c0ffee01 -m attest -s signature -g sha256");

    peer.run("tpm2_quote", &format!("{common} -l sha256:none"));
    let quote = attested(&peer, "attest", "signature");
    let empty = verify_quote(&ak, &quote, &EXTRA_DATA, PcrValues::none()).unwrap();

    peer.run(
        "tpm2_quote",
        &format!("{common} -l sha256:7,14 -o values -F values"),
    );
    let quote = attested(&peer, "attest", "signature");
    let values = peer.read("values");
    let (seven, fourteen) = values.split_at(32);
    let pcrs = PcrValues::new([
        (7, seven.try_into().unwrap()),
        (14, fourteen.try_into().unwrap()),
    ]);
    let full = verify_quote(&ak, &quote, &EXTRA_DATA, pcrs.unwrap()).unwrap();

    assert!(full.clock().clock_ms >= empty.clock().clock_ms);
    assert_eq!(full.clock().reset_count, empty.clock().reset_count);
    assert_ne!(full.firmware_version(), 0);
}

#[test]
fn counters_certified_by_the_tools_are_accepted() {
    let peer = Peer::start();
    let ak = create_ak(&peer);
    let name = create_counter(&peer);
    let (ak_handle, index) = (handles().ak, handles().epoch_index);
    peer.run(
        "tpm2_nvcertify",
        &format!(
            "-C {ak_handle:#x} -c {index:#x} -g sha256 -q c0ffee01 --size 8 --offset 0 \
             --attestation attest -o signature {index:#x}"
        ),
    );
    let proof = CounterProof::Certified(attested(&peer, "attest", "signature"));
    let counter = verify_counter(&ak, &proof, &name, &EXTRA_DATA).unwrap();
    peer.run(
        "tpm2_nvread",
        &format!("-C {index:#x} -s 8 -o value {index:#x}"),
    );
    assert_eq!(counter.value().to_be_bytes()[..], peer.read("value"));
}

#[test]
fn counters_read_in_an_audit_session_are_accepted() {
    let peer = Peer::start();
    let ak = create_ak(&peer);
    let name = create_counter(&peer);
    let (ak_handle, index) = (handles().ak, handles().epoch_index);
    let read = |between: fn(&tpm_commands::Commands)| {
        let commands = peer.commands();
        let (value, attest, signature) =
            commands.audited_read(ak_handle, index, name.as_bytes(), &EXTRA_DATA, between);
        let value = u64::from_be_bytes(value.try_into().unwrap());
        let session = Attested { attest, signature };
        let proof = CounterProof::Audited { session, value };
        verify_counter(&ak, &proof, &name, &EXTRA_DATA).map(|counter| (counter.value(), value))
    };
    let (verified, reported) = read(|_| {}).unwrap();
    assert_eq!(verified, reported);

    let other_command = read(|commands| {
        let (handle, _) = commands.create_primary(OWNER, &srk_template());
        commands.flush(handle);
    });
    assert_eq!(other_command, Err(CounterError::NotExclusive));
}

#[test]
fn certifications_by_the_tools_are_accepted_and_tell_where_objects_live() {
    let peer = Peer::start();
    let ak = create_ak(&peer);
    let handle = handles().ak;
    let certify = |object: u32, public: &[u8]| {
        peer.call(
            "tpm2_certify",
            &format!("-c {object:#x} -C {handle:#x} -g sha256 -o attest -s signature"),
        );
        let name = Public::parse(public).unwrap().name().unwrap();
        let attested = attested(&peer, "attest", "signature");
        verify_certify(&ak, &attested, &name, &CERTIFY_EXTRA_DATA).unwrap()
    };
    let commands = peer.commands();
    let (srk, srk_public) = commands.create_primary(OWNER, &srk_template());
    let parent = certify(srk, &srk_public);
    assert!(parent.is_primary_of(Hierarchy::Owner));

    let template = sealed_template(&epoch_policy(parent.name(), 1));
    let (seed, seed_public) = commands.seal(srk, &template, &[7; 32]);
    assert!(certify(seed, &seed_public).is_child_of(&parent));
}

#[test]
fn the_tpm_opens_our_credential_with_each_kind_of_endorsement_key() {
    let peer = Peer::start();
    let ak = create_ak(&peer);
    for (ek_handle, by_policy) in [
        (0x8101_0001_u32, true),
        (0x8101_0002, true),
        (0x8101_0016, false),
    ] {
        peer.run(
            "tpm2_readpublic",
            &format!("-c {ek_handle:#x} -f tpmt -o ek"),
        );
        let ek = EndorsementKey::from_public(&peer.read("ek")).unwrap();
        let secret = [ek_handle as u8; 32];
        let credential = make_credential(&ek, ak.name(), &secret, &mut SysRng).unwrap();
        assert_eq!(
            open_credential(&peer, ek_handle, by_policy, &credential),
            secret
        );
    }
}

/// TPM2_ActivateCredential through the tools, whose file has a header of its own.
fn open_credential(
    peer: &Peer,
    ek: u32,
    by_policy: bool,
    credential: &counterfoil::evidence::Credential,
) -> Vec<u8> {
    const HEADER: [u8; 8] = [0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1];
    let (blob, secret) = (
        sized(&credential.id_object),
        sized(&credential.encrypted_secret),
    );
    peer.write("credential", &[&HEADER[..], &blob, &secret].concat());
    let ak = handles().ak;
    let arguments = format!("-c {ak:#x} -C {ek:#x} -i credential -o secret");
    if by_policy {
        peer.call("tpm2_startauthsession", "-S ek.ctx --policy-session");
        peer.call("tpm2_policysecret", "-S ek.ctx -c e");
        peer.call(
            "tpm2_activatecredential",
            &format!("{arguments} -P session:ek.ctx"),
        );
        peer.call("tpm2_flushcontext", "ek.ctx");
    } else {
        peer.call("tpm2_activatecredential", &arguments);
    }
    peer.read("secret")
}

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
        (Comparison::GreaterOrEqual, "--uge"),
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

    let ours = PolicyDigest::EMPTY
        .command_code(CommandCode::Hmac)
        .auth_value();
    let steps = [
        ("tpm2_policycommandcode", "TPM2_CC_HMAC"),
        ("tpm2_policyauthvalue", ""),
    ];
    assert_eq!(peer.trial(&steps), ours.as_bytes());

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
fn the_policy_of_pcrs_is_that_of_a_trial_session() {
    let peer = Peer::start();
    peer.run(
        "tpm2_pcrextend",
        "7:sha256=1111111111111111111111111111111111111111111111111111111111111111",
    );
    peer.run("tpm2_pcrread", "sha256:7,14 -o values");
    let values = peer.read("values");
    let (seven, fourteen) = values.split_at(32);
    let pcrs = PcrValues::new([
        (14, fourteen.try_into().unwrap()),
        (7, seven.try_into().unwrap()),
    ]);
    let ours = PolicyDigest::EMPTY.pcr(&pcrs.unwrap());
    assert_eq!(
        peer.trial(&[("tpm2_policypcr", "-l sha256:7,14")]),
        ours.as_bytes()
    );
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
