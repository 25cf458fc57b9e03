//! Joins Telegram's end-to-end encrypted conference calls, and keeps a client in them.
//!
//! A client that has an MTProto stack follows a link with it in ten lines:
//!
//! ```
//! use confcall::{Conference, Event, Link, Notice, Options, Transport, UserId};
//!
//! async fn follow(link: &str, user: UserId, network: impl Transport + 'static) -> Result<(), Box<dyn std::error::Error>> {
//!     let options = Options::new(Link::parse(link)?.try_into()?, user)?;
//!     let (conference, mut events) = Conference::join(network, options).await?;
//!     while let Some(notice) = events.next().await {
//!         match notice {
//!             Notice::Event(Event::Emoji { hash, .. }) => println!("compare {:?}", hash.emoji()),
//!             other => println!("{other:?}"),
//!         }
//!         # if conference.view().emoji.is_some() { break }
//!     }
//!     println!("{}", conference.close().await);
//!     Ok(())
//! }
//! # use confcall::{EmptyCall, Target};
//! # use confcall_server::{Server, ServerOptions, loopback::Hub};
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
//! # let hub = Hub::new(Server::new(ServerOptions::default()));
//! # let (alice, bob) = (UserId::new(1), UserId::new(2));
//! # let created = Conference::join(hub.connect(alice), Options::new(Target::Create, alice)?).await?;
//! # let link = hub.with(|server| server.calls().next().map(|call| call.invite_link()));
//! # follow(link.ok_or("no call")?.as_str(), bob, hub.connect(bob)).await?;
//! # drop(created);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! There are three ways in, each on top of the next:
//!
//! - A [`Conference`] is one user's stay in a call, driven on a tokio runtime over a [`Transport`]: it joins, follows, verifies
//!   and leaves by itself. A client shows its [`Events`] and its [`View`], gives the [`Cryptor`] to its media threads, and
//!   asks for what its user wants.
//! - An [`Engine`] is the same without I/O, for other runtimes and languages. A client sends its requests and hands back the
//!   answers and the updates. The documentation of the type is its contract.
//! - A [`Membership`] is chain, verification and keys alone. What to ask the server and when is then for the client to decide.
//!
//! ```text
//! confcall    Conference: an engine driven on a tokio runtime over your network
//!     │
//! transport   the trait of a network, adapters, the API's bytes read
//!     │
//!   join      Engine: a whole life in a call; what to ask the server and when, without I/O
//!     │         ├── Membership: follows blocks and broadcasts; GroupMessage: messages of the members
//!     │         ├── checkpoint, trace: a restart without a new join, a run that can be run again
//!     │         └── requests, policy, payloads, links, errors and the reactions to them
//!   media     Cryptor: seals and opens frames and messages, on any thread
//!     │
//!   state     keys, wire format, the chain, the key of each epoch, the emoji to compare
//! ```
//!
//! Each of these crates can be used alone, and is here under its name: [`state`], [`media`], [`join`] and [`transport`]. The
//! types of this crate's own signatures stand at its root.
//!
//! No network is built in; features bring one:
//!
//! | feature | brings |
//! |---|---|
//! | `tl` | `ByteTransport`, over any MTProto stack that sends and gets bytes; `transport::tl`, which reads them |
//! | `grammers` | `transport::grammers`, over the MTProto client of that name, and its crates; with `tl` |
//! | `session-file` | `transport::grammers::session_file`, grammers' sessions in SQLite files, which need a C compiler; with `grammers` |
//!
//! The directory `examples` has a bot, a client of grammers, an adapter over bytes, an engine without a runtime, and a restart.

mod conference;
mod events;
pub mod limits;
mod log;
mod options;
mod view;

pub use confcall_join as join;
pub use confcall_media as media;
pub use confcall_state as state;
pub use confcall_transport as transport;
#[cfg(feature = "tl")]
pub use confcall_transport::grammers_tl_types;
#[cfg(feature = "grammers")]
pub use confcall_transport::{grammers_mtsender, grammers_session};

pub use conference::{Conference, Resumption};
pub use events::{Events, Notice};
pub use options::{NoRandomness, Options};
pub use view::View;

pub use confcall_join::Ssrc;
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

/// The examples of the crate's README and of the repository's, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../../README.md")]
struct Readme;
