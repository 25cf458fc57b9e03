use core::mem;

use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use super::{Phase, RoundCounts};
use crate::keys::{Nonce, PrivateKey, Signature};
use crate::types::UserId;
use crate::wire::{Broadcast, BroadcastContent};

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
    /// Another commit of ours counts, made before a restart; its nonce is gone.
    Lost,
}

/// Our contribution to the verification of a call: a nonce for each block, the commit to it, and its reveal.
///
/// It follows a [`RoundCounts`], which counts the broadcasts that the server echoes: [`Self::restart`] after each block
/// that was counted, [`Self::follow`] after each broadcast. Implements `spec/protocol.md`, 5.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct Contribution {
    user_id: UserId,
    part: Part,
    outbound: Vec<Broadcast>,
}

impl Contribution {
    /// The contribution of a user before the first block.
    pub fn new(user_id: UserId) -> Self {
        Self {
            user_id,
            part: Part::Absent,
            outbound: Vec::new(),
        }
    }

    /// Commits to a fresh nonce for the block that is counted from now on.
    ///
    /// What is still to be sent for the block before is dropped. A user who is not in the group with this very key says
    /// nothing.
    pub fn restart(
        &mut self,
        counts: &RoundCounts,
        key: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) {
        // A commit or reveal for an older block counts nowhere, and the nonce must not serve twice.
        self.outbound.clear();
        self.part = Part::Absent;
        let member = counts.participants().of(self.user_id);
        if member.is_some_and(|member| *member.public_key() == key.public_key()) {
            let nonce = Nonce::random(rng);
            let nonce_hash = hash_of(&nonce);
            self.say(counts, BroadcastContent::Commit { nonce_hash }, key);
            self.part = Part::Committed(nonce);
            self.check_own_commit(counts);
        }
    }

    /// Reveals the nonce once every commit has come.
    pub fn follow(&mut self, counts: &RoundCounts, key: &PrivateKey) {
        self.check_own_commit(counts);
        if counts.phase() == Phase::Reveal {
            self.reveal(counts, key);
        }
    }

    /// Takes everything that is to be sent, in this order.
    #[must_use = "what is taken and not sent leaves everybody waiting"]
    pub fn take_outbound(&mut self) -> Vec<Broadcast> {
        mem::take(&mut self.outbound)
    }

    /// True where a commit of ours counts that was made before a restart, so that this block cannot be verified.
    ///
    /// Only a new membership helps: it is not known whether the nonce was revealed, nor to what the others had
    /// committed by then.
    pub fn has_lost_nonce(&self) -> bool {
        matches!(self.part, Part::Lost)
    }

    /// Goes on after a restart with what was counted and, once every commit had come, the nonce.
    ///
    /// What the server has not echoed is to be sent again. Where our commit counts and its nonce was not saved, the
    /// nonce is lost ([`Self::has_lost_nonce`]).
    pub fn resume(
        user_id: UserId,
        counts: &RoundCounts,
        nonce: Option<Nonce>,
        key: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let mut contribution = Self::new(user_id);
        contribution.restart(counts, key, rng);
        let is_in = !matches!(contribution.part, Part::Absent);
        match (counts.phase(), nonce) {
            (Phase::End, _) => {
                contribution.outbound.clear();
                contribution.part = Part::Absent;
            }
            (Phase::Reveal, Some(nonce)) if is_in => {
                contribution.outbound.clear();
                contribution.part = Part::Committed(nonce);
                contribution.check_own_commit(counts);
                contribution.reveal(counts, key);
                if counts.revealed().any(|user| user == user_id) {
                    contribution.outbound.clear();
                }
            }
            _ => {}
        }
        contribution
    }

    /// Our nonce, once it is revealed.
    pub fn revealed(&self) -> Option<&Nonce> {
        match &self.part {
            Part::Revealed(nonce) => Some(nonce),
            Part::Absent | Part::Committed(_) | Part::Lost => None,
        }
    }

    fn check_own_commit(&mut self, counts: &RoundCounts) {
        let Part::Committed(nonce) = &self.part else {
            return;
        };
        let counted = counts.commit_of(self.user_id);
        // The server can hold back our commit of before a restart and echo it now: the nonce behind it is gone.
        if counted.is_some_and(|counted| counted != hash_of(nonce)) {
            self.outbound.clear();
            self.part = Part::Lost;
        }
    }

    fn reveal(&mut self, counts: &RoundCounts, key: &PrivateKey) {
        match mem::replace(&mut self.part, Part::Absent) {
            Part::Committed(nonce) => {
                let content = BroadcastContent::Reveal {
                    nonce: *nonce.dangerous_bytes(),
                };
                self.say(counts, content, key);
                self.part = Part::Revealed(nonce);
            }
            said => self.part = said,
        }
    }

    fn say(&mut self, counts: &RoundCounts, content: BroadcastContent, key: &PrivateKey) {
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: self.user_id,
            height: counts.height(),
            block_hash: counts.block_hash(),
            content,
        };
        self.outbound.push(broadcast.sign(key));
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Contribution {
    /// Our nonce, as long as it is secret.
    pub fn nonce_for_testing_only(&self) -> Option<&Nonce> {
        match &self.part {
            Part::Committed(nonce) => Some(nonce),
            Part::Absent | Part::Revealed(_) | Part::Lost => None,
        }
    }
}

fn hash_of(nonce: &Nonce) -> [u8; 32] {
    Sha256::digest(nonce.dangerous_bytes()).into()
}
