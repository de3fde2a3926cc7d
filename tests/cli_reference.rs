//! What is written about the command line is what the programs have: `docs/cli.md`, the manual pages, the completions.
//!
//! The last two are generated: `UPDATE_REFERENCE=1 cargo test --all-features --test cli_reference` writes them.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![cfg(all(
    feature = "client",
    feature = "device",
    feature = "server",
    feature = "cli"
))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;

#[allow(dead_code, unreachable_pub, reason = "only the command is wanted")]
#[path = "../src/bin/counterfoil/args.rs"]
mod device;
#[allow(dead_code, unreachable_pub, reason = "only the command is wanted")]
#[path = "../src/bin/counterfoil-server/arguments.rs"]
mod server;

fn programs() -> [Command; 2] {
    [device::Arguments::command(), server::Arguments::command()]
}

#[test]
fn manual_pages_are_those_of_the_programs() {
    let written: BTreeSet<_> = programs()
        .into_iter()
        .flat_map(|program| {
            let name = program.get_name().to_owned();
            pages(program, &name)
        })
        .collect();
    let names = written.iter().map(|(name, _)| name.clone()).collect();
    for (name, page) in written {
        assert_current(&format!("docs/man/{name}"), &page);
    }
    assert_eq!(files("docs/man"), names, "docs/man holds a page of no verb");
}

#[test]
fn completions_are_those_of_the_programs() {
    for mut program in programs() {
        let name = program.get_name().to_owned();
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut program, &name, &mut script);
            let extension = shell.to_string();
            assert_current(
                &format!("completions/{name}.{extension}"),
                &String::from_utf8(script).unwrap(),
            );
        }
    }
}

#[test]
fn the_document_lists_every_verb_option_and_variable_and_no_other() {
    let documented = sections(&fs::read_to_string(at("docs/cli.md")).unwrap());
    let mut real = BTreeMap::new();
    for mut program in programs() {
        program.build();
        collect(&program, program.get_name(), true, &mut real);
    }
    for (verb, entries) in &real {
        assert_eq!(
            documented.get(verb),
            Some(entries),
            "docs/cli.md on `{verb}`"
        );
    }
    let unknown: Vec<_> = documented
        .keys()
        .filter(|verb| !real.contains_key(*verb))
        .collect();
    assert_eq!(
        unknown,
        Vec::<&String>::new(),
        "docs/cli.md describes verbs that do not exist"
    );
}

#[test]
fn the_document_lists_the_exit_codes() {
    let document = fs::read_to_string(at("docs/cli.md")).unwrap();
    for line in ["| 0 |", "| 1 |", "| 2 |", "| 64 |"] {
        assert!(
            document.lines().any(|found| found.starts_with(line)),
            "{line}"
        );
    }
}

/// The manual pages of a command and all below it, by file name. `line` is how the command is typed.
fn pages(command: Command, line: &str) -> Vec<(String, String)> {
    let name = line.replace(' ', "-");
    // clap wants names that live as long as the program.
    let titled = command
        .clone()
        .display_name(name.clone().leak() as &str)
        .bin_name(line.to_owned().leak() as &str);
    let source = concat!("Counterfoil ", env!("CARGO_PKG_VERSION"));
    let mut page = Vec::new();
    clap_mangen::Man::new(titled)
        .source(source)
        .render(&mut page)
        .unwrap();
    let below = command
        .get_subcommands()
        .filter(|verb| is_real(verb))
        .cloned();
    let below: Vec<_> = below
        .flat_map(|verb| {
            let line = format!("{line} {}", verb.get_name());
            pages(verb, &line)
        })
        .collect();
    [(format!("{name}.1"), String::from_utf8(page).unwrap())]
        .into_iter()
        .chain(below)
        .collect()
}

/// What each verb takes, by the verb's full name: options with their variables, and arguments.
fn collect(
    command: &Command,
    name: &str,
    top: bool,
    into: &mut BTreeMap<String, BTreeSet<String>>,
) {
    let own = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && (top || !arg.is_global_set()));
    let entries = own.filter_map(entry).collect();
    let verbs: Vec<_> = command
        .get_subcommands()
        .filter(|verb| is_real(verb))
        .collect();
    // A verb that only groups others takes nothing and does nothing.
    if top || verbs.is_empty() {
        into.insert(name.to_owned(), entries);
    }
    for verb in verbs {
        collect(verb, &format!("{name} {}", verb.get_name()), false, into);
    }
}

fn is_real(verb: &Command) -> bool {
    !verb.is_hide_set() && verb.get_name() != "help"
}

fn entry(arg: &Arg) -> Option<String> {
    let name = match (arg.get_long(), arg.get_value_names()) {
        (Some("help" | "version"), _) => return None,
        (Some(long), _) => format!("--{long}"),
        (None, names) => names?.first()?.to_string(),
    };
    let variable = arg
        .get_env()
        .map(|variable| format!(" {}", variable.to_string_lossy()));
    Some(name + &variable.unwrap_or_default())
}

/// The tables of the document: each heading that is a command in backticks, with the first column of its table (and the
/// variable in the second, where there is one).
fn sections(document: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut sections = BTreeMap::new();
    let mut current = None;
    for line in document.lines() {
        if line.starts_with('#') {
            let title = line.trim_start_matches('#').trim();
            current = title
                .strip_prefix("`counterfoil")
                .and_then(|rest| rest.strip_suffix('`'))
                .map(|rest| {
                    let name = format!("counterfoil{rest}");
                    sections.entry(name.clone()).or_insert_with(BTreeSet::new);
                    name
                });
        }
        let (Some(verb), Some(row)) = (&current, line.strip_prefix("| `")) else {
            continue;
        };
        let cells: Vec<_> = row
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let name = cells[0]
            .split([' ', '`'])
            .next()
            .unwrap()
            .trim_matches(['<', '>']);
        let variable = cells.get(1).filter(|cell| cell.starts_with("COUNTERFOIL_"));
        let entry = [name, variable.copied().unwrap_or_default()]
            .join(" ")
            .trim()
            .to_owned();
        sections.get_mut(verb).unwrap().insert(entry);
    }
    sections
}

fn assert_current(path: &str, expected: &str) {
    let file = at(path);
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is not current: run with UPDATE_REFERENCE=1"
    );
}

fn files(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(at(folder)).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn at(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
