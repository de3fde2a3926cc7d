//! The verbs about the rules of a product.

use std::path::Path;

use counterfoil::policy::{Change, RuleFault, Rules, diff, explain, pace_warnings};
use counterfoil::server::folder::read_limited;
use counterfoil::server::manifest::{ManifestError, Publication, PublishedManifest};
use counterfoil::server::product::ProductName;
use serde_json::{Value, json};

use crate::Outcome;
use crate::arguments::Manifest;
use crate::print::complain;
use crate::terminal::printable;
use crate::timeline;
use crate::verbs::{Context, Result};

/// Larger than any rules that fit into a manifest.
const RULES_LIMIT: u64 = 1 << 20;

/// The text of a file of rules.
pub(crate) fn read_rules(file: &Path) -> Result<String> {
    let text = String::from_utf8(read_limited(file, RULES_LIMIT)?);
    Ok(text.map_err(|_| format!("{} is no text (UTF-8)", file.display()))?)
}

impl Context {
    pub(crate) async fn manifest(&self, verb: Manifest) -> Result<Outcome> {
        match verb {
            Manifest::Check { file } => self.check_rules(&file),
            Manifest::Publish { product, file } => {
                let source = read_rules(&file)?;
                let service = self.dated_service().await?;
                let issuer = service.issuer_key(self.passphrase.as_ref())?;
                let published = service
                    .publish_manifest(&product, &source, &issuer, self.now)
                    .await;
                self.published(&product, published)
            }
            Manifest::Rollback { product, version } => {
                let service = self.dated_service().await?;
                let issuer = service.issuer_key(self.passphrase.as_ref())?;
                let published = service
                    .roll_back_manifest(&product, version, &issuer, self.now)
                    .await;
                self.published(&product, published)
            }
            Manifest::List { product } => {
                let all = self.service().await?.manifests(&product).await?;
                let lines: Vec<_> = all.iter().map(line).collect();
                let list: Vec<_> = all.iter().map(manifest_json).collect();
                self.done(
                    lines.join("\n"),
                    json!({ "product": product.as_str(), "manifests": list }),
                )
            }
            Manifest::Show { product, version } => {
                let shown = self.service().await?.manifest(&product, version).await?;
                let source = shown.record.source.as_deref();
                let text = source
                    .unwrap_or("# An older program published this version and kept no text of it.");
                let mut manifest = manifest_json(&shown);
                manifest["source"] = json!(source);
                self.printer.print_as_it_is(
                    || format!("# {product}, version {}\n{}", line(&shown), text.trim_end()),
                    json!({ "product": product.as_str(), "manifest": manifest }),
                )?;
                Ok(Outcome::Yes)
            }
            Manifest::Diff { before, after } => {
                let (before, after) = (self.rules(&before).await?, self.rules(&after).await?);
                let changes = diff(&before, &after);
                self.done(
                    changes_text(&changes),
                    json!({ "changes": changes_json(&changes) }),
                )
            }
            Manifest::Explain {
                rules,
                class,
                edition,
                contact,
                language,
            } => {
                let rules = self.rules(&rules).await?;
                let mut explained = explain(&rules, contact.unwrap_or(self.now), language);
                if let Some(class) = class {
                    explained.only_class(class.into())?;
                }
                if let Some(edition) = edition {
                    explained.only_edition(&edition)?;
                }
                self.done(timeline::text(&explained), timeline::json(&explained))
            }
        }
    }

    fn check_rules(&self, file: &Path) -> Result<Outcome> {
        let (faults, warnings) = match Rules::from_toml_with_warnings(&read_rules(file)?) {
            Ok((rules, mut warnings)) => {
                warnings.extend(pace_warnings(&rules));
                (Vec::new(), warnings)
            }
            Err(faults) => (faults, Vec::new()),
        };
        let mut lines: Vec<_> = faults
            .iter()
            .map(|fault| format!("fault: {}", printable(&fault.to_string())))
            .collect();
        lines.extend(
            warnings
                .iter()
                .map(|warning| format!("warning: {}", printable(&warning.to_string()))),
        );
        lines.push(match faults.len() {
            0 => "the rules can be published".to_owned(),
            1 => "1 fault; the rules can't be published".to_owned(),
            many => format!("{many} faults; the rules can't be published"),
        });
        let value = json!({
            "valid": faults.is_empty(),
            "faults": faults.iter().map(fault_json).collect::<Vec<_>>(),
            "warnings": warnings.iter().map(fault_json).collect::<Vec<_>>(),
        });
        self.printer.print(|| lines.join("\n"), value)?;
        Ok(match faults.is_empty() {
            true => Outcome::Yes,
            false => Outcome::No,
        })
    }

    fn published(
        &self,
        product: &ProductName,
        publication: std::result::Result<Publication, ManifestError>,
    ) -> Result<Outcome> {
        let publication = match publication {
            Ok(publication) => publication,
            Err(refusal) if refusal.is_refusal() => {
                let faults = match &refusal {
                    ManifestError::Faults(faults) => faults.iter().map(fault_json).collect(),
                    _ => Vec::new(),
                };
                let value =
                    json!({ "published": false, "refusal": refusal.to_string(), "faults": faults });
                self.printer.print(
                    || format!("refused: {}", printable(&refusal.to_string())),
                    value,
                )?;
                return Ok(Outcome::No);
            }
            Err(error) => return Err(error.into()),
        };
        let Publication {
            before,
            published,
            file_current,
        } = publication;
        let changes = diff(&before.rules, &published.rules);
        if !file_current {
            complain(
                "notice: the product's file in the service folder holds other rules and was left as it is",
            );
        }
        let from = match published.record.copy_of {
            None => String::new(),
            Some(earlier) => format!(" with the content of version {earlier}"),
        };
        self.done(
            format!(
                "published version {} of {product}{from}\n{}",
                published.record.version,
                changes_text(&changes)
            ),
            json!({
                "published": true,
                "product": product.as_str(),
                "manifest": manifest_json(&published),
                "changes": changes_json(&changes),
                "file_current": file_current,
            }),
        )
    }

    /// Rules by what they are called on the command line: a file comes before a product of the same name.
    async fn rules(&self, name: &str) -> Result<Rules> {
        if Path::new(name).is_file() {
            let source = read_rules(Path::new(name))?;
            return Rules::from_toml(&source).map_err(|faults| {
                let faults = ManifestError::Faults(faults);
                format!("{name}: {faults}; `manifest check {name}` lists them").into()
            });
        }
        let unknown = || format!("{name} is neither a file nor PRODUCT nor PRODUCT@VERSION");
        let (product, version) = match name.split_once('@') {
            None => (name, None),
            Some((product, version)) => (product, Some(version.parse().map_err(|_| unknown())?)),
        };
        let product: ProductName = product.parse().map_err(|_| unknown())?;
        Ok(self
            .service()
            .await?
            .manifest(&product, version)
            .await?
            .rules)
    }
}

fn line(manifest: &PublishedManifest) -> String {
    let record = &manifest.record;
    let from = match record.copy_of {
        None => String::new(),
        Some(earlier) => format!("  the content of version {earlier}"),
    };
    format!("{:>4}  {}{from}", record.version, record.issued_at)
}

fn manifest_json(manifest: &PublishedManifest) -> Value {
    let record = &manifest.record;
    json!({
        "version": record.version,
        "issued_at": record.issued_at.to_string(),
        "digest": record.digest.to_string(),
        "content_of": record.copy_of,
    })
}

fn fault_json(fault: &RuleFault) -> Value {
    json!({
        "line": fault.line,
        "key": fault.key,
        "problem": fault.problem,
        "advice": fault.advice,
    })
}

fn changes_text(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "the rules are the same".to_owned();
    }
    let line = |change: &Change| {
        let sign = match change.effect.name() {
            "gain" => '+',
            "loss" => '-',
            _ => '~',
        };
        format!("{sign} {}", printable(&change.to_string()))
    };
    changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn changes_json(changes: &[Change]) -> Vec<Value> {
    let change = |change: &Change| {
        json!({
            "key": change.key,
            "effect": change.effect.name(),
            "starts": change.starts.name(),
            "text": change.to_string(),
        })
    };
    changes.iter().map(change).collect()
}
