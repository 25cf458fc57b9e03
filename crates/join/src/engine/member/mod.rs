//! Being in a call: following both subchains, verifying, and keeping the call to those who are in it.
//!
//! ```text
//! pushes ─┐
//!         ├─▶ cursors ─▶ blocks ─────▶ Membership ─▶ outbox ─▶ requests
//! polls ──┘          └─▶ broadcasts ──────▲
//!
//! roster ─▶ who is in the chain and not listed ─▶ removals ─▶ requests
//! ```
//!
//! Everything that changes the membership comes through the cursors, in order, whether it was pushed or polled. A
//! membership ends by a [`Departure`], which the engine turns into a rejoin, a leave or the end.
//!
//! Implements `spec/protocol.md`, 7 and 8.

mod commands;
mod following;
mod listing;
mod looking;
mod removing;
mod restart;
mod sending;

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;
use confcall_state::{Block, Height, PublicKey, UserId};
use rand_core::Rng as _;

use super::blame::Blame;
use super::context::Context;
use super::cursor::Cursor;
use super::end::{EndReason, RejoinReason};
use super::entry::{Entrant, Evidence};
use super::event::{Event, Joined};
use super::io::{MediaState, Outcome, RequestId};
use super::orders::Order;
use super::outbox::Outbox;
use super::roster::Roster;
use super::secrets::Seat;
use super::timers::Timer;
use super::waits::Patience;
use crate::answer::{Answer, ConnectionParameters};
use crate::api::{
    CheckGroupCall, Connection, GetGroupCall, GroupCall, InputGroupCall, Method, Participants,
    Request, RpcError, SubChain, Update, Updates,
};
use crate::joined::AnswerFault;
use crate::membership::Membership;
use crate::message::Deduplicator;
use crate::payload::JoinPayload;
use crate::reaction::Reaction;
use looking::LastLook;
use removing::Removals;

/// How often the server is asked whether we are still joined while the media is down.
const CHECK: Duration = Duration::from_secs(4);
/// How often a stale reference is looked up without an answer.
const LOOKUPS: u32 = 6;
/// For how long the connection parameters may be missing after a lost answer.
const CONNECTION: Duration = Duration::from_secs(5);

/// How a membership ends.
#[derive(Debug)]
pub(super) enum Departure {
    /// Another one takes its place.
    Rejoin(RejoinReason),
    /// The caller leaves.
    Leave,
    /// It was the last.
    End(EndReason),
}

/// Whether the membership goes on.
pub(super) type Flow = Result<(), Departure>;

impl From<EndReason> for Departure {
    fn from(reason: EndReason) -> Self {
        Self::End(reason)
    }
}

/// What a request of a member is for.
#[derive(Clone, Debug)]
enum Pending {
    Poll(SubChain),
    Tip,
    Broadcast,
    Removal,
    Page,
    Check,
    Refresh,
    LastLook,
    Command {
        order: Order,
        body: Box<Request>,
        patience: Patience,
    },
}

/// Something that we wait for, although the server answers.
#[derive(Clone, Copy, Debug)]
struct Expecting {
    since: Moment,
    fruitless: u32,
}

/// What a new member is told.
#[derive(Debug)]
pub(super) struct Welcome {
    again: bool,
    attempts: u32,
    connection: Option<Box<ConnectionParameters>>,
    rosters: Vec<Participants>,
}

/// One membership and all that belongs to it.
#[derive(Debug)]
#[cfg_attr(feature = "testing", derive(Clone))]
pub(super) struct Member {
    /// The call by its id.
    call: InputGroupCall,
    /// The link or invitation that led to it, by which a stale reference is looked up again.
    link: Option<InputGroupCall>,
    refreshed: bool,
    /// How often it was looked up without an answer.
    lookups: u32,
    seat: Seat,
    payload: JoinPayload,
    blocks: Cursor,
    broadcasts: Cursor,
    expecting: Option<Expecting>,
    last_look: Option<LastLook>,
    /// When what was read before may be read again.
    next_comparison: Moment,
    /// When everything may be read again because updates were missed.
    next_catch_up: Moment,
    outbox: Outbox,
    roster: Roster,
    removals: Removals,
    seen: Deduplicator,
    blame: Blame,
    media: MediaState,
    /// How the media connects, as it was told last.
    connection: Option<Box<ConnectionParameters>>,
    invite_link: Option<String>,
    /// Since when the newest block is verified.
    verifying_since: Moment,
    /// Whether the verification moved since it was last told of.
    verification_moved: bool,
    pending: BTreeMap<RequestId, Pending>,
    /// The subchains that we have not read to their ends since a restart.
    behind: Vec<SubChain>,
    /// The last block of which the caller was told that a checkpoint keeps its verification.
    secured: Option<Height>,
}

impl Member {
    /// A member who knows nothing but its membership and where it is in the two subchains.
    fn new(
        now: Moment,
        call: InputGroupCall,
        seat: Seat,
        payload: JoinPayload,
        [blocks, broadcasts]: [Cursor; 2],
    ) -> Self {
        Self {
            call,
            link: None,
            refreshed: false,
            lookups: 0,
            seat,
            payload,
            blocks,
            broadcasts,
            expecting: None,
            last_look: None,
            next_comparison: now,
            next_catch_up: now,
            outbox: Outbox::default(),
            roster: Roster::default(),
            removals: Removals::default(),
            seen: Deduplicator::new(),
            blame: Blame::default(),
            media: MediaState::Disconnected,
            connection: None,
            invite_link: None,
            verifying_since: now,
            verification_moved: true,
            pending: BTreeMap::new(),
            behind: Vec::new(),
            secured: None,
        }
    }

    /// Takes up the membership that the server's answer holds.
    pub(super) fn of_entrant(
        ctx: &mut Context,
        entrant: Entrant,
    ) -> Result<(Self, Welcome), EndReason> {
        let Entrant { join, known, .. } = entrant;
        let user_id = ctx.config.newcomer.user_id;
        let mut welcome = Welcome {
            again: entrant.again.is_some(),
            attempts: entrant.attempts,
            connection: None,
            rosters: Vec::new(),
        };
        let (call, invite_link, first, blocks, broadcasts) = match entrant.evidence {
            Evidence::Answer(answer) => {
                welcome.connection = Some(Box::new(answer.connection));
                welcome.rosters = answer.rosters;
                let first = answer.blocks.blocks.first().ok_or(AnswerFault::NoBlock)?;
                let first = Block::from_server(first).map_err(AnswerFault::from)?;
                let blocks = Cursor::behind_first(ctx.now, answer.blocks);
                let broadcasts = Cursor::from_first(ctx.now, answer.broadcasts);
                (answer.call, answer.invite_link, first, blocks, broadcasts)
            }
            Evidence::Tip(tip) => {
                let next = tip
                    .next_block
                    .or_else(|| tip.block.height().next().map(Height::value));
                let blocks = Cursor::new(next.unwrap_or(i32::MAX));
                // Where the broadcasts about this block begin is not known: from the first that is left.
                let broadcasts = Cursor::new(0);
                (
                    known.unwrap_or(tip.call),
                    None,
                    tip.block,
                    blocks,
                    broadcasts,
                )
            }
        };
        if call.id().is_none() {
            return Err(AnswerFault::NoCall.into());
        }
        let sending = ctx.config.sending;
        let seat = ctx.secrets.start(ctx.now, user_id, join, &first, sending)?;
        let mut member = Self::new(ctx.now, call, seat, entrant.payload, [blocks, broadcasts]);
        member.link = entrant.link;
        member.connection.clone_from(&welcome.connection);
        member.invite_link = invite_link;
        Ok((member, welcome))
    }

    /// Tells of the membership and begins to follow the call: the connection first, then the chain.
    pub(super) fn begin(&mut self, ctx: &mut Context, welcome: Welcome) -> Flow {
        if welcome.connection.is_none() {
            ctx.after(Timer::Connection, CONNECTION);
        }
        let joined = self.joined(welcome.connection, welcome.attempts);
        ctx.event(match welcome.again {
            true => Event::Rejoined(joined),
            false => Event::Joined(joined),
        });
        ctx.after(Timer::Check, CHECK);
        // What was pushed between the server's answer and now is lost to us.
        self.poll_soon(ctx, SubChain::Blocks);
        self.poll_soon(ctx, SubChain::Broadcasts);
        self.load_roster_soon(ctx);
        self.tell_of_block(ctx);
        for roster in &welcome.rosters {
            self.take_roster(ctx, roster)?;
        }
        self.settle(ctx)
    }

    fn joined(&self, connection: Option<Box<ConnectionParameters>>, attempts: u32) -> Joined {
        Joined {
            call: self.call.clone(),
            connection,
            payload: self.payload.clone(),
            invite_link: self.invite_link.clone(),
            cryptor: self.seat.cryptor().clone(),
            attempts,
        }
    }

    /// The link or invitation that led to the call.
    pub(super) fn asked(&self) -> Option<&InputGroupCall> {
        self.link.as_ref()
    }

    pub(super) fn membership(&self) -> Option<&Membership> {
        self.seat.membership()
    }

    pub(super) fn roster(&self) -> &Roster {
        &self.roster
    }

    pub(super) fn call(&self) -> &InputGroupCall {
        &self.call
    }

    pub(super) fn payload(&self) -> &JoinPayload {
        &self.payload
    }

    /// Our key, as the chain has it.
    pub(super) fn public_key(&self) -> Option<PublicKey> {
        let group_state = self.seat.state().group_state();
        group_state.by_user(self.user_id()).map(|us| us.public_key)
    }

    /// Drops the keys, also those of media threads.
    pub(super) fn close(&mut self) {
        self.seat.leave();
    }

    fn user_id(&self) -> UserId {
        self.seat.user_id()
    }

    fn send(&mut self, ctx: &mut Context, body: impl Into<Request>, pending: Pending) -> RequestId {
        let request = ctx.send(body);
        self.pending.insert(request, pending);
        request
    }

    pub(super) fn handle_timer(&mut self, ctx: &mut Context, timer: Timer) -> Flow {
        match timer {
            Timer::Blocks => self.poll(ctx, SubChain::Blocks),
            Timer::Broadcasts => self.poll(ctx, SubChain::Broadcasts),
            Timer::Check if self.media == MediaState::Connected => {}
            Timer::Check => self.check(ctx),
            Timer::LastLook => self.send_look(ctx),
            Timer::Roster | Timer::QuietRoster => self.load_roster(ctx),
            Timer::Prune => self.look_for_strangers(ctx),
            Timer::Connection => return Err(Departure::Rejoin(RejoinReason::NoConnection)),
            Timer::Progress => {
                self.verification_moved = true;
                // Whoever holds the verification up may have left, and we were not told.
                self.load_roster_soon(ctx);
            }
            Timer::Epochs => self.seat.cryptor().prune(ctx.now),
            Timer::Checkpoint => self.checkpoint_is_due(ctx),
            Timer::Outbox | Timer::Removal | Timer::Entry | Timer::Leave | Timer::HeldBack => {}
        }
        self.settle(ctx)
    }

    pub(super) fn handle_answer(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        outcome: Outcome,
    ) -> Flow {
        let Some(pending) = self.pending.remove(&request) else {
            return Ok(());
        };
        let flow = match pending {
            Pending::Poll(sub_chain) => self.polled(ctx, request, sub_chain, outcome),
            Pending::Tip => self.tip_compared(ctx, outcome),
            Pending::Broadcast => self.broadcast_answered(ctx, request, outcome),
            Pending::Removal => self.removal_answered(ctx, request, outcome),
            Pending::Page => self.page_read(ctx, request, outcome),
            Pending::Check => self.checked(ctx, outcome),
            Pending::Refresh => self.refreshed(ctx, outcome),
            Pending::LastLook => return self.looked(ctx, outcome),
            Pending::Command {
                order,
                body,
                patience,
            } => self.command_answered(ctx, order, body, patience, outcome),
        };
        match flow {
            Err(Departure::Rejoin(
                reason @ (RejoinReason::Forbidden(_) | RejoinReason::NotJoined),
            )) => self.look(ctx, reason),
            flow => {
                flow?;
                self.settle(ctx)
            }
        }
    }

    pub(super) fn handle_update(&mut self, ctx: &mut Context, update: Update) -> Flow {
        self.take_update(ctx, update)?;
        self.settle(ctx)
    }

    /// Takes in an update, pushed or in an answer; one about another call changes nothing.
    fn take_update(&mut self, ctx: &mut Context, update: Update) -> Flow {
        match update {
            Update::ChainBlocks(items) if self.is_ours(&items.call) => {
                self.offer(ctx, items);
                Ok(())
            }
            Update::Connection(connection) => {
                self.take_connection(ctx, &connection);
                Ok(())
            }
            Update::Participants(change) if self.is_ours(&change.call) => {
                self.take_roster(ctx, &change)
            }
            Update::GroupCall(call) if self.is_ours(&call.reference()) => self.take_call(ctx, call),
            Update::EncryptedMessage(message) if self.is_ours(&message.call) => {
                self.take_message(ctx, &message);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take_updates(&mut self, ctx: &mut Context, updates: Updates) -> Flow {
        let mut updates = updates.0.into_iter();
        updates.try_for_each(|update| self.take_update(ctx, update))
    }

    /// Tells how to connect the media, once: an adapter may hand out as an update what the answer to the join held.
    fn take_connection(&mut self, ctx: &mut Context, connection: &Connection) {
        let answer = Answer::from_json(connection.params.as_str());
        let Ok(parameters) = answer.and_then(Answer::into_conference) else {
            return;
        };
        let parameters = Box::new(parameters);
        if !connection.presentation {
            ctx.timers.cancel(Timer::Connection);
            let known = self.connection.replace(parameters.clone());
            if known.as_ref() == Some(&parameters) {
                return;
            }
        }
        ctx.event(Event::Connection {
            presentation: connection.presentation,
            parameters,
        });
    }

    fn take_call(&mut self, ctx: &mut Context, call: GroupCall) -> Flow {
        match call {
            GroupCall::Discarded { .. } => Err(EndReason::Discarded.into()),
            GroupCall::Active { invite_link, .. } => {
                if let Some(link) =
                    invite_link.filter(|link| self.invite_link.as_ref() != Some(link))
                {
                    self.invite_link = Some(link.clone());
                    ctx.event(Event::Link(link));
                }
                Ok(())
            }
        }
    }

    /// Whether a reference names our call; what the server says of other calls is not for us.
    fn is_ours(&self, call: &InputGroupCall) -> bool {
        call.id().is_some() && call.id() == self.call.id()
    }

    /// Brings everything up to date after an input.
    fn settle(&mut self, ctx: &mut Context) -> Flow {
        self.follow(ctx)?;
        if self.seat.has_lost_nonce() {
            return Err(Departure::Rejoin(RejoinReason::NonceLost));
        }
        self.watch_strangers(ctx);
        if !self.is_behind() {
            self.send_broadcasts(ctx);
        }
        self.send_removals(ctx);
        self.tell_verification(ctx);
        self.tell_of_commits(ctx);
        if let Some(expiry) = self.seat.cryptor().next_expiry() {
            ctx.timers.set(Timer::Epochs, expiry);
        }
        Ok(())
    }

    /// What a failed request means for the membership itself; else what the table says.
    fn reaction(
        &mut self,
        ctx: &mut Context,
        method: Method,
        outcome: &Outcome,
    ) -> Result<Reaction, Departure> {
        let Outcome::Refused(error) = outcome else {
            return Ok(Reaction::CheckTipFirst);
        };
        match error.reaction(method) {
            Reaction::Rejoin => Err(Departure::Rejoin(RejoinReason::Forbidden(error.clone()))),
            Reaction::RefreshReferenceOnce => {
                self.refresh(ctx, error)?;
                Ok(Reaction::RetryWithBackoff)
            }
            Reaction::WaitThenRepeat(wait) => {
                let wait = ctx.told_to_wait(method, wait);
                Ok(Reaction::WaitThenRepeat(wait))
            }
            reaction => Ok(reaction),
        }
    }

    /// The server does not know the call by our reference: a link is looked up once more.
    fn refresh(&mut self, ctx: &mut Context, error: &RpcError) -> Flow {
        match self.link.clone().filter(|_| !self.refreshed) {
            Some(call) => {
                self.refreshed = true;
                self.send(ctx, GetGroupCall { call, limit: 1 }, Pending::Refresh);
                Ok(())
            }
            // Several requests may have met the same error.
            None if self.is_refreshing() => Ok(()),
            None => Err(EndReason::NotFound(error.clone()).into()),
        }
    }

    fn is_refreshing(&self) -> bool {
        self.is_pending(|pending| matches!(pending, Pending::Refresh))
    }

    fn is_pending(&self, is_it: impl Fn(&Pending) -> bool) -> bool {
        self.pending.values().any(is_it)
    }

    fn refreshed(&mut self, ctx: &mut Context, outcome: Outcome) -> Flow {
        let info = match outcome {
            Outcome::Done(response) => response.into_group_call(),
            failed => return self.refresh_failed(ctx, failed),
        };
        let info = info.map_err(|wrong| EndReason::Unusable(wrong.into()))?;
        let found = info.call.reference();
        if !self.is_ours(&found) {
            return Err(EndReason::Unusable(AnswerFault::OtherCall).into());
        }
        self.call = found;
        self.take_call(ctx, info.call)
    }

    /// Whoever needs the reference has it looked up again, unless the server said that there is no such call.
    fn refresh_failed(&mut self, ctx: &mut Context, failed: Outcome) -> Flow {
        let method = Method::GetGroupCall;
        match (self.reaction(ctx, method, &failed)?, failed) {
            (Reaction::WaitThenRepeat(_) | Reaction::CheckTipFirst, failed) => {
                self.refreshed = false;
                self.lookups += 1;
                if self.lookups >= LOOKUPS {
                    return Err(EndReason::exhausted(method, self.lookups, &failed).into());
                }
                Ok(())
            }
            (reaction, Outcome::Refused(error)) => {
                Err(EndReason::refused(method, error, reaction).into())
            }
            _ => Ok(()),
        }
    }

    /// Asks whether we are still joined, unless that is under way.
    fn check(&mut self, ctx: &mut Context) {
        if self.is_pending(|pending| matches!(pending, Pending::Check)) {
            return;
        }
        let check = CheckGroupCall {
            call: self.call.clone(),
            sources: vec![self.payload.ssrc()],
        };
        self.send(ctx, check, Pending::Check);
    }

    fn checked(&mut self, ctx: &mut Context, outcome: Outcome) -> Flow {
        match outcome {
            Outcome::Done(response) => {
                let sources = response.into_sources();
                let is_joined = sources.is_ok_and(|all| all.contains(&self.payload.ssrc()));
                if !is_joined {
                    return Err(Departure::Rejoin(RejoinReason::NotJoined));
                }
            }
            failed => {
                self.reaction(ctx, Method::CheckGroupCall, &failed)?;
            }
        }
        if self.media == MediaState::Disconnected {
            ctx.after(Timer::Check, CHECK);
        }
        Ok(())
    }

    /// A time between one and two of `least`, so that many who wait for the same do not act at once.
    fn spread(ctx: &mut Context, least: Duration) -> Duration {
        let part = f64::from(ctx.public_rng.next_u32()) / f64::from(u32::MAX);
        least.mul_f64(1.0 + part)
    }
}
