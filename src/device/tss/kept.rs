//! Return codes that tss-esapi cannot hand on, from its log.
//!
//! The kernel's resource manager answers in the TPM's place with TPM codes of layer 11, such as 0x000b0143. tss-esapi knows
//! only base codes of that layer and gives an error without a code, but logs the code before. A program that has no logger of
//! its own can have it kept.

use log::{Level, LevelFilter, Log, Metadata, Record};
use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use tss_esapi::tss2_esys::TSS2_RC;

static KEEPS: AtomicBool = AtomicBool::new(false);

thread_local! {
    static LAST: Cell<Option<TSS2_RC>> = const { Cell::new(None) };
}

/// Has the codes kept of commands that were refused in a way that libtss2's binding cannot hand on, so that errors show them.
///
/// Takes the process's one logger, for the `log` crate; does nothing where the application has one, which then writes the
/// code itself. For programs: a library must not take the logger.
pub fn keep_return_codes() {
    if log::set_logger(&Keeper).is_ok() {
        log::set_max_level(LevelFilter::Error);
        KEEPS.store(true, Ordering::Relaxed);
    }
}

/// Whether codes are kept: what then leaves none was no refusal.
pub(super) fn keeps() -> bool {
    KEEPS.load(Ordering::Relaxed)
}

/// The code that was logged on this thread since the last look.
pub(super) fn take() -> Option<TSS2_RC> {
    LAST.take()
}

struct Keeper;

impl Log for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() == Level::Error && metadata.target().starts_with("tss_esapi")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let mut text = String::new();
            // A text that cannot be formatted holds no code.
            let _ = write!(text, "{}", record.args());
            if let Some(code) = code_in(&text) {
                LAST.set(Some(code));
            }
        }
    }

    fn flush(&self) {}
}

/// The code in a text such as `Error in loading: 0x000B0143`.
fn code_in(text: &str) -> Option<TSS2_RC> {
    let (_, digits) = text.rsplit_once("0x")?;
    TSS2_RC::from_str_radix(digits.trim_end(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_at_the_end_of_a_logged_text() {
        assert_eq!(code_in("Error in loading: 0x000B0143"), Some(0xb_0143));
        for text in ["no code", "0x", "Error in loading: 0x000B0143 and more", ""] {
            assert_eq!(code_in(text), None, "{text}");
        }
    }
}
