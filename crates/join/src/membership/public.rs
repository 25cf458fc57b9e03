//! The public half of a membership: everything that needs no key of ours.
//!
//! ```text
//! block ── stage ─▶ NextBlock: refused, or we are not in it ─▶ MembershipEnd
//!                      │
//!                      └── merge ─▶ Chain, RoundCounts of its verification
//! ```

use confcall_state::chain::StagedBlock;
use confcall_state::verification::{
    EarlyBroadcasts, Fault, Phase, Progress, Received, RoundCounts,
};
use confcall_state::wire::{BlockFields, Broadcast};
use confcall_state::{Block, Chain, ChainState, PublicKey, UserId};

use super::{BroadcastRefused, LastKnown, MembershipEnd, StartError};
use crate::api::CallId;

/// The public half of a membership: the chain, the counted broadcasts, and whose membership it is.
///
/// It holds no secret, so a trace drives it too. A [`Membership`](super::Membership) is this and its keys.
#[derive(Clone, Debug)]
pub struct PublicMembership {
    user_id: UserId,
    public_key: PublicKey,
    /// The newest block, from which a checkpoint goes on; the chain shares what is large in it, which its bytes would repeat.
    block: BlockFields,
    chain: Chain,
    counts: RoundCounts,
    ended: Option<MembershipEnd>,
}

/// A block that the chain accepts and that leaves us in the call; it counts once it is merged.
#[derive(Debug)]
pub(crate) struct NextBlock {
    block: BlockFields,
    staged: StagedBlock,
    by: Option<UserId>,
}

/// A block that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The signer of the block, if it is a participant before or after it.
    pub by: Option<UserId>,
    /// The broadcasts that were kept for the verification of this block and do not count.
    pub faults: Vec<Fault>,
}

impl PublicMembership {
    /// Starts from one block (`spec/protocol.md`, 2.3).
    pub(crate) fn start(
        user_id: UserId,
        public_key: PublicKey,
        block: &Block,
    ) -> Result<Self, StartError> {
        let chain = Chain::start_from(block)?;
        let mut counts = RoundCounts::new(EarlyBroadcasts::Keep);
        counts.restart(chain.state());
        Ok(Self {
            user_id,
            public_key,
            block: block.fields().clone(),
            chain,
            counts,
            ended: None,
        })
    }

    /// The same membership with what was counted for its newest block before a restart.
    pub(super) fn resume(self, progress: &Progress) -> Self {
        Self {
            counts: RoundCounts::resume(self.chain.state(), progress),
            ..self
        }
    }

    /// Tries the next block; nothing changes.
    pub(super) fn stage(&self, block: &Block) -> Result<NextBlock, MembershipEnd> {
        self.check_alive()?;
        let staged = self.chain.stage(block)?;
        let (before, after) = (self.chain.state(), staged.state());
        let by = signer(block, before, after);
        // Before our key is tried: a removal would look like a key that does not open.
        match self.place_lost(after, by) {
            Some(end) => Err(end),
            None => Ok(NextBlock {
                block: block.fields().clone(),
                staged,
                by,
            }),
        }
    }

    /// Follows a block that was tried.
    pub(super) fn merge(&mut self, next: NextBlock) -> Result<Followed, MembershipEnd> {
        self.chain.merge(next.staged)?;
        self.block = next.block;
        let faults = self.counts.restart(self.chain.state());
        self.forget_parsed_at_end();
        Ok(Followed {
            by: next.by,
            faults,
        })
    }

    /// Counts a broadcast.
    pub(super) fn receive(&mut self, broadcast: &Broadcast) -> Result<Received, BroadcastRefused> {
        self.check_alive()?;
        let received = self.counts.receive(broadcast)?;
        if received == Received::Counted {
            self.forget_parsed_at_end();
        }
        Ok(received)
    }

    /// Drops the parsed keys of all members once the last of them has revealed.
    ///
    /// Until the next block only those who send packets need one, and those of 200 members take 43 kB.
    fn forget_parsed_at_end(&self) {
        if self.counts.phase() == Phase::End {
            self.counts.participants().forget_parsed();
        }
    }

    /// Ends the membership; the first end stays.
    pub(super) fn end(&mut self, end: MembershipEnd) {
        // What is tried afterwards fails because of the first end, and must not hide it.
        self.ended.get_or_insert(end);
    }

    pub(super) fn check_alive(&self) -> Result<(), MembershipEnd> {
        self.ended.clone().map_or(Ok(()), Err)
    }

    /// The newest block.
    pub(super) fn block(&self) -> Block {
        self.block.clone().into_block()
    }

    pub(super) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The reason why the membership is over, if it is.
    pub fn ended(&self) -> Option<&MembershipEnd> {
        self.ended.as_ref()
    }

    /// The user that we are.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Our key in this call.
    pub fn public_key(&self) -> PublicKey {
        self.public_key
    }

    /// The state after the last block that was followed.
    pub fn state(&self) -> &ChainState {
        self.chain.state()
    }

    /// The broadcasts that count for the verification of the last block.
    pub fn verification(&self) -> &RoundCounts {
        &self.counts
    }

    /// The state that is compared on entering the call again.
    pub fn last_known(&self, call: CallId) -> LastKnown {
        LastKnown::of_chain(call, self.user_id, self.block.clone(), self.chain.clone())
    }

    /// The end that a good block means for us, as far as it can be seen without a key.
    fn place_lost(&self, after: &ChainState, by: Option<UserId>) -> Option<MembershipEnd> {
        let height = after.height();
        match after.group_state().by_user(self.user_id) {
            None => Some(MembershipEnd::Removed { height, by }),
            Some(own) if own.public_key != self.public_key => Some(MembershipEnd::Replaced {
                height,
                key: own.public_key,
                by,
            }),
            // Valid on the chain, and useless: there is a group and no key for it (`spec/protocol.md`, 2.2).
            Some(_) if after.shared_key().is_empty() => Some(MembershipEnd::NoSharedKey {
                height,
                hash: after.hash(),
            }),
            Some(_) => None,
        }
    }
}

impl NextBlock {
    /// The state that the block leaves.
    pub(crate) fn state(&self) -> &ChainState {
        self.staged.state()
    }
}

/// The participant who signed a block: one of those before it, or the one who joins by it.
fn signer(block: &Block, before: &ChainState, after: &ChainState) -> Option<UserId> {
    let (before, after) = (before.group_state(), after.group_state());
    let signer = match &block.fields().signature_public_key {
        // Who removes others signs as one of the group before; only a joiner is in the group after alone.
        Some(key) => before.by_key(key).or_else(|| after.by_key(key)),
        None => before.participants.first(),
    };
    signer.map(|signer| signer.user_id)
}
