//! What each operation asks of the TPM: a count of commands is the same on every machine.

use std::collections::BTreeMap;

use counterfoil::client::Counterfoil;
use counterfoil::device::{Auths, Counter, CounterForm, Hardware as _, TssHardware};
use counterfoil::policy::Rules;
use tpm_sim::commands::writes_nv;
use tpm_sim::{CommandRecord, Tpm};

use crate::line::{count, count_with_goal};
use crate::observed::Observed;
use crate::stage::{Machine, PRODUCT, Vendor};
use crate::store::binding;

const COMMANDS: usize = 16;
const ASYMMETRIC: usize = 4;

pub(crate) fn print() {
    let vendor = Vendor::new();
    let machine = Machine::new();
    vendor.trust(&machine.tpm);
    let app = machine.app(&vendor);
    life_of_a_store(&vendor, &machine, &app);

    let other = Machine::new();
    vendor.trust(&other.tpm);
    let mut observed = Observed::new(&other);
    observed.counter_form = Some(CounterForm::Audited);
    let app = observed.app(&vendor, &other);
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    print_validation("validation-by-audit-session", &other.tpm, &app);

    let machine = Machine::new();
    vendor.trust(&machine.tpm);
    let rules = Rules::default_toml(PRODUCT).replace("[window_days]", "[window_days]\ntest = 30");
    vendor.publish(&format!("{rules}\n[pcr]\npcrs = [0, 2, 4, 7]\n"));
    let app = machine.activate(&vendor, &vendor.sell(1));
    print_validation("validation-with-platform-rule", &machine.tpm, &app);
}

fn life_of_a_store(vendor: &Vendor, machine: &Machine, app: &Counterfoil) {
    let (auths, tpm) = (Auths::default(), &machine.tpm);
    let key = vendor.sell(1);
    let provisioning = during(tpm, || app.provision(&auths).unwrap()).1;
    let (requested, request) = during(tpm, || app.request_activation(&key, &auths).unwrap());
    let answer = vendor.answer(&requested.request).unwrap();
    let apply = during(tpm, || {
        app.apply_response(&answer.response, &auths).unwrap()
    })
    .1;

    print_validation("validation", tpm, app);
    for (operation, commands) in [
        ("provisioning", provisioning),
        ("request", request),
        ("apply", apply),
    ] {
        print_summary(operation, &commands);
    }
    print_summary("increment", &increment(machine));
}

/// Increments past the store's files, so nothing comes after it.
fn increment(machine: &Machine) -> Vec<CommandRecord> {
    let binding = binding(machine);
    let hardware = TssHardware::new(machine.tpm.tcti());
    let expected = hardware
        .open()
        .unwrap()
        .read_counter(&binding, Counter::Activity)
        .unwrap();
    during(&machine.tpm, || {
        hardware
            .open()
            .unwrap()
            .increment(&binding, Counter::Activity, expected)
            .unwrap()
    })
    .1
}

fn print_validation(name: &str, tpm: &Tpm, app: &Counterfoil) {
    let (report, commands) = during(tpm, || app.validate());
    assert!(
        report.failure.is_none(),
        "there is nothing to measure: {report:#?}"
    );
    let asymmetric = commands
        .iter()
        .filter(|command| is_asymmetric(command))
        .count();
    count_with_goal(&format!("{name}.tpm-commands"), commands.len(), COMMANDS);
    count_with_goal(
        &format!("{name}.tpm-commands.asymmetric"),
        asymmetric,
        ASYMMETRIC,
    );
    count_with_goal(&format!("{name}.nv-writes"), nv_writes(&commands), 0);
    let mut by_name = BTreeMap::<_, usize>::new();
    for command in &commands {
        *by_name.entry(command.name).or_default() += 1;
    }
    for (command, times) in by_name {
        count(&format!("{name}.tpm-commands.{command}"), times);
    }
}

fn print_summary(operation: &str, commands: &[CommandRecord]) {
    let asymmetric = commands
        .iter()
        .filter(|command| is_asymmetric(command))
        .count();
    count(&format!("{operation}.tpm-commands"), commands.len());
    count(&format!("{operation}.tpm-commands.asymmetric"), asymmetric);
    count(&format!("{operation}.nv-writes"), nv_writes(commands));
}

fn during<T>(tpm: &Tpm, work: impl FnOnce() -> T) -> (T, Vec<CommandRecord>) {
    let seen = tpm.commands().len();
    let result = work();
    (result, tpm.commands_since(seen))
}

/// Whether the TPM calculates with a private key, or makes one. (Create makes nothing but sealed secrets here.)
fn is_asymmetric(command: &CommandRecord) -> bool {
    /// A session without salt takes at most 10 bytes of header, two handles, a nonce of 64, and its parameters.
    const UNSALTED: usize = 100;
    match command.name.trim_start_matches("TPM2_") {
        "StartAuthSession" => command.sent > UNSALTED,
        "Quote"
        | "Certify"
        | "CertifyCreation"
        | "NV_Certify"
        | "GetTime"
        | "GetSessionAuditDigest"
        | "Sign"
        | "VerifySignature"
        | "PolicySigned"
        | "ActivateCredential"
        | "MakeCredential"
        | "RSA_Decrypt"
        | "ECDH_ZGen"
        | "ECDH_KeyGen"
        | "Import"
        | "CreatePrimary"
        | "CreateLoaded" => true,
        _ => false,
    }
}

fn nv_writes(commands: &[CommandRecord]) -> usize {
    let writes = |command: &&CommandRecord| writes_nv(command.name);
    commands.iter().filter(writes).count()
}
