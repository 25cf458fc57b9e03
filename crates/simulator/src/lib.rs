//! A simulator of calls: engines and a server under a virtual clock, with everything that a network does.
//!
//! ```text
//!              ┌─ requests: delayed, lost, refused, held ──▶ Server
//! Node × n ────┤                                              │
//!  (Engine)    └─ answers, pushes: delayed, lost, twice ◀─────┘
//! ```
//!
//! # How to write a test
//!
//! A [`World`] has a [`Server`](confcall_server::Server) and [`Node`]s, which drive their engines by the contract and keep everything that came
//! out of them. A test makes a world, lets time pass, and looks at the nodes:
//!
//! ```
//! use confcall_join::api::Method;
//! use confcall_simulator::{Rule, Verdict, World};
//!
//! let mut world = World::with_call(2);
//! let lost = Rule::new(Method::JoinGroupCall, Verdict::Lose).of(3).times(1);
//! world.rules.push(lost);
//! let link = world.link();
//! let newcomer = world.join(link);
//! world.converge();
//! assert_eq!(world.nodes[newcomer].sent(Method::JoinGroupCall), 2);
//! ```
//!
//! | to have | use |
//! |---|---|
//! | time pass | [`World::run`], [`World::run_while_not`], [`World::converge`] |
//! | a certain request go wrong | a [`Rule`] with a [`Verdict`] in [`World::rules`] |
//! | a bad network | [`Faults`] in [`World::faults`]; [`World::cut`] for an outage |
//! | a server that lies | a [`Hostility`] in [`World::hostility`]; [`World::push`] for single updates |
//! | a client do something | [`World::command`], [`World::input`] |
//! | a client stop, restart, or get no time | [`World::stop`], [`World::replace`], [`World::crash`]; [`World::put_to_sleep`] |
//! | every message wait for the test | [`World::hold`], [`World::deliver_request`], [`World::deliver_push`] |
//! | one engine without a network | a [`Node`] alone |
//! | a law for many seeds | [`each_seed`] |
//! | a whole call by chance | a [`Life`] by a [`Plan`]: [`Action`]s, and [`Frames`] from all to all |
//! | calls of every kind | a [`neighbourhood`] as the server; an [`Evening`] there by chance |
//! | two hundred who press a link | a [`Crowd`] |
//!
//! # What is checked by itself
//!
//! The laws that a [`Node`] lists hold for each engine after each input, and for one block all users are shown the same emoji. A world
//! is a value: the same seed and script always give the same run. It fails instead of hanging: a run has a bound in
//! virtual time.
//!
//! The tests of `confcall-tests`, the second act of `confcall demo`, the benches and the fuzz target of the engine are scripts
//! for a world. The exhaustive search drives nodes by a network of its own, which visits every order of deliveries.

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
mod evening;
mod fixtures;
mod frames;
#[cfg(any(fuzzing, confcall_testing))]
pub mod fuzzing;
mod history;
mod hostility;
mod laws;
mod life;
mod neighbourhood;
mod node;
mod participants;
mod rule;
mod seeds;
mod transit;
mod world;

pub use actions::Action;
pub use confcall_server::faults::Faults;
pub use crowd::{Crowd, Rush};
pub use evening::Evening;
pub use fixtures::{media, pair, participant};
pub use frames::Frames;
pub use hostility::{Hostility, Kind, named, of_another_call, showing};
pub use life::{Life, Plan};
pub use neighbourhood::{neighbourhood, own_channel, place};
pub use node::{Node, SentRequest};
pub use rule::{Rule, Verdict};
pub use seeds::each_seed;
pub use transit::{Held, HeldRequest, NodeId};
pub use world::{World, outcome};
