//! Packets of Telegram's end-to-end encrypted conference calls: media frames and messages.
//!
//! ```text
//! block ── epoch key ──▶ add_epoch ─┐
//!                                   ▼
//! frame ── codec rule ── seal ──▶ Cryptor ──▶ packet ──▶ everybody
//!                                   │
//! packet, claimed sender ── open ───┴──▶ frame ── codec rule ──▶ decoder
//! ```
//!
//! [`Cryptor`] holds the epochs, counters and replay windows of one membership. This crate has no socket, clock,
//! thread or random generator of its own: time and randomness are lent by the caller.

pub mod codec;

mod channel;
mod counters;
mod cryptor;
mod epochs;
mod error;
mod moment;
mod open;
mod packet;
mod replay;
mod seal;

pub use channel::{ChannelId, InvalidChannel};
pub use codec::{
    AudioLevel, Codec, EncodedFrame, OpenFrameError, OpenedFrame, SealFrameError, Speech,
};
pub use counters::Counters;
pub use cryptor::{AddedEpoch, Cryptor};
pub use epochs::{Epoch, Sending};
pub use error::{OpenError, SealError};
pub use moment::Moment;
pub use open::{Opened, PacketInfo};
pub use replay::Replay;
