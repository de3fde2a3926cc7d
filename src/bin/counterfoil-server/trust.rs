//! The verbs about whom the vendor trusts to vouch for TPMs.

use std::path::Path;

use counterfoil::evidence::{Examination, Recognized};
use counterfoil::server::folder::read_limited;
use counterfoil::server::roots::{AddedRoots, Checked, RefusedRoot, RootChange, RootTerms};
use counterfoil::server::storage::RootRecord;
use counterfoil::token::{Digest, UtcTime};
use serde_json::{Value, json};

use crate::Outcome;
use crate::arguments as typed;
use crate::terminal::printable;
use crate::verbs::{Context, Result};

/// Larger than any list of certificates or revocations that a TPM maker publishes.
const CERTIFICATES_LIMIT: u64 = 16 << 20;

impl Context {
    pub(crate) async fn ek_root(&self, verb: typed::EkRoot) -> Result<Outcome> {
        match verb {
            typed::EkRoot::Add {
                file,
                class,
                expired,
                crl,
            } => match crl {
                true => self.revocation_list_add(&file).await,
                false => {
                    let terms = RootTerms {
                        class: class.map(Into::into),
                        expired: expired.map(Into::into),
                    };
                    self.ek_root_add(&file, terms).await
                }
            },
            typed::EkRoot::List => self.ek_root_list().await,
            typed::EkRoot::Remove { fingerprint } => {
                let service = self.service().await?;
                service.remove_ek_root(fingerprint, self.now).await?;
                self.done(
                    format!("removed {fingerprint}"),
                    json!({ "removed": fingerprint.to_string() }),
                )
            }
        }
    }

    pub(crate) async fn ek(&self, verb: typed::Ek) -> Result<Outcome> {
        match verb {
            typed::Ek::Allow { hash, note } => {
                let service = self.service().await?;
                service.allow_ek(hash, &note, self.now).await?;
                self.done(
                    format!("allowed {hash} (class registered)"),
                    json!({ "allowed": hash.to_string() }),
                )
            }
            typed::Ek::Check { file } => self.ek_check(&file).await,
        }
    }

    async fn revocation_list_add(&self, file: &Path) -> Result<Outcome> {
        let service = self.service().await?;
        let content = read_limited(file, CERTIFICATES_LIMIT)?;
        let new = service.add_revocation_list(&content, self.now).await?;
        let text = match new {
            true => "added the revocation list",
            false => "the revocation list is there already",
        };
        self.done(text.to_owned(), json!({ "added": new }))
    }

    /// Pins what can be pinned. Something that was not is a "no", though the rest is pinned.
    async fn ek_root_add(&self, file: &Path, terms: RootTerms) -> Result<Outcome> {
        let service = self.service().await?;
        let content = read_limited(file, CERTIFICATES_LIMIT)?;
        let added = service.add_ek_roots(&content, terms, self.now).await?;
        let roots = added.pinned.iter().map(|(root, change)| {
            let mut value = root_json(root);
            value["change"] = json!(change.name());
            value
        });
        let value = json!({
            "roots": roots.collect::<Vec<_>>(),
            "refused": added.refused.iter().map(refused_json).collect::<Vec<_>>(),
        });
        self.printer.print(|| added_text(&added), value)?;
        Ok(match added.refused.is_empty() {
            true => Outcome::Yes,
            false => Outcome::No,
        })
    }

    async fn ek_root_list(&self) -> Result<Outcome> {
        let roots = self.service().await?.ek_roots().await?;
        let text = match roots.is_empty() {
            true => "no certificate is trusted yet; add one with `ek-root add FILE`".to_owned(),
            false => roots.iter().map(root_text).collect::<Vec<_>>().join("\n"),
        };
        self.done(
            text,
            json!({ "roots": roots.iter().map(root_json).collect::<Vec<_>>() }),
        )
    }

    async fn ek_check(&self, file: &Path) -> Result<Outcome> {
        let service = self.service().await?;
        let content = read_limited(file, CERTIFICATES_LIMIT)?;
        let checked = service.check_ek(&content, self.now).await?;
        let recognized = checked
            .iter()
            .all(|checked| matches!(checked, Checked::Examined(found) if found.verdict.is_ok()));
        let texts = || {
            let texts: Vec<_> = checked.iter().map(checked_text).collect();
            texts.join("\n\n")
        };
        let value = json!({
            "recognized": recognized,
            "certificates": checked.iter().map(checked_json).collect::<Vec<_>>(),
        });
        self.printer.print(texts, value)?;
        Ok(match recognized {
            true => Outcome::Yes,
            false => Outcome::No,
        })
    }
}

fn root_json(root: &RootRecord) -> Value {
    json!({
        "fingerprint": root.fingerprint.to_string(),
        "class": root.class.name(),
        "expired": root.expired.name(),
        "subject": root.subject,
        "added_at": root.added_at.to_string(),
    })
}

fn root_text(root: &RootRecord) -> String {
    let expired = match root.expired.name() {
        "accept" => String::new(),
        rule => format!("  (expired: {rule})"),
    };
    format!(
        "{}  {:<10}  {}{expired}",
        root.fingerprint,
        root.class.name(),
        printable(&root.subject)
    )
}

fn refused_json(refused: &RefusedRoot) -> Value {
    json!({
        "number": refused.number,
        "place": refused.place.to_string(),
        "subject": refused.subject,
        "reason": refused.reason.to_string(),
    })
}

fn refused_text(refused: &RefusedRoot) -> String {
    let subject = refused.subject.as_deref().map(printable);
    format!(
        "certificate {} ({}{}): {}",
        refused.number,
        refused.place,
        subject
            .map(|subject| format!(", {subject}"))
            .unwrap_or_default(),
        printable(&refused.reason.to_string())
    )
}

fn added_text(added: &AddedRoots) -> String {
    let mut lines: Vec<String> = added
        .pinned
        .iter()
        .map(|(root, _)| root_text(root))
        .collect();
    let mut counts = vec![format!("added {}", added.count(RootChange::Added))];
    for change in [RootChange::Changed, RootChange::Unchanged] {
        match added.count(change) {
            0 => {}
            count => counts.push(format!("{} {count}", change.name())),
        }
    }
    match &added.refused[..] {
        [] => lines.push(counts.join(", ")),
        [only] => lines.push(format!(
            "{}, refused 1: {}",
            counts.join(", "),
            refused_text(only)
        )),
        several => {
            lines.push(format!("{}, refused {}:", counts.join(", "), several.len()));
            lines.extend(
                several
                    .iter()
                    .map(|refused| format!("  {}", refused_text(refused))),
            );
        }
    }
    lines.join("\n")
}

fn checked_json(checked: &Checked) -> Value {
    let found = match checked {
        Checked::Unreadable(candidate) => {
            return json!({
                "place": candidate.place.to_string(),
                "subject": candidate.subject,
                "hash": candidate.key.map(|hash| hash.to_string()),
                "recognized": false,
                "reason": candidate.certificate.as_ref().err().map(ToString::to_string),
            });
        }
        Checked::Examined(found) => found,
    };
    let recognized = found.verdict.as_ref().ok();
    json!({
        "subject": found.names.subject,
        "alternative_names": found.names.alternative,
        "issuer": found.names.issuer,
        "key": found.key,
        "hash": found.hash.map(|hash| hash.to_string()),
        "not_before": found.not_before.to_string(),
        "not_after": end_of(found).map(|end| end.to_string()),
        "manufacturer": found.model.as_ref().map(|model| &model.manufacturer),
        "model": found.model.as_ref().map(|model| &model.model),
        "version": found.model.as_ref().map(|model| &model.version),
        "allowed": found.allowed,
        "recognized": recognized.is_some(),
        "class": recognized.map(|found| found.class.name()),
        "path": recognized.map(|found| &found.path),
        "root": recognized.and_then(|found| found.root).map(|root| Digest::new(root).to_string()),
        "ended": recognized.and_then(|found| found.expired).map(|end| end.to_string()),
        "reason": found.verdict.as_ref().err().map(ToString::to_string),
    })
}

fn checked_text(checked: &Checked) -> String {
    let found = match checked {
        Checked::Unreadable(candidate) => {
            let subject = candidate.subject.as_deref().unwrap_or("(unreadable)");
            let reason = candidate
                .certificate
                .as_ref()
                .err()
                .map(ToString::to_string);
            let allow = candidate
                .key
                .map(|hash| format!("\nvouch        `ek allow {hash}`"));
            return format!(
                "subject      {}\nplace        {}\nresult       not usable: {}{}",
                printable(subject),
                candidate.place,
                printable(&reason.unwrap_or_default()),
                allow.unwrap_or_default(),
            );
        }
        Checked::Examined(found) => found,
    };
    let mut lines = vec![
        ("subject", or_none(&found.names.subject)),
        ("issuer", or_none(&found.names.issuer)),
    ];
    lines.extend(
        found
            .names
            .alternative
            .iter()
            .map(|name| ("other name", printable(name))),
    );
    if let Some(model) = &found.model {
        let model = format!("{}, {}, {}", model.manufacturer, model.model, model.version);
        lines.push(("TPM", printable(&model)));
    }
    let hash = found.hash.map(|hash| format!(", hash {hash}"));
    lines.push(("key", format!("{}{}", found.key, hash.unwrap_or_default())));
    lines.push((
        "valid",
        match end_of(found) {
            Some(end) => format!("{} to {end}", found.not_before),
            None => format!("from {} on, without end", found.not_before),
        },
    ));
    lines.extend(verdict_lines(found));
    let lines: Vec<_> = lines
        .iter()
        .map(|(title, text)| format!("{title:<13}{text}"))
        .collect();
    lines.join("\n")
}

/// The end of its validity; none for the date that stands for no end (RFC 5280, 4.1.2.5).
fn end_of(found: &Examination) -> Option<UtcTime> {
    Some(found.not_after).filter(|end| *end != UtcTime::MAX)
}

fn verdict_lines(found: &Examination) -> Vec<(&'static str, String)> {
    let Recognized {
        class,
        path,
        root,
        expired,
    } = match &found.verdict {
        Ok(recognized) => recognized,
        Err(error) => {
            return vec![(
                "result",
                format!("not recognized: {}", printable(&error.to_string())),
            )];
        }
    };
    let mut lines: Vec<_> = path
        .iter()
        .map(|authority| ("issued by", printable(authority)))
        .collect();
    if let Some(end) = expired {
        lines.push((
            "notice",
            format!("a certificate of the path ended on {end}, which is accepted"),
        ));
    }
    lines.push((
        "result",
        match root {
            Some(root) => format!(
                "recognized as {}, by the pinned certificate {}",
                class.name(),
                Digest::new(*root)
            ),
            None => format!("recognized as {}, by `ek allow`", class.name()),
        },
    ));
    lines
}

fn or_none(name: &str) -> String {
    match name.is_empty() {
        true => "(none)".to_owned(),
        false => printable(name),
    }
}
