//! Power cycles of a simulated TPM, as a machine would cause them.
//!
//! Each sends what firmware and operating system send, so that a TPM is ready for its clients
//! afterwards. What happens to the counts in TPMS_CLOCK_INFO is said at each.

use crate::error::Error;
use crate::snapshot::Snapshot;
use crate::tpm::Tpm;

/// How a TPM woke up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// `TPM2_Startup(STATE)` succeeded: restartCount + 1.
    Resumed,
    /// The TPM refused that, since its state had changed after the Shutdown; it was reset:
    /// resetCount + 1, restartCount = 0.
    Reset,
}

impl Tpm {
    /// Orderly shutdown and start of the machine (TPM Reset): resetCount + 1, restartCount = 0, safe
    /// stays. Clients are disconnected.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or the TPM's or swtpm's.
    pub fn reboot(&self) -> Result<(), Error> {
        let result = self.chip.reset(true);
        self.front.cut();
        result
    }

    /// Loss of power without Shutdown, and start (TPM Reset): resetCount + 1, restartCount = 0, safe
    /// becomes NO until Clock is written next. Clients are disconnected.
    ///
    /// # Errors
    /// swtpm's, when it does not start again.
    pub fn power_cut(&self) -> Result<(), Error> {
        self.power_off();
        self.power_on()
    }

    /// Loss of power without Shutdown. Clients are disconnected and find no TPM.
    pub fn power_off(&self) {
        self.chip.power_off();
        self.front.update();
    }

    /// Orderly shutdown. Clients are disconnected and find no TPM.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or the TPM's.
    pub fn shut_down(&self) -> Result<(), Error> {
        let result = self.chip.shut_down();
        self.front.update();
        result
    }

    /// Power and `TPM2_Startup(CLEAR)`; nothing where the TPM is on.
    ///
    /// # Errors
    /// swtpm's, when it does not start.
    pub fn power_on(&self) -> Result<(), Error> {
        let result = self.chip.power_on();
        self.front.update();
        result
    }

    /// Lets clients reach a TPM again after [`Fault::Vanish`](crate::Fault::Vanish).
    ///
    /// # Errors
    /// As [`Tpm::power_on`].
    pub fn reappear(&self) -> Result<(), Error> {
        self.power_on()
    }

    /// A reset line that is pulled under its clients: no Shutdown, `_TPM_Init`,
    /// `TPM2_Startup(CLEAR)`. Clients stay connected; objects and sessions are gone. resetCount + 1.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or the TPM's or swtpm's.
    pub fn reset(&self) -> Result<(), Error> {
        let result = self.chip.reset(false);
        self.front.update();
        result
    }

    /// `TPM2_Shutdown(STATE)` and loss of power. Clients stay connected; their commands wait for
    /// [`Tpm::resume`], as the processes of a sleeping machine do.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or the TPM's.
    pub fn suspend(&self) -> Result<(), Error> {
        self.chip.suspend(true)
    }

    /// As [`Tpm::suspend`], but the machine sends no Shutdown: perhaps a client did.
    ///
    /// # Errors
    /// [`Error::NotRunning`].
    pub fn suspend_without_shutdown(&self) -> Result<(), Error> {
        self.chip.suspend(false)
    }

    /// Power and `TPM2_Startup(STATE)` after [`Tpm::suspend`] (TPM Resume): restartCount + 1, PCRs
    /// and saved sessions stay, loaded objects and sessions are gone.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or swtpm's.
    pub fn resume(&self) -> Result<Wake, Error> {
        let result = self.chip.resume();
        self.front.update();
        result
    }

    /// Suspend to disk (TPM Restart): `TPM2_Shutdown(STATE)`, loss of power, and, since firmware
    /// boots as ever, `TPM2_Startup(CLEAR)`. restartCount + 1, saved sessions stay. Clients stay
    /// connected.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or the TPM's or swtpm's.
    pub fn hibernate(&self) -> Result<(), Error> {
        let result = self.chip.hibernate();
        self.front.update();
        result
    }

    /// "Clear the TPM" in the firmware's set-up: `TPM2_Clear` by the platform. The storage hierarchy
    /// gets a new seed, owner indexes and auth values go, Clock and counts become 0. Clients stay
    /// connected.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or the TPM's, where Clear is disabled.
    pub fn clear(&self) -> Result<(), Error> {
        self.chip.clear()
    }

    /// What firmware does with each thing that it measures while the machine starts, and an operating
    /// system later: `TPM2_PCR_Extend` of one PCR of the SHA-256 bank. A reset forgets it.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or the TPM's, where there is no such PCR.
    pub fn pcr_extend(&self, pcr: u8, digest: &[u8; 32]) -> Result<(), Error> {
        self.chip.pcr_extend(pcr, digest)
    }

    /// Copies what the TPM keeps without power.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        self.chip.snapshot(false)
    }

    /// Copies all of the running TPM's state, as a hypervisor does with a machine.
    ///
    /// # Errors
    /// [`Error::NotRunning`], [`Error::Control`] or [`Error::File`].
    pub fn snapshot_running(&self) -> Result<Snapshot, Error> {
        self.chip.snapshot(true)
    }

    /// Puts a state back. From [`Tpm::snapshot`] the TPM boots; from [`Tpm::snapshot_running`] it
    /// goes on where it was. Clients are disconnected.
    ///
    /// # Errors
    /// [`Error::File`], or swtpm's.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let result = self.chip.restore(snapshot);
        self.front.cut();
        self.front.update();
        result
    }
}
