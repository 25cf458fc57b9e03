use super::early::{Dropped, Store};
use super::phase::Phase;
use super::round::Round;
use super::{BroadcastError, EmojiHash, Fault};
use crate::chain::ChainState;
use crate::participant_keys::ParticipantKeys;
use crate::types::{BlockHash, Height, UserId};
use crate::wire::Broadcast;

/// What is done with a broadcast for a later block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyBroadcasts {
    /// It waits until that block comes; every client of a call does so.
    Keep,
    /// It is an error, [`BroadcastError::InFuture`].
    Refuse,
}

/// What became of a broadcast in which nothing is wrong.
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

/// What the echoed broadcasts of a call come to.
///
/// It holds no key of ours and says nothing itself, so it serves whoever only watches. Only what the server
/// echoes counts, whoever sent it. Whatever is refused or dropped changes nothing.
///
/// Broadcasts for later blocks are kept within bounds: up to 16 heights ahead, one of each kind for each sender
/// and height, 512 in all, those first that members signed.
///
/// Implements `spec/protocol.md`, 5.
#[derive(Clone, Debug)]
pub struct RoundCounts {
    early: EarlyBroadcasts,
    round: Round,
    store: Store,
}

impl RoundCounts {
    /// A counts before the first block, in [`Phase::End`].
    pub fn new(early: EarlyBroadcasts) -> Self {
        Self {
            early,
            round: Round::before_first(),
            store: Store::default(),
        }
    }

    /// Starts anew for a block that was accepted.
    ///
    /// What was kept for it is counted now, in the order in which it came, and what of it does not count is
    /// returned: 512 faults at most, none of which is an error of the block.
    pub fn restart(&mut self, state: &ChainState) -> Vec<Fault> {
        self.round = self.round.next(state);
        let due = self.store.take(self.round.height, &self.round.participants);
        let faults = due.iter().filter_map(|kept| {
            let accepted = self.round.accept(&kept.broadcast, kept.signed_by);
            let user_id = kept.broadcast.user_id;
            accepted.err().map(|error| Fault { user_id, error })
        });
        faults.collect()
    }

    /// Counts a broadcast that the server sent.
    ///
    /// # Errors
    ///
    /// [`BroadcastError`]; the counts is then as it was, and the call goes on.
    pub fn receive(&mut self, broadcast: &Broadcast) -> Result<Received, BroadcastError> {
        let (height, found) = (self.round.height, broadcast.height);
        if found < height {
            return Ok(Received::Old);
        }
        if found == height {
            self.round.accept(broadcast, None)?;
            return Ok(Received::Counted);
        }
        if self.early == EarlyBroadcasts::Refuse {
            return Err(BroadcastError::InFuture { height, found });
        }
        let kept = self.store.keep(broadcast, height, &self.round.participants);
        Ok(kept.map_or_else(Received::Dropped, |()| Received::Kept))
    }

    /// The hash that a user has committed to, if that has come.
    pub fn commit_of(&self, user_id: UserId) -> Option<[u8; 32]> {
        self.round.commit_of(user_id)
    }

    /// What has come for this block: the commits, then the reveals.
    pub(super) fn values(&self) -> [Vec<(UserId, [u8; 32])>; 2] {
        self.round.values()
    }

    /// What waits for later blocks.
    pub(super) fn early(&self) -> impl Iterator<Item = &Broadcast> {
        self.store.all()
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

    /// What is waited for.
    pub fn phase(&self) -> Phase {
        self.round.phase
    }

    /// What everybody came to, from the last reveal to the next block.
    pub fn emoji_hash(&self) -> Option<EmojiHash> {
        self.round.emoji_hash
    }

    /// Whose commits have come, in the order of the user ids.
    pub fn committed(&self) -> impl Iterator<Item = UserId> {
        self.round.committed()
    }

    /// Whose reveals have come, in the order of the user ids.
    pub fn revealed(&self) -> impl Iterator<Item = UserId> {
        self.round.revealed()
    }

    /// Who holds up the current phase, in the order of the user ids; nobody in [`Phase::End`].
    ///
    /// There is no limit of time: whoever stays silent holds the emoji back until removed.
    pub fn missing(&self) -> impl Iterator<Item = UserId> {
        self.round.missing()
    }

    /// The members of the block's group with their parsed keys, to be shared with whoever else needs them.
    pub fn participants(&self) -> &ParticipantKeys {
        &self.round.participants
    }
}
