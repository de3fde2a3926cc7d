//! Takes out what names the machine, its user or his folders: error texts bring paths along.

use std::env;
use std::path::Path;

use serde_json::Value;

use crate::config::Settings;

/// What must not be in the bundle, each with what stands in its place.
#[derive(Debug)]
pub(super) struct Names {
    /// Replaced wherever they stand.
    texts: Vec<(String, &'static str)>,
    /// Replaced where they stand as words.
    words: Vec<(String, &'static str)>,
}

/// Shorter names are ordinary words' parts, and this is nobody's.
const SHORTEST: usize = 3;
const NOBODYS: [&str; 3] = ["root", "localhost", "localhost.localdomain"];

impl Names {
    /// Those of this machine and of the user that runs the program.
    pub(super) fn of_this_machine(settings: &Settings) -> Self {
        let mut texts = vec![(settings.tcti.clone(), "(TPM connection)")];
        if let Some((_, address)) = settings.tcti.split_once(':') {
            texts.push((address.to_owned(), "(TPM)"));
        }
        let mut path = |path: &Path, name| {
            texts.push((path.display().to_string(), name));
            if let Ok(whole) = path.canonicalize() {
                texts.push((whole.display().to_string(), name));
            }
        };
        path(&settings.dir, "(state folder)");
        if let Some(trust) = &settings.trust {
            path(trust, "(trust file)");
        }
        if let Some(home) = env::var_os("HOME").filter(|home| home.len() > 1) {
            path(Path::new(&home), "(home)");
        }
        if let Ok(here) = env::current_dir() {
            path(&here, "(working folder)");
        }
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        let short = host.split('.').next().unwrap_or_default().to_owned();
        let mut words = vec![(host, "(host)"), (short, "(host)")];
        for name in ["USER", "LOGNAME", "SUDO_USER"] {
            words.extend(env::var(name).ok().map(|user| (user, "(user)")));
        }
        words.extend(user().map(|user| (user, "(user)")));
        Self::of(texts, words)
    }

    fn of(mut texts: Vec<(String, &'static str)>, mut words: Vec<(String, &'static str)>) -> Self {
        // A short relative path, as `state`, is an ordinary word, and tells nothing.
        texts.retain(|(text, _)| text.contains('/') && text.len() > SHORTEST);
        words.retain(|(word, _)| word.len() >= SHORTEST && !NOBODYS.contains(&word.as_str()));
        // The longest first: a folder before the one that it lies in.
        texts.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { texts, words }
    }

    /// Takes them out of every text in `value`.
    pub(super) fn remove_from(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.remove_from_text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.remove_from(item)),
            Value::Object(fields) => fields
                .values_mut()
                .for_each(|field| self.remove_from(field)),
            _ => {}
        }
    }

    fn remove_from_text(&self, text: &mut String) {
        for (name, stands) in &self.texts {
            *text = text.replace(name, stands);
        }
        for (word, stands) in &self.words {
            *text = replace_word(text, word, stands);
        }
    }
}

/// The name of the user that runs the program, as the system lists it.
fn user() -> Option<String> {
    let id = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    })
}

fn replace_word(text: &str, word: &str, stands: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        let inside = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let whole = !inside(before.chars().next_back()) && !inside(after.chars().next());
        replaced += before;
        replaced += if whole { stands } else { word };
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_out_of_every_text_and_ordinary_words_stay() {
        let names = Names::of(
            vec![
                ("/home/alice/state".into(), "(state folder)"),
                ("/home/alice".into(), "(home)"),
                ("state".into(), "(state folder)"),
            ],
            vec![("alice".into(), "(user)"), ("root".into(), "(user)")],
        );
        let mut value = serde_json::json!({
            "a": ["/home/alice/state/lock: run chmod", {"b": "alice's /home/alice/x, malice"}],
            "c": "the vendor's root key and the state",
            "d": 1,
        });
        names.remove_from(&mut value);
        assert_eq!(
            value,
            serde_json::json!({
                "a": ["(state folder)/lock: run chmod", {"b": "(user)'s (home)/x, malice"}],
                "c": "the vendor's root key and the state",
                "d": 1,
            })
        );
    }
}
