//! A simulator of calls: engines and a server under a virtual clock, with everything that a network does.
//!
//! ```text
//!              ┌─ requests, delayed, lost ──▶ Server
//! Engine × n ──┤                                │
//!              └─ answers, pushes: delayed, lost, twice, in another order
//! ```
//!
//! A [`World`] is a value: the same seed and script always give the same run. It fails instead of hanging: a run has a
//! bound in virtual time, and what must hold at all times is checked after every block that an engine follows. A
//! [`Life`] is what happens in one from its creation on, by a [`Plan`]: [`Deed`]s, and [`Frames`] from all to all.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "only tests use it, and they fail by panicking"
)]

mod actions;
mod agenda;
mod checks;
mod crowd;
mod fixtures;
mod frames;
pub mod fuzzing;
mod history;
mod hostility;
mod life;
mod node;
mod rule;
mod seeds;
mod transit;
mod world;

pub use actions::Action;
pub use confcall_server::faults::Faults;
pub use crowd::{Crowd, Rush};
pub use fixtures::{media, participant};
pub use frames::Frames;
pub use hostility::{Hostility, Kind};
pub use life::{Life, Plan};
pub use node::{Node, SentRequest};
pub use rule::{Rule, Verdict};
pub use seeds::each_seed;
pub use transit::{Held, HeldRequest, NodeId};
pub use world::{World, outcome};
