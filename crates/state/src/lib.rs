//! The chain, keys and wire format of Telegram's end-to-end encrypted conference calls.
pub mod tl;
mod types;
pub use types::{BlockHash, Height, KvHash, UserId};
