//! Entering a call that is no conference: from the place where it is found to the answer that makes us a participant.
//!
//! ```text
//!  name ──▶ Resolve ──▶ Find ── the call ──▶ Look ── its kind ──▶ Join ── taken ──▶ participant
//!            chat, story ──▶ ▲               ▲ │                   ▲ │
//!                            │      by its id┘ │ not begun         │ └─ a source is taken: another payload
//!                            │                 ▼                   └─── no answer: the same again
//!                            │              Waiting ── it begins ──▶
//!                            └─ the reference is stale, once ◀──
//! ```
//!
//! A join that may have been carried out is sent again: no block hangs on it, and the server takes it as a rejoin. Each announces what is
//! wanted of microphone and camera when it is sent.
//!
//! Implements `spec/group-calls.md`, and the rows of `spec/protocol.md`, 11.2, for a join.

mod attempt;
mod finding;
mod joining;

use core::time::Duration;

use confcall_media::Moment;

use crate::api::{
    GroupCall, LeaveGroupCall, Response, StartScheduledGroupCall, ToggleGroupCallStartSubscription,
    Update,
};
use crate::engine::abilities;
use crate::engine::command::{Command, CommandFailure, Order};
use crate::engine::context::Context;
use crate::engine::end::{EndReason, RejoinReason};
use crate::engine::event::{Event, Trouble};
use crate::engine::leaving::Withdrawal;
use crate::engine::own_state::PayloadReason;
use crate::engine::parts::commands::{Commands, Effect};
use crate::engine::parts::description::Description;
use crate::engine::purpose::Purpose;
use crate::engine::requests::{Answer, Ticket};
use crate::engine::timers::Timer;
use crate::joining::{CallPlace, GroupCallTarget, JoinPayload};
use crate::policy::CallKind;
pub(in crate::engine) use attempt::{Accepted, Exit, Standpoint};
use attempt::{Action, Attempt, Next};

/// The time after which a call that has not begun is looked at again: the update that it did may be lost.
const WAITING: Duration = Duration::from_secs(60);
/// The time after which a call is looked at again of which the server showed an older state than it had shown before.
const OUTDATED: Duration = Duration::from_secs(1);

/// The state of entering a call that is no conference.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Entry {
    attempt: Attempt,
    step: Step,
    /// The commands about a call that has not begun.
    commands: Commands,
    description: Description,
}

/// The thing that is waited for.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The answer to a request.
    Asking(Action, Ticket),
    /// The beginning of the call; it is looked at again when [`Timer::Entry`] goes off.
    Waiting,
    /// The end of a pause, [`Timer::Entry`].
    Pausing(Action),
    /// A payload of the client, for what is not to be done before a moment.
    AskingPayload(Action, Moment),
}

impl Entry {
    /// Enters the call of the configuration for the first time.
    pub(in crate::engine) fn first(
        ctx: &mut Context,
        target: &GroupCallTarget,
    ) -> Result<Self, Exit> {
        let action = match target.place() {
            CallPlace::Name(_) | CallPlace::StoryOfName(_) => Action::Resolve,
            CallPlace::Chat(_) | CallPlace::Story { .. } => Action::Find,
            CallPlace::Call(_) => Action::Look,
        };
        let mut attempt = Attempt::first(ctx, target);
        let step = act(&mut attempt, ctx, action)?;
        Ok(Self::in_step(attempt, step))
    }

    /// Enters a call again whose membership was lost, after a pause.
    pub(in crate::engine) fn again(
        ctx: &mut Context,
        reason: RejoinReason,
        from: Standpoint,
        payload: JoinPayload,
        pause: Duration,
    ) -> Self {
        let action = match (&reason, &from.chat) {
            // A new reference is found where the call was found.
            (RejoinReason::Stale(_), Some(_)) => Action::Find,
            _ => Action::Join,
        };
        let mut attempt = Attempt::again(ctx, reason, from, payload);
        let step = renew(&mut attempt, ctx, PayloadReason::Rejoin, pause, action);
        Self::in_step(attempt, step)
    }

    fn in_step(attempt: Attempt, step: Step) -> Self {
        Self {
            attempt,
            step,
            commands: Commands::default(),
            description: Description::default(),
        }
    }

    /// Takes the payload that the client was asked for.
    pub(in crate::engine) fn supply(&mut self, ctx: &mut Context, payload: JoinPayload) {
        if let Step::AskingPayload(action, not_before) = self.step {
            self.attempt.payload = payload;
            ctx.timers.set(Timer::Entry, not_before);
            self.step = Step::Pausing(action);
        }
    }

    /// Has a join that is still to be sent announce what is wanted now.
    pub(in crate::engine) fn wish_changed(&mut self, ctx: &mut Context) -> Result<(), Exit> {
        match self.step {
            Step::Asking(Action::Join, ticket) => joining::rewrite(&mut self.attempt, ctx, ticket),
            _ => Ok(()),
        }
    }

    /// Goes on after a pause.
    pub(in crate::engine) fn handle_timer(
        &mut self,
        ctx: &mut Context,
        timer: Timer,
    ) -> Result<(), Exit> {
        let action = match (timer, self.step) {
            (Timer::Entry, Step::Pausing(action)) => action,
            (Timer::Entry, Step::Waiting) => Action::Look,
            (Timer::Entry, Step::AskingPayload(..)) => {
                let leave = self.attempt.leave();
                return Err(Exit::Failed(EndReason::NoPayload, leave));
            }
            _ => return Ok(()),
        };
        self.act(ctx, action)
    }

    fn act(&mut self, ctx: &mut Context, action: Action) -> Result<(), Exit> {
        let step = act(&mut self.attempt, ctx, action);
        self.step = step.map_err(|exit| leaving(exit, self.attempt.leave()))?;
        Ok(())
    }

    /// Takes the answer to a request; one that is not waited for changes nothing.
    pub(in crate::engine) fn handle_answer(
        &mut self,
        ctx: &mut Context,
        answer: Answer,
    ) -> Result<(), Exit> {
        if answer.purpose == Purpose::Command {
            return self.command_answered(ctx, answer);
        }
        let Step::Asking(action, ticket) = self.step else {
            return Ok(());
        };
        if ticket != answer.ticket {
            return Ok(());
        }
        let attempt = &mut self.attempt;
        let next = match action {
            Action::Resolve => finding::resolved(attempt, ctx, answer),
            Action::Find => finding::found(attempt, ctx, answer),
            Action::Look => finding::looked(attempt, ctx, answer),
            Action::Join => joining::answered(attempt, ctx, answer),
        };
        let step = next.and_then(|next| self.follow(ctx, next));
        self.step = step.map_err(|exit| leaving(exit, self.attempt.leave()))?;
        Ok(())
    }

    fn follow(&mut self, ctx: &mut Context, next: Next) -> Result<Step, Exit> {
        match next {
            Next::Now(action) => act(&mut self.attempt, ctx, action),
            Next::Wait(call) => {
                self.description.take(&call);
                self.show(ctx);
                let known = self.description.call();
                if known.is_some_and(|known| known.scheduled_for.is_none()) {
                    ctx.after(Timer::Entry, OUTDATED);
                    return Ok(Step::Pausing(Action::Look));
                }
                ctx.after(Timer::Entry, WAITING);
                Ok(Step::Waiting)
            }
            Next::After { why, pause, action } => {
                ctx.retrying(why, pause, self.attempt.sent.saturating_add(1));
                ctx.after(Timer::Entry, pause);
                Ok(Step::Pausing(action))
            }
            Next::Renewed { pause } => {
                // A late entry of ours may name it.
                ctx.past.add(self.attempt.payload.ssrc(), None);
                let attempts = self.attempt.sent.saturating_add(1);
                ctx.retrying(Trouble::SourceTaken, pause, attempts);
                let why = PayloadReason::SourceTaken;
                Ok(renew(&mut self.attempt, ctx, why, pause, Action::Join))
            }
        }
    }

    /// True while the beginning of an announced call is waited for.
    fn is_waiting(&self) -> bool {
        let is_looking = matches!(
            self.step,
            Step::Waiting | Step::Asking(Action::Look, _) | Step::Pausing(Action::Look)
        );
        is_looking && self.description.call().is_some()
    }

    fn show(&mut self, ctx: &mut Context) {
        if let Some(info) = self.description.changed(ctx.kind(), None) {
            ctx.event(Event::Scheduled(info));
        }
    }

    /// Gives entering up. A join that is under way may be carried out, so that its answer is waited for.
    pub(in crate::engine) fn withdraw(&mut self, ctx: &mut Context) -> Option<Withdrawal> {
        ctx.timers.cancel(Timer::Entry);
        let Step::Asking(Action::Join, ticket) = self.step else {
            return None;
        };
        let withdrawal = Withdrawal {
            call: self.attempt.from.call.map(Into::into),
            source: self.attempt.payload.ssrc(),
            otherwise: self.attempt.leave(),
        };
        ctx.abandon(ticket).then_some(withdrawal)
    }

    /// The request that leaves the call that we may be in.
    pub(in crate::engine) fn leave_in_doubt(&self) -> Option<LeaveGroupCall> {
        self.attempt.leave()
    }

    /// Answers the commands that wait when entering ends.
    pub(in crate::engine) fn close(&mut self, ctx: &mut Context) {
        self.commands.give_up(ctx, false);
    }

    /// The peer as whom the call was joined before, which is to be tried again.
    pub(in crate::engine) fn has_fallen_back(&mut self) -> bool {
        core::mem::take(&mut self.attempt.has_fallen_back)
    }
}

/// A call that has not begun.
impl Entry {
    /// Takes an update: the call that is waited for may begin by it, or be over.
    pub(in crate::engine) fn handle_update(
        &mut self,
        ctx: &mut Context,
        update: &Update,
    ) -> Result<(), Exit> {
        let Update::GroupCall {
            call, live_story, ..
        } = update
        else {
            return Ok(());
        };
        let known = self.attempt.from.call;
        if known.is_none_or(|known| known.id != call.named().id) {
            return Ok(());
        }
        let from = &mut self.attempt.from;
        if !from.is_certain {
            from.shown(*live_story);
            // The answer to a join that is under way is compared with the kind that it had.
            if from.is_story && !matches!(self.step, Step::Asking(Action::Join, _)) {
                ctx.kind_is(CallKind::LiveStoryListener);
            }
        }
        if !self.is_waiting() {
            return Ok(());
        }
        match call {
            GroupCall::Discarded { .. } => Err(EndReason::Discarded.into()),
            GroupCall::Active(call) if call.conference => Err(finding::kind_changed(ctx).into()),
            GroupCall::Active(call) => {
                self.description.take(call);
                self.show(ctx);
                match (call.scheduled_for, self.step) {
                    (None, Step::Waiting | Step::Pausing(Action::Look)) => {
                        self.act(ctx, Action::Look)
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// Looks at a call that has not begun, because updates were missed.
    pub(in crate::engine) fn handle_gap(&mut self, ctx: &mut Context) -> Result<(), Exit> {
        match self.step {
            Step::Waiting => self.act(ctx, Action::Look),
            _ => Ok(()),
        }
    }

    /// Carries out a command about a call that has not begun.
    pub(in crate::engine) fn handle_command(
        &mut self,
        ctx: &mut Context,
        order: Order,
        command: &Command,
    ) {
        let Some(call) = self.attempt.from.call.filter(|_| self.is_waiting()) else {
            return ctx.failed(order, CommandFailure::NotJoined);
        };
        let kind = ctx.kind();
        if !abilities::has(kind, command) {
            return ctx.failed(order, CommandFailure::NotInThisKind(kind));
        }
        let call = call.into();
        match *command {
            Command::StartScheduled => {
                let start = StartScheduledGroupCall { call };
                self.commands.send(ctx, order, Effect::Answer, start);
            }
            Command::SubscribeStart { subscribed } => {
                let subscribe = ToggleGroupCallStartSubscription { call, subscribed };
                self.commands.send(ctx, order, Effect::Answer, subscribe);
            }
            _ => ctx.failed(order, CommandFailure::NotJoined),
        }
    }

    fn command_answered(&mut self, ctx: &mut Context, answer: Answer) -> Result<(), Exit> {
        let Answer {
            method,
            ticket,
            result,
            ..
        } = answer;
        let response = self.commands.answered(ctx, method, ticket, result);
        let Some(Response::Updates(updates)) = response else {
            // Whatever it was refused for: the call may have begun.
            return self.handle_gap(ctx);
        };
        let mut updates = updates.0.iter();
        updates.try_for_each(|update| self.handle_update(ctx, update))
    }
}

fn act(attempt: &mut Attempt, ctx: &mut Context, action: Action) -> Result<Step, Exit> {
    let ticket = match action {
        Action::Resolve => finding::resolve(ctx)?,
        Action::Find => finding::find(attempt, ctx)?,
        Action::Look => finding::look(attempt, ctx)?,
        Action::Join => joining::join(attempt, ctx)?,
    };
    Ok(Step::Asking(action, ticket))
}

/// Takes another payload, or asks the client for one, and goes on after a pause.
fn renew(
    attempt: &mut Attempt,
    ctx: &mut Context,
    why: PayloadReason,
    pause: Duration,
    action: Action,
) -> Step {
    match ctx.renew_main(&mut attempt.payload, why, pause) {
        true => Step::Pausing(action),
        false => Step::AskingPayload(action, ctx.now + pause),
    }
}

/// The same exit, by which the call is left that we may be in.
fn leaving(exit: Exit, leave: Option<LeaveGroupCall>) -> Exit {
    match exit {
        Exit::Failed(reason, _) => Exit::Failed(reason, leave),
        exit => exit,
    }
}
