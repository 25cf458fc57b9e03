//! A symbolic model of a conference under attack, and the search through all that an attacker can do in it.
//!
//! ```text
//! Knowledge ── can make ─▶ moves of the attacker ─▶ Person: what our engine does ─▶ terms that it says ─┐
//!     ▲                                                │                                               │
//!     │                                                └─▶ State ─▶ laws, in every state                │
//!     └─────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The server is the attacker, and so are all dishonest participants: it has their keys, sees everything that is said, and
//! shows each honest user whatever it has or can make: tips, answers, blocks, commits and reveals, replayed, forged or none.
//! Cryptography is perfect: terms are opened with their key only, hashes have no collisions, signatures are made with their key only. The one
//! exception are the emoji, which have 33 bits: whoever knows all other nonces of a round can search for one that makes them
//! the wanted ones.
//!
//! [`search`] visits every state of a [`Scene`] by `stateright`, in which states are told apart by fingerprints of 64 bits. Each
//! [`Law`] is one of its properties. A [`Check`] is something that our engine looks at or does, after `spec/protocol.md`; without one, other
//! laws fall, and [`MUTATIONS`] says which.
//!
//! The bounds of each scene, the states that it has, and what the model leaves out stand in `spec/security.md`.

mod attack;
mod block;
mod chain;
mod check;
mod knowledge;
mod law;
mod model;
mod mutation;
mod person;
mod round;
mod scene;
mod search;
mod term;

pub use check::{Check, Checks};
pub use law::{Law, Sight};
pub use mutation::{MUTATIONS, Mutation};
pub use scene::{Budget, Scene};
pub use search::{Found, search};
