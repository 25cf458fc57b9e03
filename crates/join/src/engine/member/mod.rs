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
//! both subchains, in order, whether it was pushed or polled, and sends what follows from that. A membership ends by a
//! [`Departure`], which the engine turns into a rejoin, a leave or the end.
//!
//! Implements `spec/protocol.md`, 7 and 8.

pub(super) mod checkpoint;
pub(super) mod start;

use confcall_media::Moment;
use confcall_state::verification::{BroadcastError, Phase, Received};
use confcall_state::wire::{Broadcast, GroupState};
use confcall_state::{Height, PublicKey, UserId};

use super::command::{Command, CommandFailure, CommandId, CommandKind, Order};
use super::context::Context;
use super::departure::{Departure, Flow};
use super::end::{EndReason, RejoinReason};
use super::event::{Event, Joined};
use super::failure::Failure;
use super::identity::Identity;
use super::parts::broadcaster::{self, Broadcaster};
use super::parts::checkpoints::Checkpoints;
use super::parts::commands::Commands;
use super::parts::fork::{self, ForkCheck};
use super::parts::liveness::Liveness;
use super::parts::reference::Reference;
use super::parts::removals::{self, Removals};
use super::parts::roster::Roster;
use super::parts::roster_sync::RosterSync;
use super::parts::round::Round;
use super::parts::self_state::SelfState;
use super::parts::subchain::{Page, Polled, Subchain};
use super::purpose::Purpose;
use super::requests::{Answer, Ticket};
use super::timers::Timer;
use crate::api::reaction::Reaction;
use crate::api::{
    DiscardGroupCall, EncryptedMessage, GetGroupParticipants, InputGroupCall,
    InviteConferenceCallParticipant, Method, Participants, Peer, Response, RpcError,
    SendGroupCallEncryptedMessage, SubChain, ToggleGroupCallSettings, Update, Updates,
};
use crate::joining::{ConnectionParameters, JoinPayload};
use crate::limits;
use crate::membership::{BlockRefused, BroadcastRefused, Membership, MembershipEnd};
use crate::message::{Deduplicator, GroupMessage, Novelty};

/// One membership, and the parts that keep it.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Member {
    membership: Membership,
    reference: Reference,
    self_state: SelfState,
    blocks: Subchain,
    broadcasts: Subchain,
    fork: ForkCheck,
    liveness: Liveness,
    roster: RosterSync,
    removals: Removals,
    broadcaster: Broadcaster,
    round: Round,
    checkpoints: Checkpoints,
    commands: Commands,
    /// The messages that were shown.
    seen: Deduplicator,
}

/// The views.
impl Member {
    /// A member who knows nothing but its membership and its place in both subchains.
    fn new(
        now: Moment,
        membership: Membership,
        reference: Reference,
        self_state: SelfState,
        blocks: Subchain,
        broadcasts: Subchain,
    ) -> Self {
        Self {
            membership,
            reference,
            self_state,
            blocks,
            broadcasts,
            fork: ForkCheck::new(now),
            liveness: Liveness::new(now),
            roster: RosterSync::default(),
            removals: Removals::default(),
            broadcaster: Broadcaster::default(),
            round: Round::new(now),
            checkpoints: Checkpoints::default(),
            commands: Commands::default(),
            seen: Deduplicator::new(),
        }
    }

    pub(super) fn membership(&self) -> &Membership {
        &self.membership
    }

    pub(super) fn roster(&self) -> &Roster {
        self.roster.roster()
    }

    pub(super) fn payload(&self) -> &JoinPayload {
        self.self_state.payload()
    }

    /// The link or invitation that led to the call.
    pub(super) fn found_by(&self) -> Option<&InputGroupCall> {
        self.reference.found_by()
    }

    /// Our place in the call.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            call: self.reference.call(),
            user_id: self.membership.user_id(),
            source: self.self_state.payload().ssrc(),
        }
    }

    /// Our key, as the chain has it.
    pub(super) fn public_key(&self) -> Option<PublicKey> {
        let group_state = self.membership.state().group_state();
        let us = group_state.by_user(self.membership.user_id());
        us.map(|us| us.public_key)
    }

    /// Drops the keys, also those of media threads, and answers what waits in the membership.
    pub(super) fn close(&mut self, ctx: &mut Context, departure: &Departure) {
        self.membership.leave();
        let is_over = matches!(departure, Departure::End(EndReason::Discarded));
        self.commands.give_up(ctx, is_over);
        self.removals.give_up(ctx);
    }

    /// True if we have not seen yet how the call went on since a restart.
    fn is_behind(&self) -> bool {
        self.blocks.is_behind() || self.broadcasts.is_behind()
    }

    fn is_verifying(&self) -> bool {
        self.membership.verification().phase() != Phase::End
    }

    fn height(&self) -> Height {
        self.membership.state().height()
    }

    /// The membership as the caller sees it.
    fn joined(&self, connection: Option<Box<ConnectionParameters>>, attempts: u32) -> Joined {
        Joined {
            call: self.reference.call(),
            connection,
            payload: self.self_state.payload().clone(),
            invite_link: self.reference.invite_link().cloned(),
            cryptor: self.membership.cryptor().clone(),
            attempts,
        }
    }
}

/// The inputs.
impl Member {
    pub(super) fn handle_timer(&mut self, ctx: &mut Context, timer: Timer) -> Flow {
        let us = self.identity();
        match timer {
            Timer::Blocks => self.blocks.poll(ctx, us.call),
            Timer::Broadcasts => self.broadcasts.poll(ctx, us.call),
            Timer::Check => self.liveness.check_is_due(ctx, us),
            Timer::LastPoll => {
                let poll = self.blocks.request(us.call);
                self.liveness.poll_again(ctx, poll);
            }
            Timer::Roster | Timer::QuietRoster => self.roster.load(ctx, us.call),
            Timer::Unlisted => {
                if self.removals.must_confirm(ctx) {
                    // Pages that were read before do not count.
                    self.roster.stop(ctx);
                    self.roster.load(ctx, us.call);
                }
            }
            Timer::Connection => return Err(RejoinReason::NoConnection.into()),
            Timer::Progress => {
                self.round.moved();
                // A member that holds the verification up may have left without our learning it.
                self.roster.load_soon(ctx);
            }
            Timer::Epochs => self.membership.cryptor().prune(ctx.now),
            Timer::Checkpoint => self.checkpoints.ask(ctx),
            // To settle is all that they are for.
            Timer::Broadcast | Timer::Removal => {}
            // They are those of other states.
            Timer::Entry | Timer::Leave | Timer::HeldBack => {}
        }
        self.settle(ctx)
    }

    pub(super) fn handle_answer(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        let refusal = match &answer.result {
            // A comparison that the server refuses is no evidence of anything.
            Err(Failure::Refused(error)) if answer.purpose != Purpose::Fork => {
                Some((answer.ticket, answer.method, error.clone()))
            }
            _ => None,
        };
        self.route(ctx, answer)?;
        if let Some((ticket, method, error)) = refusal {
            self.refused(ctx, ticket, method, error)?;
        }
        self.settle(ctx)
    }

    /// Hands an answer to the part that waits for it, and does what it returns.
    fn route(&mut self, ctx: &mut Context, answer: Answer) -> Flow {
        let us = self.identity();
        let Answer { ticket, result, .. } = answer;
        match answer.purpose {
            Purpose::Poll(which) => self.polled(ctx, which, ticket, result),
            Purpose::Broadcast => {
                let sequel = self.broadcaster.answered(ctx, ticket, result);
                self.after_broadcast(ctx, sequel)
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
                if let Some(reason) = self.liveness.checked(ctx, us, result) {
                    self.doubt(ctx, reason);
                }
                Ok(())
            }
            Purpose::LastPoll => {
                let Some((updates, reason)) = self.liveness.polled(ctx, result) else {
                    return Ok(());
                };
                self.take_updates(ctx, updates)?;
                self.follow(ctx)?;
                Err(reason.into())
            }
            Purpose::Reference => Ok(self.reference.answered(ctx, result)?),
            Purpose::Fork => {
                let ours = self.membership.state();
                Ok(self.fork.answered(ctx, us.call, ours, result)?)
            }
            Purpose::Command => {
                let response = self.commands.answered(ctx, answer.method, ticket, result);
                self.after_command(ctx, response)
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
        let poll = self.blocks.request(self.reference.call());
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
        self.blocks.poll_after(ctx, catch_up.from);
        self.broadcasts.poll_after(ctx, catch_up.from);
        self.roster.load_after(ctx, catch_up.from);
        self.settle(ctx)
    }

    pub(super) fn handle_command(
        &mut self,
        ctx: &mut Context,
        id: CommandId,
        command: Command,
    ) -> Flow {
        let order = |kind| Order { id, kind };
        let us = self.identity();
        let call = us.call.into();
        match command {
            Command::Leave => return Err(Departure::Leave),
            // They are the engine's.
            Command::Announce { .. } | Command::Decline { .. } | Command::Rejoin => {}
            Command::Media(media) => self.liveness.media_is(ctx, media),
            Command::Kick { users } => {
                let order = order(CommandKind::Kick);
                self.removals.kick(ctx, us.user_id, order, users);
            }
            Command::Invite { user, video } => {
                let invite = InviteConferenceCallParticipant { video, call, user };
                self.commands.send(ctx, order(CommandKind::Invite), invite);
            }
            Command::RevokeLink => {
                let settings = ToggleGroupCallSettings::revoke_link(call);
                self.commands
                    .send(ctx, order(CommandKind::RevokeLink), settings);
            }
            Command::Discard => {
                let discard = DiscardGroupCall { call };
                self.commands
                    .send(ctx, order(CommandKind::Discard), discard);
            }
            Command::Resolve { mut sources } => {
                sources.truncate(limits::RESOLVED_SOURCES);
                let by_sources = GetGroupParticipants::by_sources(call, sources);
                self.commands
                    .send(ctx, order(CommandKind::Resolve), by_sources);
            }
            Command::Send(message) => {
                let order = order(CommandKind::Send(message.random_id()));
                self.send_message(ctx, order, &message);
            }
        }
        self.settle(ctx)
    }

    fn send_message(&mut self, ctx: &mut Context, order: Order, message: &GroupMessage) {
        if self.is_behind() {
            // A member who knows the epoch of the checkpoint may have been removed since.
            return ctx.failed(order, CommandFailure::NotJoined);
        }
        match ctx.secrets.seal(ctx.now, &self.membership, message) {
            Ok(encrypted_message) => {
                let body = SendGroupCallEncryptedMessage {
                    call: self.reference.call().into(),
                    encrypted_message,
                };
                self.commands.send(ctx, order, body);
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
        result: Result<Response, Failure>,
    ) -> Flow {
        let (call, is_verifying) = (self.reference.call(), self.is_verifying());
        let subchain = self.subchain(which);
        let Polled {
            is_answer,
            page,
            updates,
        } = subchain.answered(ctx, call, is_verifying, ticket, result)?;
        self.take_updates(ctx, updates)?;
        match (which, page) {
            _ if !is_answer => return Ok(()),
            // A server that shows nothing else takes us for a user outside the call.
            (SubChain::Blocks, Some(Page::OnlyLast(_))) => {
                self.doubt(ctx, RejoinReason::NotJoined);
                return Ok(());
            }
            (SubChain::Blocks, Some(page)) => self.blocks_read(ctx, page)?,
            (SubChain::Broadcasts, Some(page)) => self.broadcasts_read(ctx, page),
            (_, None) => {}
        }
        self.follow(ctx)?;
        match page {
            Some(Page::Full) => self.subchain(which).poll(ctx, call),
            Some(Page::Last) => self.caught_up(ctx, which),
            _ => {}
        }
        let owes_us = which == SubChain::Broadcasts && self.broadcaster.is_owed(ctx);
        Ok(self.subchain(which).note_answer(ctx.now, owes_us)?)
    }

    fn subchain(&mut self, which: SubChain) -> &mut Subchain {
        match which {
            SubChain::Blocks => &mut self.blocks,
            SubChain::Broadcasts => &mut self.broadcasts,
        }
    }

    fn blocks_read(&mut self, ctx: &mut Context, page: Page) -> Flow {
        let (height, ours) = (self.height(), self.blocks.next());
        match page {
            Page::Compacted(offset) => {
                // A member who was removed while it was away is shown the newest block only.
                if !self.is_behind() {
                    fork::suspect(ctx, height, "the server leaves blocks out");
                }
                Err(RejoinReason::Skipped { offset, ours }.into())
            }
            Page::Rewound(offset) => {
                fork::suspect(ctx, height, "the server's chain ends before ours");
                Err(RejoinReason::Rewound { offset, ours }.into())
            }
            Page::OnlyLast(_) | Page::Last | Page::Full | Page::Endless => Ok(()),
        }
    }

    fn broadcasts_read(&mut self, ctx: &mut Context, page: Page) {
        if let Page::Rewound(_) = page {
            self.broadcasts.read_again(ctx);
            let (call, next) = (self.reference.call(), self.blocks.next());
            self.fork.compare(ctx, call, next);
        }
    }

    /// A subchain was read to its end: once both were, the caller gets what seals and opens frames.
    fn caught_up(&mut self, ctx: &mut Context, which: SubChain) {
        if self.subchain(which).caught_up() && !self.is_behind() {
            let joined = self.joined(None, 0);
            ctx.event(Event::Resumed(joined));
        }
    }

    fn after_broadcast(&mut self, ctx: &mut Context, sequel: broadcaster::Sequel) -> Flow {
        match sequel {
            broadcaster::Sequel::TakeIn(updates) => return self.take_updates(ctx, updates),
            broadcaster::Sequel::ReadBlocks => self.blocks.poll_soon(ctx),
            broadcaster::Sequel::ReadBroadcasts => self.broadcasts.poll_soon(ctx),
            broadcaster::Sequel::ReadBroadcastsAgain => {
                self.broadcasts.read_again(ctx);
                self.broadcasts.poll_soon(ctx);
            }
            broadcaster::Sequel::Nothing => {}
        }
        Ok(())
    }

    fn after_removal(&mut self, ctx: &mut Context, sequel: removals::Sequel) -> Flow {
        match sequel {
            removals::Sequel::TakeIn(updates) => {
                self.blocks.poll_soon(ctx);
                return self.take_updates(ctx, updates);
            }
            removals::Sequel::ReadBlocks => {
                let call = self.reference.call();
                self.blocks.poll(ctx, call);
            }
            removals::Sequel::Nothing => {}
        }
        Ok(())
    }

    fn after_command(&mut self, ctx: &mut Context, response: Option<Response>) -> Flow {
        match response {
            Some(Response::Updates(updates)) => self.take_updates(ctx, updates),
            Some(Response::Participants(page)) => {
                self.roster.learn(ctx, &page.participants);
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
                self.subchain(items.sub_chain).offer(ctx, items);
            }
            Update::Connection(connection) => self.self_state.take_connection(ctx, &connection),
            Update::Participants(change) if self.reference.names(&change.call) => {
                self.take_roster(ctx, &change)?;
            }
            Update::GroupCall(call) if self.reference.names(&call.reference()) => {
                self.reference.take(ctx, call)?;
            }
            Update::EncryptedMessage(message) if self.reference.names(&message.call) => {
                self.take_message(ctx, &message);
            }
            _ => {}
        }
        Ok(())
    }

    fn take_roster(&mut self, ctx: &mut Context, change: &Participants) -> Flow {
        let us = self.identity();
        if self.roster.take_change(ctx, us, change)? {
            // A block that removed us may be behind it; else the server has lost us.
            self.blocks.poll(ctx, us.call);
            self.liveness.check(ctx, us);
        }
        Ok(())
    }

    /// Opens a message to the call; a packet that does not open, and a message that was shown before, change nothing.
    fn take_message(&mut self, ctx: &mut Context, message: &EncryptedMessage) {
        let Peer::User(from) = message.from else {
            return;
        };
        let packet = &message.encrypted_message;
        let opened = ctx.secrets.read(ctx.now, &self.membership, from, packet);
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

/// The chain.
impl Member {
    /// Brings everything up to date after an input.
    fn settle(&mut self, ctx: &mut Context) -> Flow {
        self.follow(ctx)?;
        if self.membership.has_lost_nonce() {
            return Err(RejoinReason::NonceLost.into());
        }
        self.watch_unlisted(ctx);
        let us = self.identity();
        // Until we know what we said before a restart, we say nothing.
        if !self.is_behind() {
            let said = ctx.secrets.take_outbound(&mut self.membership);
            let counts = self.membership.verification();
            self.broadcaster.add(ctx.now, us.user_id, counts, said);
            self.broadcaster.send_due(ctx, us.call);
        }
        let (membership, view) = (&self.membership, view(&self.membership, us, &self.roster));
        self.removals.send_due(ctx, view, |ctx, users| {
            ctx.secrets.remove(membership, users)
        });
        self.round.report(ctx, self.membership.verification());
        self.checkpoints.follow(ctx, self.membership.verification());
        if let Some(expiry) = self.membership.cryptor().next_expiry() {
            ctx.timers.set(Timer::Epochs, expiry);
        }
        Ok(())
    }

    fn watch_unlisted(&mut self, ctx: &mut Context) {
        let has_moved = self.roster.take_moved();
        let view = view(&self.membership, self.identity(), &self.roster);
        self.removals.watch(ctx, view, has_moved);
    }

    /// Applies what is due in both subchains, blocks first.
    fn follow(&mut self, ctx: &mut Context) -> Flow {
        loop {
            if let Some(block) = self.blocks.take() {
                self.apply(ctx, &block)?;
            } else if let Some(broadcast) = self.broadcasts.take() {
                self.hear(ctx, &broadcast);
            } else {
                return Ok(());
            }
        }
    }

    fn apply(&mut self, ctx: &mut Context, bytes: &[u8]) -> Flow {
        let before = self.membership.state().group_state().clone();
        let followed = match ctx.secrets.apply(ctx.now, &mut self.membership, bytes) {
            Ok(followed) => followed,
            // The subchain does not even keep those.
            Err(BlockRefused::Form(_)) => return Ok(()),
            Err(BlockRefused::Ended(end)) => return Err(self.departure(ctx, end)),
        };
        for fault in followed.faults {
            let from = Some(fault.user_id).filter(|_| fault.error.is_signed());
            self.round.blame(ctx, from);
        }
        self.epoch_started(ctx);
        let after = self.membership.state().group_state();
        let (added, removed) = (not_in(after, &before), not_in(&before, after));
        if !(added.is_empty() && removed.is_empty()) {
            ctx.event(Event::MembersChanged {
                added,
                removed,
                by: followed.by,
            });
        }
        Ok(())
    }

    /// Shows the newest block to the caller; its verification starts now.
    fn epoch_started(&mut self, ctx: &mut Context) {
        let state = self.membership.state();
        let (height, hash) = (state.height(), state.hash());
        ctx.event(Event::EpochStarted { height, hash });
        self.round.restart(ctx.now);
        self.broadcaster.keep_height(ctx, height);
        for subchain in [&mut self.blocks, &mut self.broadcasts] {
            subchain.progressed();
            subchain.hurry(ctx);
        }
    }

    /// The way in which a membership ends.
    fn departure(&self, ctx: &mut Context, end: MembershipEnd) -> Departure {
        match end {
            MembershipEnd::Removed { by, .. } => EndReason::Removed { by }.into(),
            MembershipEnd::Replaced { .. } => EndReason::JoinedElsewhere.into(),
            MembershipEnd::Left => Departure::Leave,
            end => {
                fork::suspect(ctx, self.height(), end.to_string());
                RejoinReason::Membership(end).into()
            }
        }
    }

    /// Takes in one broadcast; a bad one is counted and nothing else.
    fn hear(&mut self, ctx: &mut Context, bytes: &[u8]) {
        let broadcast = match Broadcast::from_server(bytes) {
            Ok(broadcast) => broadcast,
            Err(_) => return self.round.blame(ctx, None),
        };
        let is_own = broadcast.user_id == self.membership.user_id();
        match self.membership.receive(&broadcast) {
            Ok(Received::Counted) => {
                self.blocks.progressed();
                self.broadcasts.progressed();
                self.round.moved();
                if is_own {
                    self.broadcaster.echoed(ctx, &broadcast);
                }
            }
            // What we sent again because an answer was lost comes back twice.
            Err(BroadcastRefused::Broadcast(BroadcastError::AlreadyApplied(_))) if is_own => {
                self.broadcaster.echoed(ctx, &broadcast);
            }
            // It was said once at least; it is the server that repeats it.
            Err(BroadcastRefused::Broadcast(BroadcastError::AlreadyApplied(_))) => {
                self.round.blame(ctx, None);
            }
            Ok(_) | Err(BroadcastRefused::Ended(_)) => {}
            Err(BroadcastRefused::Broadcast(error)) => {
                self.investigate(ctx, &error);
                let from = Some(broadcast.user_id).filter(|_| error.is_signed());
                self.round.blame(ctx, from);
            }
        }
    }

    /// Reads again what a bad broadcast puts in doubt.
    fn investigate(&mut self, ctx: &mut Context, error: &BroadcastError) {
        match error {
            BroadcastError::BlockHash { .. } => {
                let (call, next) = (self.reference.call(), self.blocks.next());
                self.fork.compare(ctx, call, next);
            }
            // A reveal comes after all have committed: a commit is where we have not looked.
            BroadcastError::NotInReveal(Phase::Commit) if self.fork.may_read(ctx.now) => {
                self.broadcasts.read_again(ctx);
                self.broadcasts.poll_soon(ctx);
            }
            _ => {}
        }
    }
}

fn view<'a>(
    membership: &'a Membership,
    us: Identity,
    roster: &'a RosterSync,
) -> removals::View<'a> {
    removals::View {
        call: us.call,
        us: us.user_id,
        chain: membership.state(),
        roster: roster.roster(),
    }
}

/// The users of one group who are not in another.
fn not_in(group: &GroupState, other: &GroupState) -> Vec<UserId> {
    let users = group.participants.iter().map(|one| one.user_id);
    users
        .filter(|user| other.by_user(*user).is_none())
        .collect()
}
