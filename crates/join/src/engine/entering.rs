//! Entering a call, of whatever kind.

use core::time::Duration;

use super::command::{Command, CommandFailure, Order};
use super::config::Family;
use super::context::Context;
use super::end::{EndReason, Ended, OtherKind, RejoinReason};
use super::entry::{self, AcceptedJoin};
use super::exit;
use super::group::{self, Standpoint};
use super::leaving::Withdrawal;
use super::requests::Answer;
use super::timers::Timer;
use crate::api::{LeaveGroupCall, Update};
use crate::joining::{JoinPayload, Target};

/// The state of entering a call.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) enum Entering {
    Conference(Box<entry::Entry>),
    Group(Box<group::Entry>),
}

/// The end of entering a call.
pub(super) type Exit = exit::Exit<Accepted>;

/// A join that the server took.
#[derive(Debug)]
pub(super) enum Accepted {
    Conference(Box<AcceptedJoin>),
    Group(Box<group::Accepted>),
}

impl Accepted {
    /// The request that leaves the call.
    pub(super) fn leave(&self) -> LeaveGroupCall {
        let (call, payload) = match self {
            Self::Conference(join) => (join.shown.call, &join.payload),
            Self::Group(join) => (join.call, &join.payload),
        };
        LeaveGroupCall {
            call: call.into(),
            source: Some(payload.ssrc()),
        }
    }
}

impl From<entry::Exit> for Exit {
    fn from(exit: entry::Exit) -> Self {
        exit.map(Accepted::Conference)
    }
}

impl From<group::Exit> for Exit {
    fn from(exit: group::Exit) -> Self {
        exit.map(Accepted::Group)
    }
}

impl Entering {
    /// Enters the call of the configuration for the first time.
    pub(super) fn first(ctx: &mut Context) -> Result<Self, Exit> {
        let target = ctx.config.target.clone();
        let other = match (&target, ctx.config.family) {
            (Target::Group(_), Family::Conferences) => Some(OtherKind::ChatOrStory),
            (Target::Group(_), _) | (_, Family::Any | Family::Conferences) => None,
            (_, Family::Chats) => Some(OtherKind::Conference),
        };
        if let Some(other) = other {
            return Err(Exit::Failed(EndReason::OtherKind(other), None));
        }
        Ok(match target {
            Target::Group(target) => {
                let entry = group::Entry::first(ctx, &target)?;
                Self::Group(Box::new(entry))
            }
            _ => Self::Conference(Box::new(entry::Entry::first(ctx)?)),
        })
    }

    /// Enters a call again that is no conference, after a pause.
    pub(super) fn group_again(
        ctx: &mut Context,
        reason: RejoinReason,
        from: Standpoint,
        payload: JoinPayload,
        pause: Duration,
    ) -> Self {
        let entry = group::Entry::again(ctx, reason, from, payload, pause);
        Self::Group(Box::new(entry))
    }

    pub(super) fn supply(&mut self, ctx: &mut Context, payload: JoinPayload) -> Result<(), Exit> {
        match self {
            Self::Conference(entry) => entry.supply(ctx, payload)?,
            Self::Group(entry) => entry.supply(ctx, payload),
        }
        Ok(())
    }

    pub(super) fn handle_timer(&mut self, ctx: &mut Context, timer: Timer) -> Result<(), Exit> {
        match self {
            Self::Conference(entry) if timer == Timer::Entry => entry.handle_timer(ctx)?,
            Self::Conference(_) => {}
            Self::Group(entry) => entry.handle_timer(ctx, timer)?,
        }
        Ok(())
    }

    pub(super) fn handle_answer(&mut self, ctx: &mut Context, answer: Answer) -> Result<(), Exit> {
        match self {
            Self::Conference(entry) => Ok(entry.handle_answer(ctx, answer)?),
            Self::Group(entry) => Ok(entry.handle_answer(ctx, answer)?),
        }
    }

    /// Takes an update: a call that is announced may begin by it.
    pub(super) fn handle_update(&mut self, ctx: &mut Context, update: &Update) -> Result<(), Exit> {
        match self {
            Self::Conference(_) => Ok(()),
            Self::Group(entry) => Ok(entry.handle_update(ctx, update)?),
        }
    }

    /// Looks again at what may have changed by updates that were missed.
    pub(super) fn handle_gap(&mut self, ctx: &mut Context) -> Result<(), Exit> {
        match self {
            Self::Conference(_) => Ok(()),
            Self::Group(entry) => Ok(entry.handle_gap(ctx)?),
        }
    }

    /// Has a join that is still to be sent announce what is wanted now.
    pub(super) fn wish_changed(&mut self, ctx: &mut Context) -> Result<(), Exit> {
        match self {
            Self::Conference(entry) => entry.wish_changed(ctx),
            Self::Group(entry) => entry.wish_changed(ctx)?,
        }
        Ok(())
    }

    /// Carries out a command for which no membership is needed, or fails it.
    pub(super) fn handle_command(&mut self, ctx: &mut Context, order: Order, command: &Command) {
        match self {
            Self::Conference(_) => ctx.failed(order, CommandFailure::NotJoined),
            Self::Group(entry) => entry.handle_command(ctx, order, command),
        }
    }

    pub(super) fn withdraw(&mut self, ctx: &mut Context) -> Option<Withdrawal> {
        match self {
            Self::Conference(entry) => entry.withdraw(ctx),
            Self::Group(entry) => entry.withdraw(ctx),
        }
    }

    pub(super) fn leave_in_doubt(&self) -> Option<LeaveGroupCall> {
        match self {
            Self::Conference(entry) => entry.leave_in_doubt(),
            Self::Group(entry) => entry.leave_in_doubt(),
        }
    }

    /// The end as the caller sees it.
    pub(super) fn end_of(&self, reason: EndReason) -> Ended {
        match self {
            Self::Conference(entry) => entry.end_of(reason),
            Self::Group(_) => reason.into(),
        }
    }

    /// Answers the commands that wait when entering ends.
    pub(super) fn close(&mut self, ctx: &mut Context) {
        if let Self::Group(entry) = self {
            entry.close(ctx);
        }
    }

    /// True if the peer that was asked for was refused, since this was last asked.
    pub(super) fn has_fallen_back(&mut self) -> bool {
        match self {
            Self::Conference(_) => false,
            Self::Group(entry) => entry.has_fallen_back(),
        }
    }
}
