//! Carries a Telegram conference call over a network client.
//!
//! ```text
//! Conference ── Request ──▶ Transport ──▶ any MTProto client, or a server in this process
//!     ▲                        │
//!     └── Updates, CallError ──┘
//! ```
//!
//! [`Transport`] is what a client's network must be able to do.
//!
//! Features bring the network: with `grammers` there is an adapter over that MTProto client, and with `session-file` its
//! session files; with `tl` there is `ByteTransport`, an adapter over any other that sends and gets bytes.

mod adapter;
#[cfg(feature = "tl")]
mod bytes;
#[cfg(all(feature = "tl", any(fuzzing, confcall_testing)))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "grammers")]
pub mod grammers;
pub mod limits;
#[cfg(feature = "tl")]
pub mod tl;

pub use adapter::{CallError, Missed, Transport, UpdateSender, UpdateStream};
#[cfg(feature = "tl")]
pub use bytes::ByteTransport;
