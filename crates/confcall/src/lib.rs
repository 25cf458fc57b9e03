//! Joins Telegram's end-to-end encrypted conference calls.
//!
//! This is the crate that clients depend on. It adds nothing of its own: it names what most clients need, and
//! hands on the crates below it, each of which can be used alone.
//!
//! ```text
//! transport   Conference: an engine driven on a tokio runtime over your network, and the adapter trait
//!     │
//!   join      Engine: a whole life in a call; what to ask the server and when, without I/O
//!     │         ├── Membership: follows blocks and broadcasts; GroupMessage: what members write
//!     │         ├── checkpoint, trace: a restart without a new join, a run that can be run again
//!     │         └── requests, policy, payloads, links, errors and what to do about them
//!   media     Cryptor: seals and opens frames and messages, on any thread
//!     │
//!   state     keys, wire format, the chain, the key of each epoch, the emoji to compare
//! ```
//!
//! Start with [`Conference`], which does everything on a tokio runtime over a [`Transport`]. A client with another
//! runtime, or none, drives an [`Engine`] itself, which asks for everything that is to be sent and tells everything that
//! is to be shown. The README has an example of both.
//!
//! No network is built in; features bring one, all in [`transport`]:
//!
//! | feature | brings |
//! |---|---|
//! | `tl` | `ByteTransport`, over any MTProto stack that sends and gets bytes; the module `tl`, which reads them |
//! | `grammers` | the module `grammers`, over the MTProto client of that name; with `tl` |
//! | `session-file` | `grammers::session_file`, grammers' sessions in SQLite files, which need a C compiler; with `grammers` |

pub mod conference;
pub mod limits;

pub use confcall_join as join;
pub use confcall_media as media;
pub use confcall_state as state;
pub use confcall_transport as transport;

pub use confcall_join::engine::{
    Command, Config, EmptyCall, Engine, Event, Input, MediaState, Outcome, Output,
};
pub use confcall_join::joining::{Fingerprint, JoinPayload, Link, Target};
pub use confcall_join::membership::{Membership, MembershipEnd};
pub use confcall_join::message::{GroupMessage, RandomId};
pub use confcall_join::policy::Media;
pub use confcall_media::{
    AudioLevel, ChannelId, Codec, Cryptor, EncodedFrame, Moment, RemovalGrace, Speech,
};
pub use confcall_state::{Chain, JoinBlock, Joiner, UserId};
pub use confcall_transport::{CallError, Transport, UpdateSender, UpdateStream};
pub use conference::{Conference, Events, Notice, Options};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
