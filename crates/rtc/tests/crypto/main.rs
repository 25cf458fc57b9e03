//! The provider of cryptography: known answers, connections of two ends of one process, and AWS-LC beside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[cfg(feature = "aws-lc-rs")]
mod aws_lc_rs;
mod connections;
mod known_answers;
mod pair;
