//! Another implementation as a process of its own: lines to its standard input, lines from its standard output.

use core::fmt::Display;
use core::time::Duration;
use std::ffi::OsString;
use std::io::{BufReader, Write as _};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Instant;

use confcall_conformance::difference::{Other, Silence};
use confcall_conformance::peer::bounded_line;

use super::group::Group;

/// The time that a process may take to end after it closed its output.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// A command that is started as often as it is asked for.
///
/// Its standard error is ours in the first process only: the tries of shrinking would say the same hundreds of times.
pub(super) struct Child {
    /// The program first.
    command: Vec<OsString>,
    timeout: Duration,
    group: Group,
    running: Option<Running>,
    was_started: bool,
}

impl Child {
    /// A command that has `timeout` for each answer; it is not started yet.
    pub(super) fn new(command: &[OsString], timeout: Duration, group: Group) -> Self {
        Self {
            command: command.to_vec(),
            timeout,
            group,
            running: None,
            was_started: false,
        }
    }
}

impl Other for Child {
    fn restart(&mut self) -> Result<(), Silence> {
        // First, so that two never run at once.
        self.running = None;
        let Some((program, args)) = self.command.split_first() else {
            return Err(Silence::NotStarted("there is no program".to_owned()));
        };
        let mut command = Command::new(program);
        command.args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        if self.was_started {
            command.stderr(Stdio::null());
        }
        let running = Running::start(command, self.group.clone());
        let running = running.map_err(|error| Silence::NotStarted(error.to_string()))?;
        self.running = Some(running);
        self.was_started = true;
        Ok(())
    }

    fn ask(&mut self, line: &str) -> Result<String, Silence> {
        match &mut self.running {
            Some(running) => running.ask(line, self.timeout),
            None => Err(Silence::NotStarted("it was stopped".to_owned())),
        }
    }
}

/// A process, with a thread for each of its pipes: one that neither reads nor writes holds up nobody.
struct Running {
    process: Process,
    group: Group,
    lines: Sender<String>,
    answers: Receiver<Result<String, Silence>>,
}

impl Running {
    fn start(mut command: Command, group: Group) -> std::io::Result<Self> {
        let mut process = group.start(&mut command)?;
        let (lines, to_write) = channel();
        // One answer waits for each request; a process that writes without being asked has to wait.
        let (read, answers) = sync_channel(1);
        if let Some(input) = process.stdin.take() {
            thread::spawn(move || write_all(input, &to_write));
        }
        if let Some(output) = process.stdout.take() {
            thread::spawn(move || read_all(output, &read));
        }
        Ok(Self {
            process,
            group,
            lines,
            answers,
        })
    }

    fn ask(&mut self, line: &str, timeout: Duration) -> Result<String, Silence> {
        // A writer that is gone has met a closed pipe, of which the reader learns more.
        let _ = self.lines.send(format!("{line}\n"));
        match self.answers.recv_timeout(timeout) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(Silence::TooSlow(timeout)),
            Err(RecvTimeoutError::Disconnected) => Err(Silence::Ended(self.end())),
        }
    }

    /// The status of a process that closed its output.
    fn end(&mut self) -> String {
        let closed = Instant::now();
        while closed.elapsed() < LAST_MOMENT {
            if let Ok(Some(status)) = self.process.try_wait() {
                // At once, while the system has not given the number of the group away.
                self.group.kill();
                return status.to_string();
            }
            thread::sleep(Duration::from_millis(1));
        }
        "it closed its output".to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.group.kill();
        // Both fail only for a process that has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write_all(mut input: ChildStdin, lines: &Receiver<String>) {
    while let Ok(line) = lines.recv() {
        if input.write_all(line.as_bytes()).is_err() {
            return;
        }
    }
}

fn read_all(output: ChildStdout, answers: &SyncSender<Result<String, Silence>>) {
    let mut output = BufReader::new(output);
    while let Some(answer) = read_line(&mut output) {
        let is_last = answer.is_err();
        if answers.send(answer).is_err() || is_last {
            return;
        }
    }
}

/// The next line without its end; `None` at the end of the output.
fn read_line(output: &mut BufReader<ChildStdout>) -> Option<Result<String, Silence>> {
    let no_line = |fault: &dyn Display| Silence::NoLine(fault.to_string());
    match bounded_line(output) {
        Ok(line) => line.map(|line| line.map_err(|fault| no_line(&fault))),
        Err(error) => Some(Err(no_line(&error))),
    }
}
