//! Calls that are no conference: from the place where they are found to the end, with a server that the test plays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod being;
mod desk;
mod entering;
mod entering_again;
mod rules;
mod streams;
mod taking_back;
