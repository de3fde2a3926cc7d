//! A TPM: its clock, its counts and the activity counter.

use counterfoil::evidence::ClockInfo;
use counterfoil::time::Reading;

/// A TPM, with a clock that is saved when it passes a multiple of I, and at an orderly shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tpm {
    /// Milliseconds.
    pub clock: u16,
    /// The clock after a power cut.
    pub saved: u16,
    /// Shutdown(STATE) was the last word, and nothing was attested since.
    pub may_resume: bool,
    /// It has power.
    pub powered: bool,
    /// resetCount.
    pub resets: u8,
    /// restartCount.
    pub restarts: u8,
    /// The activity counter.
    pub activity: u8,
}

/// How fast the clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// 6/7 of the true rate.
    Slowest,
    /// The true rate.
    True,
    /// 6/5 of the true rate.
    Fastest,
}

impl Rate {
    /// Milliseconds of the clock in a tick of 35 ms.
    pub const fn clock_ms(self) -> u16 {
        match self {
            Self::Slowest => 30,
            Self::True => 35,
            Self::Fastest => 42,
        }
    }
}

impl Tpm {
    pub(super) fn new(clock: u16, unclean_loss_ms: u16, restarts: u8) -> Self {
        Self {
            clock,
            saved: saved(clock, unclean_loss_ms),
            may_resume: false,
            powered: true,
            resets: 0,
            restarts,
            activity: 0,
        }
    }

    pub(super) fn run(&mut self, rate: Rate, unclean_loss_ms: u16) {
        self.clock += rate.clock_ms();
        self.save(unclean_loss_ms);
    }

    /// At its worst for the vendor: after Shutdown(STATE) nothing saves the clock until the TPM attests.
    fn save(&mut self, unclean_loss_ms: u16) {
        if !self.may_resume {
            self.saved = self.saved.max(saved(self.clock, unclean_loss_ms));
        }
    }

    pub(super) fn shutdown(&mut self, keeping_state: bool) {
        self.saved = self.clock;
        self.may_resume = keeping_state;
    }

    pub(super) fn power_on(&mut self) {
        self.powered = true;
        self.clock = self.saved;
        if std::mem::take(&mut self.may_resume) {
            self.restarts += 1;
        } else {
            self.resets += 1;
            self.restarts = 0;
        }
    }

    /// Clock, counts and counter from one attestation, which turns a resume into a Reset.
    pub(super) fn attest(&mut self, unclean_loss_ms: u16) -> Reading {
        self.may_resume = false;
        self.save(unclean_loss_ms);
        Reading {
            clock: ClockInfo {
                clock_ms: self.clock.into(),
                reset_count: self.resets.into(),
                restart_count: self.restarts.into(),
                safe: true,
            },
            activity: self.activity.into(),
        }
    }
}

/// The last multiple of I that the clock has passed. At a multiple itself power may fail just before it is saved: then all of
/// I is lost.
fn saved(clock: u16, unclean_loss_ms: u16) -> u16 {
    clock.saturating_sub(1) / unclean_loss_ms * unclean_loss_ms
}
