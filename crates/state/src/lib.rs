//! The chain, keys and wire format of Telegram's end-to-end encrypted conference calls.
//!
//! A conference call is kept together by a small blockchain that its server passes on. This crate reads and
//! writes its blocks, decides exactly as the reference implementation which of them count, opens and writes
//! the key of each epoch, builds the block with which a user joins, and finds the emoji by which people see
//! that they are in the same call. It has no socket, clock, thread or random generator of its own; randomness
//! is lent by the caller.
//!
//! ```text
//! bytes ──▶ tl ──▶ wire ──▶ chain ──▶ ChainState ── open_epoch_key ──▶ EpochKey
//!                             ▲                           ▲
//!                 join_block ─┘    keys, encryption ──────┘
//!
//! broadcasts ──▶ tl ──▶ wire ──▶ verification ──▶ the emoji to compare
//! ```
//!
//! Start with [`JoinBlock`] to join, or [`Chain`] to follow a call:
//!
//! ```
//! use confcall_state::{Chain, JoinBlock, Joiner, UserId};
//! # use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
//! # let mut rng = ChaCha20Rng::from_seed([7; 32]);
//! let (alice, bob) = (UserId::new(1), UserId::new(2));
//! let first = JoinBlock::first(Joiner::new(alice), &mut rng)?;
//! let joined = JoinBlock::add_self(first.block(), Joiner::new(bob), &mut rng)?;
//!
//! let mut chain = Chain::start_from(first.block())?;
//! let state = chain.apply(joined.block())?;
//! let key = state.open_epoch_key(alice, first.private_key())?;
//! assert_eq!(key, state.open_epoch_key(bob, joined.private_key())?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod chain;
pub mod encryption;
#[cfg(all(any(fuzzing, confcall_testing), feature = "full"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod keys;
pub mod limits;
pub mod tl;
pub mod trie;
pub mod verification;
pub mod wire;

mod join_block;
mod participant_keys;
mod primitives;
mod reference;
mod shared_key;
mod types;

/// The example of the README, which must compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use chain::{Chain, ChainError, ChainState, GroupChangeError};
pub use join_block::{JoinBlock, Joiner};
pub use keys::{EpochKey, PrivateKey, PublicKey};
pub use participant_keys::{ParticipantKey, ParticipantKeys};
pub use reference::ReferenceCode;
pub use shared_key::{EpochKeyError, UnusableParticipant};
pub use types::{BlockHash, Height, KvHash, UserId};
pub use verification::{EmojiHash, Verification};
pub use wire::Block;
