//! `tpm-sim start`: one TPM in the foreground.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tpm_sim::{AuthoritySpec, Tpm, TpmSpec};

use crate::args::{Profile, Start};
use crate::remote;

/// Runs until a signal asks to stop.
pub(crate) fn run(options: &Start) -> Result<(), Box<dyn Error>> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    fs::create_dir_all(&options.dir)
        .map_err(|error| format!("can't create {}: {error}", options.dir.display()))?;
    // Clients run in other folders.
    let dir = options.dir.canonicalize()?;
    let tpm = Arc::new(open(options, &dir)?);
    let control = listen(&dir)?;
    announce(&tpm, options, &dir)?;
    let served = Arc::downgrade(&tpm);
    thread::spawn(move || remote::serve(&control, &served));
    let mut seen = 0;
    loop {
        const LOOK_AGAIN: Duration = Duration::from_millis(50);
        if options.verbose {
            for record in tpm.commands_since(seen) {
                eprintln!("{record}");
                seen += 1;
            }
        }
        if signals.pending().next().is_some() {
            break;
        }
        thread::sleep(LOOK_AGAIN);
    }
    // It may be off or asleep already.
    let _ = tpm.shut_down();
    let _ = fs::remove_file(remote::socket(&dir));
    Ok(())
}

fn open(options: &Start, dir: &Path) -> Result<Tpm, tpm_sim::Error> {
    let mut spec = TpmSpec::default().dir(dir).without_leak_check();
    if let Some(family) = options.family {
        spec = spec.family(family.into());
    }
    if options.forgetful_clock {
        spec = spec.forgetful_clock();
    }
    if let Some(state) = &options.state {
        return Tpm::from_state_dir(spec, state);
    }
    let mut spec = spec
        .eks(options.profile.iter().filter_map(|profile| profile.ek()))
        .authority(authority(options));
    if options.profile.contains(&Profile::None) {
        spec = spec.without_certificate();
    }
    match options.serial {
        Some(serial) => Tpm::provisioned(spec, serial),
        None => Tpm::manufactured(spec),
    }
}

fn authority(options: &Start) -> AuthoritySpec {
    AuthoritySpec {
        name: options.authority.clone(),
        key: options.issuer_key.into(),
        intermediate: options.intermediate,
    }
}

/// Prints what a person, or a script, has to know.
fn announce(tpm: &Tpm, options: &Start, dir: &Path) -> Result<(), Box<dyn Error>> {
    println!("COUNTERFOIL_TCTI={}", tpm.tcti());
    let root = dir.join("ek-root.pem");
    // The TPM in the folder may be older than the options.
    if options.state.is_none() && !root.exists() {
        fs::write(&root, tpm.ek_root_pem()?)?;
    }
    if root.exists() {
        println!("EK_ROOT={}", root.display());
    }
    eprintln!("tpm-sim: the TPM is on; stop it with Ctrl-C");
    Ok(())
}

fn listen(dir: &Path) -> Result<UnixListener, Box<dyn Error>> {
    let path = remote::socket(dir);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    Ok(UnixListener::bind(path)?)
}
