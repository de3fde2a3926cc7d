//! The TPM's maker, model and version, as an endorsement certificate names them (TCG EK Credential
//! Profile, 3.2.9).

use x509_cert::der::asn1::{Any, ObjectIdentifier};
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName, GeneralNames};

const MANUFACTURER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.2.1");
const MODEL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.2.2");
const VERSION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.2.3");

/// What a certificate says of a TPM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmModel {
    /// `id:` and the vendor's TCG identifier in hexadecimal, for example `id:49465800` for
    /// Infineon.
    pub manufacturer: String,
    /// The model, in the maker's words.
    pub model: String,
    /// `id:` and the firmware's version in hexadecimal.
    pub version: String,
}

impl TpmModel {
    /// Takes the three attributes from the one directory name among `names`, each of which is there
    /// exactly once.
    pub(crate) fn from_names(names: &GeneralNames) -> Option<Self> {
        let mut directory_names = names.iter().filter_map(|name| match name {
            GeneralName::DirectoryName(name) => Some(name),
            _ => None,
        });
        let (Some(name), None) = (directory_names.next(), directory_names.next()) else {
            return None;
        };
        let only = |oid| {
            let mut values = name.iter().filter(|attribute| attribute.oid == oid);
            match (values.next(), values.next()) {
                (Some(attribute), None) => text(&attribute.value),
                _ => None,
            }
        };
        Some(Self {
            manufacturer: only(MANUFACTURER)?,
            model: only(MODEL)?,
            version: only(VERSION)?,
        })
    }
}

fn text(value: &Any) -> Option<String> {
    DirectoryString::try_from(value)
        .ok()
        .map(|text| text.value().into_owned())
}
