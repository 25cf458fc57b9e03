use confcall_join::api::{CallId, SendConferenceCallBroadcast, SubChain, Updates};
use confcall_state::chain::ChainState;
use confcall_state::verification::{BroadcastError, EarlyBroadcasts, RoundCounts};
use confcall_state::wire::Broadcast;
use confcall_state::{Height, UserId};

use crate::call::Call;
use crate::item_list::ItemList;
use crate::refusal::Refusal;
use crate::server::Server;

/// Subchain 1 of a call, and what its broadcasts about the newest block come to.
#[derive(Clone, Debug)]
pub(crate) struct Broadcasts {
    list: ItemList,
    counts: RoundCounts,
}

impl Broadcasts {
    pub(crate) fn new() -> Self {
        Self {
            list: ItemList::default(),
            counts: RoundCounts::new(EarlyBroadcasts::Refuse),
        }
    }

    /// Lets the list start behind broadcasts that were dropped; only while it is empty.
    pub(crate) fn start_at(&mut self, dropped: usize) {
        self.list = ItemList::starting_at(dropped);
    }

    pub(crate) fn list(&self) -> &ItemList {
        &self.list
    }

    /// Starts the verification of a new block.
    pub(crate) fn restart(&mut self, state: &ChainState) {
        // Nothing waited for the block, since nothing is kept for later ones.
        self.counts.restart(state);
    }

    /// Takes up a broadcast that was recorded, which counts if it can.
    pub(crate) fn load(&mut self, broadcast: &Broadcast) {
        // What the recording server let through is part of the call, whatever it is.
        let _ = self.counts.receive(broadcast);
        self.list.push(broadcast.to_server());
    }

    /// Takes a broadcast about the newest block; with `limit` items already, the oldest is dropped.
    fn accept(&mut self, broadcast: &Broadcast, limit: usize) -> Result<(), BroadcastError> {
        self.counts.receive(broadcast)?;
        self.list.push(broadcast.to_server());
        let surplus = self.list.items().len().saturating_sub(limit);
        self.list.drop_oldest(surplus);
        Ok(())
    }

    /// Whether a broadcast is about the newest block.
    fn is_current(&self, broadcast: &Broadcast) -> bool {
        let newest = (self.counts.height(), self.counts.block_hash());
        newest == (broadcast.height, broadcast.block_hash)
    }

    fn drop_older_than(&mut self, height: Height) {
        let is_old = |item: &&Vec<u8>| {
            let broadcast = Broadcast::from_server(item);
            broadcast.is_ok_and(|broadcast| broadcast.height < height)
        };
        let old = self.list.items().iter().take_while(is_old).count();
        self.list.drop_oldest(old);
    }
}

/// Tallies are equal if they have counted the same.
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

impl Server {
    /// Drops the broadcasts of a call that are about older blocks than the newest, as the API does at times.
    ///
    /// Whoever then asks for a dropped one is answered from the first that is left (`spec/protocol.md`, 7).
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownCall`]
    pub fn compact(&mut self, call: CallId) -> Result<(), Refusal> {
        let call = self.calls.get_mut(&call).ok_or(Refusal::UnknownCall)?;
        let height = call.chain_state().height();
        call.broadcasts.drop_older_than(height);
        Ok(())
    }

    /// Takes a member's commit or reveal, and passes it on to everybody (`spec/protocol.md`, 5).
    pub(crate) fn broadcast(
        &mut self,
        from: UserId,
        request: &SendConferenceCallBroadcast,
    ) -> Result<Updates, Refusal> {
        self.find_joined(from, &request.call)?;
        self.check_space(request.broadcast.len())?;
        let limit = self.options.limits.broadcasts();
        let call = self.find_mut(from, &request.call)?;
        let broadcast =
            Broadcast::parse(&request.broadcast).map_err(Refusal::BroadcastUnreadable)?;
        // Whoever is behind learns of it first, as with blocks.
        if !call.broadcasts.is_current(&broadcast) {
            return Err(Refusal::BroadcastStale);
        }
        if broadcast.user_id != from {
            return Err(Refusal::NotTheSender(broadcast.user_id));
        }
        call.broadcasts.accept(&broadcast, limit)?;
        let id = call.id();
        let last =
            |call: &Call| call.chain_blocks(SubChain::Broadcasts, call.broadcasts.list().last());
        let answer = Updates(vec![last(call)]);
        self.tell_others(id, from, |call, _| [last(call)]);
        Ok(answer)
    }
}
