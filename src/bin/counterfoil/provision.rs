//! `provision` and `deprovision`.

use counterfoil::device::Outcome;

use crate::args;
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::{machine, output};

/// Makes the store.
pub(crate) fn provision(settings: &Settings, auths: &args::Auths) -> Result<Answer, Failure> {
    let machine = machine::open(settings)?;
    let outcome = machine
        .provision(&machine::auths(auths)?)
        .map_err(Failure::error)?;
    let folder = settings.dir.display();
    output::text(&match outcome {
        Outcome::Unchanged => format!("Everything was in place already; the store is {folder}.\n"),
        Outcome::Repaired => format!(
            "The TPM's keys were put back in place; the store {folder} and its licenses go on.\n"
        ),
        Outcome::Replaced => format!(
            "The store {folder} was made anew: what it held before can no longer be opened. Activate the licenses again.\n"
        ),
        _ => format!(
            "The TPM has keys and counters for this vendor now, and {folder} is their store. Activate a license next.\n"
        ),
    })?;
    Ok(Answer::Yes)
}

/// Ends the store.
pub(crate) fn deprovision(
    settings: &Settings,
    yes: bool,
    auths: &args::Auths,
) -> Result<Answer, Failure> {
    if !yes {
        return Err(Failure::usage(format!(
            "this would end every license in {} for good, and the vendor would not learn of it: add --yes if you mean it",
            settings.dir.display()
        )));
    }
    let machine = machine::open(settings)?;
    machine
        .deprovision(&machine::auths(auths)?)
        .map_err(Failure::error)?;
    output::text(
        "The store's keys and counters are gone from the TPM, and its files from the disk.\n",
    )?;
    Ok(Answer::Yes)
}
