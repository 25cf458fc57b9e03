//! Entering a call: from a target to the answer that makes us a member.
//!
//! ```text
//!  link, invitation                    empty: pause, again
//!        │                                  ┌────┐
//!        ▼                                  ▼    │
//!    Locating ── the call and its size ──▶ ReadingTip ── block on the tip ──▶ Sending ──▶ member
//!        ▲                                  ▲    │                              │
//!        │ reference is stale, once         │    └─ our key is in it ──▶ member │
//!        └──────────────────────────────────┴────── pause ◀── refused or lost ──┘
//! ```
//!
//! Every block that is sent stands on a tip that was read for it, and has a key of its own. A request of which
//! nobody knows whether it was carried out is followed by a look at the tip, never by another block at once; the
//! creation of a call, which has no tip, is sent again as it was.
//!
//! | step | its picture |
//! |---|---|
//! | what is wanted, and how far it has come | `quest.rs` |
//! | locating | `locating.rs` |
//! | reading the tip | `reading.rs` |
//! | sending a block | `sending.rs` |
//! | what a refused or lost one leads to | `failing.rs`, within `budgets.rs` |
//! | being in | `entrant.rs` |
//!
//! Implements `spec/protocol.md`, 6, and the rows of 11.2 for a join.

mod budgets;
mod entrant;
mod failing;
mod locating;
mod quest;
mod reading;
mod sending;

use core::time::Duration;

use confcall_state::BlockHash;

pub(super) use entrant::{Entrant, Evidence};

use super::Transition;
use super::context::Context;
use super::end::RejoinReason;
use super::io::{Outcome, RequestId};
use super::member::Member;
use super::secrets::AnnouncedKey;
use crate::api::reaction::Reaction;
use crate::api::{InputGroupCall, Method, Request, Ssrc};
use crate::joining::JoinAnswer;
use quest::Quest;

/// The state of entering a call: what is wanted, and how far it has come.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Entry {
    quest: Quest,
    step: Step,
}

#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
enum Step {
    /// The call is looked up.
    Locating { request: RequestId },
    /// The newest block is read.
    ReadingTip { request: RequestId },
    /// A block is under way.
    Sending {
        request: RequestId,
        body: Box<Request>,
        attempt: Box<Attempt>,
    },
    /// A pause until [`Timer::Entry`], then this.
    Pausing(Next),
}

#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
enum Next {
    Locate,
    ReadTip,
    Create,
    Repeat {
        body: Box<Request>,
        attempt: Box<Attempt>,
    },
}

/// A block that may have been sent, and what it stands on.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
struct Attempt {
    key: AnnouncedKey,
    tip: Option<BlockHash>,
}

impl Entry {
    /// Enters the call of the configuration for the first time.
    pub(super) fn first(ctx: &mut Context) -> Transition {
        let target = &ctx.config.target;
        let (call, invited) = (target.reference(), target.is_invited());
        let payload = ctx.config.media.payload.clone();
        let quest = Quest::new(ctx, None, call, invited, payload);
        match quest.call {
            Some(_) => quest.locate(ctx),
            None => quest.create(ctx),
        }
    }

    /// Enters a call again whose membership was lost, after a pause.
    pub(super) fn again(
        ctx: &mut Context,
        reason: RejoinReason,
        member: &Member,
        pause: Duration,
    ) -> Transition {
        let payload = member.payload().clone();
        let payload = payload.with_new_sources(&mut ctx.public_rng);
        let call = member.call().clone();
        let mut quest = Quest::new(ctx, Some(reason), Some(call), false, payload);
        quest.link = member.asked().cloned();
        quest.pause(ctx, pause, Next::ReadTip)
    }

    /// Whether a join is under way.
    pub(super) fn is_sending(&self) -> bool {
        matches!(self.step, Step::Sending { .. })
    }

    /// Whether this request is the one that is waited for.
    pub(super) fn waits_for(&self, answered: RequestId) -> bool {
        matches!(self.step, Step::Sending { request, .. } if request == answered)
    }

    /// The call and the source to leave it by, after the join under way had this outcome.
    pub(super) fn withdrawn(self, outcome: Outcome) -> Option<(InputGroupCall, Ssrc)> {
        let Self { quest, .. } = self;
        let call = match outcome {
            Outcome::Done(response) => {
                let updates = response.into_updates().ok();
                let answer =
                    updates.and_then(|updates| JoinAnswer::read(updates, quest.call.as_ref()).ok());
                answer.map(|answer| answer.call).or(quest.call)
            }
            Outcome::Lost => quest.call,
            Outcome::Refused(error) => quest
                .call
                .filter(|_| error.reaction(Method::JoinGroupCall) == Reaction::CheckTipFirst),
        };
        Some((call?, quest.payload.ssrc()))
    }

    /// The call and the source to leave it by, if nobody knows yet whether a join was carried out.
    pub(super) fn to_leave(&self) -> Option<(InputGroupCall, Ssrc)> {
        self.quest.doubtful.as_ref()?;
        Some((self.quest.call.clone()?, self.quest.payload.ssrc()))
    }

    /// Goes on after a pause.
    pub(super) fn handle_timer(self, ctx: &mut Context) -> Transition {
        let Self { quest, step } = self;
        match step {
            Step::Pausing(Next::Locate) => quest.locate(ctx),
            Step::Pausing(Next::ReadTip) => quest.read_tip(ctx),
            Step::Pausing(Next::Create) => quest.create(ctx),
            Step::Pausing(Next::Repeat { body, attempt }) => quest.send(ctx, body, attempt),
            step => Transition::Entering(Box::new(Self { quest, step })),
        }
    }

    /// Takes what became of a request; one that is not waited for changes nothing.
    pub(super) fn handle_answer(
        self,
        ctx: &mut Context,
        answered: RequestId,
        outcome: Outcome,
    ) -> Transition {
        let to_leave = self.to_leave();
        let Self { quest, step } = self;
        let transition = match step {
            Step::Locating { request } if request == answered => quest.located(ctx, outcome),
            Step::ReadingTip { request } if request == answered => quest.tip_read(ctx, outcome),
            Step::Sending {
                request,
                body,
                attempt,
            } if request == answered => quest.answered(ctx, outcome, body, attempt),
            step => Transition::Entering(Box::new(Self { quest, step })),
        };
        match transition {
            // Nobody has learnt whether the attempt became a block.
            Transition::Ended(reason) => Transition::Abandoned(reason, to_leave),
            transition => transition,
        }
    }
}
