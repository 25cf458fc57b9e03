//! How the cases of each kind are run.

mod block;
mod chain;
mod data_encryption;
mod header_encryption;
mod shared_secret;
mod sign;
mod trie;
mod verify;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;

/// Runs one case: takes all its fields and checks what they expect.
pub(crate) type RunCase = fn(&mut Fields, &mut Check) -> Result<(), CaseFault>;

const RUNNERS: [(&str, RunCase); 8] = [
    ("block", block::run),
    ("chain", chain::run),
    ("data_encryption", data_encryption::run),
    ("header_encryption", header_encryption::run),
    ("shared_secret", shared_secret::run),
    ("sign", sign::run),
    ("trie", trie::run),
    ("verify", verify::run),
];

/// The kinds of vectors that can be run.
pub const KINDS: &[&str] = &{
    let [a, b, c, d, e, f, g, h] = &RUNNERS;
    [a.0, b.0, c.0, d.0, e.0, f.0, g.0, h.0]
};

/// What runs the cases of a kind, if anything does.
pub(crate) fn runner(kind: &str) -> Option<RunCase> {
    let runner = RUNNERS.iter().find(|(name, _)| *name == kind);
    runner.map(|(_, run)| *run)
}

/// An operation of a kind that has two.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    Encrypt,
    Decrypt,
}
