//! The main job, and attacks on it, on simulated TPMs: `make demo`.
//!
//! Runs the two programs as a vendor and a customer would, each step with its output. Only the simulators and the
//! attacker's tools are called from here.

mod attacks;
mod stage;

use std::error::Error;
use std::time::Instant;

use stage::{Machine, Vendor, say, shown, title};
use tpm_sim::{AuthoritySpec, TpmSpec};

fn main() -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    say(
        "Counterfoil licenses software to one machine by binding it to the machine's TPM, a security chip.",
    );
    say("Here two machines with simulated TPMs meet one vendor. Nothing leaves this computer.");

    title("Two machines");
    let folder = tempfile::tempdir()?;
    let anna = Machine::start("anna", folder.path(), TpmSpec::default())?;
    let bert = Machine::start("bert", folder.path(), TpmSpec::default())?;
    let fake = TpmSpec::default().authority(AuthoritySpec::named("nobody"));
    let fake = Machine::start("fake", folder.path(), fake)?;
    say(
        "anna and bert have a TPM with a manufacturer's certificate; fake has one that nobody vouches for.",
    );

    title("The vendor sells a license for one machine");
    let vendor = Vendor::open(folder.path())?;
    shown(&vendor.trust(&anna)?.text);
    let key = vendor.sell()?;
    say(&format!(
        "The vendor trusts that TPM manufacturer now, and the customer gets the license key {key}"
    ));

    title("The license comes to anna by file, without a network");
    let response = activate(&vendor, &anna, &key)?;
    let sizes = vendor.token_sizes(&anna)?;
    say(&format!(
        "license {} bytes, lease {} bytes: each fits into one QR code",
        sizes.0, sizes.1
    ));

    title("What anna may do now");
    anna.tpm.take_counts();
    let before = Instant::now();
    let status = anna.run(&vendor, &["status"])?;
    let took = before.elapsed();
    shown(&status.text);
    let counts = anna.tpm.take_counts();
    let commands: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{count} x {name}"))
        .collect();
    say(&format!(
        "This took {} ms and {} TPM commands: {}.",
        took.as_millis(),
        counts.values().sum::<usize>(),
        commands.join(", "),
    ));

    title("Six attacks");
    attacks::copied_folder(&vendor, &anna, &bert)?;
    attacks::second_application(&vendor, &anna, &response)?;
    attacks::fake_tpm(&vendor, &fake, &key)?;
    attacks::flipped_bit(&vendor, &anna)?;
    attacks::older_state(&vendor, &anna)?;
    attacks::seed_sealed_again(&vendor, &anna)?;

    title("The clock set back");
    attacks::clock_set_back(&vendor, &anna)?;

    say(&format!(
        "\nDone in {:.1} s.",
        started.elapsed().as_secs_f32()
    ));
    Ok(())
}

/// The request, the vendor's answer, its application; returns the path of the response.
fn activate(
    vendor: &Vendor,
    machine: &Machine,
    key: &str,
) -> Result<std::path::PathBuf, Box<dyn Error>> {
    let (request, response) = (machine.file("request"), machine.file("response"));
    let asked = machine.run(
        vendor,
        &[
            "activate",
            "--key",
            key,
            "--request-out",
            stage::text(&request),
        ],
    )?;
    shown(&asked.succeeded()?.text);
    shown(&vendor.answer(&request, &response)?.succeeded()?.text);
    let applied = machine.run(vendor, &["activate", "--response", stage::text(&response)])?;
    shown(&applied.succeeded()?.text);
    Ok(response)
}
