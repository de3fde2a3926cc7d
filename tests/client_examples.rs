//! The example application, run as a person would: its features go on and off while it runs.
#![cfg(all(feature = "client", feature = "device", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![allow(unreachable_pub, reason = "a test program is no library")]

#[path = "attack/stage.rs"]
#[allow(dead_code, reason = "the attacks use more of it")]
mod stage;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use stage::{Machine, Vendor};

/// A running example, talked to by lines.
struct Application {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Application {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(example(name))
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn told(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// Reads until a line that begins so.
    fn says(&mut self, begin: &str) -> String {
        for line in self.output.by_ref().lines() {
            let line = line.unwrap();
            if line.starts_with(begin) {
                return line;
            }
        }
        panic!("it never said {begin:?}");
    }

    /// Ends its input; it ends by itself.
    fn ends(self) -> bool {
        let Self {
            mut child, input, ..
        } = self;
        drop(input);
        child.wait().unwrap().success()
    }
}

/// The test runner builds examples beside the tests.
fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().unwrap().parent().unwrap().join("examples");
    let program = folder.join(name);
    assert!(
        program.exists(),
        "build it first: cargo build --example {name}"
    );
    program
}

#[test]
fn the_features_of_the_example_go_on_and_off_while_it_runs() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let file = |name: &str| machine.dir().with_file_name(name);
    let (root, request, response) = (file("root.pem"), file("request"), file("response"));
    fs::write(&root, vendor.service().anchor().root().to_pem()).unwrap();
    let (tcti, dir) = (machine.tpm.tcti(), machine.dir());
    let mut studio = Application::start(
        "studio",
        &[&tcti, dir.to_str().unwrap(), root.to_str().unwrap()],
    );

    studio.says("standing: not_activated");
    studio.told("edit");
    studio.says("edit is off: ");
    studio.told(&format!(
        "request {} {}",
        *vendor.sell(1).to_text(),
        request.display()
    ));
    studio.says("send ");
    let answer = vendor.answer(&fs::read(&request).unwrap()).unwrap();
    fs::write(&response, answer.response).unwrap();
    studio.told(&format!("activate {}", response.display()));
    studio.says("on: edit");
    studio.told("edit");
    studio.says("editing");
    studio.told("status");
    studio.says("[ok] ");
    studio.told("work");
    studio.says("going on");

    studio.told("remove");
    studio.says("off: edit (not_activated)");
    studio.told("work");
    studio.says("save your work: it ends at ");
    studio.told("edit");
    studio.says("edit is off: ");
    assert!(studio.ends());
}
