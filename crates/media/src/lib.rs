//! Packets of Telegram's end-to-end encrypted conference calls: media frames and messages.
//!
//! ```text
//! block ── epoch key ──▶ add_epoch ─┐
//!                                   ▼
//! frame ── codec rule ── seal ──▶ Cryptor ──▶ packet ──▶ all members
//!                                   │
//! packet, claimed sender ── open ───┴──▶ frame ── codec rule ──▶ decoder
//! ```
//!
//! [`Cryptor`] holds the epochs, counters and replay windows of one membership. This crate has no socket, clock,
//! thread or random generator of its own: time and randomness are lent by the caller.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use confcall_media::{ChannelId, Cryptor, Epoch, Moment, RemovalGrace};
//! use confcall_state::{Chain, JoinBlock, Joiner, ParticipantKeys, UserId};
//! # use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
//! # let mut rng = ChaCha20Rng::from_seed([7; 32]);
//! let (alice, bob) = (UserId::new(1), UserId::new(2));
//! let first = JoinBlock::first(Joiner::new(alice), &mut rng)?;
//! let joined = JoinBlock::add_self(first.block(), Joiner::new(bob), &mut rng)?;
//! let mut chain = Chain::start_from(first.block())?;
//! let state = chain.apply(joined.block())?;
//!
//! let now = Moment::new(Duration::ZERO);
//! let member = |user, join: JoinBlock| {
//!     let epoch = Epoch {
//!         hash: state.hash(),
//!         key: state.open_epoch_key(user, join.private_key())?,
//!         participants: ParticipantKeys::new(state.group_state()),
//!     };
//!     let cryptor = Cryptor::new(user, Arc::new(join.into_private_key()), RemovalGrace::WithGrace);
//!     cryptor.add_epoch(now, epoch);
//!     Ok::<_, confcall_state::EpochKeyError>(cryptor)
//! };
//! let (from, to) = (member(alice, first)?, member(bob, joined)?);
//! let packet = from.seal(now, ChannelId::MAIN, 0, b"a frame", &mut rng)?;
//! assert_eq!(*to.open(now, alice, &packet)?.data, b"a frame");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod codec;
pub mod limits;

mod channel;
mod counters;
mod cryptor;
mod epochs;
mod error;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod moment;
mod open;
mod packet;
mod replay;
mod seal;
mod sync;

/// The example of the README, which must compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use channel::{ChannelId, InvalidChannel};
pub use codec::{
    AudioLevel, Codec, EncodedFrame, OpenFrameError, OpenedFrame, SealFrameError, Speech,
};
pub use counters::Counters;
pub use cryptor::{AddedEpoch, Cryptor};
pub use epochs::{Epoch, RemovalGrace, ReplayFloor};
pub use error::{OpenError, SealError};
pub use moment::Moment;
pub use open::{Opened, PacketInfo};
pub use replay::Replay;
