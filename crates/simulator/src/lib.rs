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

mod agenda;
mod crowd;
mod deeds;
mod frames;
pub mod fuzzing;
mod hostility;
mod life;
mod node;
mod rule;
mod seeds;
mod world;

pub use confcall_server::faults::Faults;
pub use crowd::{Crowd, CrowdMember, Rush};
pub use deeds::Deed;
pub use frames::Frames;
pub use hostility::{Hostility, Kind};
pub use life::{Life, Plan};
pub use node::{Asked, Node};
pub use rule::{Rule, Verdict};
pub use seeds::each_seed;
pub use world::{NodeId, World, media, participant};
