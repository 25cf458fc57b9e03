//! The API's bytes read as the types of [`confcall_join::api`], without a runtime.
//!
//! ```text
//! rpc_result ── bytes, Method ──▶ read_response ──▶ Response
//! pushed ────── bytes ──────────▶ read_pushed ────▶ Unpacked: Update, Update, .., and whether some are missing
//!        ────── enums::Updates ─▶ read_updates ───▶
//! ```
//!
//! The schema is that of `grammers-tl-types`, layer [`LAYER`]. What is not about a conference is left out, and so is what
//! makes no sense: a source that is zero, a group of sources that is none, a subchain that does not exist. Implements
//! `spec/protocol.md`, 11.1 and 12.

mod labels;
mod read;
mod response;
mod updates;
mod values;

pub use grammers_tl_types::LAYER;
pub use read::ReadFault;
#[cfg(feature = "grammers")]
pub(crate) use read::read_whole;
pub use response::{UnexpectedAnswer, read_response};
pub use updates::{Unpacked, read_pushed, read_updates};
