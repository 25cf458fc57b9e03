//! A command that runs while a test talks with it.
#![allow(dead_code, reason = "not every test needs everything")]

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long a test waits for a line.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command.
pub(crate) fn confcall() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("confcall"))
}

/// A command that runs, and what it says as objects.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Running {
    /// Starts the command with `--json`.
    pub(crate) fn start<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = confcall();
        command.args(args).arg("--json");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.lines() {
                // A test that has ended wants no more.
                let _ = sender.send(line.unwrap());
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next object of this event for which something holds; those before it are passed over.
    pub(crate) fn wait_for(&mut self, event: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut passed = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            let object: Value = serde_json::from_str(&line).unwrap();
            if object["event"] == event && holds(&object) {
                return object;
            }
            passed.push(line);
        }
        panic!("{event} does not come after\n{}", passed.join("\n"));
    }

    /// The next object of this event.
    pub(crate) fn next(&mut self, event: &str) -> Value {
        self.wait_for(event, |_| true)
    }

    /// Asks the process to end, as an operating system that shuts down does.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        let process = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .arg(process)
                .status()
                .unwrap()
                .success()
        );
    }

    /// Ends the input, and waits for the end; gives the exit status.
    pub(crate) fn status(&mut self) -> i32 {
        drop(self.input.take());
        self.child.wait().unwrap().code().unwrap()
    }
}

/// A command that a test does not wait for ends with the test.
impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
