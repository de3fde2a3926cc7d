//! TOML tables read key by key, with every fault remembered and where it stands.

use super::RuleFault;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// A TOML text, the faults found in it, and the lines of its keys.
pub(super) struct Document<'t> {
    root: Option<Spanned<DeTable<'t>>>,
    /// Where each line but the first begins.
    line_starts: Vec<usize>,
    notes: RefCell<Notes>,
}

#[derive(Default)]
struct Notes {
    faults: Vec<RuleFault>,
    faulty: BTreeSet<String>,
    lines: BTreeMap<String, usize>,
}

impl<'t> Document<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut notes = Notes::default();
        let root = DeTable::parse(text);
        let line_starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        if let Err(error) = &root {
            notes.faults.push(RuleFault {
                line: error.span().map(|span| line_of(&line_starts, &span)),
                key: "TOML".to_owned(),
                problem: format!("can't be read: {}", error.message()),
                advice: "correct the text at this place".to_owned(),
            });
        }
        Document {
            root: root.ok(),
            line_starts,
            notes: RefCell::new(notes),
        }
    }

    pub(super) fn root(&self) -> Option<Table<'_>> {
        let entries = self.root.as_ref()?.get_ref();
        Some(Table {
            document: self,
            path: String::new(),
            entries,
            known: Vec::new(),
        })
    }

    /// Adds a fault, unless its key is already known to be faulty, and finds its line.
    pub(super) fn add_unless_faulty(&self, mut fault: RuleFault) {
        let mut notes = self.notes.borrow_mut();
        if notes.faulty.insert(fault.key.clone()) {
            fault.line = line_of_key(&notes.lines, &fault.key);
            notes.faults.push(fault);
        }
    }

    pub(super) fn into_faults(self) -> Vec<RuleFault> {
        self.into_faults_and_lines().0
    }

    /// The faults in the order of the lines, and the line of each key.
    pub(super) fn into_faults_and_lines(self) -> (Vec<RuleFault>, BTreeMap<String, usize>) {
        let Notes {
            mut faults, lines, ..
        } = self.notes.into_inner();
        faults.sort_by_key(|fault| fault.line);
        (faults, lines)
    }

    fn line(&self, span: &Range<usize>) -> usize {
        line_of(&self.line_starts, span)
    }
}

/// The line of `key`, or of the innermost table around it that is there.
pub(super) fn line_of_key(lines: &BTreeMap<String, usize>, key: &str) -> Option<usize> {
    let line = lines.get(key).copied();
    line.or_else(|| line_of_key(lines, &key[..key.rfind('.')?]))
}

fn line_of(line_starts: &[usize], span: &Range<usize>) -> usize {
    line_starts.partition_point(|&start| start <= span.start) + 1
}

/// One table. Every key that is asked for is known; [`finish`](Table::finish) refuses the others.
pub(super) struct Table<'d> {
    document: &'d Document<'d>,
    path: String,
    entries: &'d DeTable<'d>,
    known: Vec<&'static str>,
}

impl<'d> Table<'d> {
    pub(super) fn string(&mut self, key: &'static str) -> Option<String> {
        self.typed(key, "a text in quotes", |value| {
            value.as_str().map(str::to_owned)
        })
    }

    pub(super) fn required_string(&mut self, key: &'static str) -> Option<String> {
        self.require(key);
        self.string(key)
    }

    /// One of `words`.
    pub(super) fn choice(&mut self, key: &'static str, words: &[&str]) -> Option<String> {
        let word = self.string(key)?;
        if words.contains(&word.as_str()) {
            return Some(word);
        }
        self.fault(
            key,
            format!("is {word:?}"),
            format!("choose one of {}", list(words)),
        );
        None
    }

    pub(super) fn strings(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.typed(key, "a list of texts, like [\"a\", \"b\"]", |value| {
            value
                .as_array()?
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect()
        })
    }

    /// A list of whole numbers that fit a `T`; their range is the rules' to judge.
    pub(super) fn integers<T: TryFrom<u64>>(&mut self, key: &'static str) -> Option<Vec<T>> {
        let numbers = self.typed(key, "a list of whole numbers, like [0, 7]", |value| {
            let items = value.as_array()?.iter();
            items
                .map(|item| item.get_ref().as_integer().map(number))
                .collect::<Option<Vec<_>>>()
        })?;
        let numbers: Option<Vec<T>> = numbers.into_iter().collect();
        if numbers.is_none() {
            self.out_of_range(key);
        }
        numbers
    }

    /// A whole number that fits a `T`; its range is the rules' to judge.
    pub(super) fn integer<T: TryFrom<u64>>(&mut self, key: &'static str) -> Option<T> {
        let read = self.typed(key, "a whole number", |value| {
            value.as_integer().map(number)
        })?;
        if read.is_none() {
            self.out_of_range(key);
        }
        read
    }

    fn out_of_range(&self, key: &str) {
        self.fault(key, "is out of range", "choose a smaller positive number");
    }

    pub(super) fn required_integer<T: TryFrom<u64>>(&mut self, key: &'static str) -> Option<T> {
        self.require(key);
        self.integer(key)
    }

    pub(super) fn table(&mut self, key: &'static str) -> Option<Table<'d>> {
        let entries = self.typed(key, "a table, like [table]", |value| value.as_table())?;
        Some(Table {
            document: self.document,
            path: self.path_of(key),
            entries,
            known: Vec::new(),
        })
    }

    /// The tables of a list, `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Table<'d>> {
        let items = self.typed(
            key,
            "a list of tables, each under its own [[…]]",
            |value| {
                value
                    .as_array()?
                    .iter()
                    .map(|item| Some((item.span(), item.get_ref().as_table()?)))
                    .collect::<Option<Vec<_>>>()
            },
        );
        let path = self.path_of(key);
        let numbered = items.unwrap_or_default().into_iter().enumerate();
        numbered
            .map(|(place, (span, entries))| {
                let path = format!("{path}[{place}]");
                self.note_line(path.clone(), &span);
                Table {
                    document: self.document,
                    path,
                    entries,
                    known: Vec::new(),
                }
            })
            .collect()
    }

    /// Every entry, each a table under a name of the writer's choice.
    pub(super) fn named_tables(self) -> Vec<(&'d str, Table<'d>)> {
        let mut tables = Vec::new();
        for (key, value) in self.entries.iter() {
            let name = key.get_ref().as_ref();
            let path = self.path_of(name);
            self.note_line(path.clone(), &key.span());
            match value.get_ref().as_table() {
                Some(entries) => tables.push((
                    name,
                    Table {
                        document: self.document,
                        path,
                        entries,
                        known: Vec::new(),
                    },
                )),
                None => {
                    let problem = format!("is of type {}", value.get_ref().type_str());
                    let advice = format!("write a table, like [{path}]");
                    self.fault_at(path, problem, advice);
                }
            }
        }
        tables
    }

    /// A fault of the table as a whole.
    pub(super) fn refuse(&self, problem: impl Into<String>, advice: impl Into<String>) {
        self.fault_at(self.path.clone(), problem, advice);
    }

    /// Refuses a list that holds something twice.
    pub(super) fn refuse_repetition<T: Ord + fmt::Debug>(&self, key: &str, items: &[T]) {
        let mut seen = BTreeSet::new();
        if let Some(twice) = items.iter().find(|item| !seen.insert(*item)) {
            self.fault(
                key,
                format!("lists {twice:?} a second time"),
                "list it once",
            );
        }
    }

    /// Refuses every key that nobody asked for.
    pub(super) fn finish(self) {
        for (key, _) in self.entries.iter() {
            let name = key.get_ref().as_ref();
            if self.known.contains(&name) {
                continue;
            }
            let advice = match nearest(name, &self.known) {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => format!("remove it; the keys here are {}", list(&self.known)),
            };
            let path = self.path_of(name);
            self.note_line(path.clone(), &key.span());
            self.fault_at(path, "is not known", advice);
        }
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
    ) -> Option<T> {
        self.known.push(key);
        let (name, value) = self.entries.get_key_value(key)?;
        self.note_line(self.path_of(key), &name.span());
        let read = read(value.get_ref());
        if read.is_none() {
            let found = value.get_ref().type_str();
            self.fault(
                key,
                format!("is of type {found}"),
                format!("write {expected}"),
            );
        }
        read
    }

    fn require(&self, key: &str) {
        if !self.entries.contains_key(key) {
            self.fault_at(self.path_of(key), "is missing", "add it");
        }
    }

    fn note_line(&self, path: String, span: &Range<usize>) {
        let line = self.document.line(span);
        self.document.notes.borrow_mut().lines.insert(path, line);
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(super) fn fault(&self, key: &str, problem: impl Into<String>, advice: impl Into<String>) {
        self.fault_at(self.path_of(key), problem, advice);
    }

    fn fault_at(&self, key: String, problem: impl Into<String>, advice: impl Into<String>) {
        let (problem, advice) = (problem.into(), advice.into());
        self.document.add_unless_faulty(RuleFault {
            line: None,
            key,
            problem,
            advice,
        });
    }
}

/// `None` where it is negative or too large.
fn number<T: TryFrom<u64>>(integer: &DeInteger<'_>) -> Option<T> {
    let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok()?;
    T::try_from(number).ok()
}

pub(super) fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The known key that a mistyped one most likely stands for.
pub(super) fn nearest<'k>(typed: &str, known: &[&'k str]) -> Option<&'k str> {
    let closest = known.iter().map(|key| (distance(typed, key), *key)).min()?;
    (closest.0 <= closest.1.len() / 3).then_some(closest.1)
}

/// Levenshtein's distance: the fewest characters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = std::mem::replace(&mut row[j + 1], 0);
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
