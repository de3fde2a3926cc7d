//! The verbs that take a file from a machine. What is wrong with the file is a result; what is wrong on this side is an
//! error.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use counterfoil::protocol::report::cmw;
use counterfoil::server::Service;
use counterfoil::server::answer::AnswerError;
use counterfoil::server::folder::{FolderError, read_limited, write_private};
use counterfoil::server::keys::{Issuer, Key};
use counterfoil::token::cose::Kind;
use serde_json::{Value, json};

use crate::Outcome;
use crate::arguments as typed;
use crate::print::{answer_json, answer_text, proof_json, proof_text};
use crate::protected::protected;
use crate::terminal::printable;
use crate::verbs::{Context, Result};

const REQUEST_EXTENSION: &str = "request";

impl Context {
    pub(crate) async fn answer(&mut self, answer: &typed::Answer) -> Result<Outcome> {
        // Before anything is signed.
        match answer.request.is_dir() {
            true => self.may_write(&answer.output.join("any"))?,
            false => self.may_write(&answer.output)?,
        }
        let service = self.dated_service().await?;
        let issuer = service.issuer_key(self.passphrase.as_ref())?;
        if !answer.request.is_dir() {
            let (outcome, text, value) = self
                .answer_one(&service, &issuer, &answer.request, &answer.output)
                .await?;
            self.printer.print(|| text, value)?;
            return Ok(outcome);
        }
        fs::create_dir_all(&answer.output).map_err(folder_error(&answer.output))?;
        let (mut worst, mut lines, mut values) = (Outcome::Yes, Vec::new(), Vec::new());
        for request in requests_in(&answer.request)? {
            let output = answer.output.join(response_name(&request));
            // Nobody may be writing into a pipe, or ever finish.
            let answered = match fs::metadata(&request) {
                Ok(found) if !found.is_file() => Err("it is not a file: move it away".into()),
                _ => self.answer_one(&service, &issuer, &request, &output).await,
            };
            // What is wrong with one file on this side may be right with the next.
            let (outcome, text, mut value) = answered.unwrap_or_else(|error| {
                let value = json!({ "answered": false, "error": error.to_string() });
                (
                    Outcome::Error,
                    format!("error: {}", printable(&error.to_string())),
                    value,
                )
            });
            value["file"] = json!(request.display().to_string());
            worst = worst.max(outcome);
            lines.push(format!(
                "{}: {text}",
                printable(&request.display().to_string())
            ));
            values.push(value);
        }
        if lines.is_empty() {
            lines.push(format!(
                "no .{REQUEST_EXTENSION} file in {}",
                answer.request.display()
            ));
        }
        self.printer
            .print(|| lines.join("\n"), json!({ "answers": values }))?;
        Ok(worst)
    }

    /// Refuses a place whose files are not for answers.
    fn may_write(&self, output: &Path) -> Result<()> {
        match protected(output, Some(&self.dir), None) {
            None => Ok(()),
            Some(protected) => Err(format!(
                "{} is no place for an answer: {}",
                output.display(),
                protected.reason()
            )
            .into()),
        }
    }

    /// Answers one file. What is wrong with the file itself is a result; what is wrong on this side is an error.
    async fn answer_one(
        &mut self,
        service: &Service,
        issuer: &Key<Issuer>,
        request: &Path,
        output: &Path,
    ) -> Result<(Outcome, String, Value)> {
        let refused = |text: String, to_device: Option<String>| {
            let value = json!({ "answered": false, "refusal": text, "to_device": to_device });
            Ok((Outcome::No, format!("refused: {}", printable(&text)), value))
        };
        let file = match read_limited(request, Kind::ActivationRequest.size_limit() as u64) {
            Err(error @ FolderError::TooLarge { .. }) => return refused(error.to_string(), None),
            file => file?,
        };
        self.may_write(output)?;
        match service
            .answer(&file, issuer, self.now, &mut self.random)
            .await
        {
            Ok(answer) => {
                write_private(output, &answer.response)?;
                Ok((Outcome::Yes, answer_text(&answer), answer_json(&answer)))
            }
            Err(AnswerError::Refused(refusal)) => {
                refused(refusal.to_string(), Some(refusal.to_device()))
            }
            Err(error @ (AnswerError::OtherKind(_) | AnswerError::NotAFile(_))) => {
                refused(error.to_string(), None)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn verify_evidence(&self, verify: &typed::VerifyEvidence) -> Result<Outcome> {
        let service = self.service().await?;
        let refused = |error: String| {
            let value = json!({ "valid": false, "failed": error, "licenses": [] });
            self.printer
                .print(|| format!("refused: {}", printable(&error)), value)?;
            Ok(Outcome::No)
        };
        let file = match read_limited(&verify.file, cmw::SIZE_LIMIT as u64) {
            Err(error @ FolderError::TooLarge { .. }) => return refused(error.to_string()),
            file => file?,
        };
        match service.verify_evidence(&file, verify.nonce.as_bytes()) {
            Ok(proof) => self.done(proof_text(&proof), proof_json(&proof)),
            Err(error) if error.is_refusal() => refused(error.to_string()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The request files of a folder, by name.
fn requests_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut requests: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(folder_error(folder))?;
    requests.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == REQUEST_EXTENSION)
    });
    requests.sort();
    Ok(requests)
}

/// The name of the answer to a file of [`requests_in`]: the whole of its name, dots and all, with another end, so that no
/// two requests of a folder have one answer.
fn response_name(request: &Path) -> OsString {
    let mut name = request.file_stem().unwrap_or_default().to_owned();
    name.push(".response");
    name
}

fn folder_error(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { path, source }
}
