//! Files of certificates as makers and tools give them.

use crate::ek_scene::{intermediate, leaf, middle, root};
use crate::pki::{
    Authority, Certificate, Key, base64, oid, pem_on_one_line, revocation_list, sequence, tlv,
};
use counterfoil::evidence::{CertificateError, EkRoots, Place, RootError, certificates_in};
use counterfoil::token::DeviceClass;
use proptest::prelude::*;

fn one() -> Vec<u8> {
    root().root().sign(&root())
}

fn other() -> Vec<u8> {
    middle().sign(&root())
}

/// A certs-only PKCS #7 (RFC 5652) of these certificates and lists.
fn pkcs7(certificates: &[Vec<u8>], lists: &[Vec<u8>]) -> Vec<u8> {
    let data = sequence(&[oid("1.2.840.113549.1.7.1")]);
    let signed = sequence(&[
        tlv(0x02, &[vec![1]]),
        tlv(0x31, &[]),
        data,
        tlv(0xa0, certificates),
        tlv(0xa1, lists),
        tlv(0x31, &[]),
    ]);
    sequence(&[oid("1.2.840.113549.1.7.2"), tlv(0xa0, &[signed])])
}

fn found(file: &[u8]) -> Vec<Vec<u8>> {
    certificates_in(file)
        .into_iter()
        .map(|candidate| candidate.certificate.expect("it can be read"))
        .collect()
}

/// A block with lines of this length, each behind `indent`, with this end.
fn pem(label: &str, der: &[u8], columns: usize, indent: &str, end: &str) -> String {
    let text = base64(der);
    let lines: String = text
        .as_bytes()
        .chunks(columns)
        .map(|line| format!("{indent}{}{end}", str::from_utf8(line).unwrap()))
        .collect();
    format!("{indent}-----BEGIN {label}-----{end}{lines}{indent}-----END {label}-----{end}")
}

#[test]
fn a_certificate_is_read_in_every_form_in_which_it_is_published() {
    let der = one();
    let with = |rest: &[u8]| [&der[..], rest].concat();
    // What OpenSSL appends in its TRUSTED CERTIFICATE: uses and a name.
    let trusted = with(&sequence(&[
        sequence(&[oid("1.3.6.1.5.5.7.3.1")]),
        tlv(0x0c, &[b"alias".to_vec()]),
    ]));
    let plain = pem("CERTIFICATE", &der, 64, "", "\n");
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(plain.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let escaped = base64(&der)
        .replace('+', "-")
        .replace('/', "_")
        .replace('=', "%3D");
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("DER", der.clone()),
        ("a line end behind", with(b"\n")),
        ("a DOS line end behind", with(b"\r\n")),
        ("padding behind", with(&[0; 7])),
        ("other padding behind", with(&[0xff; 7])),
        ("a blank before", [b"\n", &der[..]].concat()),
        ("PEM", plain.clone().into()),
        ("one line", pem_on_one_line("CERTIFICATE", &der).into()),
        ("long lines", pem("CERTIFICATE", &der, 76, "", "\n").into()),
        ("odd lines", pem("CERTIFICATE", &der, 37, "", "\n").into()),
        (
            "indented",
            pem("CERTIFICATE", &der, 64, "    ", "\n").into(),
        ),
        ("DOS lines", pem("CERTIFICATE", &der, 64, "", "\r\n").into()),
        (
            "blank lines",
            pem("CERTIFICATE", &der, 64, "", "\n\n").into(),
        ),
        (
            "old Mac lines",
            pem("CERTIFICATE", &der, 64, "", "\r").into(),
        ),
        (
            "old label",
            pem("X509 CERTIFICATE", &der, 64, "", "\n").into(),
        ),
        (
            "trusted",
            pem("TRUSTED CERTIFICATE", &trusted, 64, "", "\n").into(),
        ),
        ("no padding", plain.replace('=', "").into()),
        ("a mark", ["\u{feff}", &plain].concat().into()),
        ("UTF-16", utf16),
        (
            "text around",
            [
                &b"Certificate:\n  Data: \xe9\xff\n"[..],
                plain.as_bytes(),
                b"\nend",
            ]
            .concat(),
        ),
        (
            "other blocks",
            format!("{}{plain}", pem("EC PARAMETERS", b"\x06\x00", 64, "", "\n")).into(),
        ),
        (
            "PKCS #7",
            pkcs7(
                std::slice::from_ref(&der),
                &[revocation_list(&root(), &[], &[])],
            ),
        ),
        (
            "PKCS #7 in PEM",
            pem(
                "PKCS7",
                &pkcs7(std::slice::from_ref(&der), &[]),
                64,
                "",
                "\n",
            )
            .into(),
        ),
        (
            "PKCS #7 by another label",
            pem(
                "CERTIFICATE",
                &pkcs7(std::slice::from_ref(&der), &[]),
                64,
                "",
                "\n",
            )
            .into(),
        ),
        ("base64 alone", base64(&der).into()),
        (
            "JSON",
            format!("{{\"pubhash\":\"abc\", \"certificate\" : \"{escaped}\"}}").into(),
        ),
        (
            "PEM in JSON",
            format!("{{\"certificate\":\"{}\"}}", plain.replace('\n', "\\n")).into(),
        ),
    ];
    for (form, file) in forms {
        assert_eq!(found(&file), std::slice::from_ref(&der), "{form}");
        let mut roots = EkRoots::default();
        assert!(roots.add(&file, DeviceClass::Test).is_ok(), "{form}");
    }
}

#[test]
fn all_certificates_of_a_bundle_are_read() {
    let both = [one(), other()];
    let text: String = both
        .iter()
        .map(|der| format!("# {}\n{}", der.len(), pem("CERTIFICATE", der, 64, "", "\n")))
        .collect();
    for file in [
        text.into_bytes(),
        both.concat(),
        [&one()[..], b"\n", &other()].concat(),
        pkcs7(&both, &[]),
        pem("CERTIFICATE", &both.concat(), 64, "", "\n").into_bytes(),
    ] {
        assert_eq!(found(&file), both);
    }
}

#[test]
fn a_bad_one_is_named_by_place_and_subject_and_hides_no_other() {
    let mut padded = Certificate::authority(&intermediate());
    padded.serial_padding = &[0];
    let good = pem("CERTIFICATE", &one(), 64, "", "\n");
    let bad = pem("CERTIFICATE", &padded.sign(&intermediate()), 64, "", "\n");
    let damaged = good.replace("MII", "M!I");
    let cut = &good[..good.len() - 27];
    let file = format!("{good}{bad}{damaged}{good}{cut}\n{good}");
    let all = certificates_in(file.as_bytes());
    let faults: Vec<_> = all
        .iter()
        .map(|found| found.certificate.as_ref().err().cloned())
        .collect();
    let padded = RootError::Malformed(CertificateError::SerialNumber);
    assert_eq!(faults.len(), 6, "{faults:?}");
    assert_eq!([&faults[0], &faults[3], &faults[5]], [&None; 3]);
    assert_eq!(faults[1], Some(padded));
    assert!(matches!(faults[2], Some(RootError::Unreadable(why)) if why.contains("base64")));
    assert!(matches!(faults[4], Some(RootError::Unreadable(why)) if why.contains("END")));
    assert_eq!(all[1].subject.as_deref(), Some("CN=Intermediate"));
    let lines = good.lines().count();
    assert_eq!(all[1].place, Place::Line(lines + 1));

    let der = certificates_in(&[&one()[..], b"\nwhat is this?"].concat());
    assert!(der[0].certificate.is_ok() && der[1].certificate.is_err());
    assert_eq!(der[1].place, Place::Byte(one().len() + 1));
}

#[test]
fn what_is_no_certificate_is_called_by_its_name() {
    let key = sequence(&[sequence(&[]), tlv(0x03, &[vec![0]])]);
    for (file, words) in [
        (&b"PK\x03\x04..."[..], "ZIP"),
        (b"MSCF....", "cabinet"),
        (&pkcs7(&[], &[]), "without certificates"),
        (&key, "not a certificate"),
    ] {
        let found = certificates_in(file);
        let why = found[0].certificate.as_ref().unwrap_err().to_string();
        assert!(why.contains(words), "{why}");
    }
    for file in [&b"hello"[..], b"", &revocation_list(&root(), &[], &[])] {
        assert_eq!(certificates_in(file), []);
    }
}

#[test]
fn a_root_whose_key_verifies_nothing_is_refused_by_its_name() {
    let with_key = |info| {
        let mut certificate = root().root();
        certificate.info = info;
        let file = certificate.sign(&root());
        let mut roots = EkRoots::default();
        roots.add(&file, DeviceClass::Test).map(drop).unwrap_err()
    };
    let algorithm =
        |parts: &[Vec<u8>]| sequence(&[sequence(parts), tlv(0x03, &[vec![0, 4, 1, 2]])]);
    for (info, name) in [
        (algorithm(&[oid("1.3.101.112")]), "Ed25519"),
        (
            algorithm(&[oid("1.2.840.10045.2.1"), oid("1.2.156.10197.1.301")]),
            "SM2",
        ),
        (
            algorithm(&[oid("1.2.840.10045.2.1"), oid("1.3.132.0.10")]),
            "secp256k1",
        ),
        (
            algorithm(&[oid("1.2.840.10045.2.1"), oid("1.3.132.0.35")]),
            "malformed",
        ),
        (
            algorithm(&[oid("1.2.840.10045.2.1"), sequence(&[])]),
            "without a name",
        ),
    ] {
        let refused = with_key(info);
        assert!(matches!(refused, RootError::Key(_)), "{refused:?}");
        assert!(refused.to_string().contains(name), "{refused}");
    }
    for key in [Key::rsa(1), Key::p256(1), Key::p384(1), Key::p521(1)] {
        let authority = Authority::new("Root A", key);
        let mut roots = EkRoots::default();
        let file = authority.root().sign(&authority);
        assert!(roots.add(&file, DeviceClass::Test).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_damaged_file_ends_in_an_error_or_a_certificate(
        form in 0_usize..4,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut file = match form {
            0 => pkcs7(&[one(), other()], &[revocation_list(&root(), &[1], &[])]),
            1 => pem("CERTIFICATE", &one(), 64, " ", "\r\n").into_bytes(),
            2 => format!("{{\"certificate\":\"{}\"}}", base64(&leaf().sign(&root()))).into_bytes(),
            _ => [one(), vec![0], other()].concat(),
        };
        let at = at.index(file.len());
        match cut {
            true => file.truncate(at),
            false => file[at] = byte,
        }
        for candidate in certificates_in(&file) {
            let _ = candidate.certificate.map_err(|error| error.to_string());
        }
    }
}
