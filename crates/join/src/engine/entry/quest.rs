//! What is wanted, and how far it has come.

use core::time::Duration;

use confcall_media::Moment;
use rand_core::Rng as _;

use super::super::Transition;
use super::super::contention::Contention;
use super::super::context::Context;
use super::super::end::{EndReason, RejoinReason};
use super::super::event::Trouble;
use super::super::timers::Timer;
use super::budgets::Budgets;
use super::{Attempt, Entry, Next, Step};
use crate::api::InputGroupCall;
use crate::joining::{AnswerFault, JoinPayload};

/// What stays the same over all steps, and what the attempts have used up.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Quest {
    /// Why we enter again, if it is not the first time.
    pub(super) again: Option<RejoinReason>,
    /// The call as it is asked for; `None` for one that is to be created.
    pub(super) call: Option<InputGroupCall>,
    /// The link or invitation by which a stale reference is looked up again.
    pub(super) link: Option<InputGroupCall>,
    /// The call by its id, once that is known.
    pub(super) known: Option<InputGroupCall>,
    pub(super) payload: JoinPayload,
    pub(super) random_id: i32,
    /// A block that was sent, and may have become the newest one, until the tip has been read.
    pub(super) doubtful: Option<Box<Attempt>>,
    pub(super) budgets: Budgets,
    pub(super) contention: Contention,
    /// When the tip was asked for last.
    pub(super) tip_asked: Moment,
    /// Whether the call had a block when we looked before.
    pub(super) had_blocks: bool,
    pub(super) refreshed: bool,
    pub(super) sent: u32,
}

impl Quest {
    pub(super) fn new(
        ctx: &mut Context,
        again: Option<RejoinReason>,
        call: Option<InputGroupCall>,
        invited: bool,
        payload: JoinPayload,
    ) -> Self {
        Self {
            again,
            known: call.clone().filter(|call| call.id().is_some()),
            link: call.clone().filter(|call| call.id().is_none()),
            call,
            payload,
            random_id: ctx.public_rng.next_u32().cast_signed(),
            doubtful: None,
            budgets: Budgets::new(invited),
            contention: Contention::new(),
            tip_asked: ctx.now,
            had_blocks: false,
            refreshed: false,
            sent: 0,
        }
    }

    pub(super) fn at(self, step: Step) -> Transition {
        Transition::Entering(Box::new(Entry { quest: self, step }))
    }

    pub(super) fn pause(self, ctx: &mut Context, pause: Duration, next: Next) -> Transition {
        ctx.after(Timer::Entry, pause);
        self.at(Step::Pausing(next))
    }

    /// Tells of a trouble, pauses, and goes on.
    pub(super) fn retry(
        self,
        ctx: &mut Context,
        why: Trouble,
        pause: Duration,
        next: Next,
    ) -> Transition {
        let attempt = self.sent.saturating_add(1);
        ctx.retrying(why, pause, attempt);
        self.pause(ctx, pause, next)
    }

    /// How the next block comes about.
    pub(super) fn anew(&self) -> Next {
        match self.call {
            Some(_) => Next::ReadTip,
            None => Next::Create,
        }
    }

    pub(super) fn call(&self) -> Result<InputGroupCall, EndReason> {
        self.call
            .clone()
            .ok_or(EndReason::Unusable(AnswerFault::NoCall))
    }
}
