//! One function per verb: from options to a call of the library to what is printed.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::CommandFactory;
use counterfoil::evidence::EkHash;
use counterfoil::server::clock::ClockError;
use counterfoil::server::folder::{FolderError, read_limited, write_private};
use counterfoil::server::keys::Passphrase;
use counterfoil::server::license::{Particulars, Terms};
use counterfoil::server::proposal::Proposal;
use counterfoil::server::root::RootFolder;
use counterfoil::server::{RootPlace, Service};
use counterfoil::token::{DeviceClass, LicenseId, TrustAnchor, UtcTime};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use serde_json::{Value, json};

use crate::Outcome;
use crate::arguments::{self as typed, Arguments, Verb};
use crate::clock::says_yes;
use crate::manifests::read_rules;
use crate::print::{
    Printer, complain, license_json, license_text, overview_json, overview_text, seats_json,
    seats_text, taken, write,
};
use crate::protected::{Protected, is_bundle_of, protected};
use crate::terminal::printable;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What every verb works with.
pub(crate) struct Context {
    pub(crate) dir: PathBuf,
    pub(crate) passphrase: Option<Passphrase>,
    pub(crate) printer: Printer,
    pub(crate) now: UtcTime,
    clock_is_right: bool,
    /// The operating system's source, which can't fail once the system is up (getrandom(2)).
    pub(crate) random: UnwrapErr<SysRng>,
}

/// Runs what was typed.
pub(crate) async fn run(arguments: Arguments) -> Result<Outcome> {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| "the system's clock is before 1970; set it")?;
    let mut context = Context {
        dir: arguments.dir,
        passphrase: arguments
            .passphrase_file
            .as_deref()
            .map(Passphrase::from_file)
            .transpose()?,
        printer: Printer {
            json: arguments.json,
        },
        now: UtcTime::from_unix(since_1970.as_secs())?,
        clock_is_right: arguments.clock_is_right,
        random: UnwrapErr(SysRng),
    };
    match arguments.verb {
        Verb::Init(init) => context.init(init).await,
        Verb::Root(typed::Root::Init) => context.root_init(),
        Verb::Root(typed::Root::SignBundle {
            proposal,
            bundle,
            yes,
        }) => context.sign_bundle(&proposal, &bundle, yes),
        Verb::EkRoot(verb) => context.ek_root(verb).await,
        Verb::Ek(verb) => context.ek(verb).await,
        Verb::Clock(verb) => context.clock(verb).await,
        Verb::Seat(typed::Seat::List { license }) => {
            let seats = context.service().await?.seats(license).await?;
            context.done(
                seats_text(&seats, context.now),
                json!({ "license": license.to_string(), "seats": seats_json(&seats, context.now) }),
            )
        }
        Verb::Seat(typed::Seat::Free {
            license,
            device,
            yes,
        }) => context.seat_free(license, device, yes).await,
        Verb::Device(typed::Device::ApprovePlatform {
            license,
            device,
            digest,
        }) => {
            let service = context.service().await?;
            let device = service
                .approve_platform(license, device, digest, context.now)
                .await?;
            context.done(
                format!("approved that device {device} changes to {digest}, for license {license}"),
                json!({
                    "license": license.to_string(),
                    "device": device.to_string(),
                    "digest": digest.to_string(),
                }),
            )
        }
        Verb::Product(typed::Product::Add {
            name,
            allow_class,
            rules,
        }) => {
            context
                .product_add(&name, &allow_class, rules.as_deref())
                .await
        }
        Verb::Manifest(verb) => context.manifest(verb).await,
        Verb::License(typed::License::Create(create)) => context.license_create(create).await,
        Verb::License(typed::License::List) => context.license_list().await,
        Verb::License(typed::License::Show { id }) => {
            let overview = context.service().await?.license(id).await?;
            let now = context.now;
            context.done(overview_text(&overview, now), overview_json(&overview, now))
        }
        Verb::Answer(answer) => context.answer(&answer).await,
        Verb::VerifyEvidence(verify) => context.verify_evidence(&verify).await,
        Verb::Completions { shell } => {
            let (mut command, mut script) = (Arguments::command(), Vec::new());
            clap_complete::generate(shell, &mut command, "counterfoil-server", &mut script);
            write(&String::from_utf8_lossy(&script))?;
            Ok(Outcome::Yes)
        }
        Verb::Man { folder } => {
            clap_mangen::generate_to(Arguments::command(), &folder).map_err(|source| {
                FolderError::Io {
                    path: folder,
                    source,
                }
            })?;
            Ok(Outcome::Yes)
        }
    }
}

impl Context {
    pub(crate) async fn service(&self) -> Result<Service> {
        let service = Service::open(&self.dir).await?;
        if let Some(repair) = service.repaired() {
            complain(&format!("notice: {}", printable(&repair.to_string())));
        }
        Ok(service)
    }

    /// The service, for a verb that signs or makes something with today's date: only with a clock that the records, or a
    /// person, do not contradict.
    pub(crate) async fn dated_service(&self) -> Result<Service> {
        let service = self.service().await?;
        match service.check_clock_at_start(self.now).await {
            Err(error @ ClockError::Ahead { .. }) => {
                let right = self.clock_is_right || !self.printer.json && says_yes(&error);
                if !right {
                    return Err(error.into());
                }
                service.accept_clock(self.now).await?;
            }
            judged => judged?,
        }
        Ok(service)
    }

    pub(crate) fn done(&self, text: String, value: Value) -> Result<Outcome> {
        self.printer.print(|| text, value)?;
        Ok(Outcome::Yes)
    }

    /// Says on standard error that new keys lie open.
    fn notice_plain_keys(&self) {
        if self.passphrase.is_none() {
            complain(
                "notice: the private keys are kept without encryption; --passphrase-file encrypts new ones",
            );
        }
    }

    async fn init(&mut self, init: typed::Init) -> Result<Outcome> {
        let root = match &init.root_public {
            None => RootPlace::Here,
            Some(pem) => RootPlace::Elsewhere(String::from_utf8(read_limited(pem, PEM_LIMIT)?)?),
        };
        self.notice_plain_keys();
        let (now, passphrase) = (self.now, self.passphrase.as_ref());
        let service = Service::create(
            &self.dir,
            &init.name,
            &root,
            passphrase,
            now,
            &mut self.random,
        )
        .await?;
        let folder = service.folder();
        let proposal = init.root_public.is_some().then(|| folder.bundle_proposal());
        let next = match &proposal {
            None => format!("applications embed {}", folder.root_public().display()),
            Some(proposal) => format!(
                "have the root sign {}, and put the signed file at {}",
                proposal.display(),
                folder.bundle().display()
            ),
        };
        self.done(
            format!(
                "made {} for {} (vendor {}); {next}",
                self.dir.display(),
                init.name,
                service.vendor()
            ),
            json!({
                "vendor": service.vendor().to_string(),
                "vendor_name": init.name,
                "root_public": folder.root_public(),
                "bundle": service.bundle().is_ok().then(|| folder.bundle()),
                "bundle_proposal": proposal,
            }),
        )
    }

    fn root_init(&mut self) -> Result<Outcome> {
        self.notice_plain_keys();
        let root = RootFolder::create(&self.dir, self.passphrase.as_ref(), &mut self.random)?;
        let (vendor, public) = (root.anchor().vendor(), self.dir.join("root.pem"));
        self.done(
            format!(
                "made the root of vendor {vendor}; applications embed {}",
                public.display()
            ),
            json!({ "vendor": vendor.to_string(), "root_public": public }),
        )
    }

    fn sign_bundle(&self, proposal: &Path, bundle: &Path, yes: bool) -> Result<Outcome> {
        let root = RootFolder::open(&self.dir)?;
        let text = String::from_utf8(read_limited(proposal, PEM_LIMIT)?)?;
        let proposal = Proposal::from_toml(&text)?;
        check_bundle_place(&root, bundle)?;
        let review = root.review(&proposal)?;
        if yes {
            write_private(
                bundle,
                &root.sign(&proposal, self.passphrase.as_ref(), self.now)?,
            )?;
        }
        let list = |title: &str, keys: &[String]| -> String {
            keys.iter()
                .map(|key| format!("\n  {title} {}", printable(key)))
                .collect()
        };
        let result = match yes {
            true => format!("signed to {}", bundle.display()),
            false => "nothing signed; if this is right, repeat with --yes".to_owned(),
        };
        let renamed = match &review.former_name {
            Some(former) => format!(", which was called {} before", printable(former)),
            None => String::new(),
        };
        let last = match review.last {
            Some(last) => format!("number {last}"),
            None => "none".to_owned(),
        };
        self.printer.print(
            || {
                format!(
                    "bundle {} of vendor {} ({}){renamed}; signed last: {last}{}{}{}\n{result}",
                    review.sequence,
                    printable(&review.vendor_name),
                    review.vendor,
                    list("new    ", &review.added),
                    list("kept   ", &review.kept),
                    list("DROPPED", &review.dropped),
                )
            },
            json!({
                "vendor": review.vendor.to_string(),
                "vendor_name": review.vendor_name,
                "former_name": review.former_name,
                "sequence": review.sequence,
                "last": review.last,
                "added": review.added,
                "kept": review.kept,
                "dropped": review.dropped,
                "signed": yes,
            }),
        )?;
        Ok(if yes { Outcome::Yes } else { Outcome::No })
    }

    async fn product_add(
        &mut self,
        name: &counterfoil::server::product::ProductName,
        allow: &[typed::Class],
        rules: Option<&Path>,
    ) -> Result<Outcome> {
        let mut service = self.dated_service().await?;
        let (passphrase, now) = (self.passphrase.as_ref(), self.now);
        let (issuer, random) = (service.issuer_key(passphrase)?, &mut self.random);
        let added = match rules {
            Some(file) => {
                let source = read_rules(file)?;
                service
                    .add_product_with(name, &source, &issuer, passphrase, now, random)
                    .await?
            }
            None => {
                let also: Vec<DeviceClass> = allow.iter().map(|class| (*class).into()).collect();
                service
                    .add_product(name, &also, &issuer, passphrase, now, random)
                    .await?
            }
        };
        let rules = service.folder().manifest_source(name.as_str());
        let proposal = service.folder().bundle_proposal();
        let next = match added.in_trust_bundle {
            true => String::new(),
            false => format!("; have the root sign {}", proposal.display()),
        };
        self.done(
            format!("added {name}; its rules are in {}{next}", rules.display()),
            json!({
                "product": name.as_str(),
                "rules": rules,
                "manifest": { "version": added.manifest.version, "digest": added.manifest.digest.to_string() },
                "bundle_proposal": (!added.in_trust_bundle).then_some(proposal),
            }),
        )
    }

    async fn license_create(&mut self, create: typed::CreateLicense) -> Result<Outcome> {
        let terms = Terms {
            product: create.product,
            edition: create.edition,
            features: create.features.into_iter().collect(),
            seats: create.seats,
            expires_at: create
                .expires
                .or_else(|| create.days.map(|days| Terms::days_from(self.now, days))),
        };
        let particulars = Particulars {
            segment: create.segment,
            user: create.user,
            standby: create.standby,
        };
        let (license, key) = self
            .dated_service()
            .await?
            .create_license(&terms, particulars, self.now, &mut self.random)
            .await?;
        let text = key.to_text();
        self.printer.print_once(
            &format!(
                "{}\n{}\nThe key is shown this once; give it to the customer.",
                license_text(&license, 0),
                *text
            ),
            json!({ "license": license_json(&license, 0), "key": *text }),
            &format!(
                "license {} was made and nobody has seen its key; make another one",
                license.id
            ),
        )?;
        Ok(Outcome::Yes)
    }

    async fn seat_free(
        &self,
        license: LicenseId,
        device: EkHash,
        even_if_confirmed: bool,
    ) -> Result<Outcome> {
        let service = self.service().await?;
        let freed = service.free_seat(license, device, even_if_confirmed, self.now);
        let (outcome, text) = match freed.await {
            Ok(seat) => {
                let was = seat.status(self.now).name();
                let text =
                    format!("freed the seat of device {device} ({was}) for license {license}");
                (Outcome::Yes, text)
            }
            Err(error) if error.is_refusal() => (Outcome::No, error.to_string()),
            Err(error) => return Err(error.into()),
        };
        let value = json!({
            "license": license.to_string(),
            "device": device.to_string(),
            "freed": outcome == Outcome::Yes,
            "refusal": (outcome == Outcome::No).then_some(&text),
        });
        self.printer.print(|| text.clone(), value)?;
        Ok(outcome)
    }

    async fn license_list(&self) -> Result<Outcome> {
        let licenses = self.service().await?.licenses().await?;
        let text = match licenses.is_empty() {
            true => "no license yet; make one with `license create --product NAME`".to_owned(),
            false => licenses
                .iter()
                .map(|(license, seats)| license_text(license, taken(seats, self.now)))
                .collect::<Vec<_>>()
                .join("\n"),
        };
        let list: Vec<Value> = licenses
            .iter()
            .map(|(license, seats)| license_json(license, taken(seats, self.now)))
            .collect();
        self.done(text, json!({ "licenses": list }))
    }
}

/// Refuses to write a bundle over what a service or a root needs, but for the bundle of a service of this very vendor.
fn check_bundle_place(root: &RootFolder, bundle: &Path) -> Result<()> {
    let Some(protected) = protected(bundle, None, None) else {
        return Ok(());
    };
    if let Protected::Service(service) = &protected
        && is_bundle_of(service, bundle)
    {
        let pem = String::from_utf8(read_limited(&service.join("root.pem"), PEM_LIMIT)?)?;
        return match TrustAnchor::from_pem(&pem) {
            Ok(anchor) if anchor.vendor() == root.anchor().vendor() => Ok(()),
            _ => Err(format!(
                "{} is the service of another vendor than this root's: use the right folders",
                service.display()
            )
            .into()),
        };
    }
    Err(format!(
        "{} is no place for a bundle: {}",
        bundle.display(),
        protected.reason()
    )
    .into())
}

/// Larger than any file of keys or any proposal.
const PEM_LIMIT: u64 = 1 << 20;
