use super::early::{Dropped, Early};
use super::phase::Phase;
use super::round::Round;
use super::{BroadcastError, EmojiHash, Fault};
use crate::chain::ChainState;
use crate::participant_keys::ParticipantKeys;
use crate::types::{BlockHash, Height, UserId};
use crate::wire::Broadcast;

/// The treatment of a broadcast for a later block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyBroadcasts {
    /// It waits until that block comes; every client of a call does so.
    Keep,
    /// It is an error, [`BroadcastError::InFuture`].
    Refuse,
}

/// The place of a broadcast in which nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It counts.
    Counted,
    /// It is for an earlier block, and was ignored.
    Old,
    /// It is for a later block, and waits for that.
    Kept,
    /// It is for a later block, and there is no place for it.
    Dropped(Dropped),
}

/// The echoed broadcasts of a call, counted.
///
/// It holds no key of ours and says nothing itself, so it serves an observer too. Only what the server echoes
/// counts, our own broadcasts included. A broadcast that is refused or dropped changes nothing.
///
/// Broadcasts for later blocks are kept, unlooked at, up to 64 heights ahead and 8,192 in all; beyond that those that
/// members signed come first.
///
/// Implements `spec/protocol.md`, 5.
#[derive(Clone, Debug)]
pub struct RoundCounts {
    treatment: EarlyBroadcasts,
    round: Round,
    early: Early,
}

impl RoundCounts {
    /// The counts before the first block, in [`Phase::End`].
    pub fn new(treatment: EarlyBroadcasts) -> Self {
        Self {
            treatment,
            round: Round::before_first(),
            early: Early::default(),
        }
    }

    /// Starts the round of a block that was accepted.
    ///
    /// What was kept for it is counted now, in the order in which it came, and what of it does not count is
    /// returned: 8,192 faults at most, none of which is an error of the block.
    pub fn restart(&mut self, state: &ChainState) -> Vec<Fault> {
        self.round = self.round.next(state);
        let due = self.early.take(self.round.height);
        let faults = due.iter().filter_map(|broadcast| {
            let error = self.round.accept(broadcast).err()?;
            let user_id = broadcast.user_id;
            Some(Fault { user_id, error })
        });
        faults.collect()
    }

    /// Counts a broadcast that the server sent.
    ///
    /// # Errors
    ///
    /// [`BroadcastError`]; the counts are then as they were, and the call goes on.
    pub fn receive(&mut self, broadcast: &Broadcast) -> Result<Received, BroadcastError> {
        let (height, found) = (self.round.height, broadcast.height);
        // No fault: it was sent before its sender saw the newest block.
        if found < height {
            return Ok(Received::Old);
        }
        if found == height {
            self.round.accept(broadcast)?;
            return Ok(Received::Counted);
        }
        if self.treatment == EarlyBroadcasts::Refuse {
            return Err(BroadcastError::InFuture { height, found });
        }
        let kept = self.early.keep(broadcast, height, &self.round.participants);
        Ok(kept.map_or_else(Received::Dropped, |()| Received::Kept))
    }

    /// The hash that a user has committed to, if that has come.
    pub fn commit_of(&self, user_id: UserId) -> Option<[u8; 32]> {
        self.round.commit_of(user_id)
    }

    /// The values that have come for this block: the commits, then the reveals.
    pub(super) fn values(&self) -> [Vec<(UserId, [u8; 32])>; 2] {
        self.round.values()
    }

    /// The broadcasts that wait for later blocks.
    pub(super) fn early(&self) -> impl Iterator<Item = &Broadcast> {
        self.early.all()
    }

    /// Takes over what had come for this block before a restart.
    pub(super) fn put_values(&mut self, values: [&[(UserId, [u8; 32])]; 2]) {
        self.round.put_values(values);
    }

    /// The height of the block that is verified, -1 before the first.
    pub fn height(&self) -> Height {
        self.round.height
    }

    /// The hash of the block that is verified, zero before the first.
    pub fn block_hash(&self) -> BlockHash {
        self.round.block_hash
    }

    /// The step that is waited for.
    pub fn phase(&self) -> Phase {
        self.round.phase
    }

    /// The hash that all members came to, from the last reveal to the next block.
    pub fn emoji_hash(&self) -> Option<EmojiHash> {
        self.round.emoji_hash
    }

    /// The users whose commits have come, in the order of the user ids.
    pub fn committed(&self) -> impl Iterator<Item = UserId> {
        self.round.committed()
    }

    /// The users whose reveals have come, in the order of the user ids.
    pub fn revealed(&self) -> impl Iterator<Item = UserId> {
        self.round.revealed()
    }

    /// The users who hold up the current phase, in the order of their ids; none in [`Phase::End`].
    ///
    /// There is no limit of time: a silent member holds the emoji back until it is removed.
    pub fn missing(&self) -> impl Iterator<Item = UserId> {
        self.round.missing()
    }

    /// The members of the block's group with their parsed keys, to be shared with the epochs of packets.
    pub fn participants(&self) -> &ParticipantKeys {
        &self.round.participants
    }
}
