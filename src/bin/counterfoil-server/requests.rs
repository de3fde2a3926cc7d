//! The verbs that take a file from a machine. What is wrong with the file is a result; what is wrong on this side is an
//! error.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil::server::answer::AnswerError;
use counterfoil::server::folder::{FolderError, read_limited, write_private};
use counterfoil::token::cose::Kind;
use serde_json::{Value, json};

use crate::Outcome;
use crate::arguments as typed;
use crate::print::{answer_json, answer_text, proof_json, proof_text};
use crate::verbs::{Context, Result};

const REQUEST_EXTENSION: &str = "request";

impl Context {
    pub(crate) async fn answer(&mut self, answer: &typed::Answer) -> Result<Outcome> {
        if !answer.request.is_dir() {
            let (outcome, text, value) = self.answer_one(&answer.request, &answer.output).await?;
            self.printer.print(|| text, value);
            return Ok(outcome);
        }
        let folder_error = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Io { path, source }
        };
        fs::create_dir_all(&answer.output).map_err(folder_error(&answer.output))?;
        let mut requests: Vec<PathBuf> = fs::read_dir(&answer.request)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .map_err(folder_error(&answer.request))?;
        requests.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == REQUEST_EXTENSION)
        });
        requests.sort();
        let (mut worst, mut lines, mut values) = (Outcome::Yes, Vec::new(), Vec::new());
        for request in requests {
            let output = answer
                .output
                .join(request.file_stem().unwrap_or_default())
                .with_extension("response");
            let (outcome, text, mut value) = self.answer_one(&request, &output).await?;
            value["file"] = json!(request);
            worst = worst.max(outcome);
            lines.push(format!("{}: {text}", request.display()));
            values.push(value);
        }
        if lines.is_empty() {
            lines.push(format!(
                "no .{REQUEST_EXTENSION} file in {}",
                answer.request.display()
            ));
        }
        self.printer
            .print(|| lines.join("\n"), json!({ "answers": values }));
        Ok(worst)
    }

    /// Answers one file. What is wrong with the file itself is a result; what is wrong on this side is an error.
    async fn answer_one(
        &mut self,
        request: &Path,
        output: &Path,
    ) -> Result<(Outcome, String, Value)> {
        let service = self.service().await?;
        let issuer = service.issuer_key(self.passphrase.as_ref())?;
        let refused = |text: String, to_device: Option<String>| {
            let value = json!({ "answered": false, "refusal": text, "to_device": to_device });
            Ok((Outcome::No, format!("refused: {text}"), value))
        };
        let file = match read_limited(request, Kind::ActivationRequest.size_limit() as u64) {
            Err(error @ FolderError::TooLarge { .. }) => return refused(error.to_string(), None),
            file => file?,
        };
        match service
            .answer(&file, &issuer, self.now, &mut self.random)
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
            self.printer.print(|| format!("refused: {error}"), value);
            Ok(Outcome::No)
        };
        let file = match read_limited(&verify.file, Kind::Evidence.size_limit() as u64) {
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
