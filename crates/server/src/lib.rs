//! A conference server to develop and test clients against, as a value.
//!
//! A [`Server`] keeps calls with their two subchains and their rosters, and answers the requests of clients
//! as the API does: it validates every block with the whole trie, lets a block add nobody but the joining
//! user, and refuses what the API refuses under the same names. It has no socket, clock, thread or random
//! generator of its own: the same seed and the same requests always give the same answers.
//!
//! ```text
//! request bytes ──▶ Request ──▶ policy ──▶ payload ──▶ Call::check_join ──▶ Admission ──▶ Call::admit
//!                                                            │                                │
//!                                             Refusal ◀──────┘        answer, pushes ◀────────┘
//! ```
//!
//! Other requests go the same way: who may ask, what they ask for, then the change and what everybody is told.
//! Time passes only as whoever holds the server says: [`Server::drop_member`] disconnects a silent member,
//! [`Server::compact`] drops old broadcasts, and [`Server::discard_idle`] ends the calls that nobody is in. What clients
//! can make the server keep is bounded by [`Limits`]. [`Server::to_snapshot`] and [`Server::from_snapshot`] carry the
//! whole server over a restart.
//!
//! A refused request changes nothing. Why it was refused is a [`Refusal`], of which a client sees only the
//! error that the API has for it.
//!
//! ```
//! use confcall_join::api::{GetGroupCallChainBlocks, InputGroupCall, Request};
//! use confcall_server::{ServerOptions, Server};
//! use confcall_state::UserId;
//!
//! let mut server = Server::new(ServerOptions::default());
//! let call = server.create_empty(UserId::new(1))?;
//! let slug = server.call(call).map(|call| InputGroupCall::Slug(call.slug().clone()));
//! let tip = GetGroupCallChainBlocks::tip(slug.ok_or("no such call")?);
//! let answer = server.answer(UserId::new(2), &Request::from(tip))?;
//! assert_eq!(answer.into_updates()?.0.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! None is on by default.
//!
//! - `loopback`: the module `loopback`, which connects users of this process to a [`Server`] as a `Transport`.

mod call;
mod calls;
mod creations;
mod error;
pub mod faults;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing {
    //! The envelope of a snapshot, for the fuzz target that reads its content.
    pub use crate::snapshot::sealed;
}
mod invitations;
pub mod limits;
#[cfg(feature = "loopback")]
pub mod loopback;
mod names;
mod options;
mod pushes;
mod refusal;
mod server;
mod snapshot;

#[cfg(test)]
mod tests;

pub use call::{Call, CallMember};
pub use error::{InviteError, LoadError, NoSpace, TooManyCalls};
pub use options::{Limits, ServerOptions};
pub use refusal::Refusal;
pub use server::Server;
pub use snapshot::SnapshotError;
