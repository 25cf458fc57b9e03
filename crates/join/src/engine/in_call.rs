//! Being in a call, of whatever kind.

use core::time::Duration;

use super::command::{Command, Order};
use super::context::Context;
use super::departure::{Departure, Flow};
use super::end::{EndReason, RejoinReason};
use super::entering::{Accepted, Entering};
use super::entry::Entry;
use super::group::Attendance;
use super::identity::Identity;
use super::member::{self, Member};
use super::own_state::OwnState;
use super::participant::Participant;
use super::parts::roster::Roster;
use super::parts::stream::Stream;
use super::requests::Answer;
use super::timers::Timer;
use crate::api::{CallSettings, InputPeer, LeaveGroupCall, Update};
use crate::membership::LastKnown;

/// A membership.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) enum InCall {
    Conference(Box<Member>),
    Group(Box<Attendance>),
}

impl InCall {
    /// Takes up a membership; `stream` is that of the one before.
    ///
    /// # Errors
    ///
    /// The reason why what the server showed holds no membership for us.
    pub(super) fn take_up(
        ctx: &mut Context,
        join: Accepted,
        stream: Option<Stream>,
    ) -> Result<(Self, Flow), EndReason> {
        Ok(match join {
            Accepted::Conference(join) => {
                let (member, flow) = member::start::take_up(ctx, *join)?;
                (Self::Conference(Box::new(member)), flow)
            }
            Accepted::Group(join) => {
                let (attendance, flow) = Attendance::take_up(ctx, *join, stream);
                (Self::Group(Box::new(attendance)), flow)
            }
        })
    }

    /// Enters the call again, after a pause; as another peer, if one is asked for.
    pub(super) fn enter_again(
        &self,
        ctx: &mut Context,
        reason: RejoinReason,
        as_peer: Option<InputPeer>,
        pause: Duration,
    ) -> Entering {
        match self {
            Self::Conference(member) => {
                let (found_by, payload) = (member.found_by().cloned(), member.payload().clone());
                let us = member.identity();
                let entry = Entry::again(ctx, reason, us, found_by, payload, pause);
                Entering::Conference(Box::new(entry))
            }
            Self::Group(attendance) => {
                let payload = attendance.payload().clone();
                let from = attendance.standpoint(as_peer);
                Entering::group_again(ctx, reason, from, payload, pause)
            }
        }
    }

    /// The member of a conference.
    pub(super) fn member(&self) -> Option<&Member> {
        match self {
            Self::Conference(member) => Some(member),
            Self::Group(_) => None,
        }
    }

    pub(super) fn identity(&self) -> Identity {
        match self {
            Self::Conference(member) => member.identity(),
            Self::Group(attendance) => attendance.identity(),
        }
    }

    pub(super) fn roster(&self) -> &Roster {
        match self {
            Self::Conference(member) => member.roster(),
            Self::Group(attendance) => attendance.roster(),
        }
    }

    pub(super) fn participants(&self) -> Vec<Participant> {
        match self {
            Self::Conference(member) => member.participants(),
            Self::Group(attendance) => attendance.participants(),
        }
    }

    pub(super) fn own_state(&self, ctx: &Context) -> OwnState {
        match self {
            Self::Conference(member) => member.own_state(ctx),
            Self::Group(attendance) => attendance.own_state(ctx),
        }
    }

    pub(super) fn settings(&self) -> Option<CallSettings> {
        match self {
            Self::Conference(member) => member.settings(),
            Self::Group(attendance) => attendance.settings(),
        }
    }

    pub(super) fn last_known(&self) -> Option<LastKnown> {
        self.member().map(Member::last_known)
    }

    /// The request by which we leave.
    pub(super) fn leave(&self) -> LeaveGroupCall {
        self.identity().leave()
    }

    /// Notes what outlives a membership that ends: the source and the key, and what was seen of the call.
    pub(super) fn remember(&self, ctx: &mut Context) {
        if let Some(known) = self.last_known() {
            ctx.past.remember(known);
        }
    }

    /// Notes the source and the key of a membership in whose place another one comes.
    pub(super) fn forget_source(&self, ctx: &mut Context) {
        let key = self.member().and_then(Member::public_key);
        ctx.past.add(self.identity().source, key);
    }

    /// Drops what is secret, and answers what waits in the membership.
    pub(super) fn close(&mut self, ctx: &mut Context, departure: &Departure) {
        match self {
            Self::Conference(member) => member.close(ctx, departure),
            Self::Group(attendance) => attendance.close(ctx, departure),
        }
    }

    /// Takes the stream of a membership that ends.
    pub(super) fn take_stream(&mut self) -> Option<Stream> {
        match self {
            Self::Conference(_) => None,
            Self::Group(attendance) => attendance.take_stream(),
        }
    }

    pub(super) fn handle_timer(&mut self, ctx: &mut Context, timer: Timer) -> Flow {
        match self {
            Self::Conference(member) => member.handle_timer(ctx, timer),
            Self::Group(attendance) => attendance.handle_timer(ctx, timer),
        }
    }

    /// Brings everything up to date.
    pub(super) fn settle(&mut self, ctx: &mut Context) -> Flow {
        match self {
            Self::Conference(member) => member.settle(ctx),
            Self::Group(attendance) => attendance.settle(ctx),
        }
    }

    pub(super) fn handle_answer(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        match self {
            Self::Conference(member) => member.handle_answer(ctx, answer),
            Self::Group(attendance) => attendance.handle_answer(ctx, answer),
        }
    }

    pub(super) fn handle_update(&mut self, ctx: &mut Context, update: Update) -> Flow {
        match self {
            Self::Conference(member) => member.handle_update(ctx, update),
            Self::Group(attendance) => attendance.handle_update(ctx, update),
        }
    }

    pub(super) fn handle_gap(&mut self, ctx: &mut Context) -> Flow {
        match self {
            Self::Conference(member) => member.handle_gap(ctx),
            Self::Group(attendance) => attendance.handle_gap(ctx),
        }
    }

    pub(super) fn handle_notice(&mut self, ctx: &mut Context, command: Command) -> Flow {
        match self {
            Self::Conference(member) => member.handle_notice(ctx, command),
            Self::Group(attendance) => attendance.handle_notice(ctx, command),
        }
    }

    pub(super) fn handle_command(
        &mut self,
        ctx: &mut Context,
        order: Order,
        command: Command,
    ) -> Flow {
        match self {
            Self::Conference(member) => member.handle_command(ctx, order, command),
            Self::Group(attendance) => attendance.handle_command(ctx, order, command),
        }
    }
}
