//! The progress of a verification, for a member who goes on after a restart.
//!
//! ```text
//!                 ┌ commit   commits so far, no nonce
//! Verification ───┤
//!                 └ reveal,  all commits, the nonce, ─▶ Progress ── resume ─▶ Verification
//!                   end      reveals so far
//! ```
//!
//! A nonce is saved only when every commit has come. Before that it may be revealed after it was saved, and a member that
//! goes on from there would take other commits in the place of those that it was revealed to: commits to nonces
//! that were chosen in its knowledge. So a commit whose nonce was not saved is never followed by a reveal
//! ([`Contribution::has_lost_nonce`]).

use super::{Contribution, EarlyBroadcasts, RoundCounts};
use crate::chain::ChainState;
use crate::keys::Nonce;
use crate::types::UserId;
use crate::wire::Broadcast;

/// The broadcasts that were counted for one block, and those that wait for later ones.
#[derive(Debug, Default)]
pub struct Progress {
    /// The hashes that were committed to, by user.
    pub commits: Vec<(UserId, [u8; 32])>,
    /// The nonces that were revealed, by user.
    pub reveals: Vec<(UserId, [u8; 32])>,
    /// Our own nonce, once every commit has come.
    pub nonce: Option<Nonce>,
    /// The broadcasts for later blocks, at most 8,192.
    pub early: Vec<Broadcast>,
}

impl Progress {
    /// The progress of a verification.
    pub fn of(counts: &RoundCounts, contribution: &Contribution) -> Self {
        let [commits, reveals] = counts.values();
        let nonce = contribution.revealed();
        Self {
            commits,
            reveals,
            nonce: nonce.map(|nonce| Nonce::from_bytes(nonce.dangerous_bytes())),
            early: counts.early().copied().collect(),
        }
    }
}

impl RoundCounts {
    /// Goes on from what was counted for the block of `state`; broadcasts that came early are kept as ever.
    pub fn resume(state: &ChainState, progress: &Progress) -> Self {
        let mut counts = Self::new(EarlyBroadcasts::Keep);
        counts.restart(state);
        counts.put_values([&progress.commits, &progress.reveals]);
        for broadcast in &progress.early {
            // One that does not fit any more is dropped, as it would have been when it came.
            let _ = counts.receive(broadcast);
        }
        counts
    }
}
