//! Sessions of several members over a server that forwards, with loss, delay and reordering of the network.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod calls;
mod hostile;
mod members;
mod world;
