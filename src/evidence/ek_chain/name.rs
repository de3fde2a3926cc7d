//! Distinguished names: comparing them, and showing them.

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::Name as DistinguishedName;

/// The form in which names are compared (RFC 5280, 7.1, in short): texts without regard to case, outer and repeated white space and
/// the kind of string, other values byte for byte, the parts of a set in any order.
///
/// Names only find the certificates to try; a signature decides.
pub(crate) fn comparable(name: &DistinguishedName) -> Vec<u8> {
    let mut form = Vec::new();
    for set in name.iter_rdn() {
        let mut parts: Vec<Vec<u8>> = set
            .iter()
            .map(|attribute| {
                let value = match DirectoryString::try_from(&attribute.value) {
                    Ok(text) => folded(&text.value()).into_bytes(),
                    Err(_) => attribute.value.value().to_vec(),
                };
                framed(&[attribute.oid.as_bytes(), &value])
            })
            .collect();
        parts.sort();
        form.extend(framed(&[&parts.concat()]));
    }
    form
}

fn folded(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// The parts, each behind its length.
fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A name for people as RFC 4514 has it, with texts shown as texts; cut to a length that a message can hold. Whoever made the
/// certificate chose it: what a terminal might obey is escaped.
pub(crate) fn shown(name: &DistinguishedName) -> String {
    let mut sets: Vec<String> = name
        .iter_rdn()
        .map(|set| {
            let parts: Vec<_> = set.iter().map(shown_part).collect();
            parts.join("+")
        })
        .collect();
    sets.reverse();
    harmless(&sets.join(","))
}

fn shown_part(attribute: &AttributeTypeAndValue) -> String {
    let text = attribute.to_string();
    match DirectoryString::try_from(&attribute.value) {
        // An attribute without a name of its own is shown as hexadecimal digits.
        Ok(value) if text.contains("=#") => {
            let id = attribute.oid.to_string();
            let known = TPM_ATTRIBUTES.iter().find(|(known, _)| *known == id);
            format!(
                "{}={}",
                known.map_or(&*id, |(_, name)| *name),
                value.value()
            )
        }
        _ => text,
    }
}

/// Attributes by which the subject alternative name describes a TPM (TCG EK Credential Profile, 3.2.9).
const TPM_ATTRIBUTES: [(&str, &str); 3] = [
    ("2.23.133.2.1", "tpmManufacturer"),
    ("2.23.133.2.2", "tpmModel"),
    ("2.23.133.2.3", "tpmVersion"),
];

/// Whether a name describes a TPM's make, and nothing else.
pub(crate) fn is_of_a_make(name: &DistinguishedName) -> bool {
    name.iter().all(|attribute| {
        let id = attribute.oid.to_string();
        TPM_ATTRIBUTES.iter().any(|(known, _)| *known == id)
    })
}

/// A text for people, cut and escaped likewise.
pub(crate) fn harmless(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut safe = String::new();
    for character in text.chars().take(LONGEST) {
        match character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric() {
            true => safe.push(character),
            false => safe.extend(character.escape_unicode()),
        }
    }
    safe
}
