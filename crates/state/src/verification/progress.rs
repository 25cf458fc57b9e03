//! How far a verification has come, for a member who goes on after a restart.
//!
//! ```text
//!                 ┌ commit   commits so far, no nonce
//! Verification ───┤
//!                 └ reveal,  all commits, the nonce, ─▶ Progress ── resume ─▶ Verification
//!                   end      reveals so far
//! ```
//!
//! A nonce is saved only when every commit has come. Before that it may be revealed after it was saved, and whoever
//! goes on from there would take other commits in the place of those that it was revealed to: commits to nonces
//! that were chosen in its knowledge. So a commit whose nonce was not saved is never followed by a reveal
//! ([`Verification::has_lost_nonce`]).

use rand_core::CryptoRng;

use super::{Part, Phase, Verification};
use crate::chain::ChainState;
use crate::keys::{Nonce, PrivateKey};
use crate::types::UserId;
use crate::wire::Broadcast;

/// What was counted for one block, and what waits for later ones.
#[derive(Debug, Default)]
pub struct Progress {
    /// The hashes that were committed to, by user.
    pub commits: Vec<(UserId, [u8; 32])>,
    /// The nonces that were revealed, by user.
    pub reveals: Vec<(UserId, [u8; 32])>,
    /// Our own nonce, once every commit has come.
    pub nonce: Option<Nonce>,
    /// The broadcasts for later blocks, at most 512.
    pub early: Vec<Broadcast>,
}

impl Verification {
    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let [commits, reveals] = self.counts.values();
        let nonce = match &self.part {
            Part::Revealed(nonce) => Some(Nonce::from_bytes(*nonce.dangerous_bytes())),
            Part::Absent | Part::Committed(_) | Part::Lost => None,
        };
        Progress {
            commits,
            reveals,
            nonce,
            early: self.counts.early().copied().collect(),
        }
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
        let mut verification = Self::start(user_id, state, key, rng);
        verification
            .counts
            .put_values([&progress.commits, &progress.reveals]);
        match (verification.counts.phase(), progress.nonce) {
            (Phase::End, _) => {
                verification.outbound.clear();
                verification.part = Part::Absent;
            }
            (Phase::Reveal, Some(nonce)) if matches!(verification.part, Part::Committed(_)) => {
                verification.outbound.clear();
                verification.part = Part::Committed(nonce);
                verification.check_own_commit();
                verification.reveal(key);
                if verification.counts.revealed().any(|user| user == user_id) {
                    verification.outbound.clear();
                }
            }
            _ => verification.check_own_commit(),
        }
        for broadcast in &progress.early {
            // One that does not fit any more has no claim to a place.
            let _ = verification.counts.receive(broadcast);
        }
        verification
    }
}
