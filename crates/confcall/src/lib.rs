//! Joins Telegram's end-to-end encrypted conference calls, and keeps a client in them.
//!
//! A client that has an MTProto stack follows a link with it in three lines:
//!
//! ```
//! use confcall::{Conference, Transport};
//!
//! async fn greet(client: impl Transport + 'static, link: &str) -> Result<(), Box<dyn std::error::Error>> {
//!     let call = Conference::join(client, link).await?;
//!     println!("{}", call.emoji().await?);
//!     call.send_text("hello").await?;
//!     Ok(())
//! }
//! # use confcall::{Target, UserId};
//! # use confcall_server::{Server, ServerOptions, loopback::Hub};
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
//! # let hub = Hub::new(Server::new(ServerOptions::default()));
//! # let created = Conference::join(hub.connect(UserId::new(1)), Target::Create).await?;
//! # let link = created.link().ok_or("no link")?;
//! # greet(hub.connect(UserId::new(2)), link.as_str()).await
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! There are four ways in, each on top of the next:
//!
//! - [`Conference::join`] takes a link and chooses everything else: the user as the transport names it, the operating system's
//!   randomness, no sound and picture.
//! - [`Options`] say what else there is to choose: the user, the media, the behaviour in the call, the seed. A [`Call`] is one
//!   user's stay in a call of any kind, driven on a tokio runtime over a [`Transport`]: it joins, follows and leaves by itself. A
//!   [`Conference`] is a `Call` with what only end-to-end encryption has: it verifies. A [`GroupCall`] is one with what only the calls
//!   of groups and channels and live stories have: hands, titles, streams. A client shows its [`Events`] and its
//!   [`View`], gives the [`Cryptor`] to its media threads, and asks for what its user wants.
//! - An [`Engine`] is the same without I/O, for other runtimes and languages. A client sends its requests and hands back the
//!   answers and the updates. The documentation of the type is its contract.
//! - A [`Membership`] is chain, verification and keys alone. What to ask the server and when is then for the client to decide.
//!
//! ```text
//! confcall    Call, Conference, GroupCall: an engine driven on a tokio runtime over your network
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
//! Events and views serialise, and show themselves in one line; `spec/events.md` in the repository has their shapes.
//!
//! No network is built in; features bring one:
//!
//! | feature | brings |
//! |---|---|
//! | `os-rng` (default) | everything that needs the operating system's randomness: a call by its link alone, `Options::new`, `Conference::create`, `Call::send_text` |
//! | `tl` | `ByteTransport`, over any MTProto stack that sends and gets bytes; `transport::tl`, which reads them |
//! | `grammers` | `transport::grammers`, over the MTProto client of that name, and its crates; with `tl` |
//! | `session-file` | `transport::grammers::session_file`, grammers' sessions in SQLite files, which need a C compiler; with `grammers` |
//!
//! The directory `examples` has two bots, a client of grammers, an adapter over bytes, an engine without a runtime, and a restart.

mod asking;
mod call;
mod conference;
mod contact;
mod creation;
mod driver;
mod error;
mod events;
mod group_call;
mod hosting;
mod incoming;
mod inputs;
pub mod limits;
mod log;
mod options;
#[cfg(feature = "os-rng")]
mod os_rng;
mod requests;
mod settings;
mod stream;
mod view;

pub use asking::RequestError;
pub use call::Call;
pub use conference::{Conference, Resumption};
pub use creation::{CreateError, Created};
pub use error::JoinError;
#[cfg(feature = "os-rng")]
pub use error::{NoRandomness, OptionsError, SendTextError};
pub use events::{Events, Notice};
pub use group_call::{GroupCall, Load, Newcomer, Spam};
pub use hosting::{NewCall, RtmpFeed};
pub use incoming::{DeclineError, Incoming, IncomingCall};
pub use inputs::{IntoTarget, IntoUser};
pub use options::{IntoOptions, Options};
pub use stream::StreamParts;
pub use view::{View, WaitingFor};

// The crates below, whole.
pub use confcall_join as join;
pub use confcall_media as media;
pub use confcall_state as state;
pub use confcall_transport as transport;
#[cfg(feature = "tl")]
pub use confcall_transport::grammers_tl_types;
#[cfg(feature = "grammers")]
pub use confcall_transport::{grammers_mtsender, grammers_session};

// The types of the signatures here, and of what they are made of, so that a client depends on no other crate.
#[doc(inline)]
pub use confcall_join::api::{
    self, AccessHash, CallId, CallMessageId, CallRef, DataJson, InputGroupCall, InputPeer,
    InputPhoneCall, InputUser, InviteLink, MessageId, Method, MigratedCall, Peer, Request,
    Response, RpcError, Slug, Ssrc, Update,
};
#[doc(inline)]
pub use confcall_join::engine::checkpoint::{CheckpointError, RestoreError};
#[doc(inline)]
pub use confcall_join::engine::{
    Advice, CallInfo, Command, CommandFailure, CommandId, CommandKind, Config, EmojiOverdue,
    EmptyCall, EndReason, Ended, Engine, Event, Input, Joined, MediaConnection, MediaMode,
    MediaState, Microphone, Misuse, OtherKind, Outcome, Output, OwnMedia, OwnState, Participant,
    ParticipantChange, ParticipantField, PayloadReason, Payloads, Picture, Posted, RejoinReason,
    RequestId, Restored, Suspicion, Trouble, VideoLayout, Volume, VolumeSetter,
};
#[doc(inline)]
pub use confcall_join::joining::{
    CallPlace, Fingerprint, FingerprintHash, GroupCallTarget, IceCredentials, InviteHash,
    JoinPayload, Link, Target, Username,
};
#[doc(inline)]
pub use confcall_join::labels::Label;
#[doc(inline)]
pub use confcall_join::membership::{BlockRefused, Gap, LastKnown, Membership, MembershipEnd};
#[doc(inline)]
pub use confcall_join::message::{GroupMessage, RandomId};
#[doc(inline)]
pub use confcall_join::policy::{CallKind, CheckedRequest, ClientRequest, Media};
#[doc(inline)]
pub use confcall_join::stream::{Quality, StreamPart, Track, WantedVideo};
#[doc(inline)]
pub use confcall_media::{
    AudioLevel, ChannelId, Codec, Cryptor, EncodedFrame, Moment, RemovalGrace, Speech,
};
#[doc(inline)]
pub use confcall_state::keys::{PublicKey, Seed};
#[doc(inline)]
pub use confcall_state::verification::{EmojiHash, Phase};
#[doc(inline)]
pub use confcall_state::wire::Permissions;
#[doc(inline)]
pub use confcall_state::{BlockHash, Chain, Height, JoinBlock, Joiner, KvHash, UserId};
#[doc(inline)]
pub use confcall_transport::{CallError, Missed, Transport, UpdateSender, UpdateStream};

/// The connection of the media, as the server's answer to a join describes it.
pub mod connection {
    #[doc(inline)]
    pub use confcall_join::joining::{
        Candidate, ConnectionParameters, Feedback, HeaderExtension, MediaParameters, PayloadType,
        Transport,
    };
}

/// The errors of parts, and the causes inside errors and reasons, down to the rule that was broken.
pub mod fault {
    #[doc(inline)]
    pub use confcall_join::api::reaction::GiveUpReason;
    #[doc(inline)]
    pub use confcall_join::api::{SlugError, SsrcGroupError, WrongResponse};
    #[doc(inline)]
    pub use confcall_join::joining::{
        AnswerError, AnswerFault, FingerprintError, IceError, LinkError, PayloadError, PresendError,
    };
    #[doc(inline)]
    pub use confcall_join::membership::{
        Break, BroadcastRefused, ChangeError, LastKnownError, StartError,
    };
    #[doc(inline)]
    pub use confcall_join::message::{MessageError, OpenMessageError};
    #[doc(inline)]
    pub use confcall_join::policy::{ClientRequestError, PolicyViolation};
    #[doc(inline)]
    pub use confcall_media::{
        InvalidChannel, OpenError, OpenFrameError, Replay, SealError, SealFrameError,
    };
    #[doc(inline)]
    pub use confcall_state::chain::{
        ChainError, GroupChangeError, GroupStateFault, MemberChangeFault, MissingPermission,
        RecipientFault, SelfAddFault,
    };
    #[doc(inline)]
    pub use confcall_state::encryption::{DecryptionError, HeaderError};
    #[doc(inline)]
    pub use confcall_state::keys::{InvalidSignature, NoSharedSecret};
    #[doc(inline)]
    pub use confcall_state::tl::{ReadError, ReadErrorKind};
    #[doc(inline)]
    pub use confcall_state::trie::TrieError;
    #[doc(inline)]
    pub use confcall_state::verification::BroadcastError;
    #[doc(inline)]
    pub use confcall_state::{EpochKeyError, UnusableParticipant};
}

/// The examples of the crate's README and of the repository's, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../../README.md")]
struct Readme;
