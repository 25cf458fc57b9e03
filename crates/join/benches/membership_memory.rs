//! How much memory one membership of 200 members holds, at each point of its life.
//!
//! Floor: what 200 participants cannot do without, their user ids and keys as they stand in the group state.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench"
)]

#[path = "../tests/measured/mod.rs"]
mod measured;

use measured::{MEMBERS, measure};

fn print(what: &str, bytes: i64) {
    let floor = MEMBERS as i64 * 40;
    let ratio = bytes as f64 / floor as f64;
    println!(
        "membership of {MEMBERS}, {what:<28} {bytes:>8} bytes  floor {floor} bytes  ratio {ratio:.1}"
    );
}

fn main() {
    let held = measure();
    print("started", held.started);
    print("all have committed", held.committed);
    print("verified", held.verified);
    print("15 epochs within their grace", held.with_epochs);
    print("15 epochs, all have committed", held.with_epochs_committed);
    print("one epoch again, verified", held.at_rest);
}
