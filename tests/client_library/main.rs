//! The library in an application: checks, heartbeat, events and guards, on a machine with a simulated TPM.
#![cfg(all(feature = "client", feature = "device", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![allow(unreachable_pub, reason = "a test program is no library")]

mod check;
#[path = "../client_support/mod.rs"]
mod client_support;
mod events;
mod guard;
mod heartbeat;
mod late;
mod sharing;
mod silent;
#[path = "../attack/stage.rs"]
#[allow(dead_code, reason = "the attacks use more of it")]
mod stage;
mod trouble;

use client_support::Played;
use counterfoil::client::{Config, Counterfoil};
use stage::{Machine, Vendor, licensed};

/// Of the tier that was bought, and not of the essential one.
const BOUGHT: &str = "edit";
/// Of the essential tier.
const ESSENTIAL: &str = "open";

/// A licensed machine with clocks to play with, and its application.
struct Scene {
    vendor: Vendor,
    machine: Machine,
    clock: Played,
    app: Counterfoil,
}

impl Scene {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (vendor, machine, _) = licensed();
        let clock = Played::new();
        let app = machine.app_with(&vendor, |config| {
            clock.clone().into(config);
            change(config);
        });
        machine.tpm.take_counts();
        Self {
            vendor,
            machine,
            clock,
            app,
        }
    }

    /// Another process of the machine, as far as the library can tell.
    fn another(&self) -> Counterfoil {
        self.machine
            .app_with(&self.vendor, |config| self.clock.clone().into(config))
    }

    fn reason(&self) -> &'static str {
        self.app.status().reason.name()
    }
}
