//! A join that the server took: all that a membership starts from.

use confcall_state::{Block, Height};

use crate::api::{CallRef, GroupCall, InputGroupCall, InviteLink, Participants, SubChain};
use crate::engine::own_state::OwnMedia;
use crate::engine::parts::subchain::Subchain;
use crate::engine::secrets::AnnouncedKey;
use crate::joining::{AnswerFault, ConnectionParameters, JoinAnswer, JoinPayload, Tip};
use crate::membership::Gap;

/// A join that the server took.
#[derive(Debug)]
pub(in crate::engine) struct AcceptedJoin {
    /// True if it is not the first one.
    pub(in crate::engine) is_rejoin: bool,
    /// The key that our block announces.
    pub(in crate::engine) key: AnnouncedKey,
    /// The link or invitation that led to the call.
    pub(in crate::engine) found_by: Option<InputGroupCall>,
    /// The payload that the server took.
    pub(in crate::engine) payload: JoinPayload,
    /// The switches of our media as they were announced.
    pub(in crate::engine) announced: OwnMedia,
    /// The number of times that a block was sent.
    pub(in crate::engine) attempts: u32,
    /// The things that the server showed.
    pub(in crate::engine) shown: Shown,
    /// Blocks before ours that we have not seen, if we were in the call before.
    pub(in crate::engine) gap: Option<Gap>,
}

/// The things that the server showed of a call that we are in.
#[derive(Debug)]
pub(in crate::engine) struct Shown {
    pub(in crate::engine) call: CallRef,
    pub(in crate::engine) invite_link: Option<InviteLink>,
    /// The call itself, as it was shown last.
    pub(in crate::engine) group_call: Option<GroupCall>,
    /// The block from which the membership starts.
    pub(in crate::engine) first: Block,
    /// The blocks behind it.
    pub(in crate::engine) blocks: Subchain,
    pub(in crate::engine) broadcasts: Subchain,
    /// The parameters of the media connection, if the answer to the join was not lost.
    pub(in crate::engine) connection: Option<Box<ConnectionParameters>>,
    pub(in crate::engine) rosters: Vec<Participants>,
}

impl Shown {
    /// Reads the answer to the join.
    pub(super) fn by_answer(answer: JoinAnswer) -> Result<Self, AnswerFault> {
        // Our block, or one that stands on it: the state starts from the first (`spec/protocol.md`, 6).
        let first = answer.blocks.blocks.first().ok_or(AnswerFault::NoBlock)?;
        Ok(Self {
            call: CallRef::of(&answer.call).ok_or(AnswerFault::NoCall)?,
            invite_link: answer.invite_link,
            group_call: Some(answer.shown),
            first: Block::from_server(first)?,
            blocks: Subchain::behind_first(answer.blocks),
            broadcasts: Subchain::from_first(answer.broadcasts),
            connection: Some(Box::new(answer.connection)),
            rosters: answer.rosters,
        })
    }

    /// The same, but from our own block on, with so many blocks between it and the first that was shown still to be read.
    pub(super) fn from(self, ours: Block, between: i32) -> Result<Self, AnswerFault> {
        let next_offset = self.blocks.next();
        let blocks = self.blocks.back_before(self.first.to_server(), between);
        let blocks = blocks.ok_or(AnswerFault::Offset {
            sub_chain: SubChain::Blocks,
            count: usize::try_from(between).map_or(usize::MAX, |between| between.saturating_add(2)),
            next_offset,
        })?;
        Ok(Self {
            first: ours,
            blocks,
            ..self
        })
    }

    /// Reads the tip that holds our key, after the answer to the join was lost.
    pub(super) fn by_tip(
        tip: Tip,
        known: Option<CallRef>,
        looked_up: Option<GroupCall>,
    ) -> Result<Self, AnswerFault> {
        let call = known.or_else(|| CallRef::of(&tip.call));
        let behind = || tip.block.height().next().map(Height::value);
        let next = tip.next_block.or_else(behind).unwrap_or(i32::MAX);
        Ok(Self {
            call: call.ok_or(AnswerFault::NoCall)?,
            invite_link: None,
            group_call: looked_up,
            first: tip.block,
            blocks: Subchain::new(SubChain::Blocks, next),
            // The place at which the broadcasts about this block begin is not known: from the first that is left.
            broadcasts: Subchain::new(SubChain::Broadcasts, 0),
            connection: None,
            rosters: Vec::new(),
        })
    }
}
