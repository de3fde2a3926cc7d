//! `docs/integrate.md` works: its blocks make a project, which is built and licensed.
#![cfg(all(feature = "client", feature = "device", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![allow(unreachable_pub, reason = "a test program is no library")]

#[path = "attack/stage.rs"]
#[allow(dead_code, reason = "the attacks use more of it")]
mod stage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use stage::{Machine, Vendor};
use tempfile::TempDir;

const PAGE: &str = include_str!("../docs/integrate.md");

/// The first block of a language.
fn block(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// Makes the project that the page describes. Differs from it in where the library comes from, and in building it as the tests
/// are built, so that its dependencies need no second building.
fn project(vendor: &Vendor) -> TempDir {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = TempDir::new().unwrap();
    let write = |name: &str, content: &str| fs::write(project.path().join(name), content).unwrap();
    let source = format!("path = {:?}", here.to_str().unwrap());
    let manifest = block("toml").replace("version = \"0.1\"", &source);
    assert!(manifest.contains(&source));
    let own = fs::read_to_string(here.join("Cargo.toml")).unwrap();
    let (_, profiles) = own.split_once("[profile.dev]").unwrap();
    write(
        "Cargo.toml",
        &format!("{manifest}\n[workspace]\n\n[profile.dev]{profiles}"),
    );
    write(
        "vendor-root.pem",
        &vendor.service().anchor().root().to_pem(),
    );
    fs::create_dir(project.path().join("src")).unwrap();
    write("src/main.rs", block("rust"));
    fs::copy(here.join("Cargo.lock"), project.path().join("Cargo.lock")).unwrap();
    project
}

fn build(project: &Path) -> PathBuf {
    // Beside the tests' own programs, whose dependencies it shares.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--target-dir"])
        .arg(target)
        .current_dir(project)
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    target.join("debug/studio")
}

struct Studio {
    program: PathBuf,
    tcti: String,
    state: PathBuf,
}

impl Studio {
    fn run(&self, arguments: &[&str]) -> String {
        let ran = Command::new(&self.program)
            .args(arguments)
            .env("STUDIO_TPM", &self.tcti)
            .env("STUDIO_STATE", &self.state)
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success(), "{said}{:?}", ran.stderr);
        said
    }
}

#[test]
fn the_project_of_the_page_is_built_licensed_and_opens_its_gate() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let project = project(&vendor);
    let studio = Studio {
        program: build(project.path()),
        tcti: machine.tpm.tcti(),
        state: machine.dir(),
    };
    let file = |name: &str| project.path().join(name).to_str().unwrap().to_owned();

    let said = studio.run(&[]);
    assert!(said.starts_with("[needs-you] "), "{said}");
    assert!(said.ends_with("Viewing only.\n"), "{said}");

    let (request, response) = (file("machine.request"), file("machine.response"));
    studio.run(&["request", &vendor.sell(1).to_text(), &request]);
    let answer = vendor.answer(&fs::read(request).unwrap()).unwrap();
    fs::write(&response, answer.response).unwrap();
    studio.run(&["activate", &response]);

    assert_eq!(studio.run(&[]), block("text"));
}
