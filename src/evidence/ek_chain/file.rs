//! Files of certificates and revocation lists in the forms in which makers and tools give them.
//!
//! PEM (RFC 7468, read with forgiveness: base64 on one line or with odd lines, indented, blank lines, any line ends, other text
//! around, the labels of old and of trusted certificates), DER alone, several or with something behind, PKCS #7 in both,
//! bare base64, and the JSON in which a maker's web service answers. What cannot be read is told with its place, and hides
//! nothing behind it.

use super::unwrap::{split_certificate, split_element};
use std::fmt;

/// Something in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// Where in a file it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a text: the line, from 1.
    Line(usize),
    /// In binary data: the byte, from 0.
    Byte(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
        }
    }
}

/// What it is, as far as its outer form shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// A certificate, DER without anything behind.
    Certificate(Vec<u8>),
    /// A revocation list, DER.
    List(Vec<u8>),
    /// Other DER.
    Other(Vec<u8>),
    /// Why it cannot be read.
    Unreadable(&'static str),
}

/// What a file holds; nothing if it is of none of the forms.
pub(crate) fn elements(file: &[u8]) -> Vec<Element> {
    let text = utf16(file);
    let file = text.as_deref().unwrap_or(file);
    let file = file.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(file);
    for (beginning, what) in ARCHIVES {
        if file.starts_with(beginning) {
            return vec![unreadable(Place::Byte(0), what)];
        }
    }
    let start = file.iter().take_while(|byte| is_filler(**byte)).count();
    if split_element(&file[start..], SEQUENCE).is_some() {
        return from_der(file, start, Place::Byte);
    }
    if let Some(value) = json_certificate(file) {
        return match pem_blocks(&value) {
            blocks if !blocks.is_empty() => blocks,
            _ => from_base64(&value, Place::Line(1)),
        };
    }
    let blocks = pem_blocks(file);
    if !blocks.is_empty() {
        return blocks;
    }
    match file.len() >= SHORTEST && file[start..].starts_with(b"M") && base64(file).is_some() {
        true => from_base64(file, Place::Line(1)),
        false => Vec::new(),
    }
}

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const INTEGER: u8 = 0x02;
const SET: u8 = 0x31;
/// The context-specific tags 0 and 1.
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// No certificate is shorter in base64.
const SHORTEST: usize = 64;

const ARCHIVES: &[(&[u8], &str)] = &[
    (
        b"MSCF",
        "it is a cabinet archive: unpack it, and give the certificates in it",
    ),
    (
        b"PK\x03\x04",
        "it is a ZIP archive: unpack it, and give the certificates in it",
    ),
    (
        b"\x1f\x8b",
        "it is compressed: unpack it, and give the certificates in it",
    ),
];

fn unreadable(place: Place, why: &'static str) -> Element {
    Element {
        place,
        content: Content::Unreadable(why),
    }
}

/// What stands between and behind DER structures: line ends, blanks, padding, the end-of-file of old systems.
fn is_filler(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0x00 | 0x1a | 0xff)
}

/// A text in UTF-16 with its mark, as some systems save what they print.
fn utf16(file: &[u8]) -> Option<Vec<u8>> {
    let from: fn([u8; 2]) -> u16 = match file {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = file[2..]
        .chunks_exact(2)
        .map(|pair| from([pair[0], pair[1]]))
        .collect();
    Some(String::from_utf16_lossy(&units).into_bytes())
}

/// Structures one after the other.
fn from_der(bytes: &[u8], start: usize, place: impl Fn(usize) -> Place) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut rest = &bytes[start..];
    while !rest.is_empty() {
        let at = place(bytes.len() - rest.len());
        let Some((_, behind)) = split_element(rest, SEQUENCE) else {
            elements.push(unreadable(
                at,
                "what stands here is neither a certificate nor padding",
            ));
            break;
        };
        let der = &rest[..rest.len() - behind.len()];
        elements.extend(
            classify(der)
                .into_iter()
                .map(|content| Element { place: at, content }),
        );
        let filler = behind.iter().take_while(|byte| is_filler(**byte)).count();
        rest = &behind[filler..];
    }
    elements
}

/// What one structure is, or what a PKCS #7 holds.
fn classify(der: &[u8]) -> Vec<Content> {
    if let Some(content) = signed_data(der) {
        return from_pkcs7(content);
    }
    let whole = split_certificate(der).is_some_and(|(_, behind)| behind.is_empty());
    match kind_of(der) {
        Some(Kind::Certificate) if whole => vec![Content::Certificate(der.to_vec())],
        Some(Kind::List) if whole => vec![Content::List(der.to_vec())],
        Some(Kind::Request) if whole => {
            vec![Content::Unreadable(
                "it is a request for a certificate, not a certificate",
            )]
        }
        _ => vec![Content::Other(der.to_vec())],
    }
}

enum Kind {
    Certificate,
    List,
    Request,
}

/// Tells what is signed apart by what follows its issuer: a certificate's validity, a list's date, a request's key.
fn kind_of(der: &[u8]) -> Option<Kind> {
    let (whole, _) = split_element(der, SEQUENCE)?;
    let (mut rest, _) = split_element(whole, SEQUENCE)?;
    if let Some((_, behind)) = split_element(rest, CONTEXT_0) {
        rest = behind;
    }
    if let Some((_, behind)) = split_element(rest, INTEGER) {
        rest = behind;
    }
    let (_, rest) = split_element(rest, SEQUENCE)?;
    let (_, rest) = split_element(rest, SEQUENCE)?;
    match *rest.first()? {
        SEQUENCE => Some(Kind::Certificate),
        UTC_TIME | GENERALIZED_TIME => Some(Kind::List),
        CONTEXT_0 => Some(Kind::Request),
        _ => None,
    }
}

/// The content of a SignedData in its ContentInfo (RFC 5652, 3 and 5.1), whose lengths may be indefinite.
fn signed_data(der: &[u8]) -> Option<&[u8]> {
    const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    let (info, _) = split_element(der, SEQUENCE)?;
    let (kind, rest) = split_element(info, OBJECT_IDENTIFIER)?;
    (kind == SIGNED_DATA).then_some(rest)
}

fn from_pkcs7(content: &[u8]) -> Vec<Content> {
    const INDEFINITE: &str = "it is a PKCS #7 that is not DER: `openssl pkcs7 -inform DER -print_certs` turns it into PEM";
    let Some(parts) = pkcs7_parts(content) else {
        return vec![Content::Unreadable(INDEFINITE)];
    };
    let mut contents = Vec::new();
    let (mut certificates, mut lists) = parts;
    while let Some((_, behind)) = split_element(certificates, SEQUENCE) {
        let der = &certificates[..certificates.len() - behind.len()];
        contents.push(Content::Certificate(der.to_vec()));
        certificates = behind;
    }
    while let Some((_, behind)) = split_element(lists, SEQUENCE) {
        let der = &lists[..lists.len() - behind.len()];
        contents.push(Content::List(der.to_vec()));
        lists = behind;
    }
    match contents.is_empty() {
        true => vec![Content::Unreadable("it is a PKCS #7 without certificates")],
        false => contents,
    }
}

/// The certificates and the revocation lists of a SignedData.
fn pkcs7_parts(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (explicit, _) = split_element(content, CONTEXT_0)?;
    let (data, _) = split_element(explicit, SEQUENCE)?;
    let (_, rest) = split_element(data, INTEGER)?;
    let (_, rest) = split_element(rest, SET)?;
    let (_, rest) = split_element(rest, SEQUENCE)?;
    let (certificates, rest) = split_element(rest, CONTEXT_0).unwrap_or((&[], rest));
    let (lists, _) = split_element(rest, CONTEXT_1).unwrap_or((&[], rest));
    Some((certificates, lists))
}

/// The blocks of a text that are certificates or lists by their labels.
fn pem_blocks(text: &[u8]) -> Vec<Element> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const END: &[u8] = b"-----END ";
    const DASHES: &[u8] = b"-----";
    let mut elements = Vec::new();
    let mut at = 0;
    let mut counted = (0, 1);
    while let Some(begin) = find(&text[at..], BEGIN) {
        let begin = at + begin;
        let lines = text[counted.0..begin].iter().filter(|byte| **byte == b'\n');
        counted = (begin, counted.1 + lines.count());
        let place = Place::Line(counted.1);
        let label_at = begin + BEGIN.len();
        let Some(len) = find(&text[label_at..], DASHES).filter(|len| *len <= LONGEST_LABEL) else {
            at = label_at;
            continue;
        };
        let label = &text[label_at..label_at + len];
        let body_at = label_at + len + DASHES.len();
        let next = find(&text[body_at..], BEGIN).unwrap_or(text.len() - body_at);
        let body = &text[body_at..body_at + next];
        let is_wanted = [&b"CERTIFICATE"[..], b"PKCS7", b"PKCS #7", b"CMS", b"CRL"]
            .iter()
            .any(|word| find(label, word).is_some());
        if is_wanted {
            elements.extend(match find(body, END) {
                None => vec![unreadable(place, "its last line (-----END …) is missing")],
                Some(end) => from_base64(&body[..end], place),
            });
        }
        at = body_at + next;
    }
    elements
}

/// No label of a block is longer.
const LONGEST_LABEL: usize = 64;

/// A block's structures: one, with whatever a tool appended to it (the trust settings of OpenSSL), or several.
fn from_base64(body: &[u8], place: Place) -> Vec<Element> {
    let Some(der) = base64(body) else {
        return vec![unreadable(place, "its base64 is damaged")];
    };
    let mut elements = from_der(&der, 0, |_| place);
    if let [first, rest @ ..] = &mut elements[..]
        && matches!(first.content, Content::Certificate(_))
        && !rest
            .iter()
            .any(|element| matches!(element.content, Content::Certificate(_)))
    {
        elements.truncate(1);
    }
    match elements.is_empty() {
        true => vec![unreadable(place, "there is nothing in it")],
        false => elements,
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// Decodes base64 of either alphabet, without regard to white space, up to its padding; lines with a colon are headers (RFC 1421,
/// 4.4).
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut group, mut bits) = (0_u32, 0);
    let lines = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.contains(&b':'));
    for symbol in lines.flatten() {
        let value = match *symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            space if space.is_ascii_whitespace() => continue,
            _ => return None,
        };
        group = group << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((group >> bits) as u8);
            group &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

/// The member `certificate` of a JSON object, as the web services of makers answer, with its escapes resolved.
fn json_certificate(file: &[u8]) -> Option<Vec<u8>> {
    const MEMBER: &str = "\"certificate\"";
    let text = std::str::from_utf8(file).ok()?;
    let text = text.trim_start().strip_prefix('{')?;
    let value = &text[text.find(MEMBER)? + MEMBER.len()..];
    let value = value.trim_start().strip_prefix(':')?;
    let value = value.trim_start().strip_prefix('"')?;
    let value = value.split('"').next()?;
    let mut plain = value.to_owned();
    for (escaped, symbol) in [
        ("\\r", "\r"),
        ("\\n", "\n"),
        ("\\/", "/"),
        ("%2B", "+"),
        ("%2F", "/"),
        ("%3D", "="),
        ("%2b", "+"),
        ("%2f", "/"),
        ("%3d", "="),
        ("%0A", "\n"),
        ("%20", " "),
    ] {
        plain = plain.replace(escaped, symbol);
    }
    Some(plain.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_without_regard_to_white_space_padding_and_alphabet() {
        for text in ["+/8A", "-_8A", " +/\r\n8 A\n", "X-Header: x\n\n+/8A"] {
            assert_eq!(
                base64(text.as_bytes()),
                Some(vec![0xfb, 0xff, 0x00]),
                "{text}"
            );
        }
        assert_eq!(base64(b"+/8="), Some(vec![0xfb, 0xff]));
        assert_eq!(base64(b"+/8"), Some(vec![0xfb, 0xff]));
        assert_eq!(base64(b"+/8A?"), None);
    }

    #[test]
    fn a_text_about_something_else_holds_nothing() {
        for text in [
            "",
            "0",
            "0 s:CN=example",
            "hello",
            "{}",
            "{\"certificate\":",
            "MIIB",
        ] {
            assert_eq!(elements(text.as_bytes()), [], "{text}");
        }
    }

    #[test]
    fn an_archive_is_called_by_its_name() {
        let found = elements(b"PK\x03\x04...");
        assert!(
            matches!(&found[..], [Element { content: Content::Unreadable(why), .. }] if why.contains("ZIP"))
        );
    }
}
