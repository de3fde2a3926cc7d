//! EK certificates are as the profile has them, and each flaw is that flaw and no other.

use p256::ecdsa::signature::Verifier as _;
use p256::elliptic_curve::Generate as _;
use tpm_sim::{
    AltName, AuthoritySpec, CertificateSpec, EK_CERTIFICATE_USAGE, EkAuthority, Error, IssuedBy,
    IssuerKey,
};
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, SubjectAltName};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

const KINDS: [IssuerKey; 3] = [IssuerKey::P256, IssuerKey::P384, IssuerKey::Rsa2048];

/// What a certificate says of itself, and whether its issuer signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    signed: bool,
    alt_name: Option<(bool, usize)>,
    eku: bool,
    ca: bool,
    critical_constraints: bool,
    expired_in_2021: bool,
    own_key: bool,
    empty_subject: bool,
}

const WELL_MADE: Facts = Facts {
    signed: true,
    alt_name: Some((true, 1)),
    eku: true,
    ca: false,
    critical_constraints: true,
    expired_in_2021: false,
    own_key: true,
    empty_subject: true,
};

#[test]
fn each_flaw_is_in_the_certificate_and_no_other() -> Result<(), Error> {
    let good = CertificateSpec::default;
    let cases = [
        (good(), WELL_MADE),
        (
            CertificateSpec {
                issued_by: IssuedBy::Impostor,
                ..good()
            },
            Facts {
                signed: false,
                ..WELL_MADE
            },
        ),
        (
            CertificateSpec {
                alt_name: AltName::CriticalSequence,
                ..good()
            },
            Facts {
                alt_name: Some((true, 3)),
                ..WELL_MADE
            },
        ),
        (
            CertificateSpec {
                alt_name: AltName::NotCritical,
                ..good()
            },
            Facts {
                alt_name: Some((false, 1)),
                ..WELL_MADE
            },
        ),
        (
            CertificateSpec {
                alt_name: AltName::Absent,
                ..good()
            },
            Facts {
                alt_name: None,
                ..WELL_MADE
            },
        ),
        (
            CertificateSpec {
                eku: false,
                ..good()
            },
            Facts {
                eku: false,
                ..WELL_MADE
            },
        ),
        (
            CertificateSpec { ca: true, ..good() },
            Facts {
                ca: true,
                ..WELL_MADE
            },
        ),
        (
            CertificateSpec {
                expired: true,
                ..good()
            },
            Facts {
                expired_in_2021: true,
                ..WELL_MADE
            },
        ),
        (
            CertificateSpec {
                foreign_key: true,
                ..good()
            },
            Facts {
                own_key: false,
                ..WELL_MADE
            },
        ),
    ];
    for kind in KINDS {
        let authority = EkAuthority::shared(&AuthoritySpec {
            key: kind,
            ..Default::default()
        })?;
        let root = parse(&authority.root_der());
        let ek = some_key();
        for (spec, expected) in &cases {
            let certificate = parse(&authority.certify(&ek, spec)?);
            assert_eq!(
                &facts(&certificate, &root, &ek),
                expected,
                "{kind:?} {spec:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn a_chain_of_three_is_signed_link_by_link() -> Result<(), Error> {
    for key in KINDS {
        let spec = AuthoritySpec {
            key,
            intermediate: true,
            ..AuthoritySpec::named("chain")
        };
        let authority = EkAuthority::shared(&spec)?;
        let root = parse(&authority.root_der());
        let intermediate = parse(&authority.intermediate_der().expect("the chain has one"));
        let ek = parse(&authority.certify(&some_key(), &CertificateSpec::default())?);
        assert!(is_signed_by(&root, &root), "{key:?}");
        assert!(is_signed_by(&intermediate, &root), "{key:?}");
        assert!(is_signed_by(&ek, &intermediate), "{key:?}");
        assert!(!is_signed_by(&ek, &root), "{key:?}");
    }
    Ok(())
}

#[test]
fn an_authority_is_the_same_whenever_it_is_asked_for() -> Result<(), Error> {
    let spec = AuthoritySpec::default();
    assert_eq!(
        EkAuthority::shared(&spec)?.root_der(),
        EkAuthority::shared(&spec)?.root_der()
    );
    Ok(())
}

#[test]
fn authorities_of_different_names_have_different_roots() -> Result<(), Error> {
    let rogue = EkAuthority::shared(&AuthoritySpec::named("rogue"))?;
    assert_ne!(
        rogue.root_der(),
        EkAuthority::shared(&AuthoritySpec::default())?.root_der()
    );
    Ok(())
}

#[test]
fn a_new_authority_is_not_the_shared_one_of_the_same_name() -> Result<(), Error> {
    let spec = AuthoritySpec::default();
    assert_ne!(
        EkAuthority::new(&spec)?.root_der(),
        EkAuthority::shared(&spec)?.root_der()
    );
    Ok(())
}

#[test]
fn a_revocation_list_names_the_revoked_certificates_only() -> Result<(), Error> {
    let authority = EkAuthority::shared(&AuthoritySpec::default())?;
    let revoked = authority.certify(&some_key(), &CertificateSpec::default())?;
    let list = authority.revocation_list(std::slice::from_ref(&revoked))?;
    let list: CertificateList = CertificateList::from_der(&list).expect("it is DER");
    let serials: Vec<_> = list
        .tbs_cert_list
        .revoked_certificates
        .expect("one is revoked")
        .into_iter()
        .map(|entry| entry.serial_number)
        .collect();
    assert_eq!(
        serials,
        [parse(&revoked).tbs_certificate().serial_number().clone()]
    );
    let empty: CertificateList =
        CertificateList::from_der(&authority.revocation_list(&[])?).expect("it is DER");
    assert_eq!(empty.tbs_cert_list.revoked_certificates, None);
    Ok(())
}

fn parse(der: &[u8]) -> Certificate {
    Certificate::from_der(der).expect("it is DER")
}

fn some_key() -> SubjectPublicKeyInfoOwned {
    let key = p256::SecretKey::generate().public_key();
    SubjectPublicKeyInfoOwned::from_key(&key).expect("a P-256 key can be encoded")
}

fn facts(certificate: &Certificate, issuer: &Certificate, ek: &SubjectPublicKeyInfoOwned) -> Facts {
    let tbs = certificate.tbs_certificate();
    let (critical_constraints, constraints) = tbs
        .get_extension::<BasicConstraints>()
        .expect("it can be read")
        .expect("it is always there");
    let eku = tbs
        .get_extension::<ExtendedKeyUsage>()
        .expect("it can be read");
    let not_after = tbs.validity().not_after.to_date_time();
    Facts {
        signed: is_signed_by(certificate, issuer),
        alt_name: tbs
            .get_extension::<SubjectAltName>()
            .expect("it can be read")
            .map(|(critical, names)| (critical, rdn_count(&names))),
        eku: eku.is_some_and(|(_, usages)| usages.0 == [EK_CERTIFICATE_USAGE]),
        ca: constraints.ca,
        critical_constraints,
        expired_in_2021: not_after.year() == 2021,
        own_key: tbs.subject_public_key_info() == ek,
        empty_subject: tbs.subject().is_empty(),
    }
}

/// How many RDNs name the model, all of whose three attributes must be there.
fn rdn_count(names: &SubjectAltName) -> usize {
    use x509_cert::ext::pkix::name::GeneralName;
    let [GeneralName::DirectoryName(name)] = names.0.as_slice() else {
        panic!("{names:?} is not one directory name");
    };
    assert_eq!(name.iter().count(), 3);
    name.iter_rdn().count()
}

fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    if certificate.tbs_certificate().issuer() != issuer.tbs_certificate().subject() {
        return false;
    }
    let message = certificate
        .tbs_certificate()
        .to_der()
        .expect("it was parsed");
    let signature = certificate.signature().raw_bytes();
    let key = issuer.tbs_certificate().subject_public_key_info();
    let sec1 = key.subject_public_key.raw_bytes();
    if let Ok(key) = p256::ecdsa::VerifyingKey::from_sec1_bytes(sec1) {
        return p256::ecdsa::DerSignature::try_from(signature)
            .is_ok_and(|signature| key.verify(&message, &signature).is_ok());
    }
    if let Ok(key) = p384::ecdsa::VerifyingKey::from_sec1_bytes(sec1) {
        return p384::ecdsa::DerSignature::try_from(signature)
            .is_ok_and(|signature| key.verify(&message, &signature).is_ok());
    }
    use rsa::pkcs8::DecodePublicKey as _;
    let der = key.to_der().expect("it was parsed");
    let key = rsa::PublicKey::from_public_key_der(&der).expect("there is no fourth kind");
    rsa::pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| {
        rsa::pkcs1v15::VerifyingKey::<sha2::Sha256>::new(key)
            .verify(&message, &signature)
            .is_ok()
    })
}
