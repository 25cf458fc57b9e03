//! Calls, packets and timing for the benches of every crate.
//!
//! A bench compares an operation with its floor: the bare primitives that it cannot do without ([`compare`]). The ratio
//! says how much is spent on top of them, and changes less than a time from one machine to another. Where `REFERENCE` names a
//! peer that speaks `spec/interop.md`, its times stand beside ours ([`Reference`]).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "benches fail by panicking, and print what they measure"
)]

mod call;
mod exchange;
mod plot;
mod reference;
mod timing;

pub use call::{PARTICIPANTS, call, compare_calls, signed_bytes, time_reference_join};
pub use exchange::{
    ALICE, BOB, EPOCHS, Floor, NOW, SIZES, compare_frames, member, seed, time_reference_open,
    time_reference_seal,
};
pub use plot::{Panel, svg};
pub use reference::Reference;
pub use timing::{compare, fastest};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;

/// A generator with a stated seed.
pub fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([42; 32])
}
