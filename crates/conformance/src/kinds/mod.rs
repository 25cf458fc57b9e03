//! One file for each kind of vectors: it reads a case and checks what the case expects.

mod block;
mod broadcast;
mod call;
mod chain;
mod data_encryption;
mod emoji;
mod fixed;
mod header_encryption;
mod packet;
mod shared_secret;
mod sign;
mod trie;
mod verification_words;
mod verify;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;

/// Runs one case: takes all its fields and checks what they expect.
pub(crate) type RunCase = fn(&mut Fields, &mut Check) -> Result<(), CaseFault>;

const RUNNERS: [(&str, RunCase); 13] = [
    ("block", block::run),
    ("broadcast", broadcast::run),
    ("call", call::run),
    ("chain", chain::run),
    ("data_encryption", data_encryption::run),
    ("emoji", emoji::run),
    ("header_encryption", header_encryption::run),
    ("packet", packet::run),
    ("shared_secret", shared_secret::run),
    ("sign", sign::run),
    ("trie", trie::run),
    ("verification_words", verification_words::run),
    ("verify", verify::run),
];

/// The kinds of vectors that can be run.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses what is out of bounds"
)]
pub const KINDS: &[&str] = &{
    let mut names = [""; RUNNERS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = RUNNERS[at].0;
        at += 1;
    }
    names
};

/// The function that runs the cases of a kind, if there is one.
pub(crate) fn runner(kind: &str) -> Option<RunCase> {
    let runner = RUNNERS.iter().find(|(name, _)| *name == kind);
    runner.map(|(_, run)| *run)
}
