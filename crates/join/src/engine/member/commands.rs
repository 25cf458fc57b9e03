//! What a caller can ask of a member.

use super::super::context::Context;
use super::super::end::{EndReason, RejoinReason};
use super::super::event::{CommandFailure, CommandKind, Event};
use super::super::io::{Command, CommandId, MediaState, Outcome};
use super::super::orders::Order;
use super::super::timers::Timer;
use super::super::waits::Patience;
use super::{Departure, Flow, Member, Pending};
use crate::api::reaction::Reaction;
use crate::api::{
    DiscardGroupCall, EncryptedMessage, GetGroupParticipants, InviteConferenceCallParticipant,
    Peer, Request, Response, SendGroupCallEncryptedMessage, ToggleGroupCallSettings,
};
use crate::limits;
use crate::message::{GroupMessage, Novelty};

impl Member {
    pub(in super::super) fn handle_command(
        &mut self,
        ctx: &mut Context,
        id: CommandId,
        command: Command,
    ) -> Flow {
        let order = |kind| Order { id, kind };
        let call = self.call.clone();
        match command {
            Command::Leave => return Err(Departure::Leave),
            // They are not about the membership.
            Command::Announce { .. } | Command::Decline { .. } => {}
            Command::Media(media) => self.media_is(ctx, media),
            Command::Rejoin => self.rejoin(ctx, order(CommandKind::Rejoin))?,
            Command::Kick { users } => self.kick(ctx, order(CommandKind::Kick), users),
            Command::Invite { user, video } => {
                let invite = InviteConferenceCallParticipant { video, call, user };
                self.ask(ctx, order(CommandKind::Invite), invite);
            }
            Command::RevokeLink => {
                let settings = ToggleGroupCallSettings::revoke_link(call);
                self.ask(ctx, order(CommandKind::RevokeLink), settings);
            }
            Command::Discard => {
                self.ask(ctx, order(CommandKind::Discard), DiscardGroupCall { call });
            }
            Command::Resolve { mut sources } => {
                sources.truncate(limits::RESOLVED_SOURCES);
                let by_sources = GetGroupParticipants::by_sources(call, sources);
                self.ask(ctx, order(CommandKind::Resolve), by_sources);
            }
            Command::Send(message) => {
                let order = order(CommandKind::Send(message.random_id()));
                self.send_message(ctx, order, &message);
            }
        }
        self.settle(ctx)
    }

    fn media_is(&mut self, ctx: &mut Context, media: MediaState) {
        self.media = media;
        if media == MediaState::Disconnected && !ctx.timers.is_set(Timer::Check) {
            ctx.after(Timer::Check, super::checking::CHECK);
        }
    }

    /// Gives the membership up for a new one, unless that was done too often.
    fn rejoin(&mut self, ctx: &mut Context, order: Order) -> Flow {
        let reason = RejoinReason::Requested;
        if ctx.rejoins.are_enough(ctx.now, &reason) {
            ctx.failed(order, CommandFailure::TooOften);
            return Ok(());
        }
        ctx.await_rejoin(order);
        Err(Departure::Rejoin(reason))
    }

    fn send_message(&mut self, ctx: &mut Context, order: Order, message: &GroupMessage) {
        if self.is_behind() {
            // Who knows the epoch of the checkpoint may have been removed since.
            return ctx.failed(order, CommandFailure::NotJoined);
        }
        match ctx.secrets.seal(ctx.now, &self.membership, message) {
            Ok(encrypted_message) => {
                let call = self.call.clone();
                let body = SendGroupCallEncryptedMessage {
                    call,
                    encrypted_message,
                };
                self.ask(ctx, order, body);
            }
            Err(why) => ctx.failed(order, CommandFailure::Message(why)),
        }
    }

    /// Sends the request of a command, unless too much waits already.
    fn ask(&mut self, ctx: &mut Context, order: Order, body: impl Into<Request>) {
        if self.pending.len() < limits::COMMANDS {
            self.send_command(ctx, order, Box::new(body.into()), Patience::default());
        } else {
            ctx.failed(order, CommandFailure::Busy);
        }
    }

    fn send_command(
        &mut self,
        ctx: &mut Context,
        order: Order,
        body: Box<Request>,
        patience: Patience,
    ) {
        let pending = Pending::Command {
            order,
            body: body.clone(),
            patience,
        };
        self.send(ctx, *body, pending);
    }

    pub(super) fn command_answered(
        &mut self,
        ctx: &mut Context,
        order: Order,
        body: Box<Request>,
        mut patience: Patience,
        outcome: Outcome,
    ) -> Flow {
        let error = match outcome {
            Outcome::Done(response) => {
                ctx.done(order);
                return self.command_done(ctx, response);
            }
            Outcome::Lost => {
                ctx.failed(order, CommandFailure::Unanswered);
                return Ok(());
            }
            Outcome::Refused(error) => error,
        };
        let refused = Outcome::Refused(error.clone());
        match self.reaction(ctx, body.method(), &refused) {
            Ok(Reaction::TreatAsSuccess | Reaction::Ignore) => ctx.done(order),
            Ok(Reaction::WaitThenRepeat(wait)) if patience.bears(wait) => {
                self.send_command(ctx, order, body, patience);
            }
            reaction => {
                ctx.failed(order, CommandFailure::Refused(error));
                reaction?;
            }
        }
        Ok(())
    }

    fn command_done(&mut self, ctx: &mut Context, response: Response) -> Flow {
        match response {
            Response::Updates(updates) => self.take_updates(ctx, updates),
            Response::Participants(page) => {
                self.roster.learn(&page.participants);
                ctx.event(Event::RosterChanged);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Answers the commands that wait in a membership that ends.
    pub(in super::super) fn give_up_commands(&mut self, ctx: &mut Context, departure: &Departure) {
        let is_over = matches!(departure, Departure::End(EndReason::Discarded));
        for (request, pending) in core::mem::take(&mut self.pending) {
            let Pending::Command { order, .. } = pending else {
                continue;
            };
            if is_over && order.kind == CommandKind::Discard {
                ctx.done(order);
            } else if ctx.waits.holds_back(request) {
                ctx.failed(order, CommandFailure::NotJoined);
            } else {
                ctx.failed(order, CommandFailure::Unanswered);
            }
        }
        self.give_up_kicks(ctx);
    }

    /// Opens a message to the call; what does not open, or was shown before, changes nothing.
    pub(super) fn take_message(&mut self, ctx: &mut Context, message: &EncryptedMessage) {
        let Peer::User(from) = message.from else {
            return;
        };
        let packet = &message.encrypted_message;
        let opened = ctx.secrets.read(ctx.now, &self.membership, from, packet);
        if let Some(message) = opened
            && self.seen.see(from, message.random_id()) == Novelty::New
        {
            ctx.event(Event::Message { from, message });
        }
    }
}
