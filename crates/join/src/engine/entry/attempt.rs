//! An attempt to join: what is wanted, how far it has come, and what its tries have used up.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::{Block, BlockHash};
use rand_core::Rng as _;

use super::accepted::AcceptedJoin;
use super::contention::Contention;
use crate::api::{CallRef, GroupCall, InputGroupCall, LeaveGroupCall, Request, RpcError};
use crate::engine::backoff::Backoff;
use crate::engine::context::Context;
use crate::engine::end::{EndReason, RejoinReason};
use crate::engine::event::Trouble;
use crate::engine::exit;
use crate::engine::own_state::OwnMedia;
use crate::engine::secrets::AnnouncedKey;
use crate::joining::{JoinPayload, Tip};
use crate::membership::Gap;

/// The time until a chain that went back is looked at again.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// The parts of an attempt to join that stay over all its steps.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct JoinAttempt {
    /// The reason to join again, if it is not the first time.
    pub(super) again: Option<RejoinReason>,
    /// The request that leaves the membership before, which may still stand until a block is sent.
    pub(super) before: Option<LeaveGroupCall>,
    /// The call as it is asked for; `None` for one that is to be created.
    pub(super) call: Option<InputGroupCall>,
    /// The link or invitation by which a stale reference is looked up again.
    pub(super) found_by: Option<InputGroupCall>,
    /// The call as it was looked up.
    pub(super) looked_up: Option<GroupCall>,
    /// The call by its id, once that is known.
    pub(super) known: Option<CallRef>,
    pub(super) payload: JoinPayload,
    /// The switches of our media, as the last block that was sent announced them.
    pub(super) announced: OwnMedia,
    /// The number that makes creations that are sent again one call.
    pub(super) random_id: i32,
    /// The last block that was sent, until it is known whether it was taken.
    pub(super) block: Option<Box<SentBlock>>,
    pub(super) budgets: Budgets,
    pub(super) contention: Contention,
    /// The moment at which the tip was last asked for.
    pub(super) tip_asked: Moment,
    /// True if the call had a block when we looked before.
    pub(super) had_blocks: bool,
    /// True while a chain that went back is looked at again.
    pub(super) went_back: bool,
    /// True once the call is suspected of being another one.
    pub(super) is_suspect: bool,
    /// The blocks that we have not seen since we were in the call the last time.
    pub(super) gap: Option<Gap>,
    is_refreshed: bool,
    /// The number of times that a block was sent.
    pub(super) sent: u32,
}

/// A block that was sent.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct SentBlock {
    pub(super) key: AnnouncedKey,
    pub(super) block: Block,
    /// The block on which it stands.
    pub(super) tip: Option<BlockHash>,
    /// The request that it went out with.
    pub(super) body: Request,
}

/// The budgets of an attempt, one for each trouble.
#[derive(Clone, Debug)]
pub(super) struct Budgets {
    /// The end of the races, once one was lost.
    pub(super) racing_until: Option<Moment>,
    /// The number of blocks that were refused on the same tip.
    pub(super) stalled: u32,
    /// The tip that the last refused block stood on.
    pub(super) refused_on: Option<Option<BlockHash>>,
    pub(super) clashes: Backoff,
    pub(super) faults: Backoff,
    pub(super) losses: Backoff,
    pub(super) reads: Backoff,
    pub(super) first_block: Backoff,
}

/// An action of the attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    /// Look the call up.
    Locate,
    /// Read how many participants a call may have.
    ReadLimit,
    /// Read the newest block.
    ReadTip,
    /// Write the first block.
    WriteFirst,
    /// Send the last request again.
    Repeat,
}

/// The consequence of an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// Do this now.
    Now(Action),
    /// Build a block on this tip, and send it.
    BuildOn(Box<Tip>),
    /// Do this after a pause with another payload: a source of ours is taken.
    Renewed { pause: Duration, action: Action },
    /// Do this after a pause, of which the caller learns.
    After {
        why: Trouble,
        pause: Duration,
        action: Action,
    },
}

/// The end of an attempt.
pub(in crate::engine) type Exit = exit::Exit<Box<AcceptedJoin>>;

impl JoinAttempt {
    pub(super) fn new(
        ctx: &mut Context,
        again: Option<RejoinReason>,
        call: Option<InputGroupCall>,
        invited: bool,
        payload: JoinPayload,
    ) -> Self {
        let known = call.as_ref().and_then(CallRef::of);
        Self {
            again,
            before: None,
            known,
            looked_up: None,
            found_by: call.clone().filter(|_| known.is_none()),
            call,
            payload,
            announced: ctx.wishes.media,
            random_id: ctx.public_rng.next_u32().cast_signed(),
            block: None,
            budgets: Budgets::new(invited),
            contention: Contention::new(),
            tip_asked: ctx.now,
            had_blocks: false,
            went_back: false,
            is_suspect: false,
            gap: None,
            is_refreshed: false,
            sent: 0,
        }
    }

    /// The request that leaves the call that we may be in.
    pub(super) fn leave(&self) -> Option<LeaveGroupCall> {
        let known = self.known.map(InputGroupCall::from);
        let (call, source) = (known.or(self.call.clone())?, Some(self.payload.ssrc()));
        Some(LeaveGroupCall { call, source })
    }

    /// The way to the next block after one that was refused.
    pub(super) fn rebuild(&self) -> Action {
        match self.call {
            Some(_) => Action::ReadTip,
            None => Action::WriteFirst,
        }
    }

    /// Has a chain that went back looked at again, once: one machine of the server may not have heard of the newest block.
    pub(super) fn look_again(&mut self) -> Option<Next> {
        let is_first = !core::mem::replace(&mut self.went_back, true);
        is_first.then_some(Next::After {
            why: Trouble::WentBack,
            pause: SECOND_LOOK,
            action: Action::ReadTip,
        })
    }

    /// Has a reference that leads nowhere looked up once more, if it came from a link.
    pub(super) fn look_up_again(&mut self, error: RpcError) -> Result<Next, Exit> {
        match self.found_by.clone().filter(|_| !self.is_refreshed) {
            Some(link) => {
                self.is_refreshed = true;
                self.call = Some(link);
                Ok(Next::Now(Action::Locate))
            }
            None => Err(EndReason::NotFound(error).into()),
        }
    }
}

impl Budgets {
    fn new(invited: bool) -> Self {
        let backoff = |first, longest, tries| {
            Backoff::new(
                Duration::from_millis(first),
                Duration::from_millis(longest),
                tries,
            )
        };
        Self {
            racing_until: None,
            stalled: 0,
            refused_on: None,
            clashes: backoff(50, 500, 5),
            faults: backoff(250, 4_000, 6),
            losses: backoff(250, 4_000, 6),
            reads: backoff(250, 4_000, 6),
            // About 15 seconds in all: an invitation can be older than the first block.
            first_block: backoff(250, 2_000, if invited { 12 } else { 0 }),
        }
    }
}
