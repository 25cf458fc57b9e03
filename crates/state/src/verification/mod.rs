//! The verification of a call: everybody commits to a nonce, then reveals it, and all see the same emoji.
//!
//! ```text
//!                  ┌─ Verification ───────────────────────────────────┐
//! ChainState ─────▶│ restart ─▶ a fresh nonce ─▶ commit ┐             │
//!                  │                                    ├─▶ outbound ─┼─▶ to the server
//!                  │           all have committed ─▶ reveal           │
//!                  │                    ▲                             │
//!                  │ ┌─ RoundCounts ──────────┴───────────────┐             │
//! from the server ─┼▶│ Broadcast ─▶ checks ─▶ round     │             │
//!                  │ │    │ later height   ▲  │         │             │
//!                  │ │    └─▶ store ───────┘  └─▶ EmojiHash ─▶ emoji  │
//!                  │ └──────────────────────────────────┘             │
//!                  └──────────────────────────────────────────────────┘
//! ```
//!
//! A nonce that is committed to before the others are known cannot be chosen to fit, so a server that splits the
//! call into two cannot make both halves see the same emoji. A [`RoundCounts`] counts what the server echoes; a
//! [`Verification`] takes part as well. A bad broadcast never ends a call.
//!
//! Implements `spec/protocol.md`, 5.

mod early;
mod emoji;
mod error;
mod progress;
mod round;
mod round_counts;
mod words;

use core::mem;

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use crate::chain::ChainState;
use crate::keys::{Nonce, PrivateKey, Signature};
use crate::types::UserId;
use crate::wire::{Broadcast, BroadcastContent};

pub use early::Dropped;
pub use emoji::EmojiHash;
pub use error::{BroadcastError, Fault};
pub use progress::Progress;
pub use round::Phase;
pub use round_counts::{EarlyBroadcasts, Received, RoundCounts};
pub use words::words;

/// Our part in the verification of one block.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
enum Part {
    /// We are not in the group, and say nothing.
    Absent,
    /// Our commit is made, and the nonce is secret.
    Committed(Nonce),
    /// Our reveal is made.
    Revealed(Nonce),
    /// What counts is another commit of ours, made before a restart; nobody has its nonce any more.
    Lost,
}

/// The verification of a call by one of its members.
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
    user_id: UserId,
    part: Part,
    outbound: Vec<Broadcast>,
}

impl Verification {
    /// Begins with the block from which we are in the call, and commits to a fresh nonce.
    ///
    /// Whoever is not in its group with this very key takes no part, and only counts.
    pub fn start(
        user_id: UserId,
        state: &ChainState,
        key: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let mut verification = Self {
            counts: RoundCounts::new(EarlyBroadcasts::Keep),
            user_id,
            part: Part::Absent,
            outbound: Vec::new(),
        };
        verification.restart(state, key, rng);
        verification
    }

    /// Starts anew for a block that was accepted: drops what is still to be sent for the one before, and
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
        self.outbound.clear();
        self.part = Part::Absent;
        let member = self.counts.participants().of(self.user_id);
        if member.is_some_and(|member| *member.public_key() == key.public_key()) {
            let nonce = Nonce::random(rng);
            let nonce_hash = hash_of(&nonce);
            self.say(BroadcastContent::Commit { nonce_hash }, key);
            self.part = Part::Committed(nonce);
            self.check_own_commit();
        }
        faults
    }

    /// Counts a broadcast, and reveals our nonce once everybody's commit has come.
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
        self.check_own_commit();
        if self.counts.phase() == Phase::Reveal {
            self.reveal(key);
        }
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
        mem::take(&mut self.outbound)
    }

    /// What has come from the server.
    pub fn counts(&self) -> &RoundCounts {
        &self.counts
    }

    /// Whether a commit of ours counts that was made before a restart, so that this block cannot be verified.
    ///
    /// Only a new membership helps: nobody knows whether the nonce was revealed and to what the others had
    /// committed by then.
    pub fn has_lost_nonce(&self) -> bool {
        matches!(self.part, Part::Lost)
    }

    fn check_own_commit(&mut self) {
        let Part::Committed(nonce) = &self.part else {
            return;
        };
        let counted = self.counts.commit_of(self.user_id);
        if counted.is_some_and(|counted| counted != hash_of(nonce)) {
            self.outbound.clear();
            self.part = Part::Lost;
        }
    }

    fn reveal(&mut self, key: &PrivateKey) {
        match mem::replace(&mut self.part, Part::Absent) {
            Part::Committed(nonce) => self.say_nonce(nonce, key),
            said => self.part = said,
        }
    }

    fn say_nonce(&mut self, nonce: Nonce, key: &PrivateKey) {
        let content = BroadcastContent::Reveal {
            nonce: *nonce.dangerous_bytes(),
        };
        self.say(content, key);
        self.part = Part::Revealed(nonce);
    }

    fn say(&mut self, content: BroadcastContent, key: &PrivateKey) {
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: self.user_id,
            height: self.counts.height(),
            block_hash: self.counts.block_hash(),
            content,
        };
        self.outbound.push(broadcast.sign(key));
    }
}

fn hash_of(nonce: &Nonce) -> [u8; 32] {
    Sha256::digest(nonce.dangerous_bytes()).into()
}
