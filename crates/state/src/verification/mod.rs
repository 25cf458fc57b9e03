//! The verification of a call: each member commits to a nonce, then reveals it, and all see the same emoji.
//!
//! ```text
//!                  ┌─ Verification ─────────────────────────────────────────────┐
//! ChainState ─────▶│ Contribution: a fresh nonce ─▶ commit ┐                    │
//!                  │                                       ├─▶ outbound ────────┼─▶ to the server
//!                  │               all have committed ─▶ reveal                 │
//!                  │                       ▲                                    │
//!                  │ ┌─ RoundCounts ───────┴─────────────┐                      │
//! from the server ─┼▶│ Broadcast ─▶ checks ─▶ round      │                      │
//!                  │ │    │ later height   ▲  │          │                      │
//!                  │ │    └─▶ store ───────┘  └─▶ EmojiHash ─▶ emoji            │
//!                  │ └───────────────────────────────────┘                      │
//!                  └────────────────────────────────────────────────────────────┘
//! ```
//!
//! A nonce that is committed to before the others are known cannot be chosen to fit, so a server that splits the
//! call into two cannot make both halves see the same emoji. A [`RoundCounts`] counts what the server echoes and holds no
//! secret; a [`Contribution`] is our own nonce and what we say of it; a [`Verification`] is both together. A bad
//! broadcast never ends a call.
//!
//! Implements `spec/protocol.md`, 5.

mod contribution;
mod early;
mod emoji;
mod error;
mod phase;
mod progress;
mod round;
mod round_counts;
mod words;

use rand_core::CryptoRng;

use crate::chain::ChainState;
use crate::keys::PrivateKey;
use crate::types::UserId;
use crate::wire::Broadcast;

pub use contribution::Contribution;
pub use early::Dropped;
pub use emoji::EmojiHash;
pub use error::{BroadcastError, Fault};
pub use phase::Phase;
pub use progress::Progress;
pub use round_counts::{EarlyBroadcasts, Received, RoundCounts};
pub use words::words;

/// The verification of a call by one of its members: a [`RoundCounts`] and the [`Contribution`] that follows it.
///
/// After each block comes [`Self::restart`], after each broadcast of the server [`Self::receive`], and after each
/// of them [`Self::take_outbound`], whose messages the caller sends until the server answers, or until the next
/// block. Our own broadcasts count when the server echoes them, and not before.
///
/// Implements `spec/protocol.md`, 5.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct Verification {
    counts: RoundCounts,
    contribution: Contribution,
}

impl Verification {
    /// Begins with the block from which we are in the call, and commits to a fresh nonce.
    ///
    /// A user who is not in its group with this very key takes no part, and only counts.
    pub fn start(
        user_id: UserId,
        state: &ChainState,
        key: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let mut verification = Self {
            counts: RoundCounts::new(EarlyBroadcasts::Keep),
            contribution: Contribution::new(user_id),
        };
        verification.restart(state, key, rng);
        verification
    }

    /// Starts again for a block that was accepted: drops what is still to be sent for the one before, and
    /// commits to a fresh nonce.
    ///
    /// Returns what was kept for this block and does not count, as [`RoundCounts::restart`].
    pub fn restart(
        &mut self,
        state: &ChainState,
        key: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<Fault> {
        let faults = self.counts.restart(state);
        self.contribution.restart(&self.counts, key, rng);
        faults
    }

    /// Counts a broadcast, and reveals our nonce once every commit has come.
    ///
    /// # Errors
    ///
    /// [`BroadcastError`]; nothing has changed then, and the call goes on.
    pub fn receive(
        &mut self,
        broadcast: &Broadcast,
        key: &PrivateKey,
    ) -> Result<Received, BroadcastError> {
        let received = self.counts.receive(broadcast)?;
        self.contribution.follow(&self.counts, key);
        Ok(received)
    }

    /// Reads a broadcast in server form and counts it, as [`Self::receive`].
    ///
    /// # Errors
    ///
    /// [`BroadcastError`], also [`BroadcastError::Malformed`].
    pub fn receive_from_server(
        &mut self,
        bytes: &[u8],
        key: &PrivateKey,
    ) -> Result<Received, BroadcastError> {
        self.receive(&Broadcast::from_server(bytes)?, key)
    }

    /// Takes everything that is to be sent, in this order.
    #[must_use = "what is taken and not sent leaves everybody waiting"]
    pub fn take_outbound(&mut self) -> Vec<Broadcast> {
        self.contribution.take_outbound()
    }

    /// The echoed broadcasts, counted.
    pub fn counts(&self) -> &RoundCounts {
        &self.counts
    }

    /// True where a commit of ours counts whose nonce is gone, as [`Contribution::has_lost_nonce`].
    pub fn has_lost_nonce(&self) -> bool {
        self.contribution.has_lost_nonce()
    }

    /// The progress so far, for a checkpoint.
    pub fn progress(&self) -> Progress {
        Progress::of(&self.counts, &self.contribution)
    }

    /// Goes on from what was counted for the block of `state`.
    ///
    /// What the server has not echoed is to be sent again. Where our commit counts and its nonce was not saved, the
    /// nonce is lost ([`Self::has_lost_nonce`]).
    pub fn resume(
        user_id: UserId,
        state: &ChainState,
        key: &PrivateKey,
        progress: Progress,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let counts = RoundCounts::resume(state, &progress);
        let contribution = Contribution::resume(user_id, &counts, progress.nonce, key, rng);
        Self {
            counts,
            contribution,
        }
    }
}
