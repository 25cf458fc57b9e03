//! Reads the API's bytes as the types of [`confcall_join::api`].
//!
//! ```text
//! rpc_result ── bytes, Method ──▶ read_response ──▶ Response ──▶ who sent the request
//!                                      │
//! pushed ─ Feed ─ Updates ───────▶ read_updates ──▶ Update, Update, .. ──▶ UpdateStream
//! ```
//!
//! The schema is that of `grammers-tl-types`, layer [`LAYER`](grammers_tl_types::LAYER). What is not about a conference
//! is left out, and so is what makes no sense: a source that is zero, a group of sources that is none, a subchain that
//! does not exist. Implements `spec/protocol.md`, 11.1 and 12.

mod call;
mod feed;
mod invitation;
mod nesting;
mod participant;
mod response;
mod updates;
mod whole;

pub use feed::Feed;
pub use response::{UnexpectedAnswer, read_response};
pub use updates::{Unpacked, read_updates};
pub use whole::ReadFault;
