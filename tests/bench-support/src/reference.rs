//! Times of another implementation, beside ours.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use crate::timing::median;

/// The requests of one figure.
const REQUESTS: usize = 31;

/// A peer that speaks `spec/interop.md`, which the variable `REFERENCE` names by its command.
pub struct Reference {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reference {
    /// Starts the peer, if the variable names one; its words are parted at spaces.
    pub fn start() -> Option<Self> {
        let command = env::var("REFERENCE").ok()?;
        let mut words = command.split_whitespace();
        let mut child = Command::new(words.next()?)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("REFERENCE is a command");
        Some(Self {
            requests: child.stdin.take().expect("it is piped"),
            answers: BufReader::new(child.stdout.take().expect("it is piped")),
            child,
        })
    }

    /// Asks for something that must succeed.
    pub fn ask(&mut self, request: &str) {
        writeln!(self.requests, "{request}").expect("the peer reads");
        let mut answer = String::new();
        self.answers
            .read_line(&mut answer)
            .expect("the peer answers");
        assert!(answer.contains("\"ok\""), "{request:.200}: {answer}");
    }

    /// Prints the median time of an operation's answers, without that of the answers to pings as long.
    pub fn compare(&mut self, label: &str, mut request: impl FnMut(usize) -> String) {
        let times = (0..REQUESTS).map(|number| {
            let request = request(number);
            let pad = "0".repeat(request.len());
            let ping = format!(r#"{{"op":"ping","pad":"{pad}"}}"#);
            self.time(&request) - self.time(&ping)
        });
        let time = median(times);
        println!("{label}  reference, by its peer {time:>10.1} µs");
    }

    fn time(&mut self, request: &str) -> f64 {
        let started = Instant::now();
        self.ask(request);
        started.elapsed().as_secs_f64() * 1e6
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
