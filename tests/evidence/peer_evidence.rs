//! Evidence against independent peers: a TPM (simulated) and tpm2-tools.
//!
//! We verify what the tools had a TPM make, the TPM opens what we make, and Names and policy
//! digests are the same.

use crate::peer_scene::{attested, create_ak, create_counter, handles, increment, store_key_name};
use crate::software_tpm::{sized, vendor};
use crate::tpm_commands::{Commands, ENDORSEMENT, OWNER};
use crate::tpm2_tools::Peer;
use counterfoil::evidence::public::{
    ak_template, counter_definition, counter_name, counter_public, ek_p256_template,
    ek_p384_template, ek_rsa2048_template, feature_parent_template, sealed_template, srk_template,
};
use counterfoil::evidence::{
    AttestationKey, Attested, CounterError, CounterProof, EndorsementKey, Hierarchy, Name,
    NvPublic, PcrValues, Public, check_storage_root, epoch_policy, make_credential, verify_certify,
    verify_counter, verify_quote,
};
use counterfoil::token::VendorId;
use getrandom::SysRng;

const EXTRA_DATA: [u8; 4] = [0xc0, 0xff, 0xee, 0x01];
/// What tpm2_certify always puts there.
const CERTIFY_EXTRA_DATA: [u8; 4] = [0x00, 0xff, 0x55, 0xaa];

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
    let read = |between: fn(&Commands)| {
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
