//! Commands that run while a test talks with them.
#![allow(dead_code, reason = "not every test needs everything")]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

pub(crate) mod place;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(40);

/// How often a test looks whether a process has ended.
const LOOK: Duration = Duration::from_millis(10);

/// The command.
pub(crate) fn confcall() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("confcall"))
}

/// A command that runs, and what it says.
///
/// It ends with the test, and if that fails, what it said is shown.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) input: Option<ChildStdin>,
    name: String,
    lines: Receiver<Value>,
    /// The objects, and as strings the lines that are none.
    said: Vec<Value>,
    /// How many of them were looked through for an event, or the answer to a command.
    taken: HashMap<String, usize>,
}

impl Running {
    /// Starts the command with `--json`.
    pub(crate) fn start<A: Into<OsString>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = confcall();
        command.args(args.into_iter().map(Into::into)).arg("--json");
        Self::run(command)
    }

    /// Starts a command.
    pub(crate) fn run(mut command: Command) -> Self {
        let name = format!("{command:?}");
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        listen(child.stdout.take().unwrap(), sender.clone());
        listen(child.stderr.take().unwrap(), sender);
        Self {
            input: child.stdin.take(),
            child,
            name,
            lines,
            said: Vec::new(),
            taken: HashMap::new(),
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next object of this event for which something holds; those of this event before it are passed over.
    pub(crate) fn wait_for(&mut self, event: &str, holds: impl Fn(&Value) -> bool) -> Value {
        self.find(event, |object| object["event"] == event && holds(object))
    }

    /// The next answer to a command: this event, or that it failed.
    pub(crate) fn answer(&mut self, command: &str, event: &str) -> Value {
        let failed = |object: &Value| object["event"] == "failed" && object["command"] == command;
        self.find(command, |object| object["event"] == event || failed(object))
    }

    /// The next object for which something holds, after that which was found by this name before.
    fn find(&mut self, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut next = self.taken.get(name).copied().unwrap_or(0);
        loop {
            while let Some(object) = self.said.get(next) {
                next += 1;
                if holds(object) {
                    self.taken.insert(name.to_owned(), next);
                    return object.clone();
                }
            }
            self.hear(name, until);
        }
    }

    /// The next object of this event.
    pub(crate) fn next(&mut self, event: &str) -> Value {
        self.wait_for(event, |_| true)
    }

    /// The newest object of this event, as soon as something holds for it.
    pub(crate) fn newest(&mut self, event: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            self.said.extend(self.lines.try_iter());
            let newest = self.all(event).next_back();
            if let Some(object) = newest.filter(|object| holds(object)) {
                return object.clone();
            }
            self.hear(event, until);
        }
    }

    /// The next line that is no object and has this in it.
    pub(crate) fn line(&mut self, part: &str) -> String {
        let until = Instant::now() + PATIENCE;
        let mut next = 0;
        loop {
            while let Some(line) = self.said.get(next) {
                next += 1;
                if let Some(line) = line.as_str().filter(|line| line.contains(part)) {
                    return line.to_owned();
                }
            }
            self.hear(part, until);
        }
    }

    /// Every object of this event that has been heard.
    pub(crate) fn all(&self, event: &str) -> impl DoubleEndedIterator<Item = &Value> {
        self.said.iter().filter(move |one| one["event"] == event)
    }

    /// Every line that has been heard, an object or a text.
    pub(crate) fn said(&self) -> impl Iterator<Item = &Value> {
        self.said.iter()
    }

    /// Every object that has been heard.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Value> {
        self.said.iter().filter(|one| one.is_object())
    }

    /// Hears what it says next.
    fn hear(&mut self, wanted: &str, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => self.said.push(line),
            Err(why) => panic!("{wanted:?} does not come of {}: {why}", self.name),
        }
    }

    /// Sends the process a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &process]).status();
        assert!(sent.unwrap().success());
    }

    /// Asks the process to end, as an operating system that shuts down does.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Ends the process at once, without its knowing.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the input, and waits for the end; gives the exit status.
    pub(crate) fn status(&mut self) -> i32 {
        drop(self.input.take());
        self.end()
    }

    /// Waits for the end; gives the exit status.
    pub(crate) fn end(&mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.said.extend(self.lines.iter());
                return status.code().unwrap();
            }
            assert!(Instant::now() < until, "{} does not end", self.name);
            thread::sleep(LOOK);
        }
    }

    /// Everything that it said.
    pub(crate) fn transcript(&self) -> String {
        let mut text = String::new();
        for line in &self.said {
            let line = line
                .as_str()
                .map_or_else(|| line.to_string(), str::to_owned);
            writeln!(text, "    {line}").unwrap();
        }
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let status = self.child.wait();
        if thread::panicking() {
            self.said.extend(self.lines.iter());
            println!("{}: {status:?}\n{}", self.name, self.transcript());
        }
    }
}

/// Passes lines on until there are no more.
fn listen(output: impl Read + Send + 'static, sender: Sender<Value>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let line = line.unwrap();
            let object = serde_json::from_str(&line);
            // A test that has ended wants no more.
            let _ = sender.send(object.unwrap_or(Value::String(line)));
        }
    });
}
