//! Evidence against independent peers: a TPM (simulated) and tpm2-tools.
//!
//! We verify what the tools had a TPM make, the TPM opens what we make, and Names and policy
//! digests are the same.

use crate::peer_scene::{attested, create_ak, create_counter, handles, increment, store_key_name};
use crate::pki::TODAY;
use crate::software_tpm::{sized, vendor};
use crate::tpm_commands::{Commands, ENDORSEMENT, OWNER};
use crate::tpm2_tools::Peer;
use counterfoil::evidence::public::{
    ak_template, counter_definition, counter_name, counter_public, ek_p256_template,
    ek_p384_template, ek_rsa2048_template, feature_parent_template, sealed_template, srk_template,
};
use counterfoil::evidence::{
    AttestationKey, Attested, CounterError, CounterProof, Credential, EkTrust, EndorsementKey,
    EnrolledKey, Hierarchy, Name, NvPublic, PcrValues, PlatformQuote, PolicyDigest, Public,
    QuoteError, check_storage_root, enroll, epoch_policy, make_credential, verify_certify,
    verify_counter, verify_platform, verify_quote,
};
use counterfoil::token::PcrSelection;
use counterfoil::token::{DeviceClass, UtcTime, VendorId};
use getrandom::SysRng;
use tpm_sim::{AuthoritySpec, CertificateSpec, IssuerKey, NvForm, TpmSpec};

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
        let created = Public::parse(&created).unwrap();
        assert!(created.is_made_from(&template));
        assert!(!created.is_made_from(&sealed_template(&PolicyDigest::EMPTY)));
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
    let empty = verify_quote(&ak, &quote, &EXTRA_DATA, PcrSelection::NONE).unwrap();

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
    ])
    .unwrap();
    let full = verify_quote(&ak, &quote, &EXTRA_DATA, pcrs.pcrs()).unwrap();
    assert_eq!(full.pcr_digest(), pcrs.digest_of(pcrs.pcrs()).unwrap());

    assert!(full.clock().clock_ms >= empty.clock().clock_ms);
    assert_eq!(full.clock().reset_count, empty.clock().reset_count);
    assert_ne!(full.firmware_version(), 0);
}

#[test]
fn a_platform_quoted_by_the_tools_is_accepted() {
    let peer = Peer::start();
    let ak = create_ak(&peer);
    let handle = handles().ak;
    let digest = "11".repeat(32);
    peer.run("tpm2_pcrextend", &format!("0:sha256={digest}"));
    peer.run("tpm2_pcrextend", &format!("2:sha256={digest}"));
    let pcrs: Vec<_> = (0..16).map(|pcr: u8| pcr.to_string()).collect();
    let quote = |list: &str| {
        peer.run(
            "tpm2_quote",
            &format!(
                "-c {handle:#x} -q c0ffee01 -m attest -s signature -g sha256 -l {list} -o values -F values"
            ),
        );
        let values = peer.read("values");
        (attested(&peer, "attest", "signature"), values)
    };
    let (all, values) = quote(&format!("sha256:{}", pcrs.join(",")));
    let platform = PlatformQuote {
        quote: all,
        values: values.as_chunks().0.try_into().unwrap(),
    };
    let (_, values) = verify_platform(&ak, &platform, &EXTRA_DATA).unwrap();

    // What the vendor calculates from them for a rule is what a quote over the rule's PCRs shows.
    let watched = PcrSelection::new([0, 1, 2]).unwrap();
    let (quoted, _) = quote("sha256:0,1,2");
    let shown = verify_quote(&ak, &quoted, &EXTRA_DATA, watched).unwrap();
    assert_eq!(Some(shown.pcr_digest()), values.digest_of(watched));

    // The same PCRs of another bank are other PCRs.
    let (sha1, _) = quote("sha1:0,1,2");
    let refused = verify_quote(&ak, &sha1, &EXTRA_DATA, watched).unwrap_err();
    assert_eq!(refused, QuoteError::PcrSelection);
    let (both, _) = quote("sha256:0,1,2+sha1:0");
    let refused = verify_quote(&ak, &both, &EXTRA_DATA, watched).unwrap_err();
    assert_eq!(refused, QuoteError::PcrSelection);
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
    let seed_public = Public::parse(&seed_public).unwrap();
    assert!(seed_public.is_made_from(&template));
    let next_epoch = sealed_template(&epoch_policy(parent.name(), 2));
    assert!(!seed_public.is_made_from(&next_epoch));
}

/// The endorsement keys of a simulated TPM: handle, index of the certificate, whether it takes a
/// policy session.
const ENDORSEMENT_KEYS: [(u32, u32, bool); 3] = [
    (0x8101_0001, 0x01c0_0002, true),
    (0x8101_0002, 0x01c0_000a, true),
    (0x8101_0016, 0x01c0_0016, false),
];

#[test]
fn the_tpm_opens_the_credential_of_an_enrollment_with_each_kind_of_endorsement_key() {
    let padded = CertificateSpec {
        nv_form: NvForm::OnesPadded(64),
        ..CertificateSpec::default()
    };
    let wrapped = CertificateSpec {
        nv_form: NvForm::TcgHeader,
        ..CertificateSpec::default()
    };
    let authority = |key| AuthoritySpec {
        key,
        intermediate: true,
        ..AuthoritySpec::named("evidence")
    };
    for spec in [
        TpmSpec::default(),
        TpmSpec::default()
            .authority(authority(IssuerKey::Rsa2048))
            .certificate(padded),
        TpmSpec::default()
            .authority(authority(IssuerKey::P384))
            .certificate(wrapped),
    ] {
        let peer = Peer::start_as(spec);
        let ak = create_ak(&peer);
        for (handle, index, by_policy) in ENDORSEMENT_KEYS {
            let enrolled = enroll_with(&peer, &ak, handle, index);
            assert_eq!(enrolled.ek().model().unwrap().model, "swtpm");
            let secret = [handle as u8; 32];
            let credential = enrolled.credential(&secret, &mut SysRng).unwrap();
            assert!(try_credential(&peer, handle, by_policy, &credential));
            assert_eq!(peer.read("secret"), secret);
        }
    }
}

/// Reads key and certificates and enrolls, trusting the simulator's maker.
fn enroll_with(peer: &Peer, ak: &AttestationKey, handle: u32, index: u32) -> EnrolledKey {
    peer.run("tpm2_readpublic", &format!("-c {handle:#x} -f tpmt -o ek"));
    peer.run("tpm2_nvread", &format!("-C o -o certificate {index:#x}"));
    let mut certificates = vec![peer.read("certificate")];
    certificates.extend(peer.tpm.authority().unwrap().intermediate_der());
    let mut trust = EkTrust::default();
    let root = peer.tpm.ek_root_pem().unwrap();
    trust.roots.add(root.as_bytes(), DeviceClass::Test).unwrap();
    let at = UtcTime::from_unix(TODAY).unwrap();
    enroll(&peer.read("ek"), &certificates, ak.public(), &trust, at).unwrap()
}

#[test]
fn p6_the_tpm_refuses_a_credential_for_other_keys_or_altered() {
    let peer = Peer::start();
    let ak = create_ak(&peer);
    let other_ak = Public::parse(&srk_template()).unwrap().name().unwrap();
    let keys = ENDORSEMENT_KEYS.map(|(handle, _, by_policy)| {
        peer.run("tpm2_readpublic", &format!("-c {handle:#x} -f tpmt -o ek"));
        (
            handle,
            by_policy,
            EndorsementKey::from_public(&peer.read("ek")).unwrap(),
        )
    });
    for (at, (handle, by_policy, ek)) in keys.iter().enumerate() {
        let make = |ek, name: &Name| make_credential(ek, name, &[7; 32], &mut SysRng).unwrap();
        let opens = |credential| try_credential(&peer, *handle, *by_policy, &credential);
        assert!(opens(make(ek, ak.name())));
        assert!(!opens(make(ek, &other_ak)), "for another attestation key");
        let (_, _, other_ek) = &keys[(at + 1) % keys.len()];
        assert!(
            !opens(make(other_ek, ak.name())),
            "for another endorsement key"
        );
        let mut altered = make(ek, ak.name());
        *altered.id_object.last_mut().unwrap() ^= 1;
        assert!(!opens(altered), "with an altered byte");
    }
}

/// Whether TPM2_ActivateCredential opens it, through the tools, whose file has a header of its own.
fn try_credential(peer: &Peer, ek: u32, by_policy: bool, credential: &Credential) -> bool {
    const HEADER: [u8; 8] = [0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1];
    let (blob, secret) = (
        sized(&credential.id_object),
        sized(&credential.encrypted_secret),
    );
    peer.write("credential", &[&HEADER[..], &blob, &secret].concat());
    let ak = handles().ak;
    let arguments = format!("-c {ak:#x} -C {ek:#x} -i credential -o secret");
    if !by_policy {
        return peer.tries("tpm2_activatecredential", &arguments);
    }
    peer.call("tpm2_startauthsession", "-S ek.ctx --policy-session");
    peer.call("tpm2_policysecret", "-S ek.ctx -c e");
    let opened = peer.tries(
        "tpm2_activatecredential",
        &format!("{arguments} -P session:ek.ctx"),
    );
    peer.call("tpm2_flushcontext", "-l");
    opened
}
