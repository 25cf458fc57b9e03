//! Carries a Telegram conference call over a network client.
//!
//! ```text
//! Conference ── Request ──▶ Transport ──▶ loopback ──▶ a Service in this process
//!     ▲                        │                       (or any MTProto client)
//!     └── Updates, CallError ──┘
//! ```
//!
//! [`Transport`] is what a client's network must be able to do. A [`Conference`](conference::Conference) drives an
//! engine over any of them; [`loopback`] connects users to a server in the same process.
//!
//! Features bring the network: with `grammers` there is an adapter over that MTProto client, and with `session-file` its
//! session files; with `tl` there is `ByteTransport`, an adapter over any other that sends and gets bytes.

mod adapter;
#[cfg(feature = "tl")]
mod bytes;
pub mod conference;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "grammers")]
pub mod grammers;
pub mod limits;
pub mod loopback;
#[cfg(feature = "tl")]
pub mod tl;

pub use adapter::{CallError, Missed, Transport, UpdateSender, UpdateStream};
#[cfg(feature = "tl")]
pub use bytes::ByteTransport;
