//! The TPM through libtss2 (tss-esapi's ESAPI context).
//!
//! One file per idea: `remote` gives an open TPM a thread of its own and `progress` watches its deadlines, `connection`
//! opens and repeats, `code` says what return codes mean, `session` and `object` take hold
//! of things and let go of them on every path, the rest are the operations. None of tss-esapi's own abstractions is
//! used: its "encrypted" sessions are neither salted nor bound. Knows TPM structures only as far as commands need them;
//! their meaning is `evidence`'s.
//!
//! libtss2 itself logs failed commands to the standard error stream unless the process was started with
//! `TSS2_LOG=all+none`.

mod attest;
mod capability;
mod check;
mod code;
mod connection;
mod counters;
mod credential;
mod endorsement;
mod heal;
mod kept;
mod object;
mod pcr;
mod persist;
mod place;
mod progress;
mod provision;
mod random;
mod remote;
mod seal;
mod session;

use super::{DeviceError, Hardware, Tpm};
pub use kept::keep_return_codes;
use progress::{Progress, Stuck};
use remote::Remote;
use std::sync::Arc;
use std::time::Duration;

/// A TPM behind a TCTI of libtss2.
///
/// Each command has a deadline: thirty seconds, and two minutes where a key is made, unless
/// [`with_timeout`](Self::with_timeout) says otherwise. libtss2 itself waits without limit and cannot be interrupted. So an
/// open TPM has a thread of its own, which is gone when it is closed; one whose TPM does not answer is left behind and sends
/// nothing more. While one is left, opening fails at once for as long as one deadline lasts, so that what asks several times
/// waits once; then the TPM is tried again, and no more where three are left. Clones count together. Where the system gives
/// no thread the caller's own does it, without deadlines.
#[derive(Debug, Clone)]
pub struct TssHardware {
    tcti: String,
    timeout: Duration,
    stuck: Arc<Stuck>,
}

impl TssHardware {
    /// How long a command may take, unless it makes a key.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// The TPM that a TCTI name names, for example `device:/dev/tpmrm0` or `swtpm:path=/run/tpm.sock`. Opens nothing yet.
    pub fn new(tcti: impl Into<String>) -> Self {
        Self {
            tcti: tcti.into(),
            timeout: Self::TIMEOUT,
            stuck: Arc::default(),
        }
    }

    /// The same with another deadline for each command; making a key may take four times as long. A single command takes
    /// a second on slow chips.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How long a command may take, unless it makes a key.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The connection's name.
    pub fn tcti(&self) -> &str {
        &self.tcti
    }

    /// How many threads wait for an answer that nobody waits for any more. They end by themselves when it comes, or the
    /// connection breaks.
    pub fn stuck(&self) -> usize {
        self.stuck.threads()
    }
}

impl Hardware for TssHardware {
    fn open(&self) -> Result<Box<dyn Tpm + '_>, DeviceError> {
        if !self.stuck.admits_another(self.timeout) {
            return Err(DeviceError::Unanswered {
                commands: self.stuck(),
            });
        }
        let progress = Progress::new(self.timeout, Arc::clone(&self.stuck));
        Ok(Box::new(Remote::open(&self.tcti, progress)?))
    }
}
