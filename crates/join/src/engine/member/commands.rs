//! What a caller can ask of a member.

use super::super::context::Context;
use super::super::event::{CommandFailure, CommandKind, Event};
use super::super::io::{Command, MediaState, Outcome};
use super::super::timers::Timer;
use super::{COMMANDS, Delayed, Departure, Flow, Member, Pending};
use crate::api::{
    DeclineConferenceCallInvite, DiscardGroupCall, EncryptedMessage, GetGroupParticipants,
    InviteConferenceCallParticipant, Peer, Request, Response, SendGroupCallEncryptedMessage,
    ToggleGroupCallSettings,
};
use crate::message::Novelty;
use crate::reaction::Reaction;

/// How many sources are asked for at once.
const MAX_SOURCES: usize = 100;

impl Member {
    pub(in super::super) fn handle_command(&mut self, ctx: &mut Context, command: Command) -> Flow {
        if matches!(command, Command::Leave) {
            return Err(Departure::Leave);
        }
        if let Some((kind, body)) = self.request_of(ctx, command) {
            match body {
                Ok(body) if self.has_room() => self.send_command(ctx, kind, Box::new(body)),
                Ok(_) => failed(ctx, kind, CommandFailure::Busy),
                Err(why) => failed(ctx, kind, why),
            }
        }
        self.settle(ctx)
    }

    fn has_room(&self) -> bool {
        self.pending.len() + self.delayed.len() < COMMANDS
    }

    /// The request that a command needs, if it needs one at once.
    fn request_of(
        &mut self,
        ctx: &mut Context,
        command: Command,
    ) -> Option<(CommandKind, Result<Request, CommandFailure>)> {
        let call = self.call.clone();
        Some(match command {
            Command::Leave | Command::Announce { .. } => return None,
            Command::Kick { users } => {
                let queued = self.kick(ctx, users);
                return queued.err().map(|why| (CommandKind::Kick, Err(why)));
            }
            Command::Media(media) => {
                self.media = media;
                if media == MediaState::Disconnected && !ctx.timers.is_set(Timer::Check) {
                    ctx.after(Timer::Check, super::CHECK);
                }
                return None;
            }
            Command::Invite { user, video } => {
                let body = InviteConferenceCallParticipant { video, call, user };
                (CommandKind::Invite, Ok(body.into()))
            }
            Command::Decline { message } => {
                let body = DeclineConferenceCallInvite { message };
                (CommandKind::Decline, Ok(body.into()))
            }
            Command::RevokeLink => {
                let body = ToggleGroupCallSettings::revoke_link(call);
                (CommandKind::RevokeLink, Ok(body.into()))
            }
            Command::Discard => (CommandKind::Discard, Ok(DiscardGroupCall { call }.into())),
            Command::Resolve { mut sources } => {
                sources.truncate(MAX_SOURCES);
                let body = GetGroupParticipants::by_sources(call, sources);
                (CommandKind::Resolve, Ok(body.into()))
            }
            Command::Send(message) => {
                let kind = CommandKind::Send(message.random_id());
                if self.is_behind() {
                    // Who knows the epoch of the checkpoint may have been removed since.
                    return Some((kind, Err(CommandFailure::NotJoined)));
                }
                let sealed = self.seat.seal(&mut ctx.secrets, ctx.now, &message);
                let body = sealed.map(|encrypted_message| {
                    let body = SendGroupCallEncryptedMessage {
                        call,
                        encrypted_message,
                    };
                    body.into()
                });
                (kind, body.map_err(CommandFailure::Message))
            }
        })
    }

    fn send_command(&mut self, ctx: &mut Context, kind: CommandKind, body: Box<Request>) {
        self.send(ctx, Request::clone(&body), Pending::Command { kind, body });
    }

    pub(super) fn command_answered(
        &mut self,
        ctx: &mut Context,
        kind: CommandKind,
        body: Box<Request>,
        outcome: Outcome,
    ) -> Flow {
        let failure = match outcome {
            Outcome::Done(response) => {
                ctx.event(Event::Done(kind));
                return self.command_done(ctx, response);
            }
            Outcome::Lost => CommandFailure::Unanswered,
            Outcome::Refused(error) => {
                let outcome = Outcome::Refused(error.clone());
                let method = body.method();
                match self.reaction(ctx, method, &outcome) {
                    Ok(Reaction::TreatAsSuccess | Reaction::Ignore) => {
                        ctx.event(Event::Done(kind));
                        return Ok(());
                    }
                    Ok(Reaction::WaitThenRepeat(wait)) if self.has_room() => {
                        let due = ctx.now + wait;
                        self.delayed.push(Delayed { due, kind, body });
                        ctx.timers.set_earlier(Timer::Delayed, due);
                        return Ok(());
                    }
                    Ok(_) => CommandFailure::Refused(error),
                    Err(departure) => {
                        failed(ctx, kind, CommandFailure::Refused(error));
                        return Err(departure);
                    }
                }
            }
        };
        failed(ctx, kind, failure);
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

    /// Sends what the server told to wait, as it was.
    pub(super) fn send_delayed(&mut self, ctx: &mut Context) {
        let (due, later) = core::mem::take(&mut self.delayed)
            .into_iter()
            .partition::<Vec<_>, _>(|one| one.due <= ctx.now);
        self.delayed = later;
        for Delayed { kind, body, .. } in due {
            self.send_command(ctx, kind, body);
        }
        if let Some(next) = self.delayed.iter().map(|one| one.due).min() {
            ctx.timers.set(Timer::Delayed, next);
        }
    }

    /// Opens a message to the call; what does not open, or was shown before, changes nothing.
    pub(super) fn take_message(&mut self, ctx: &mut Context, message: &EncryptedMessage) {
        let Peer::User(from) = message.from else {
            return;
        };
        let packet = &message.encrypted_message;
        let opened = self.seat.read(&mut ctx.secrets, ctx.now, from, packet);
        if let Some(message) = opened
            && self.seen.see(from, message.random_id()) == Novelty::New
        {
            ctx.event(Event::Message { from, message });
        }
    }
}

fn failed(ctx: &mut Context, command: CommandKind, why: CommandFailure) {
    ctx.event(Event::Failed { command, why });
}
