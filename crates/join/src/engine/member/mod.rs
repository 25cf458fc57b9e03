//! Being in a conference: the membership, and the parts that keep it.
//!
//! ```text
//! pushes ─┐
//!         ├─▶ subchains ─▶ blocks ─────▶ Membership ─▶ broadcaster ─▶ requests
//! polls ──┘           └─▶ broadcasts ──────▲
//!
//! roster ─▶ members who are not listed ─▶ removals ─▶ requests
//! ```
//!
//! The member routes every input to its part, does what the part returns, and then settles: it applies what is due in
//! both subchains, in order, whether it was pushed or polled, and sends what follows from that. All that hangs on the
//! chain is in the [`Follower`], all about media in the [`Controls`]. A membership ends by a [`Departure`], which the engine turns into a rejoin, a leave or
//! the end.
//!
//! Implements `spec/protocol.md`, 7 and 8.

pub(super) mod checkpoint;
mod controls;
mod follower;
pub(super) mod start;

use confcall_media::Moment;
use confcall_state::{PublicKey, UserId};

use super::command::{Command, CommandFailure, Order};
use super::context::Context;
use super::departure::{Departure, Flow};
use super::end::{EndReason, RejoinReason};
use super::event::{Event, Joined};
use super::failure::Failure;
use super::identity::Identity;
use super::own_state::{MediaConnection, OwnState};
use super::participant::Participant;
use super::parts::call_view::CallView;
use super::parts::checkpoints::Checkpoints;
use super::parts::commands::{Commands, Effect};
use super::parts::liveness::Liveness;
use super::parts::reference::Reference;
use super::parts::removals::{Removals, Sequel};
use super::parts::roster::{Roster, Standing};
use super::parts::roster_sync::RosterSync;
use super::parts::settings::{Setting, Settings};
use super::parts::subchain::Polled;
use super::purpose::Purpose;
use super::requests::{Answer, Ticket};
use super::timers::Timer;
use crate::api::reaction::{Reach, Reaction};
use crate::api::{
    CallSettings, DiscardCall, DiscardGroupCall, DiscardReason, EncryptedMessage,
    GetGroupParticipants, GroupCall, InputGroupCall, InviteConferenceCallParticipant, Method,
    Participants, Peer, Response, RpcError, SendGroupCallEncryptedMessage, SubChain,
    ToggleGroupCallSettings, Update, Updates,
};
use crate::joining::{ConnectionParameters, JoinPayload};
use crate::limits;
use crate::membership::{LastKnown, Membership};
use crate::message::{Deduplicator, GroupMessage, Novelty};
use controls::Controls;
use follower::{Follower, Loss, Read};

/// One membership, and the parts that keep it.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Member {
    follower: Follower,
    reference: Reference,
    controls: Controls,
    liveness: Liveness,
    roster: RosterSync,
    removals: Removals,
    settings: Settings,
    checkpoints: Checkpoints,
    commands: Commands,
    /// The messages that were shown.
    seen: Deduplicator,
}

/// The views.
impl Member {
    /// A member who knows nothing but the chain, and by what the call is named.
    fn new(
        follower: Follower,
        reference: Reference,
        controls: Controls,
        liveness: Liveness,
    ) -> Self {
        Self {
            roster: RosterSync::new(follower.user_id()),
            follower,
            reference,
            controls,
            liveness,
            removals: Removals::default(),
            settings: Settings::default(),
            checkpoints: Checkpoints::default(),
            commands: Commands::default(),
            seen: Deduplicator::new(),
        }
    }

    pub(super) fn membership(&self) -> &Membership {
        self.follower.membership()
    }

    pub(super) fn roster(&self) -> &Roster {
        self.roster.roster()
    }

    /// The participants in the order in which they are shown.
    pub(super) fn participants(&self) -> Vec<Participant> {
        self.roster().participants(&standing(self.membership()))
    }

    /// The state of our own media.
    pub(super) fn own_state(&self, ctx: &Context) -> OwnState {
        self.controls.own_state(ctx)
    }

    /// The settings of the call, if the server has shown them.
    pub(super) fn settings(&self) -> Option<CallSettings> {
        self.settings.shown()
    }

    /// The members of the chain who have just left.
    pub(super) fn leaving(&self) -> impl Iterator<Item = UserId> {
        self.removals.leaving()
    }

    pub(super) fn payload(&self) -> &JoinPayload {
        self.controls.payload()
    }

    /// The link or invitation that led to the call.
    pub(super) fn found_by(&self) -> Option<&InputGroupCall> {
        self.reference.found_by()
    }

    /// Our place in the call.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            call: self.reference.call(),
            user_id: self.follower.user_id(),
            source: self.payload().ssrc(),
        }
    }

    /// The state of the call as we have seen it.
    pub(super) fn last_known(&self) -> LastKnown {
        self.membership()
            .public()
            .last_known(self.reference.call().id)
    }

    /// Our key, as the chain has it.
    pub(super) fn public_key(&self) -> Option<PublicKey> {
        self.follower.public_key()
    }

    /// The result of following the chain, or the consequence of how the chain ends the membership.
    fn judged<T>(&self, ctx: &Context, followed: Result<T, Loss>) -> Result<T, Departure> {
        followed.map_err(|loss| match loss {
            Loss::Removed { by } => {
                let is_by_another = by.is_some_and(|by| by != self.follower.user_id());
                self.removed(ctx, by, is_by_another)
            }
            Loss::Other(departure) => departure,
        })
    }

    /// The consequence of a removal. Who was removed comes back by itself only if the server had lost it, by all we know.
    fn removed(&self, ctx: &Context, by: Option<UserId>, may_return: bool) -> Departure {
        if self.follower.is_elsewhere(&ctx.past) {
            EndReason::JoinedElsewhere.into()
        } else if may_return && !self.liveness.is_in_touch(ctx.now) {
            RejoinReason::Removed { by }.into()
        } else {
            EndReason::Removed { by }.into()
        }
    }

    /// Drops the keys, also those of media threads, and answers what waits in the membership.
    pub(super) fn close(&mut self, ctx: &mut Context, departure: &Departure) {
        self.follower.close(ctx);
        let is_over = matches!(departure, Departure::End(EndReason::Discarded));
        self.commands.give_up(ctx, is_over);
        self.removals.give_up(ctx);
        self.controls.give_up(ctx);
    }

    /// The membership as the caller sees it.
    fn joined(&self, connection: Option<Box<ConnectionParameters>>, attempts: u32) -> Joined {
        Joined {
            call: self.reference.call(),
            connection,
            payload: self.payload().clone(),
            invite_link: self.reference.invite_link().cloned(),
            cryptor: self.follower.cryptor().clone(),
            attempts,
        }
    }
}

/// The inputs.
impl Member {
    pub(super) fn handle_timer(&mut self, ctx: &mut Context, timer: Timer) -> Flow {
        let us = self.identity();
        match timer {
            Timer::Blocks => self.follower.poll(ctx, SubChain::Blocks, us.call),
            Timer::Broadcasts => self.follower.poll(ctx, SubChain::Broadcasts, us.call),
            Timer::Check => {
                let screen = self.controls.screen_source(ctx);
                self.liveness.check_is_due(ctx, us, screen);
            }
            Timer::LastPoll => {
                let poll = self.follower.next_blocks(us.call);
                self.liveness.poll_again(ctx, poll);
            }
            Timer::Reference => self.reference.look_up(ctx),
            Timer::Call => self.settings.ask(ctx, us.call),
            Timer::Roster | Timer::QuietRoster | Timer::RosterGap => {
                self.roster.load(ctx, us.call);
            }
            Timer::Unlisted => {
                if self.removals.must_seek(ctx) {
                    // Pages that were read before do not count.
                    self.roster.stop(ctx);
                    self.roster.load(ctx, us.call);
                }
            }
            Timer::Connection => return Err(RejoinReason::NoConnection.into()),
            Timer::Progress => {
                self.follower.report_again();
                // A member that holds the verification up may have left without our learning it.
                self.roster.load_soon(ctx);
            }
            Timer::Epochs => self.follower.cryptor().prune(ctx.now),
            Timer::Checkpoint => self.checkpoints.ask(ctx),
            Timer::Edit => self.controls.edit_again(),
            Timer::Presentation => self.controls.handle_screen_timer(ctx, us),
            // To settle is all that they are for.
            Timer::Broadcast | Timer::Removal | Timer::Command => {}
            // They are those of other states.
            Timer::Entry | Timer::Leave | Timer::HeldBack => {}
        }
        self.settle(ctx)
    }

    pub(super) fn handle_answer(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        if let Some(reason) = self.end_by(&answer) {
            // No part tries again; only a command that met it is answered with what the server said.
            let is_of_command = matches!(
                answer.purpose,
                Purpose::Command | Purpose::Removal | Purpose::Edit | Purpose::Presentation
            );
            if is_of_command {
                self.route(ctx, answer)?;
            }
            return Err(reason.into());
        }
        let refusal = match &answer.result {
            // A comparison that the server refuses is no evidence of anything.
            Err(Failure::Refused(error)) if answer.purpose != Purpose::Fork => {
                Some((answer.ticket, answer.method, error.clone()))
            }
            _ => None,
        };
        let is_for_members = answer.result.is_ok() && is_for_members(answer.method);
        let sent = answer.sent;
        self.route(ctx, answer)?;
        if is_for_members {
            self.liveness.answered(ctx.now, sent);
        }
        if let Some((ticket, method, error)) = refusal {
            self.refused(ctx, ticket, method, error)?;
        }
        self.settle(ctx)
    }

    /// The end by a refusal that is about more than the request: the session, the account or the connection.
    fn end_by(&self, answer: &Answer) -> Option<EndReason> {
        let failure = answer.result.as_ref().err()?;
        let (reach, reason) = failure.for_good(answer.method)?;
        let least = match answer.purpose {
            // A comparison that the server refuses is no evidence of anything.
            Purpose::Fork => return None,
            // What a participant cannot change keeps nobody from being in the call.
            Purpose::Command | Purpose::Edit | Purpose::Presentation => Reach::Everything,
            Purpose::Removal if self.removals.is_kick(answer.ticket) => Reach::Everything,
            _ => Reach::Method,
        };
        (reach >= least).then_some(reason)
    }

    /// Hands an answer to the part that waits for it, and does what it returns.
    fn route(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        let us = self.identity();
        let Answer {
            ticket,
            sent,
            result,
            ..
        } = answer;
        match answer.purpose {
            Purpose::Poll(which) => self.polled(ctx, which, ticket, sent, result),
            Purpose::Broadcast => {
                let updates = self.follower.broadcast_answered(ctx, ticket, result);
                self.take_updates(ctx, updates)
            }
            Purpose::Removal => {
                let sequel = self.removals.answered(ctx, ticket, result);
                self.after_removal(ctx, sequel)
            }
            Purpose::Roster => {
                if self.roster.answered(ctx, us, ticket, result)? {
                    self.watch_unlisted(ctx);
                    self.removals.roster_is_complete(ctx);
                }
                Ok(())
            }
            Purpose::Check => {
                let joined = result.as_ref().ok().and_then(Response::sources);
                if let Some(joined) = joined {
                    let asked = self.liveness.checked_screen();
                    self.controls.checked(ctx, us, asked, joined);
                }
                if let Some(reason) = self.liveness.checked(ctx, us, sent, result) {
                    self.doubt(ctx, reason);
                }
                Ok(())
            }
            Purpose::LastPoll => {
                let Some((updates, reason)) = self.liveness.polled(ctx, result) else {
                    return Ok(());
                };
                let newest = self.newest_block(&updates);
                self.take_updates(ctx, updates)?;
                let followed = self.follower.follow(ctx, us.call);
                self.judged(ctx, followed)?;
                match self.follower.is_outside(newest) {
                    // The block that removed us is not shown to those outside.
                    true => Err(self.removed(ctx, None, true)),
                    false => Err(reason.into()),
                }
            }
            Purpose::Call => match result.map(Response::into_group_call) {
                Ok(Ok(info)) if self.reference.names(&info.call.reference()) => {
                    self.take_call(ctx, info.call)
                }
                _ => {
                    self.settings.ask_later(ctx);
                    Ok(())
                }
            },
            Purpose::Reference => Ok(self.reference.answered(ctx, result)?),
            Purpose::Fork => self.follower.fork_answered(ctx, us.call, result),
            Purpose::Command => {
                let response = self.commands.answered(ctx, answer.method, ticket, result);
                self.after_command(ctx, response)
            }
            Purpose::Edit => {
                let updates = self.controls.edit_answered(ctx, us, ticket, result);
                self.take_updates(ctx, updates)
            }
            Purpose::Presentation => {
                let updates = self.controls.screen_answered(ctx, us, ticket, result);
                self.take_updates(ctx, updates)
            }
            // They are those of other states.
            Purpose::Enter | Purpose::Leave | Purpose::Decline => Ok(()),
        }
    }

    /// Does what a refusal means for the membership itself, whatever was refused.
    fn refused(
        &mut self,
        ctx: &mut Context,
        ticket: Ticket,
        method: Method,
        error: RpcError,
    ) -> Flow {
        match error.reaction(method) {
            Reaction::Rejoin => self.doubt(ctx, RejoinReason::Forbidden(error)),
            Reaction::RefreshReferenceOnce => self.reference.refresh(ctx, ticket, error)?,
            _ => {}
        }
        Ok(())
    }

    /// Doubts that we are in the call: the last word has the chain.
    fn doubt(&mut self, ctx: &mut Context, reason: RejoinReason) {
        let poll = self.follower.next_blocks(self.reference.call());
        self.liveness.doubt(ctx, reason, poll);
    }

    pub(super) fn handle_update(&mut self, ctx: &mut Context, update: Update) -> Flow {
        // Connection parameters name no call. Those in an answer to us are ours; those that are pushed may be of another call
        // of the account.
        if !matches!(update, Update::Connection(_)) {
            self.take_update(ctx, update)?;
        }
        self.settle(ctx)
    }

    /// Reads both subchains and the roster soon, because updates were missed; after many gaps in a row once for all.
    pub(super) fn handle_gap(&mut self, ctx: &mut Context) -> Flow {
        let catch_up = self.liveness.missed(ctx.now);
        if catch_up.is_first {
            // The pages that were read may be older than what was missed.
            self.roster.stop(ctx);
        }
        self.follower.poll_after(ctx, catch_up.from);
        self.roster.load_after(ctx, catch_up.from);
        self.settle(ctx)
    }

    /// Takes a command that is not answered.
    pub(super) fn handle_notice(&mut self, ctx: &mut Context, command: Command) -> Flow {
        match command {
            Command::Leave => return Err(Departure::Leave),
            Command::Suspend => return Err(EndReason::Suspended.into()),
            Command::Media(media) => self.liveness.media_is(ctx, media),
            Command::Supply {
                connection: MediaConnection::Presentation,
                payload,
            } => self.controls.supply(ctx, self.identity(), payload),
            // A payload for a membership that is there already, and the commands that are answered.
            _ => {}
        }
        self.settle(ctx)
    }

    /// Carries out a command that is answered.
    pub(super) fn handle_command(
        &mut self,
        ctx: &mut Context,
        order: Order,
        command: Command,
    ) -> Flow {
        let us = self.identity();
        let call = us.call.into();
        match command {
            Command::Kick { users } => self.kick(ctx, order, users),
            Command::Invite { user, video } => {
                let invite = InviteConferenceCallParticipant { video, call, user };
                self.commands.send(ctx, order, Effect::Answer, invite);
            }
            Command::RevokeLink => {
                let settings = ToggleGroupCallSettings::revoke_link(call);
                let effect = Effect::LinkOtherThan(self.reference.known_link());
                self.commands.send(ctx, order, effect, settings);
            }
            Command::SetMessagesEnabled { enabled } => {
                self.set(ctx, order, Setting::MessagesEnabled(enabled));
            }
            Command::SetJoinMuted { muted } => self.set(ctx, order, Setting::JoinMuted(muted)),
            Command::Discard => {
                let discard = DiscardGroupCall { call };
                self.commands.send(ctx, order, Effect::Over, discard);
            }
            Command::Resolve { mut sources } => {
                sources.truncate(limits::RESOLVED_SOURCES);
                let by_sources = GetGroupParticipants::by_sources(call, sources);
                self.commands.send(ctx, order, Effect::Answer, by_sources);
            }
            Command::Send(message) => self.send_message(ctx, order, &message),
            Command::Migrate {
                phone_call,
                duration,
                video,
                connection_id,
            } => match self.reference.known_slug() {
                Some(slug) => {
                    let discard = DiscardCall {
                        video,
                        peer: phone_call,
                        duration,
                        reason: DiscardReason::Migrate(slug),
                        connection_id,
                    };
                    self.commands.send(ctx, order, Effect::Answer, discard);
                }
                None => ctx.failed(order, CommandFailure::NoLink),
            },
            command => {
                let is_creator = self.reference.is_creator();
                self.controls
                    .handle_command(ctx, us, is_creator, order, command);
            }
        }
        self.settle(ctx)
    }

    fn kick(&mut self, ctx: &mut Context, order: Order, users: Vec<UserId>) {
        if self.follower.is_behind() {
            // The chain of the checkpoint does not say who is in the call now.
            return ctx.failed(order, CommandFailure::NotJoined);
        }
        let view = view(self.identity(), self.follower.membership(), &self.roster);
        self.removals.kick(ctx, view, order, users);
    }

    fn set(&mut self, ctx: &mut Context, order: Order, setting: Setting) {
        match self.settings.change(self.reference.call(), setting) {
            Ok(change) => self
                .commands
                .send(ctx, order, Effect::Setting(setting), change),
            Err(why) => ctx.failed(order, why),
        }
    }

    fn send_message(&mut self, ctx: &mut Context, order: Order, message: &GroupMessage) {
        if self.follower.is_behind() {
            // A member who knows the epoch of the checkpoint may have been removed since.
            return ctx.failed(order, CommandFailure::NotJoined);
        }
        if self.settings.forbid_messages() {
            return ctx.failed(order, CommandFailure::MessagesDisabled);
        }
        match ctx
            .secrets
            .seal(ctx.now, self.follower.membership(), message)
        {
            Ok(encrypted_message) => {
                let body = SendGroupCallEncryptedMessage {
                    call: self.reference.call().into(),
                    encrypted_message,
                };
                self.commands.send(ctx, order, Effect::Answer, body);
            }
            Err(why) => ctx.failed(order, CommandFailure::Message(why)),
        }
    }
}

/// The sequels of answers.
impl Member {
    fn polled(
        &mut self,
        ctx: &mut Context,
        which: SubChain,
        ticket: Ticket,
        sent: Moment,
        result: Result<Response, Failure>,
    ) -> Flow {
        let call = self.reference.call();
        let polled = self.follower.answered(ctx, call, which, ticket, result)?;
        let Polled {
            is_answer,
            page,
            is_for_members,
            updates,
        } = polled;
        self.take_updates(ctx, updates)?;
        if !is_answer {
            return Ok(());
        }
        let read = self.follower.read(ctx, call, which, page);
        let read = self.judged(ctx, read)?;
        // Who is outside may get an empty page of the broadcasts too.
        if is_for_members && which == SubChain::Blocks {
            self.liveness.answered(ctx.now, sent);
        }
        match read {
            Read::Outside => self.doubt(ctx, RejoinReason::NotJoined),
            // From now on the caller may seal and open frames.
            Read::CaughtUp => {
                let joined = self.joined(None, 0);
                ctx.event(Event::Resumed(joined));
            }
            Read::Followed => {}
        }
        Ok(())
    }

    fn after_removal(&mut self, ctx: &mut Context, sequel: Sequel) -> Flow {
        match sequel {
            Sequel::TakeIn(updates) => {
                self.follower.poll_soon(ctx, SubChain::Blocks);
                return self.take_updates(ctx, updates);
            }
            Sequel::ReadBlocks => {
                let call = self.reference.call();
                self.follower.poll(ctx, SubChain::Blocks, call);
            }
            Sequel::Nothing => {}
        }
        Ok(())
    }

    fn after_command(&mut self, ctx: &mut Context, response: Option<Response>) -> Flow {
        match response {
            Some(Response::Updates(updates)) => self.take_updates(ctx, updates),
            Some(Response::Participants(page)) => {
                self.roster.learn(&page.participants);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The updates, pushed or in an answer; one about another call changes nothing.
impl Member {
    fn take_updates(&mut self, ctx: &mut Context, updates: Updates) -> Flow {
        let mut updates = updates.0.into_iter();
        updates.try_for_each(|update| self.take_update(ctx, update))
    }

    fn take_update(&mut self, ctx: &mut Context, update: Update) -> Flow {
        match update {
            Update::ChainBlocks(items) if self.reference.names(&items.call) => {
                self.follower.offer(ctx, items);
            }
            Update::Connection(connection) => self.controls.take_connection(ctx, &connection),
            Update::Participants(change) if self.reference.names(&change.call) => {
                self.take_roster(ctx, &change)?;
            }
            Update::GroupCall { call, .. } if self.reference.names(&call.reference()) => {
                self.take_call(ctx, call)?;
            }
            Update::Invitation(invitation) => {
                // The others are for who is asked to join, in whatever call it is.
                let us = self.identity();
                if invitation.from == us.user_id && invitation.call_id == us.call.id {
                    ctx.follow_invitations(&update);
                }
            }
            Update::Deleted(_) => ctx.follow_invitations(&update),
            Update::EncryptedMessage(message) if self.reference.names(&message.call) => {
                self.take_message(ctx, &message);
            }
            _ => {}
        }
        Ok(())
    }

    /// The last block of an answer.
    fn newest_block(&self, updates: &Updates) -> Option<Vec<u8>> {
        let blocks = updates.0.iter().filter_map(|update| match update {
            Update::ChainBlocks(items) if self.reference.names(&items.call) => Some(items),
            _ => None,
        });
        let mut blocks = blocks.filter(|items| items.sub_chain == SubChain::Blocks);
        blocks.next_back()?.blocks.last().cloned()
    }

    /// Takes in what the server says of the call itself, unless that is older than what we know.
    fn take_call(&mut self, ctx: &mut Context, call: GroupCall) -> Flow {
        if self.settings.take(ctx, &call) {
            self.roster.call_is_shown(ctx, &call);
            self.reference.take(ctx, call)?;
        }
        Ok(())
    }

    fn take_roster(&mut self, ctx: &mut Context, change: &Participants) -> Flow {
        let us = self.identity();
        if self.roster.take_change(ctx, us, change)? {
            // A block that removed us may be behind it; else the server has lost us.
            self.follower.poll(ctx, SubChain::Blocks, us.call);
            let screen = self.controls.screen_source(ctx);
            self.liveness.check(ctx, us, screen);
        }
        Ok(())
    }

    /// Opens a message to the call; a packet that does not open, and a message that was shown before, change nothing.
    fn take_message(&mut self, ctx: &mut Context, message: &EncryptedMessage) {
        let Peer::User(from) = message.from else {
            return;
        };
        let packet = &message.encrypted_message;
        let opened = ctx
            .secrets
            .read(ctx.now, self.follower.membership(), from, packet);
        match opened {
            Some(Ok(message)) if self.seen.see(from, message.random_id()) == Novelty::New => {
                ctx.event(Event::Message { from, message });
            }
            // A member wrote it, so people see that something was said.
            Some(Err(why)) => ctx.event(Event::MessageNotShown { from, why }),
            Some(Ok(_)) | None => {}
        }
    }
}

/// The rest of every input.
impl Member {
    /// Brings everything up to date.
    fn settle(&mut self, ctx: &mut Context) -> Flow {
        let us = self.identity();
        let followed = self.follower.follow(ctx, us.call);
        self.judged(ctx, followed)?;
        self.follower.check_nonce()?;
        for (block, users) in self.follower.take_removed() {
            self.removals.are_gone(block, &users);
        }
        self.watch_unlisted(ctx);
        self.follower.speak(ctx, us.call);
        let membership = self.follower.membership();
        let view = view(us, membership, &self.roster);
        self.removals.send_due(ctx, view, |ctx, users| {
            ctx.secrets.remove(membership, users)
        });
        if let Some(link) = self.reference.take_shown_link() {
            self.commands.link_is_shown(&link);
        }
        if let Some(settings) = self.settings.shown() {
            self.commands.settings_are(settings);
        }
        self.commands.settle(ctx);
        if let Some(entry) = self.roster.take_own() {
            self.controls.take_entry(ctx, us, &entry);
        }
        self.controls.settle(ctx, us);
        let standing = || standing(self.follower.membership());
        self.roster.show(ctx, standing);
        self.follower.report(ctx);
        let counts = self.follower.membership().verification();
        self.checkpoints.follow(ctx, counts);
        self.checkpoints.keep(ctx);
        Ok(())
    }

    fn watch_unlisted(&mut self, ctx: &mut Context) {
        let has_moved = self.roster.take_moved();
        let membership = self.follower.membership();
        let view = view(self.identity(), membership, &self.roster);
        self.removals.watch(ctx, view, has_moved);
    }
}

/// True for a method that the server carries out for members only. Others say it by what they answer: a poll by its page, a
/// check by its sources.
fn is_for_members(method: Method) -> bool {
    matches!(
        method,
        Method::GetGroupParticipants
            | Method::SendConferenceCallBroadcast
            | Method::DeleteConferenceCallParticipants
            | Method::SendGroupCallEncryptedMessage
    )
}

/// The place of participants in the chain.
fn standing(membership: &Membership) -> Standing {
    let (us, chain) = (membership.user_id(), membership.state());
    Standing::new(us, chain, membership.verification())
}

fn view<'a>(us: Identity, membership: &'a Membership, roster: &'a RosterSync) -> CallView<'a> {
    CallView {
        call: us.call,
        us: us.user_id,
        chain: membership.state(),
        roster: roster.roster(),
    }
}
