//! The media connection of a Telegram group call: WebRTC without sockets, and without a C compiler.
//!
//! [`session`] is the media of one connection: the join payload, frames in and out, sealed where the call is encrypted. It has no socket,
//! clock or thread.
//!
//! [`crypto`] gives [`str0m`], the WebRTC state machine below this crate, the ciphers and the handshake that it asks its caller for.
//!
//! | feature | brings |
//! |---|---|
//! | `aws-lc-rs` | AWS-LC in the place of the RustCrypto crates, built by a C compiler |
//! | `files` | [`files`], which are played into a call and recorded |

pub mod crypto;
#[cfg(feature = "files")]
pub mod files;
pub mod limits;
pub mod session;

pub use str0m;
