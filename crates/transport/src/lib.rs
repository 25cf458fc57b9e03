//! Carries the join of a Telegram conference call over a network client.
//!
//! ```text
//! join_once ── Request ──▶ Transport ──▶ loopback ──▶ a Service in this process
//!     ▲                        │                      (or any MTProto client)
//!     └── Updates, CallError ──┘
//! ```
//!
//! [`Transport`] is what a client's network must be able to do. [`join_once`] takes a user from a target to a
//! joined call over any of them; [`loopback`] connects users to a server in the same process.

mod adapter;
mod answer;
#[cfg(feature = "tl")]
mod bytes;
mod error;
#[cfg(feature = "grammers")]
pub mod grammers;
mod join_once;
pub mod loopback;
mod step;
#[cfg(feature = "tl")]
pub mod tl;

pub use adapter::{CallError, Missed, Transport, UpdateSender, UpdateStream};
pub use answer::Joined;
#[cfg(feature = "tl")]
pub use bytes::ByteTransport;
pub use confcall_join::engine::EmptyCall;
pub use confcall_join::joined::AnswerFault;
pub use error::JoinError;
pub use join_once::{JoinOptions, join_once};
pub use step::Step;
