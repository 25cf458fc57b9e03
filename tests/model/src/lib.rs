//! A naive model of the rules that all members of a call must agree on, and its comparison with the engine.
//!
//! ```text
//!                  ┌─ canonical bytes, hash ──▶ Model ──▶ verdict, state ─┐
//! bytes ── draw ──▶ Block                                                 ├──▶ the same, or a Disagreement
//!                  └─ wire bytes ──▶ confcall_state::Chain ──▶ error, state ─┘
//! ```
//!
//! The model is written from `spec/protocol.md` alone, for clarity: lists are searched, every state is copied, the
//! trie's hash is computed from a sorted map each time. It shares with the engine the signatures and nothing
//! else: values, wire form, hashes and rules are its own. Where the two differ, one of them is wrong.
//!
//! [`chain_ops`] and [`verification_ops`] take any bytes as their choices, so that a fuzzer and a seeded generator
//! drive the same comparison.

#![allow(
    clippy::indexing_slicing,
    reason = "only tests use it, and they fail by panicking"
)]

mod broadcasts;
mod chain_ops;
mod draw;
mod judged;
mod keys;
mod rules;
mod start;
mod trie;
mod values;
mod verdict;
mod verification_ops;
mod wire;

pub use chain_ops::chain_ops;
pub use judged::{Judged, Seen};
pub use verdict::{Disagreement, Refused};
pub use verification_ops::{Rounds, verification_ops};
