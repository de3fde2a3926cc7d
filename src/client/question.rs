//! What a validation asks the TPM to attest: a random of its own, and those of the machine's other processes.
//!
//! `docs/decisions/shared-heartbeat.md` says why a process may use what another one had attested.

use std::time::Duration;

use crate::protocol::{Evidence, VerifiedEvidence};
use crate::store::{Ask, LockedFolder, Rendezvous};

use super::clock::{Clock, Moment};

/// How many randoms one attestation covers at most.
const RANDOMS: usize = 256;

/// Who asks, from one validation to the next.
#[derive(Default)]
pub(super) struct Asker {
    /// Its name among the machine's other processes, if it shares attestations with them.
    shares_as: Option<[u8; 16]>,
    /// The random that it left for others to have attested.
    left: Option<Drawn>,
    /// From when the last verdict counts: the random was drawn then, or later.
    answered: Option<Moment>,
}

/// A random, and when it was drawn.
#[derive(Clone, Copy)]
struct Drawn {
    nonce: [u8; 32],
    at: Moment,
}

impl Drawn {
    /// The moment is taken first: what delays the drawing takes from the verdict's time, and never adds to it.
    fn now(clock: &dyn Clock) -> Result<Self, getrandom::Error> {
        let at = Moment::now(clock);
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)?;
        Ok(Self { nonce, at })
    }
}

impl Asker {
    /// Shares attestations with the machine's other processes from now on, if the system gives a random name for that.
    pub(super) fn share(&mut self) {
        let mut id = [0; 16];
        if self.shares_as.is_none() && getrandom::fill(&mut id).is_ok() {
            self.shares_as = Some(id);
        }
    }

    /// Takes back what it left for others.
    pub(super) fn withdraw(&mut self, folder: &LockedFolder<'_>) {
        self.left = None;
        if let (Some(id), Ok(rendezvous)) = (self.shares_as, folder.rendezvous()) {
            // A leftover is swept by others.
            let _ = rendezvous.withdraw_ask(id);
        }
    }

    /// Begins a validation in the locked folder, whose seed was not opened yet.
    pub(super) fn question<'q>(
        &'q mut self,
        folder: &'q LockedFolder<'q>,
        clock: &'q dyn Clock,
    ) -> Question<'q> {
        self.answered = None;
        let begun = Moment::now(clock);
        // A folder that cannot be used costs an attestation, never a verdict.
        let meeting = self
            .shares_as
            .and_then(|id| Some((id, folder.rendezvous().ok()?)));
        Question {
            asker: self,
            begun,
            clock,
            meeting,
        }
    }
}

/// One validation's question.
pub(super) struct Question<'q> {
    asker: &'q mut Asker,
    begun: Moment,
    clock: &'q dyn Clock,
    meeting: Option<([u8; 16], Rendezvous<'q>)>,
}

impl Question<'_> {
    /// What another process had attested, if it answers this question: it covers a random that this process drew, not
    /// too long ago, and `verify` accepts it.
    pub(super) fn answered(
        &mut self,
        heartbeat_ms: u64,
        verify: impl FnOnce(&Evidence, &[u8; 32]) -> Option<VerifiedEvidence>,
    ) -> Option<VerifiedEvidence> {
        let (_, rendezvous) = self.meeting.as_ref()?;
        let left = self.asker.left?;
        // What is left of an older one's time would not last until the next heartbeat.
        if left.at.age(self.clock) > Duration::from_millis(heartbeat_ms / 2) {
            return None;
        }
        let evidence = Evidence::decode(&rendezvous.evidence()?).ok()?;
        let verified = verify(&evidence, &left.nonce)?;
        self.asker.answered = Some(left.at);
        self.ask_again();
        Some(verified)
    }

    /// From when the verdict counts; none while it came to no attestation.
    pub(super) fn drawn(&self) -> Option<Moment> {
        self.asker.answered
    }

    /// A random for this question, drawn now.
    ///
    /// It counts as drawn when the question began, before the seed was opened: what is attested after names neither the
    /// epoch nor the storage key, so a program that was held in between, over a release or a clear, must not come to a verdict
    /// that lasts longer than one from before.
    pub(super) fn draw(&mut self) -> Result<[u8; 32], getrandom::Error> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)?;
        self.asker.answered = Some(self.begun);
        Ok(nonce)
    }

    /// What to have attested: `own`, and what other processes wait for.
    pub(super) fn nonces(&self, own: [u8; 32], heartbeat_ms: u64) -> Vec<[u8; 32]> {
        let mut nonces = vec![own];
        if let Some((_, rendezvous)) = &self.meeting {
            let uptime = self.clock.uptime();
            // An older one is of no use to the process that left it, nor is one from another boot.
            let wanted = |ask: &Ask| {
                let age = uptime.elapsed_ms().checked_sub(ask.boottime_ms);
                ask.boot_id == uptime.boot_id && age.is_some_and(|age| age < heartbeat_ms)
            };
            let replaced = self.asker.left.map(|left| left.nonce);
            let asks = rendezvous.asks(wanted).unwrap_or_default();
            let others = asks.iter().map(|ask| ask.nonce);
            nonces.extend(others.filter(|nonce| Some(*nonce) != replaced));
            nonces.truncate(RANDOMS);
        }
        nonces
    }

    /// Leaves verified evidence for the others, and the next random of this process.
    pub(super) fn leave(&mut self, evidence: &Evidence) {
        if let Some((_, rendezvous)) = &self.meeting {
            let _ = rendezvous.leave_evidence(&evidence.encode());
            self.ask_again();
        }
    }

    fn ask_again(&mut self) {
        let Some((id, rendezvous)) = &self.meeting else {
            return;
        };
        let uptime = self.clock.uptime();
        self.asker.left = Drawn::now(self.clock).ok().filter(|drawn| {
            let ask = Ask {
                nonce: drawn.nonce,
                boot_id: uptime.boot_id,
                boottime_ms: uptime.elapsed_ms(),
            };
            rendezvous.leave_ask(*id, &ask).is_ok()
        });
    }
}
