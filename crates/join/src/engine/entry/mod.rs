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
//! Every block that is sent stands on a tip that was read for it, and has a key of its own. A request that may have been
//! carried out is followed by a look at the tip, never by another block at once; the creation of a call, which has no
//! tip, is sent again with the same block.
//!
//! [`Entry`] takes the steps; the files below it say what each answer leads to.
//!
//! Implements `spec/protocol.md`, 6, and the rows of 11.2 for a join.

mod accepted;
mod attempt;
mod comparison;
mod contention;
mod reading;
mod sending;

use core::time::Duration;

use confcall_media::Moment;

pub(super) use accepted::AcceptedJoin;
pub(super) use attempt::Exit;

use super::config::EmptyCall;
use super::context::Context;
use super::end::{Advice, EndReason, Ended, RejoinReason};
use super::event::Trouble;
use super::identity::Identity;
use super::leaving::Withdrawal;
use super::own_state::PayloadReason;
use super::requests::{Answer, Ticket};
use super::timers::Timer;
use crate::api::{InputGroupCall, LeaveGroupCall};
use crate::joining::JoinPayload;
use attempt::{Action, JoinAttempt, Next};

/// The state of entering a call.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Entry {
    attempt: JoinAttempt,
    step: Step,
}

/// The thing that is waited for.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The call.
    Locating(Ticket),
    /// The number of participants that a call may have.
    ReadingLimit(Ticket),
    /// The newest block.
    ReadingTip(Ticket),
    /// The answer to our block.
    Sending(Ticket),
    /// The end of a pause, [`Timer::Entry`].
    Pausing(Action),
    /// A payload of the client, for what is not to be done before a moment.
    Asking(Action, Moment),
}

impl Entry {
    /// Enters the call of the configuration for the first time.
    pub(super) fn first(ctx: &mut Context) -> Result<Self, Exit> {
        let target = &ctx.config.target;
        let invited = target.is_invited() || ctx.config.empty_call == EmptyCall::Await;
        let call = target.reference();
        let payload = ctx.config.media.payload.clone();
        let action = match call {
            Some(_) => Action::Locate,
            None => Action::WriteFirst,
        };
        let mut attempt = JoinAttempt::new(ctx, None, call, invited, payload);
        let step = act(&mut attempt, ctx, action)?;
        Ok(Self { attempt, step })
    }

    /// Enters a call again whose membership was lost, after a pause.
    pub(super) fn again(
        ctx: &mut Context,
        reason: RejoinReason,
        us: Identity,
        found_by: Option<InputGroupCall>,
        payload: JoinPayload,
        pause: Duration,
    ) -> Self {
        let call = Some(us.call.into());
        let mut attempt = JoinAttempt::new(ctx, Some(reason), call, false, payload);
        attempt.found_by = found_by;
        attempt.before = Some(us.leave());
        let step = renew(
            &mut attempt,
            ctx,
            PayloadReason::Rejoin,
            pause,
            Action::ReadTip,
        );
        Self { attempt, step }
    }

    /// Takes the payload that the client was asked for.
    pub(super) fn supply(&mut self, ctx: &mut Context, payload: JoinPayload) -> Result<(), Exit> {
        let Step::Asking(action, not_before) = self.step else {
            return Ok(());
        };
        self.attempt.payload = payload;
        ctx.timers.set(Timer::Entry, not_before);
        self.step = Step::Pausing(action);
        Ok(())
    }

    /// Has a block that is still to be sent announce what is wanted now.
    pub(super) fn wish_changed(&mut self, ctx: &mut Context) {
        if let Step::Sending(ticket) = self.step {
            sending::rewrite(&mut self.attempt, ctx, ticket);
        }
    }

    /// Goes on after a pause.
    pub(super) fn handle_timer(&mut self, ctx: &mut Context) -> Result<(), Exit> {
        let action = match self.step {
            Step::Pausing(action) => action,
            Step::Asking(..) => {
                let leave = self.leave_in_doubt();
                return Err(Exit::Failed(EndReason::NoPayload, leave));
            }
            Step::Locating(_) | Step::ReadingLimit(_) | Step::ReadingTip(_) | Step::Sending(_) => {
                return Ok(());
            }
        };
        let leave = self.leave_in_doubt();
        let step = act(&mut self.attempt, ctx, action);
        self.step = step.map_err(|exit| leaving(exit, leave))?;
        Ok(())
    }

    /// Takes the answer to a request; one that is not waited for changes nothing.
    pub(super) fn handle_answer(&mut self, ctx: &mut Context, answer: Answer) -> Result<(), Exit> {
        let leave = self.leave_in_doubt();
        let (Step::Locating(ticket)
        | Step::ReadingLimit(ticket)
        | Step::ReadingTip(ticket)
        | Step::Sending(ticket)) = self.step
        else {
            return Ok(());
        };
        if ticket != answer.ticket {
            return Ok(());
        }
        let attempt = &mut self.attempt;
        // There is no race while the server has us wait.
        let until = &mut attempt.budgets.racing_until;
        *until = until.map(|until| until + answer.waited);
        let next = match self.step {
            Step::Locating(_) => reading::located(attempt, ctx, answer),
            Step::ReadingLimit(_) => reading::limit_read(attempt, ctx, answer),
            Step::ReadingTip(_) => reading::tip_read(attempt, ctx, answer),
            Step::Sending(_) => {
                attempt.sent = attempt.sent.saturating_add(answer.repeats);
                sending::answered(attempt, ctx, answer)
            }
            Step::Pausing(_) | Step::Asking(..) => return Ok(()),
        };
        let step = next.and_then(|next| follow(attempt, ctx, next));
        self.step = step.map_err(|exit| leaving(exit, leave))?;
        Ok(())
    }

    /// Gives entering up. A join that is under way may be carried out, so that its answer is waited for.
    pub(super) fn withdraw(&mut self, ctx: &mut Context) -> Option<Withdrawal> {
        // A look-up or a tip that is under way says nothing that a leaver needs.
        ctx.timers.cancel(Timer::Entry);
        let Step::Sending(ticket) = self.step else {
            return None;
        };
        let withdrawal = Withdrawal {
            call: self.attempt.call.clone(),
            source: self.attempt.payload.ssrc(),
            otherwise: self.attempt.before.clone(),
        };
        ctx.abandon(ticket).then_some(withdrawal)
    }

    /// The end as the caller sees it: who comes back after a removal and is refused was removed, and is not to come again.
    pub(super) fn end_of(&self, reason: EndReason) -> Ended {
        let advice = reason.advice();
        let is_refusal =
            matches!(reason, EndReason::Refused { .. }) && advice == Advice::AskForInvitation;
        match self.attempt.again {
            Some(RejoinReason::Removed { by }) if is_refusal => Ended {
                advice,
                ..EndReason::Removed { by }.into()
            },
            _ => reason.into(),
        }
    }

    /// The request that leaves the call that we may be in: by a join of which it is not known whether it was carried out, or by the
    /// membership before.
    pub(super) fn leave_in_doubt(&self) -> Option<LeaveGroupCall> {
        let attempt = &self.attempt;
        match self.step {
            // The answer says more; without one the block was not sent.
            Step::Sending(_) => attempt.before.clone(),
            _ if attempt.block.is_some() => attempt.leave(),
            _ => attempt.before.clone(),
        }
    }
}

fn act(attempt: &mut JoinAttempt, ctx: &mut Context, action: Action) -> Result<Step, Exit> {
    Ok(match action {
        Action::Locate => Step::Locating(reading::locate(attempt, ctx)?),
        Action::ReadLimit => Step::ReadingLimit(reading::read_limit(ctx)),
        Action::ReadTip => Step::ReadingTip(reading::read_tip(attempt, ctx)?),
        Action::WriteFirst => Step::Sending(sending::send(attempt, ctx, None)?),
        Action::Repeat => Step::Sending(sending::send_again(attempt, ctx)?),
    })
}

fn follow(attempt: &mut JoinAttempt, ctx: &mut Context, next: Next) -> Result<Step, Exit> {
    match next {
        Next::Now(action) => act(attempt, ctx, action),
        Next::BuildOn(tip) => Ok(Step::Sending(sending::send(attempt, ctx, Some(&tip))?)),
        Next::After { why, pause, action } => {
            ctx.retrying(why, pause, attempt.sent.saturating_add(1));
            ctx.after(Timer::Entry, pause);
            Ok(Step::Pausing(action))
        }
        Next::Renewed { pause, action } => {
            let attempts = attempt.sent.saturating_add(1);
            ctx.retrying(Trouble::SourceTaken, pause, attempts);
            Ok(renew(
                attempt,
                ctx,
                PayloadReason::SourceTaken,
                pause,
                action,
            ))
        }
    }
}

/// Takes another payload, or asks the client for one, and goes on after a pause.
fn renew(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    why: PayloadReason,
    pause: Duration,
    action: Action,
) -> Step {
    match ctx.renew_main(&mut attempt.payload, why, pause) {
        true => Step::Pausing(action),
        false => Step::Asking(action, ctx.now + pause),
    }
}

/// The same exit, by which the call is left where nothing else says how.
fn leaving(exit: Exit, leave: Option<LeaveGroupCall>) -> Exit {
    match exit {
        Exit::Failed(reason, None) => Exit::Failed(reason, leave),
        exit => exit,
    }
}
