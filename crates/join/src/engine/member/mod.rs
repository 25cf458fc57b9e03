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
//! chain is in the [`Follower`], all that other kinds of call have too in the [`Presence`]. A membership ends by a
//! [`Departure`], which the engine turns into a rejoin, a leave or the end.
//!
//! Implements `spec/protocol.md`, 7 and 8.

pub(super) mod checkpoint;
mod follower;
pub(super) mod start;

use std::sync::Arc;

use confcall_state::{PublicKey, UserId};

use super::abilities;
use super::command::{Command, CommandFailure, Order};
use super::context::Context;
use super::departure::{Departure, Flow};
use super::end::{EndReason, RejoinReason};
use super::event::{Event, Joined};
use super::failure::Failure;
use super::identity::Identity;
use super::own_state::{MediaMode, OwnState};
use super::participant::Participant;
use super::parts::call_view::CallView;
use super::parts::checkpoints::Checkpoints;
use super::parts::commands::Effect;
use super::parts::last_poll::LastPoll;
use super::parts::removals::{Removals, Sequel};
use super::parts::roster::{Roster, Standing};
use super::parts::subchain::Polled;
use super::presence::{self, Presence};
use super::purpose::Purpose;
use super::requests::Answer;
use super::timers::Timer;
use crate::api::reaction::Reach;
use crate::api::{
    CallSettings, DiscardCall, DiscardReason, EncryptedMessage, InputGroupCall,
    InviteConferenceCallParticipant, Method, Participants, Peer, Response,
    SendGroupCallEncryptedMessage, SubChain, Update, Updates,
};
use crate::joining::{ConnectionParameters, JoinPayload};
use crate::membership::{LastKnown, Membership};
use crate::message::{Deduplicator, GroupMessage, Novelty};
use crate::policy::CallKind;
use follower::{Follower, Loss, Read};

/// One membership, and the parts that keep it.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Member {
    presence: Presence,
    follower: Follower,
    last_poll: LastPoll,
    removals: Removals,
    checkpoints: Checkpoints,
    /// The messages that were shown.
    seen: Deduplicator,
}

/// The views.
impl Member {
    /// A member who knows nothing but the chain, and by what the call is named.
    fn new(follower: Follower, presence: Presence) -> Self {
        Self {
            presence,
            follower,
            last_poll: LastPoll::default(),
            removals: Removals::default(),
            checkpoints: Checkpoints::default(),
            seen: Deduplicator::new(),
        }
    }

    pub(super) fn membership(&self) -> &Membership {
        self.follower.membership()
    }

    pub(super) fn roster(&self) -> &Roster {
        self.presence.roster.roster()
    }

    /// The participants in the order in which they are shown.
    pub(super) fn participants(&self) -> Vec<Participant> {
        self.roster().participants(&standing(self.membership()))
    }

    /// The state of our own media.
    pub(super) fn own_state(&self, ctx: &Context) -> OwnState {
        self.presence.own_state(ctx)
    }

    /// The settings of the call, if the server has shown them.
    pub(super) fn settings(&self) -> Option<CallSettings> {
        self.presence.settings.shown()
    }

    /// The members of the chain who have just left.
    pub(super) fn leaving(&self) -> impl Iterator<Item = UserId> {
        self.removals.leaving()
    }

    pub(super) fn payload(&self) -> &JoinPayload {
        self.presence.payload()
    }

    /// The link or invitation that led to the call.
    pub(super) fn found_by(&self) -> Option<&InputGroupCall> {
        self.presence.reference.found_by()
    }

    /// Our place in the call.
    pub(super) fn identity(&self) -> Identity {
        self.presence.identity()
    }

    /// The state of the call as we have seen it.
    pub(super) fn last_known(&self) -> LastKnown {
        self.membership()
            .public()
            .last_known(self.identity().call.id)
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
        } else if may_return && !self.presence.liveness.is_in_touch(ctx.now) {
            RejoinReason::Removed { by }.into()
        } else {
            EndReason::Removed { by }.into()
        }
    }

    /// Drops the keys, also those of media threads, and answers what waits in the membership.
    pub(super) fn close(&mut self, ctx: &mut Context, departure: &Departure) {
        self.follower.close(ctx);
        self.removals.give_up(ctx);
        self.presence.close(ctx, departure);
    }

    /// The membership as the caller sees it.
    fn joined(&self, connection: Option<Box<ConnectionParameters>>, attempts: u32) -> Joined {
        Joined {
            call: self.identity().call,
            kind: CallKind::Conference,
            own: self.identity().peer,
            mode: MediaMode::WebRtc,
            connection,
            payload: self.payload().clone(),
            invite_link: self.presence.reference.invite_link().cloned(),
            cryptor: Some(Arc::clone(self.follower.cryptor())),
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
            Timer::LastPoll => {
                let poll = self.follower.next_blocks(us.call);
                self.last_poll.poll_again(ctx, poll);
            }
            Timer::Unlisted => {
                if self.removals.must_seek(ctx) {
                    // Pages that were read before do not count.
                    self.presence.roster.stop(ctx);
                    self.presence.roster.load(ctx, us.call);
                }
            }
            Timer::Progress => {
                self.follower.report_again();
                // A member that holds the verification up may have left without our learning it.
                self.presence.roster.load_soon(ctx);
            }
            Timer::Epochs => self.follower.cryptor().prune(ctx.now),
            Timer::Checkpoint => self.checkpoints.ask(ctx),
            timer => self.presence.handle_timer(ctx, timer)?,
        }
        self.settle(ctx)
    }

    pub(super) fn handle_answer(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        if let Some(reason) = self.end_by(&answer) {
            // No part tries again; only a command that met it is answered with what the server said.
            if answer.purpose.is_of_command() {
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
            self.presence.liveness.answered(ctx.now, sent);
        }
        if let Some((ticket, method, error)) = refusal
            && let Some(reason) = self.presence.refused(ctx, ticket, method, error)?
        {
            self.doubt(ctx, reason);
        }
        self.settle(ctx)
    }

    /// The end by a refusal that is about more than the request: the session, the account or the connection.
    fn end_by(&self, answer: &Answer) -> Option<EndReason> {
        let is_kick = answer.purpose == Purpose::Removal && self.removals.is_kick(answer.ticket);
        answer.end(match is_kick {
            true => Reach::Everything,
            false => answer.purpose.least_reach()?,
        })
    }

    /// Hands an answer to the part that waits for it, and does what it returns.
    fn route(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        match answer.purpose {
            Purpose::Poll(which) => self.polled(ctx, which, answer),
            Purpose::Broadcast => {
                let updates = self
                    .follower
                    .broadcast_answered(ctx, answer.ticket, answer.result);
                self.take_updates(ctx, updates)
            }
            Purpose::Removal => {
                let sequel = self.removals.answered(ctx, answer.ticket, answer.result);
                self.after_removal(ctx, sequel)
            }
            Purpose::LastPoll => self.last_polled(ctx, answer.result),
            Purpose::Fork => {
                let call = self.identity().call;
                self.follower.fork_answered(ctx, call, answer.result)
            }
            _ => {
                let sequel = self.presence.handle_answer(ctx, answer)?;
                self.go_on(ctx, sequel)
            }
        }
    }

    /// Does what an answer to a part of all kinds asks for.
    fn go_on(&mut self, ctx: &mut Context, sequel: presence::Sequel) -> Flow {
        match sequel {
            presence::Sequel::TakeIn(updates) => return self.take_updates(ctx, updates),
            presence::Sequel::Doubt(reason) => self.doubt(ctx, reason),
            presence::Sequel::RosterIsComplete => {
                self.watch_unlisted(ctx);
                self.removals.roster_is_complete(ctx);
            }
            presence::Sequel::Nothing => {}
        }
        Ok(())
    }

    /// Doubts that we are in the call: the last word has the chain.
    fn doubt(&mut self, ctx: &mut Context, reason: RejoinReason) {
        let poll = self.follower.next_blocks(self.identity().call);
        self.last_poll.doubt(ctx, reason, poll);
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
        let catch_up = self.presence.handle_gap(ctx);
        self.follower.poll_after(ctx, catch_up.from);
        self.settle(ctx)
    }

    /// Takes a command that is not answered.
    pub(super) fn handle_notice(&mut self, ctx: &mut Context, command: Command) -> Flow {
        self.presence.handle_notice(ctx, command)?;
        self.settle(ctx)
    }

    /// Carries out a command that is answered.
    pub(super) fn handle_command(
        &mut self,
        ctx: &mut Context,
        order: Order,
        command: Command,
    ) -> Flow {
        if !abilities::has(CallKind::Conference, &command) {
            ctx.failed(order, CommandFailure::NotInThisKind(CallKind::Conference));
            return self.settle(ctx);
        }
        match command {
            Command::Kick { users } => self.kick(ctx, order, users),
            Command::Invite { user, video } => {
                let call = self.identity().call.into();
                let invite = InviteConferenceCallParticipant { video, call, user };
                self.presence
                    .commands
                    .send(ctx, order, Effect::Answer, invite);
            }
            Command::Send(message) => self.send_message(ctx, order, &message),
            Command::Migrate {
                phone_call,
                duration,
                video,
                connection_id,
            } => match self.presence.reference.known_slug() {
                Some(slug) => {
                    let discard = DiscardCall {
                        video,
                        peer: phone_call,
                        duration,
                        reason: DiscardReason::Migrate(slug),
                        connection_id,
                    };
                    self.presence
                        .commands
                        .send(ctx, order, Effect::Answer, discard);
                }
                None => ctx.failed(order, CommandFailure::NoLink),
            },
            command => self.presence.handle_command(ctx, order, command),
        }
        self.settle(ctx)
    }

    fn kick(&mut self, ctx: &mut Context, order: Order, users: Vec<UserId>) {
        if self.follower.is_behind() {
            // The chain of the checkpoint does not say who is in the call now.
            return ctx.failed(order, CommandFailure::NotJoined);
        }
        let view = view(
            self.identity(),
            self.follower.membership(),
            self.presence.roster.roster(),
        );
        self.removals.kick(ctx, view, order, users);
    }

    fn send_message(&mut self, ctx: &mut Context, order: Order, message: &GroupMessage) {
        if self.follower.is_behind() {
            // A member who knows the epoch of the checkpoint may have been removed since.
            return ctx.failed(order, CommandFailure::NotJoined);
        }
        if self.presence.settings.forbid_messages() {
            return ctx.failed(order, CommandFailure::MessagesDisabled);
        }
        match ctx
            .secrets
            .seal(ctx.now, self.follower.membership(), message)
        {
            Ok(encrypted_message) => {
                let body = SendGroupCallEncryptedMessage {
                    call: self.identity().call.into(),
                    encrypted_message,
                };
                self.presence
                    .commands
                    .send(ctx, order, Effect::Answer, body);
            }
            Err(why) => ctx.failed(order, CommandFailure::Message(why)),
        }
    }
}

/// The sequels of answers.
impl Member {
    fn polled(&mut self, ctx: &mut Context, which: SubChain, answer: Answer) -> Flow {
        let call = self.identity().call;
        let Answer {
            ticket,
            sent,
            result,
            ..
        } = answer;
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
            self.presence.liveness.answered(ctx.now, sent);
        }
        match read {
            Read::Outside => self.doubt(ctx, RejoinReason::NotJoined),
            // From now on the caller may seal and open frames.
            Read::CaughtUp => {
                if self.follower.check_reached(ctx, call)? {
                    let joined = self.joined(None, 0);
                    ctx.event(Event::Resumed(joined));
                }
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
                let call = self.identity().call;
                self.follower.poll(ctx, SubChain::Blocks, call);
            }
            Sequel::Nothing => {}
        }
        Ok(())
    }

    /// Follows the chain to where the last poll found it, and gives the membership up.
    fn last_polled(&mut self, ctx: &mut Context, result: Result<Response, Failure>) -> Flow {
        let Some((updates, reason)) = self.last_poll.polled(ctx, result) else {
            return Ok(());
        };
        let newest = self.newest_block(&updates);
        self.take_updates(ctx, updates)?;
        let call = self.identity().call;
        let followed = self.follower.follow(ctx, call);
        self.judged(ctx, followed)?;
        match self.follower.is_outside(newest) {
            // The block that removed us is not shown to those outside.
            true => Err(self.removed(ctx, None, true)),
            false => Err(reason.into()),
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
            Update::ChainBlocks(items) if self.names(&items.call) => {
                self.follower.offer(ctx, items);
            }
            Update::Invitation(invitation) => {
                // The others are for who is asked to join, in whatever call it is.
                let call = self.identity().call.id;
                if invitation.from == self.follower.user_id() && invitation.call_id == call {
                    ctx.follow_invitations(&update);
                }
            }
            Update::Deleted(_) => ctx.follow_invitations(&update),
            Update::EncryptedMessage(message) if self.names(&message.call) => {
                self.take_message(ctx, &message);
            }
            update => {
                let has_left = self.presence.take_update(ctx, update)?;
                self.check_left(ctx, has_left);
            }
        }
        Ok(())
    }

    fn names(&self, call: &InputGroupCall) -> bool {
        self.presence.reference.names(call)
    }

    /// The last block of an answer.
    fn newest_block(&self, updates: &Updates) -> Option<Vec<u8>> {
        let blocks = updates.0.iter().filter_map(|update| match update {
            Update::ChainBlocks(items) if self.names(&items.call) => Some(items),
            _ => None,
        });
        let mut blocks = blocks.filter(|items| items.sub_chain == SubChain::Blocks);
        blocks.next_back()?.blocks.last().cloned()
    }

    fn take_roster(&mut self, ctx: &mut Context, change: &Participants) -> Flow {
        let has_left = self.presence.take_roster(ctx, change)?;
        self.check_left(ctx, has_left);
        Ok(())
    }

    /// Looks whether we are still in the call, if the roster says that we left.
    fn check_left(&mut self, ctx: &mut Context, has_left: bool) {
        if has_left {
            // A block that removed us may be behind it; else the server has lost us.
            let call = self.identity().call;
            self.follower.poll(ctx, SubChain::Blocks, call);
            self.presence.check(ctx);
        }
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
                ctx.event(Event::Message {
                    from: Peer::User(from),
                    encrypted: true,
                    message,
                    posted: None,
                });
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
    pub(super) fn settle(&mut self, ctx: &mut Context) -> Flow {
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
        let view = view(us, membership, self.presence.roster.roster());
        self.removals.send_due(ctx, view, |ctx, users| {
            ctx.secrets.remove(membership, users)
        });
        let membership = self.follower.membership();
        self.presence.settle(ctx, || standing(membership));
        self.follower.report(ctx);
        let counts = self.follower.membership().verification();
        self.checkpoints.follow(ctx, counts);
        self.checkpoints.keep(ctx);
        Ok(())
    }

    fn watch_unlisted(&mut self, ctx: &mut Context) {
        let has_moved = self.presence.roster.take_moved();
        let membership = self.follower.membership();
        let view = view(self.identity(), membership, self.presence.roster.roster());
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
    Standing::in_chain(us, chain, membership.verification())
}

fn view<'a>(us: Identity, membership: &'a Membership, roster: &'a Roster) -> CallView<'a> {
    CallView {
        call: us.call,
        us: membership.user_id(),
        chain: membership.state(),
        roster,
    }
}
