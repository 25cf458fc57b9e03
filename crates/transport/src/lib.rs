//! The network of a Telegram group call: what an adapter must do, adapters, and the API's bytes read.
//!
//! ```text
//! client or driver ── CheckedRequest ──▶ Transport ──▶ an MTProto stack, or a server in this process
//!        ▲                                   │
//!        └────── Response, Update ───────────┘
//! ```
//!
//! [`Transport`] is the contract of an adapter; `confcall`'s `Conference` drives an engine over one. A client that drives
//! the engine by itself, on any runtime or none, needs only the feature `tl`: its `ByteEngine` is an engine that speaks bytes.
//!
//! | feature | brings |
//! |---|---|
//! | `adapter` (default) | [`Transport`] and [`UpdateStream`], over tokio's channels, which need no runtime of tokio |
//! | `tl` | the module `tl`, which reads answers and updates from the API's bytes, and `ByteEngine`, both without tokio; with `adapter`, `ByteTransport`, over any stack that sends and gets bytes |
//! | `grammers` | the module `grammers`, an adapter over the MTProto client of that name, on tokio |
//! | `session-file` | `grammers::session_file`, grammers' sessions in SQLite files, which need a C compiler |

#[cfg(feature = "adapter")]
mod adapter;
#[cfg(feature = "tl")]
mod byte_engine;
#[cfg(all(feature = "adapter", feature = "tl"))]
mod bytes;
#[cfg(all(feature = "tl", any(fuzzing, confcall_testing)))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "grammers")]
pub mod grammers;
pub mod limits;
#[cfg(feature = "tl")]
pub mod tl;
#[cfg(feature = "adapter")]
mod updates;

#[cfg(feature = "adapter")]
pub use adapter::{CallError, Transport};
#[cfg(feature = "tl")]
pub use byte_engine::{ByteEngine, ByteOutput};
#[cfg(all(feature = "adapter", feature = "tl"))]
pub use bytes::{ByteTransport, Feed, ToDataCentres};
#[cfg(feature = "adapter")]
pub use updates::{Missed, UpdateSender, UpdateStream};

#[cfg(feature = "grammers")]
pub use grammers_mtsender;
#[cfg(feature = "grammers")]
pub use grammers_session;
#[cfg(feature = "tl")]
pub use grammers_tl_types;
