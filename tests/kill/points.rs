//! The steps of a program, from what strace wrote.

use std::collections::HashMap;
use std::fmt;

/// Calls that change what is on the disk, or who may.
const CHANGES: [&str; 30] = [
    "chmod",
    "chown",
    "copy_file_range",
    "creat",
    "fallocate",
    "fchmod",
    "fchmodat",
    "fchown",
    "fchownat",
    "fdatasync",
    "flock",
    "fsync",
    "ftruncate",
    "lchown",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "pwrite64",
    "pwritev",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "symlink",
    "symlinkat",
    "sync_file_range",
    "truncate",
    "unlink",
    "unlinkat",
];
const OPENS: [&str; 3] = ["open", "openat", "openat2"];
const SENDS: [&str; 4] = ["write", "writev", "sendto", "sendmsg"];
const RECEIVES: [&str; 4] = ["read", "readv", "recvfrom", "recvmsg"];
/// The socket of a simulated TPM's commands; another one controls it.
const COMMANDS: &str = "tpm.sock\"";
/// What strace writes of a call in which the program was killed, in the place of arguments that it would have filled in.
const UNFINISHED: &str = "<unfinished ...>";

/// What strace is to list: all of them, where the machine's architecture has them.
pub fn traced() -> String {
    let names = CHANGES
        .iter()
        .chain(&OPENS)
        .chain(&SENDS)
        .chain(&RECEIVES)
        .chain(&["connect"]);
    names
        .map(|name| format!("?{name}"))
        .collect::<Vec<_>>()
        .join(",")
}

/// What a step acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The disk, or standard output.
    Disk,
    /// The TPM, which has not seen the command.
    BeforeTpm,
    /// The TPM, which executes the command and whose answer is not read.
    AfterTpm,
}

/// The entry of one system call of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub kind: Kind,
    pub call: String,
    /// Which of its calls of this name, from 1.
    pub nth: usize,
    /// On which files.
    pub on: String,
    /// Commands that the TPM has been sent before.
    pub commands: usize,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            call,
            nth,
            on,
            commands,
        } = self;
        write!(
            f,
            "{call} {nth} {on} ({kind:?}, {commands} commands to the TPM)"
        )
    }
}

/// One line of strace's.
pub struct Line<'a> {
    thread: &'a str,
    pub call: &'a str,
    arguments: &'a str,
}

impl<'a> Line<'a> {
    /// A call from a line such as `4711 fsync(3</tmp/x>) = 0`; none from a line about signals and ends.
    pub fn parse(line: &'a str) -> Option<Self> {
        let (thread, rest) = line.split_once(char::is_whitespace)?;
        let (call, arguments) = rest.trim_start().split_once('(')?;
        let is_name = call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // What it returned is not there where it was killed.
        let arguments = arguments
            .rsplit_once(" = ")
            .map_or(arguments, |(before, _)| before);
        (is_name && !call.is_empty()).then_some(Self {
            thread,
            call,
            arguments,
        })
    }

    /// The files that it names, by descriptor or by path, without what differs from run to run.
    pub fn on(&self, folder: &str) -> String {
        let arguments = self.arguments.replace(folder, "").replace(UNFINISHED, "");
        let (mut names, mut rest) = (Vec::new(), arguments.as_str());
        while let Some(start) = rest.find(['<', '"']) {
            let end = if rest[start..].starts_with('<') {
                '>'
            } else {
                '"'
            };
            let Some(length) = rest[start + 1..].find(end) else {
                break;
            };
            let name = &rest[start + 1..start + 1 + length];
            names.push(without_random(name.split(":[").next().unwrap_or(name)));
            rest = &rest[start + length + 2..];
        }
        names.retain(|name| !name.is_empty());
        names.join(" ")
    }

    fn descriptor(&self) -> &'a str {
        let end = self.arguments.find(|c: char| !c.is_ascii_digit());
        &self.arguments[..end.unwrap_or(0)]
    }

    fn is_on_socket(&self) -> bool {
        self.arguments[self.descriptor().len()..].starts_with("<socket:")
    }

    /// Whether it does no more than read files.
    fn only_reads(&self) -> bool {
        let opens = OPENS.contains(&self.call) && !self.creates();
        let reads = RECEIVES.contains(&self.call) && !self.is_on_socket();
        opens || reads
    }

    fn creates(&self) -> bool {
        ["O_CREAT", "O_TRUNC", "O_WRONLY", "O_RDWR"]
            .iter()
            .any(|flag| self.arguments.contains(flag))
    }
}

/// The calls of the program's first thread, from which all steps have to come.
pub fn of_first_thread(trace: &str) -> impl DoubleEndedIterator<Item = Line<'_>> {
    let first = trace.lines().find_map(Line::parse).map(|line| line.thread);
    trace
        .lines()
        .filter_map(Line::parse)
        .filter(move |line| Some(line.thread) == first)
}

/// The points of a run in `folder`, in order.
pub fn of(trace: &str, folder: &str) -> Vec<Point> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    // What each connected socket is for, and whether an answer is awaited there.
    let mut sockets: HashMap<&str, (bool, bool)> = HashMap::new();
    let (mut points, mut commands) = (Vec::new(), 0);
    let first = of_first_thread(trace).next().map(|line| line.thread);
    for line in trace.lines().filter_map(Line::parse) {
        let is_first = Some(line.thread) == first;
        assert!(
            is_first || line.only_reads(),
            "a step of a second thread: {} {}",
            line.call,
            line.arguments
        );
    }
    for line in of_first_thread(trace).filter(|line| !line.call.starts_with("clone")) {
        let nth = seen.entry(line.call).or_default();
        *nth += 1;
        let nth = *nth;
        let socket = line
            .is_on_socket()
            .then(|| sockets.get_mut(line.descriptor()))
            .flatten();
        let kind = match (line.call, socket) {
            ("connect", _) => {
                let is_for_commands = line.arguments.contains(COMMANDS);
                sockets.insert(line.descriptor(), (is_for_commands, false));
                continue;
            }
            (call, Some((_, awaits))) if SENDS.contains(&call) => {
                *awaits = true;
                Kind::BeforeTpm
            }
            (call, Some((_, awaits))) if RECEIVES.contains(&call) => {
                // The rest of an answer changes nothing any more.
                if !std::mem::take(awaits) {
                    continue;
                }
                Kind::AfterTpm
            }
            (call, _) if OPENS.contains(&call) && !line.creates() => continue,
            (call, _) if RECEIVES.contains(&call) => continue,
            _ => Kind::Disk,
        };
        points.push(Point {
            kind,
            call: line.call.to_owned(),
            nth,
            on: line.on(folder),
            commands,
        });
        let is_command = sockets
            .get(line.descriptor())
            .is_some_and(|(is_for_commands, _)| *is_for_commands);
        if kind == Kind::BeforeTpm && is_command {
            commands += 1;
        }
    }
    points
}

/// A file's name without the random part that it has while it is unfinished: of `x.0123456789abcdef.tmp`, `x.tmp`.
fn without_random(name: &str) -> String {
    match unfinished(name) {
        Some(name) => format!("{name}.tmp"),
        None => name.to_owned(),
    }
}

/// The name that a file was going to get: `x` of `x.0123456789abcdef.tmp`.
pub fn unfinished(name: &str) -> Option<&str> {
    let (name, random) = name.strip_suffix(".tmp")?.rsplit_once('.')?;
    let is_random = random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_random.then_some(name)
}
