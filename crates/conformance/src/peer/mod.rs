//! The interop peer: another program drives the engine by lines of JSON.
//!
//! ```text
//! line ── lines ──▶ Request { id, op, .. } ── family of the operation ──▶ Ok(result) ──┐
//!   └─ too long, not UTF-8 ─▶ Refusal ◀── not understood, refused by the rules ─┘      ▼
//!                                └────────────────────────────────────▶ Answer ──▶ line, flushed
//! ```
//!
//! One file is one family of operations; each operation is a function that takes its request, as a struct, and
//! gives its result or a `Refusal`. Nothing but the end of the input ends the peer.
//!
//! It takes private keys and answers with epoch keys, and it makes any block that it is asked for: it is for tests, and
//! never for a call of people. Implements `spec/interop.md`.

mod broadcast;
mod builders;
mod call;
mod chain;
mod enc;
mod ids;
mod lines;
mod membership;
mod named;
mod objects;
mod primitives;
mod refusal;
mod request;
mod trie;
mod wire;

use core::time::Duration;
use std::io::{self, BufRead, Write};

use rand_core::CryptoRng;

use lines::Lines;
pub use lines::{LineFault, MAX_LINE_LENGTH, bounded_line};
pub use objects::Peer;
use refusal::Refusal;
use request::{Answer, Operation, Request};

/// The operations, by family.
const FAMILIES: [&[(&str, Operation)]; 8] = [
    primitives::OPERATIONS,
    wire::OPERATIONS,
    trie::OPERATIONS,
    chain::OPERATIONS,
    broadcast::OPERATIONS,
    builders::OPERATIONS,
    call::OPERATIONS,
    enc::OPERATIONS,
];

/// Answers each line of `input` with one line of `output`, in order and at once, until the input ends.
///
/// `rng` gives the secrets that requests leave open, `clock` the time since some origin, by which epochs end.
///
/// # Errors
///
/// What reading and writing fail with, and nothing else.
pub fn serve(
    input: impl BufRead,
    mut output: impl Write,
    rng: impl CryptoRng + 'static,
    clock: impl Fn() -> Duration + 'static,
) -> io::Result<()> {
    let mut peer = Peer::new(rng, clock);
    let mut lines = Lines::new(input);
    while let Some(line) = lines.next_line()? {
        let mut answer = match &line {
            Ok(text) => peer.answer(text)?,
            Err(fault) => serde_json::to_string(&Answer::new(None, Err(Refusal::driver(fault))))?,
        };
        // One write for each line, so that a pipe never shows half of one.
        answer.push('\n');
        output.write_all(answer.as_bytes())?;
        // The driver waits for each answer before it asks again.
        output.flush()?;
    }
    Ok(())
}

impl Peer {
    /// The answer to one line; both are without an end of line.
    ///
    /// # Errors
    ///
    /// None that is known: that the answer is no JSON.
    pub fn answer(&mut self, line: &str) -> serde_json::Result<String> {
        serde_json::to_string(&answer(self, line))
    }
}

fn answer<'a>(peer: &mut Peer, line: &'a str) -> Answer<'a> {
    let request = match Request::read(line) {
        Ok(request) => request,
        Err(refusal) => return Answer::new(None, Err(refusal)),
    };
    let outcome = request.operation().and_then(|name| {
        let mut operations = FAMILIES.iter().copied().flatten();
        let operation = operations.find(|(known, _)| *known == name);
        match operation {
            Some((_, run)) => run(peer, &request),
            None => Err(Refusal::driver(&unknown(&name))),
        }
    });
    let outcome = outcome.map(|mut result| {
        peer.ids.apply(&mut result);
        result
    });
    Answer::new(request.id(), outcome)
}

/// The answer to an operation that is none, with all that there are.
fn unknown(name: &str) -> String {
    // Shortened: a line of any length can hold it.
    let name: String = name.chars().take(32).collect();
    let operations = FAMILIES.iter().copied().flatten();
    let operations: Vec<_> = operations.map(|(known, _)| *known).collect();
    format!(
        "there is no operation {name:?}; there are {}",
        operations.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_row_in_the_documentation_and_every_row_an_operation() {
        let text = include_str!("../../../../spec/interop.md");
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
        let mut documented: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
        let operations = FAMILIES.iter().copied().flatten();
        let mut operations: Vec<_> = operations.map(|(name, _)| *name).collect();
        documented.sort_unstable();
        operations.sort_unstable();
        assert_eq!(operations, documented);
    }
}
