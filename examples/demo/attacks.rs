//! What a person with root tries, and what happens.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use counterfoil::device::{Hardware, SealedBlob, SecretKind, StoreBinding, TssHardware};
use counterfoil::evidence::Public;
use counterfoil::store::Folder;
use counterfoil::token::SigningKey;
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::handles::TpmHandle;
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::structures::{
    KeyedHashScheme, PublicBuilder, PublicKeyedHashParameters, SensitiveData,
};
use tss_esapi::traits::Marshall;
use tss_esapi::{Context, TctiNameConf};

use crate::stage::{Machine, Ran, Vendor, say, text};

type Outcome = Result<(), Box<dyn Error>>;

/// The state folder, copied to another machine.
pub(crate) fn copied_folder(vendor: &Vendor, from: &Machine, to: &Machine) -> Outcome {
    copy(&from.state(), &to.state())?;
    refused(
        "anna's folder, copied to bert",
        &to.run(vendor, &["status", "--json"])?,
    )
}

/// The vendor's response, applied twice.
pub(crate) fn second_application(vendor: &Vendor, machine: &Machine, response: &Path) -> Outcome {
    refused(
        "the same response, applied twice",
        &machine.run(vendor, &["activate", "--response", text(response)])?,
    )
}

/// A request from a TPM that nobody vouches for.
pub(crate) fn fake_tpm(vendor: &Vendor, machine: &Machine, key: &str) -> Outcome {
    let request = machine.file("request");
    machine
        .run(
            vendor,
            &["activate", "--key", key, "--request-out", text(&request)],
        )?
        .succeeded()?;
    refused(
        "a TPM without a trusted certificate",
        &vendor.answer(&request, &machine.file("response"))?,
    )
}

/// A license with one bit changed.
pub(crate) fn flipped_bit(vendor: &Vendor, machine: &Machine) -> Outcome {
    let state = machine.file("flipped");
    copy(&machine.state(), &state)?;
    let license = find(&state, "license")?;
    let mut bytes = fs::read(&license)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&license, bytes)?;
    refused(
        "a license with one bit flipped",
        &machine.run_in(vendor, &state, &["status", "--json"])?,
    )
}

/// The state file of an earlier day, put back: as it was before the license's last commit.
pub(crate) fn older_state(vendor: &Vendor, machine: &Machine) -> Outcome {
    let state = machine.file("older");
    copy(&machine.state(), &state)?;
    let newer = find(&machine.state(), "state-")?;
    // A second license moves the machine on; the copied folder stays behind.
    let key = vendor.sell()?;
    let (request, response) = (
        machine.file("second.request"),
        machine.file("second.response"),
    );
    machine
        .run(
            vendor,
            &["activate", "--key", &key, "--request-out", text(&request)],
        )?
        .succeeded()?;
    vendor.answer(&request, &response)?.succeeded()?;
    machine
        .run(vendor, &["activate", "--response", text(&response)])?
        .succeeded()?;
    debug_assert!(!newer.exists());
    refused(
        "an older state file, put back",
        &machine.run_in(vendor, &state, &["status", "--json"])?,
    )
}

/// The seed, read by root while the license works, and sealed again without its policy.
pub(crate) fn seed_sealed_again(vendor: &Vendor, machine: &Machine) -> Outcome {
    let state = machine.file("sealed-again");
    copy(&machine.state(), &state)?;
    let folder = Folder::open(&state)?;
    {
        let locked = folder.lock(Duration::from_secs(1))?;
        let epoch = *locked.epochs()?.first().ok_or("the store has no epoch")?;
        let generation = locked.generation(epoch)?;
        let mut binding = generation.binding()?;
        let hardware = TssHardware::new(machine.tpm.tcti());
        let seed = hardware.open()?.unseal(&binding, SecretKind::Seed)?;
        let store_key = hardware.open()?.unseal(&binding, SecretKind::StoreKey)?;
        binding.seed = seal_without_policy(machine, &binding, seed.as_bytes())?;
        generation.write_binding(&binding, &SigningKey::from_scalar(store_key.as_bytes())?)?;
    }
    refused(
        "the seed, sealed again without its policy",
        &machine.run_in(vendor, &state, &["status", "--json"])?,
    )
}

/// The operating system's clock, set back by years.
pub(crate) fn clock_set_back(vendor: &Vendor, machine: &Machine) -> Outcome {
    let before = used(&machine.run(vendor, &["status", "--json"])?)?;
    let back = machine.run_at(vendor, "2019-01-01 00:00:00", &["status", "--json"])?;
    let after = used(&back)?;
    let standing = json(&back)?["standing"].as_str().unwrap_or("?").to_owned();
    say(&format!(
        "With the clock at 2019 the license is {standing}, as before: the time is not taken from that clock. Of the offline \
         time {:.3} s were used, now {:.3} s: the TPM goes on counting.",
        before as f64 / 1000.0,
        after as f64 / 1000.0,
    ));
    match standing == "active" && after > before {
        true => Ok(()),
        false => Err("setting the clock back changed something".into()),
    }
}

/// Milliseconds of offline time that the first license has used.
fn used(ran: &Ran) -> Result<u64, Box<dyn Error>> {
    Ok(json(ran)?["licenses"][0]["charge"]["spent_ms"]
        .as_u64()
        .ok_or("the status shows no charge")?)
}

fn json(ran: &Ran) -> Result<serde_json::Value, Box<dyn Error>> {
    Ok(serde_json::from_str(&ran.text).map_err(|error| format!("{error}: {}", ran.text))?)
}

/// Prints the line of an attack that failed, with its reason; an attack that worked ends the demonstration.
fn refused(attack: &str, ran: &Ran) -> Outcome {
    let why = match serde_json::from_str::<serde_json::Value>(&ran.text) {
        Ok(status) => {
            let reason = status["reason"]["name"].as_str().unwrap_or("?").to_owned();
            format!("{reason}: {}", status["message"].as_str().unwrap_or("?"))
        }
        Err(_) => ran
            .text
            .trim()
            .trim_start_matches("error: ")
            .replace('\n', " "),
    };
    match ran.yes {
        false => {
            println!("REFUSED  {attack} -> {why}");
            Ok(())
        }
        true => Err(format!("{attack} was accepted: {}", ran.text).into()),
    }
}

/// Seals a secret under the store's parent key so that the empty password opens it.
fn seal_without_policy(
    machine: &Machine,
    binding: &StoreBinding,
    secret: &[u8],
) -> Result<SealedBlob, Box<dyn Error>> {
    let attributes = ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_user_with_auth(true)
        .with_no_da(true)
        .build()?;
    let template = PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::KeyedHash)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Default::default())
        .build()?;
    let parent = binding
        .storage_root_key
        .handle
        .ok_or("the parent key has no persistent place")?;
    let mut context = Context::new(TctiNameConf::from_str(&machine.tpm.tcti())?)?;
    let parent = context.tr_from_tpm_public(TpmHandle::try_from(parent)?)?;
    let secret = SensitiveData::try_from(secret.to_vec())?;
    let sealed = context.execute_with_nullauth_session(|context| {
        context.create(parent.into(), template, None, Some(secret), None, None)
    })?;
    let public = sealed.out_public.marshall()?;
    let name = Public::parse(&public)?
        .name()
        .ok_or("the sealed object has no Name")?;
    Ok(SealedBlob {
        public,
        private: sealed.out_private.as_bytes().to_vec(),
        name,
    })
}

/// The one file below `folder` whose name starts or ends so.
fn find(folder: &Path, part: &str) -> Result<PathBuf, Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            if let Ok(found) = find(&entry.path(), part) {
                return Ok(found);
            }
        } else {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(part) || name.ends_with(&format!(".{part}")) {
                return Ok(entry.path());
            }
        }
    }
    Err(format!("no {part} in {}", folder.display()).into())
}

/// Copies a folder with its modes.
fn copy(from: &Path, to: &Path) -> Outcome {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name()))?,
            false => drop(fs::copy(entry.path(), to.join(entry.file_name()))?),
        }
    }
    Ok(())
}
