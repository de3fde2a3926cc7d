//! Whether a certificate looks like one of those that makers of TPMs have. Names prove nothing: this asks a person before a
//! mistake counts, and stops nobody who says what he means.

use std::fmt;

use crate::token::DeviceClass;

/// Why a certificate is not taken for a chip maker's without an explicit word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// Its names are those of a simulator's or a hypervisor's local authority.
    Simulator,
    /// Its names say that TPMs below it are virtual.
    Virtual,
    /// Its names are those of an authority for web sites.
    Web,
    /// It comes in a bundle with others of which none names a maker of TPMs.
    Strangers,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (looks, say) = match self {
            Self::Simulator => (
                "it looks like the authority of a simulator or of one host's virtual TPMs",
                "--class test or --class virtual",
            ),
            Self::Virtual => (
                "it looks like the authority of a cloud's virtual TPMs",
                "--class virtual",
            ),
            Self::Web => (
                "it looks like an authority for web sites, which vouches for no TPM",
                "nothing",
            ),
            Self::Strangers => (
                "nothing in its names speaks of a maker of TPMs, nor in those of the others in the file",
                "--class test or --class virtual",
            ),
        };
        match say {
            "nothing" => write!(
                f,
                "{looks}; if it vouches for chips all the same, say --class {}",
                DeviceClass::Hardware.name()
            ),
            say => write!(
                f,
                "{looks}: say {say}; if it vouches for chips, --class {}",
                DeviceClass::Hardware.name()
            ),
        }
    }
}

/// What a certificate's names look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A maker of TPMs.
    Maker,
    /// Somebody whom one has to be asked about.
    Doubtful(Doubt),
    /// Nobody who is known here.
    Stranger,
}

/// A file with more strangers than this is a bundle that was made for something else.
pub(super) const MAX_STRANGERS: usize = 3;

/// What TPM makers' certificates have in their names, as words of lower case letters and digits.
const MAKERS: &[&str] = &[
    "infineon",
    "ifx",
    "optiga",
    "stmicroelectronics",
    "stm",
    "stsafe",
    "nuvoton",
    "ntc",
    "winbond",
    "amd",
    "amdtpm",
    "intel",
    "pluton",
    "qualcomm",
    "nationz",
    "nations",
    "nsing",
    "atmel",
    "sinosun",
    "broadcom",
    "tpm",
    "tpms",
    "ftpm",
    "ek",
    "ekcert",
];

/// Two words that follow each other.
const MAKERS_OF_TWO: &[[&str; 2]] = &[
    ["trusted", "platform"],
    ["trusted", "computing"],
    ["advanced", "micro"],
    ["endorsement", "key"],
];

const SIMULATORS: &[&str] = &[
    "swtpm",
    "localca",
    "libtpms",
    "simulator",
    "simulated",
    "ibmtpm",
    "ibmswtpm",
    "ibmswtpm2",
    "mssim",
    "qemu",
    "libvirt",
];

/// Words of which hypervisors' and clouds' authorities have one beside TPM or EK.
const CLOUDS: &[&str] = &["virtual", "vtpm", "google", "azure", "vmware", "hyper"];

/// Who issues certificates for web sites.
const WEB: &[&str] = &[
    "digicert",
    "globalsign",
    "isrg",
    "letsencrypt",
    "sectigo",
    "usertrust",
    "comodo",
    "addtrust",
    "godaddy",
    "starfield",
    "entrust",
    "affirmtrust",
    "amazon",
    "identrust",
    "quovadis",
    "certum",
    "swisssign",
    "baltimore",
    "cybertrust",
    "verisign",
    "thawte",
    "geotrust",
    "symantec",
    "buypass",
    "actalis",
    "certigna",
    "telesec",
    "hellenic",
    "harica",
    "microsec",
    "secom",
    "trustwave",
    "securetrust",
    "twca",
    "hongkong",
    "netlock",
    "emsign",
    "certsign",
    "atos",
    "gts",
    "microsoft",
    "wisekey",
    "oiste",
    "ssl",
    "izenpe",
    "accv",
    "fnmt",
    "certinomis",
    "dtrust",
    "tls",
    "website",
    "server",
];

/// What the names of subject and issuer look like.
pub(super) fn look(subject: &str, issuer: &str) -> Look {
    let words: Vec<String> = [subject, issuer]
        .iter()
        .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let maker = has(MAKERS)
        || words.windows(2).any(|pair| {
            MAKERS_OF_TWO
                .iter()
                .any(|two| two[0] == pair[0] && two[1] == pair[1])
        });
    match () {
        () if has(SIMULATORS) => Look::Doubtful(Doubt::Simulator),
        () if maker && has(CLOUDS) => Look::Doubtful(Doubt::Virtual),
        () if maker => Look::Maker,
        () if has(WEB) || has(CLOUDS) => Look::Doubtful(Doubt::Web),
        () => Look::Stranger,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_are_told_from_simulators_clouds_and_the_web() {
        for name in [
            "CN=Infineon OPTIGA(TM) RSA Root CA,OU=OPTIGA(TM) Devices,O=Infineon Technologies AG,C=DE",
            "CN=IFX TPM EK Root CA,OU=AIM,O=Infineon Technologies AG,ST=Bavaria,C=DE",
            "CN=STM TPM EK Root CA,O=STMicroelectronics NV,C=CH",
            "CN=STSAFE ECC Root CA 02,O=STMicroelectronics NV,C=NL",
            "CN=GlobalSign Trusted Platform Module Root CA,O=GlobalSign,OU=GlobalSign Trusted Computing Certificate Authority",
            "CN=VeriSign Trusted Platform Module Root CA,O=VeriSign\\, Inc.,C=US",
            "C=TW+O=Nuvoton Technology Corporation+CN=Nuvoton TPM Root CA 1110",
            "CN=NTC TPM EK Root CA 01,O=NTC",
            "CN=AMDTPM,O=Advanced Micro Devices,ST=CA,L=Sunnyvale,C=US,OU=Engineering",
            "CN=AMD Pluton Global Factory ICA,OU=IT,O=Advanced Micro Devices Inc.",
            "CN=www.intel.com,OU=TPM EK root cert signing,O=Intel Corporation,L=Santa Clara,ST=CA,C=US",
            "CN=www.intel.com,OU=OnDie CA Root Cert Signing,O=Intel Corporation",
            "CN=Microsoft TPM Root Certificate Authority 2014,O=Microsoft Corporation",
            "CN=Microsoft Pluton Root CA 2021,O=Microsoft Corporation,C=US",
            "CN=Qualcomm Attestation Root CA,O=Qualcomm Technologies\\, Inc.",
            "CN=Nations TPM Root CA,O=Nations Technologies Inc,C=CN",
            "CN=NSING TPM ECC521 Root CA 001,O=NSING TECHNOLOGIES PTE LTD,C=SG",
            "CN=ATMEL TPM Root Signing Module,O=Atmel",
        ] {
            assert_eq!(look(name, name), Look::Maker, "{name}");
        }
        for (name, doubt) in [
            ("CN=swtpm-localca-rootca", Doubt::Simulator),
            ("CN=swtpm-localca", Doubt::Simulator),
            (
                "CN=EK/AK CA Root,OU=Google Cloud,O=Google LLC,L=Mountain View,C=US",
                Doubt::Virtual,
            ),
            (
                "CN=Azure Virtual TPM Root Certificate Authority 2023,O=Microsoft Corporation",
                Doubt::Virtual,
            ),
            (
                "CN=Microsoft RSA Root Certificate Authority 2017,O=Microsoft Corporation,C=US",
                Doubt::Web,
            ),
            (
                "CN=GTS Root R1,O=Google Trust Services LLC,C=US",
                Doubt::Web,
            ),
            (
                "CN=DigiCert Global Root G2,OU=www.digicert.com,O=DigiCert Inc,C=US",
                Doubt::Web,
            ),
            (
                "CN=ISRG Root X1,O=Internet Security Research Group,C=US",
                Doubt::Web,
            ),
            ("CN=GlobalSign Root R46,O=GlobalSign nv-sa,C=BE", Doubt::Web),
        ] {
            assert_eq!(look(name, name), Look::Doubtful(doubt), "{name}");
        }
        assert_eq!(
            look("CN=Chip Maker Root", "CN=Chip Maker Root"),
            Look::Stranger
        );
        // An intermediate is what its issuer is.
        let root = "CN=Microsoft TPM Root Certificate Authority 2014";
        assert_eq!(look("CN=EUS-QC-KEYID-6AE8", root), Look::Maker);
    }
}
