//! The verbs about the dates that were signed, and the question to a person whether the clock is right.

use std::io::{self, BufRead as _, IsTerminal as _};

use counterfoil::server::clock::ClockError;
use serde_json::json;

use crate::Outcome;
use crate::arguments::Clock;
use crate::print::complain;
use crate::verbs::{Context, Result};

impl Context {
    pub(crate) async fn clock(&self, verb: Clock) -> Result<Outcome> {
        match verb {
            Clock::Show => self.clock_show().await,
            Clock::Accept => {
                self.service().await?.accept_clock(self.now).await?;
                self.done(
                    format!("the clock is right: it is {}", self.now),
                    json!({ "now": self.now.to_string() }),
                )
            }
            Clock::Correct { yes } => self.clock_correct(yes).await,
        }
    }

    async fn clock_show(&self) -> Result<Outcome> {
        let service = self.service().await?;
        let state = service.clock().await?;
        let problem = match service.check_clock_at_start(self.now).await {
            Ok(()) => None,
            Err(ClockError::Storage(error)) => return Err(error.into()),
            Err(problem) => Some(problem.to_string()),
        };
        let mut lines = vec![
            format!("clock      {}", self.now),
            format!("signed     {} is the newest date", state.newest),
        ];
        lines.extend(state.correction.map(|last| {
            format!(
                "corrected  on {}: dates after it were void, up to {}; machines learn of it with their next answer",
                last.declared_at, last.wrong_until
            )
        }));
        lines.extend(problem.clone());
        self.printer.print(
            || lines.join("\n"),
            json!({
                "now": self.now.to_string(),
                "newest": state.newest.to_string(),
                "correction": state.correction.map(|last| json!({
                    "number": last.number,
                    "declared_at": last.declared_at.to_string(),
                    "wrong_until": last.wrong_until.to_string(),
                })),
                "problem": problem,
            }),
        )?;
        Ok(if problem.is_none() {
            Outcome::Yes
        } else {
            Outcome::No
        })
    }

    async fn clock_correct(&self, yes: bool) -> Result<Outcome> {
        let service = self.service().await?;
        let newest = service.clock().await?.newest;
        if newest <= self.now {
            return Err(ClockError::NothingToCorrect { now: self.now }.into());
        }
        let text = match yes {
            false => format!(
                "dates were signed up to {newest}, and the clock says {}; nothing was changed. If the clock is right, repeat with \
                 --yes: then the later dates are void, the next answer to each machine says so, and licenses that were made \
                 after now begin now. Compare their ends with `license list`, and the pending seats with `seat list`",
                self.now
            ),
            true => {
                let correction = service.correct_clock(self.now).await?;
                format!(
                    "the dates after {} are void (the latest was {}); the next answer to each machine says so",
                    self.now, correction.wrong_until
                )
            }
        };
        self.printer.print(
            || text,
            json!({ "now": self.now.to_string(), "newest": newest.to_string(), "corrected": yes }),
        )?;
        Ok(if yes { Outcome::Yes } else { Outcome::No })
    }
}

/// Asks the person at the terminal, if there is one, whether the clock is right.
pub(crate) fn says_yes(error: &ClockError) -> bool {
    let ClockError::Ahead { now, newest } = error else {
        return false;
    };
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return false;
    }
    complain(&format!(
        "This machine's clock says {now}, and the newest date that the service has signed is {newest}.\nWhat is signed now \
         has this date for ever. Is the clock right? [y/N]"
    ));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "j" | "J" | "ja")
}
