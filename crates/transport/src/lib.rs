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

mod adapter;
pub mod conference;
pub mod loopback;

pub use adapter::{CallError, Missed, Transport, UpdateSender, UpdateStream};
