use confcall_state::chain::ChainState;
use confcall_state::verification::{EarlyBroadcasts, RoundCounts};
use confcall_state::wire::Broadcast;
use confcall_state::{Height, UserId};

use super::items::ItemList;
use crate::error::LoadError;
use crate::options::Limits;
use crate::refusal::Refusal;

/// The broadcasts of a call, and the round of those about the newest block.
#[derive(Clone, Debug)]
pub(crate) struct Broadcasts {
    list: ItemList,
    counts: RoundCounts,
}

impl Broadcasts {
    pub(super) fn new() -> Self {
        Self {
            list: ItemList::default(),
            counts: RoundCounts::new(EarlyBroadcasts::Refuse),
        }
    }

    /// Recorded broadcasts in server form, behind so many that were dropped, on the state that they were sent in.
    pub(super) fn load(
        state: &ChainState,
        dropped: usize,
        items: &[impl AsRef<[u8]>],
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let limit = limits.broadcasts();
        if items.len() > limit {
            return Err(LoadError::TooManyBroadcasts { limit });
        }
        let mut loaded = Self::new();
        loaded.list = ItemList::starting_at(dropped);
        // Before the first block there is nothing that could be verified.
        if state.height() != Height::BEFORE_FIRST {
            loaded.restart(state);
        }
        for (index, item) in items.iter().enumerate() {
            let broadcast = Broadcast::from_server(item.as_ref());
            let broadcast = broadcast.map_err(|error| LoadError::Broadcast { index, error })?;
            // Those that the recording server let through are part of the call, whether they count or not.
            let _ = loaded.counts.receive(&broadcast);
            loaded.list.push(broadcast.to_server());
        }
        Ok(loaded)
    }

    pub(super) fn list(&self) -> &ItemList {
        &self.list
    }

    /// Starts the verification of a new block.
    pub(super) fn restart(&mut self, state: &ChainState) {
        // Nothing waited for the block, since nothing is kept for later ones.
        self.counts.restart(state);
    }

    /// Takes a user's commit or reveal about the newest block (`spec/protocol.md`, 5).
    pub(super) fn accept(
        &mut self,
        from: UserId,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let broadcast = Broadcast::parse(bytes).map_err(Refusal::BroadcastUnreadable)?;
        let newest = (self.counts.height(), self.counts.block_hash());
        // First, as with blocks: a sender who is behind made no mistake.
        if newest != (broadcast.height, broadcast.block_hash) {
            return Err(Refusal::BroadcastStale);
        }
        if broadcast.user_id != from {
            return Err(Refusal::NotTheSender(broadcast.user_id));
        }
        self.counts.receive(&broadcast)?;
        self.list.push(broadcast.to_server());
        // Beyond the limit as the API does at times: readers go on from the first that is left (`spec/protocol.md`, 7).
        let surplus = self.list.items().len().saturating_sub(limits.broadcasts());
        self.list.drop_oldest(surplus);
        Ok(())
    }

    /// Drops the broadcasts about blocks below a height.
    pub(super) fn drop_older_than(&mut self, height: Height) {
        let is_old = |item: &&Vec<u8>| {
            let broadcast = Broadcast::from_server(item);
            broadcast.is_ok_and(|broadcast| broadcast.height < height)
        };
        let old = self.list.items().iter().take_while(is_old).count();
        self.list.drop_oldest(old);
    }
}

/// Rounds are equal if they have counted the same.
impl PartialEq for Broadcasts {
    fn eq(&self, other: &Self) -> bool {
        let Self { list, counts } = self;
        *list == other.list
            && counts.block_hash() == other.counts.block_hash()
            && counts.emoji_hash() == other.counts.emoji_hash()
            && counts.committed().eq(other.counts.committed())
            && counts.revealed().eq(other.counts.revealed())
    }
}

impl Eq for Broadcasts {}
