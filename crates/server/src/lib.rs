//! A server of group calls to develop and test clients against, as a value.
//!
//! A [`Server`] keeps conferences with their two subchains and their rosters, and the calls of groups and channels and
//! live stories of a world that is described ([`WorldDescription`]). It answers the requests of clients as the API does: it
//! validates every block with the whole trie, lets a block add only the joining user, and refuses what the API refuses under
//! the same names. It has no socket, clock, thread or random generator of its own: the same seed and the same requests always
//! give the same answers.
//!
//! ```text
//! request bytes ──▶ Request ──▶ Server ─┬▶ Call { subchains, access, room } ───────▶ Outcome ──▶ answer
//!                                 │      └▶ World { chats, HostedCall { room, .. } } ──▶ Outcome ──▶ queue of pushes
//!                              Refusal ◀────┘
//! ```
//!
//! The server finds the call, checks that there is room, and delivers the outcome; the call checks everything else before
//! it changes anything. A refused request therefore changes nothing: its [`Refusal`] names the broken rule, and a client
//! sees of it only the error that the API has for that.
//!
//! Time passes by method calls: [`Server::set_time`] dates what happens, [`Server::drop_member`] disconnects a silent member, [`Server::compact`] drops old
//! broadcasts, and [`Server::discard_idle`] ends empty calls. [`Limits`] bound everything that clients can make the server
//! keep. [`Server::to_snapshot`] and [`Server::from_snapshot`] carry the whole server over a restart.
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
//! - `sfu`: the module `sfu`, which passes the media of calls on between their members.
//! - `tl`: the module `tl`, which writes answers and pushes as the bytes of the API, and by it `Server::handle_bytes` and
//!   `Server::poll_push_bytes`.

#[cfg(feature = "tl")]
mod bytes;
mod call;
mod calls;
mod creations;
mod error;
pub mod faults;
mod feed;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing {
    //! The envelope of a snapshot, for the fuzz target that reads its content.
    pub use crate::snapshot::sealed;
}
mod hosting;
mod introductions;
mod invitations;
pub mod limits;
#[cfg(feature = "loopback")]
pub mod loopback;
mod names;
mod options;
mod own_peer;
mod people;
mod phone_calls;
mod pushes;
mod refusal;
mod room;
mod server;
#[cfg(feature = "sfu")]
pub mod sfu;
mod snapshot;
#[cfg(feature = "tl")]
pub mod tl;
mod world;

#[cfg(test)]
mod tests;

/// The example of the README, which must compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use call::Call;
pub use error::{InviteError, LoadError, NoSpace, TooManyCalls};
pub use options::{Limits, ServerOptions};
pub use refusal::Refusal;
pub use room::CallMember;
pub use server::Server;
pub use snapshot::SnapshotError;
pub use world::{
    ChatKind, DescribedCall, DescribedChat, DescribedStory, DescribedUser, HostedCall,
    WorldDescription, WorldError,
};
