//! `confcall serve`, `confcall create` and `confcall join` as processes that meet over TCP.
//!
//! ```text
//!                ┌── confcall create --json
//! confcall serve ┼── confcall join --json      each a child of this process: it types, and reads events
//!                ├── confcall listen --json
//!                ├── …
//!                └── raw sockets
//! ```
//!
//! Every wait is bounded. Where a test fails, it shows what its processes said.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod chaos;
mod garbage;
mod kinds;
mod lives;
mod members;
mod readme;
mod restart;
#[path = "../running/mod.rs"]
mod running;
mod strangers;
