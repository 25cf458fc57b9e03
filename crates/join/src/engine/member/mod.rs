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
//! | what a member does | where |
//! |---|---|
//! | takes up a membership, or goes on with one | `beginning.rs`, `restart.rs` |
//! | reads both subchains | `polling.rs`, and again in `comparing.rs`, for so long in `expecting.rs` |
//! | applies blocks, hears broadcasts, sends its own | `following.rs`, `hearing.rs`, `sending.rs` |
//! | keeps the roster, and removes who is not in it | `listing.rs`, `removing.rs` |
//! | makes sure that it is in, and where | `checking.rs`, `looking.rs`, `refreshing.rs` |
//! | takes updates and commands | `updates.rs`, `commands.rs` |
//!
//! Implements `spec/protocol.md`, 7 and 8.

mod beginning;
mod checking;
mod commands;
mod comparing;
mod expecting;
mod following;
mod hearing;
mod listing;
mod looking;
mod polling;
mod refreshing;
mod removing;
mod restart;
mod sending;
mod updates;

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;
use confcall_state::{Height, PublicKey, UserId};
use rand_core::Rng as _;

use super::blame::Blame;
use super::context::Context;
use super::cursor::Cursor;
use super::end::{EndReason, RejoinReason};
use super::io::{MediaState, Outcome, RequestId};
use super::orders::Order;
use super::outbox::Outbox;
use super::roster::Roster;
use super::timers::Timer;
use super::waits::Patience;
use crate::api::reaction::Reaction;
use crate::api::{InputGroupCall, InviteLink, Method, Request, SubChain, Update};
use crate::joining::{ConnectionParameters, JoinPayload};
use crate::limits;
use crate::membership::Membership;
use crate::message::Deduplicator;
use expecting::Expecting;
use looking::LastLook;
use removing::Removals;

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

/// One membership and all that belongs to it.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Member {
    /// The call by its id.
    call: InputGroupCall,
    /// The link or invitation that led to it, by which a stale reference is looked up again.
    link: Option<InputGroupCall>,
    refreshed: bool,
    /// How often it was looked up without an answer.
    lookups: u32,
    membership: Membership,
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
    invite_link: Option<InviteLink>,
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
        membership: Membership,
        payload: JoinPayload,
        [blocks, broadcasts]: [Cursor; 2],
    ) -> Self {
        Self {
            call,
            link: None,
            refreshed: false,
            lookups: 0,
            membership,
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

    /// The link or invitation that led to the call.
    pub(super) fn asked(&self) -> Option<&InputGroupCall> {
        self.link.as_ref()
    }

    pub(super) fn membership(&self) -> &Membership {
        &self.membership
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
        let group_state = self.membership.state().group_state();
        group_state.by_user(self.user_id()).map(|us| us.public_key)
    }

    /// Drops the keys, also those of media threads.
    pub(super) fn close(&mut self) {
        self.membership.leave();
    }

    fn user_id(&self) -> UserId {
        self.membership.user_id()
    }

    fn send(&mut self, ctx: &mut Context, body: impl Into<Request>, pending: Pending) -> RequestId {
        let request = ctx.send(body);
        self.pending.insert(request, pending);
        request
    }

    /// Whether there is room for requests of which a server can have us want any number.
    fn may_ask(&self) -> bool {
        self.pending.len() < limits::REQUESTS
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
            Timer::Epochs => self.membership.cryptor().prune(ctx.now),
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

    /// Brings everything up to date after an input.
    fn settle(&mut self, ctx: &mut Context) -> Flow {
        self.follow(ctx)?;
        if self.membership.has_lost_nonce() {
            return Err(Departure::Rejoin(RejoinReason::NonceLost));
        }
        self.watch_strangers(ctx);
        if !self.is_behind() {
            self.send_broadcasts(ctx);
        }
        self.send_removals(ctx);
        self.tell_verification(ctx);
        self.tell_of_commits(ctx);
        if let Some(expiry) = self.membership.cryptor().next_expiry() {
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

    fn is_pending(&self, is_it: impl Fn(&Pending) -> bool) -> bool {
        self.pending.values().any(is_it)
    }

    /// A time between one and two of `least`, so that many who wait for the same do not act at once.
    fn spread(ctx: &mut Context, least: Duration) -> Duration {
        let part = f64::from(ctx.public_rng.next_u32()) / f64::from(u32::MAX);
        least.mul_f64(1.0 + part)
    }
}
