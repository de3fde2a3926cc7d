//! An application whose features go off and on while it runs, and which says so.
//!
//! `cargo run --example studio -- swtpm:path=/run/tpm.sock ./state vendor-root.pem`, then one command a line:
//! `request KEY FILE`, `activate FILE`, `edit` (begins some work), `work` (asks whether it may go on), `status`, `remove`.

use std::error::Error;
use std::fs;
use std::io::stdin;
use std::thread;

use counterfoil::client::{Change, Config, Counterfoil, Event, Guard};
use counterfoil::device::{Auths, TssHardware};
use counterfoil::token::TrustAnchor;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tcti, dir, root] = arguments.as_slice() else {
        return Err("usage: studio TCTI STATE-FOLDER VENDOR-ROOT.PEM".into());
    };
    // An application that is shipped has the vendor's root compiled in: include_str!("vendor-root.pem").
    let trust = TrustAnchor::from_pem(&fs::read_to_string(root)?)?;
    let hardware = Box::new(TssHardware::new(tcti));
    let licenses = Counterfoil::open(Config::new(dir, trust, hardware));

    let events = licenses.subscribe();
    let listener = thread::spawn(move || events.for_each(|event| tell(&event)));
    licenses.start_heartbeat()?;

    let mut work = None;
    for line in stdin().lines() {
        if let Err(error) = obey(&licenses, &mut work, &line?) {
            println!("error: {error}");
        }
    }
    // Ends the heartbeat, and with it the events.
    drop(licenses);
    listener.join().map_err(|_| "the listener panicked")?;
    Ok(())
}

fn obey(
    licenses: &Counterfoil,
    work: &mut Option<Guard>,
    line: &str,
) -> Result<(), Box<dyn Error>> {
    match line.split_whitespace().collect::<Vec<_>>()[..] {
        ["request", key, file] => {
            let requested = licenses.request_activation(&key.parse()?, &Auths::default())?;
            fs::write(file, requested.request)?;
            println!("send {file} to the vendor");
        }
        ["activate", file] => {
            licenses.apply_response(&fs::read(file)?, &Auths::default())?;
            println!("activated");
        }
        ["edit"] => {
            *work = licenses.guard("edit");
            match work {
                Some(_) => println!("editing"),
                None => println!("edit is off: {}", licenses.status().message),
            }
        }
        ["work"] => match work
            .as_ref()
            .map(|guard| (guard.is_allowed(), guard.until()))
        {
            Some((true, None)) => println!("going on"),
            Some((true, Some(until))) => println!("save your work: it ends at {until}"),
            _ => println!("nothing to go on with"),
        },
        ["status"] => {
            let status = licenses.status();
            println!("[{}] {}", status.badge(), status.message);
            for step in &status.steps {
                println!("    {step}");
            }
        }
        ["remove"] => licenses.deprovision(&Auths::default())?,
        _ => println!("what?"),
    }
    Ok(())
}

/// Every change, as a window would show it.
fn tell(event: &Event) {
    match &event.change {
        Change::FeatureOn { feature } => println!("on: {feature}"),
        Change::FeatureOff { feature, reason } => println!("off: {feature} ({reason})"),
        Change::FeatureEnding { feature, at, .. } => println!("{feature} goes off on {at}"),
        Change::Standing { to, .. } => println!("standing: {to}"),
        Change::Trouble { reason } => println!("trouble: {reason}; trying again"),
        Change::Recovered => println!("all is well again"),
        _ => {}
    }
}
