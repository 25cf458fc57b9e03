//! The chain of a conference as we follow it: both subchains, the membership that they lead to, and what it says.
//!
//! A call without a chain has none of this.

use std::sync::Arc;

use confcall_media::{Cryptor, Moment};
use confcall_state::verification::{BroadcastError, Phase, Received};
use confcall_state::wire::{Broadcast, GroupState};
use confcall_state::{Block, BlockHash, Chain, ChainState, PublicKey, UserId};

use crate::api::{CallRef, ChainBlocks, GetGroupCallChainBlocks, Response, SubChain, Updates};
use crate::engine::context::Context;
use crate::engine::departure::{Departure, Flow};
use crate::engine::end::{EndReason, RejoinReason};
use crate::engine::event::{Event, Suspicion};
use crate::engine::failure::Failure;
use crate::engine::parts::broadcaster::{Broadcaster, Sequel};
use crate::engine::parts::fork::{self, ForkCheck};
use crate::engine::parts::round::Round;
use crate::engine::parts::subchain::{Page, Polled, Subchain};
use crate::engine::past::PastMemberships;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::membership::{
    BlockRefused, BroadcastRefused, Difference, Followed, LastKnown, Membership, MembershipEnd,
};

/// The chain as we follow it.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Follower {
    membership: Membership,
    blocks: Subchain,
    broadcasts: Subchain,
    broadcaster: Broadcaster,
    round: Round,
    fork: ForkCheck,
    /// True if the last broadcast that was read is about a block that we have not.
    is_ahead: bool,
    /// True once the chain has ended before a state that was seen before a restart.
    was_short: bool,
    /// True if frames of H.264 can be sealed, as the caller knows.
    permits_h264: bool,
    /// The blocks that removed users since the last input was settled, and those users.
    removed: Vec<(BlockHash, Vec<UserId>)>,
}

/// The meaning of an answer to a poll for the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The server takes us for a user outside the call.
    Outside,
    /// We know by this how the call went on since a restart.
    CaughtUp,
    /// Nothing more.
    Followed,
}

/// The way in which the chain ends a membership.
#[derive(Debug)]
pub(super) enum Loss {
    /// A block removed us; whether that is the end is for the member to say, who knows for how long we were out of touch.
    Removed {
        /// The signer of the block, if it was a member.
        by: Option<UserId>,
    },
    /// Any other.
    Other(Departure),
}

impl<T: Into<Departure>> From<T> for Loss {
    fn from(other: T) -> Self {
        Self::Other(other.into())
    }
}

/// The views.
impl Follower {
    pub(super) fn new(
        ctx: &mut Context,
        membership: Membership,
        blocks: Subchain,
        broadcasts: Subchain,
    ) -> Self {
        Self {
            membership,
            blocks,
            broadcasts,
            broadcaster: Broadcaster::default(),
            round: Round::new(ctx.now, ctx.past.take_streak()),
            fork: ForkCheck::new(ctx.now),
            is_ahead: false,
            was_short: false,
            permits_h264: true,
            removed: Vec::new(),
        }
    }

    pub(super) fn membership(&self) -> &Membership {
        &self.membership
    }

    pub(super) fn user_id(&self) -> UserId {
        self.membership.user_id()
    }

    /// Our key, as the chain has it.
    pub(super) fn public_key(&self) -> Option<PublicKey> {
        let us = self.state().group_state().by_user(self.user_id());
        us.map(|us| us.public_key)
    }

    pub(super) fn state(&self) -> &ChainState {
        self.membership.state()
    }

    pub(super) fn cryptor(&self) -> &Arc<Cryptor> {
        self.membership.cryptor()
    }

    /// The offsets of the next block and of the next broadcast.
    pub(super) fn next(&self) -> (i32, i32) {
        (self.blocks.next(), self.broadcasts.next())
    }

    /// True if we have not seen yet how the call went on since a restart.
    pub(super) fn is_behind(&self) -> bool {
        self.blocks.is_behind() || self.broadcasts.is_behind()
    }

    fn subchain(&mut self, which: SubChain) -> &mut Subchain {
        match which {
            SubChain::Blocks => &mut self.blocks,
            SubChain::Broadcasts => &mut self.broadcasts,
        }
    }
}

/// The polls of both subchains.
impl Follower {
    pub(super) fn poll(&mut self, ctx: &mut Context, which: SubChain, call: CallRef) {
        self.subchain(which).poll(ctx, call);
    }

    /// The request for the blocks that follow.
    pub(super) fn next_blocks(&self, call: CallRef) -> GetGroupCallChainBlocks {
        self.blocks.request(call)
    }

    pub(super) fn poll_soon(&self, ctx: &mut Context, which: SubChain) {
        match which {
            SubChain::Blocks => self.blocks.poll_soon(ctx),
            SubChain::Broadcasts => self.broadcasts.poll_soon(ctx),
        }
    }

    /// Polls both soon after a moment, because updates were missed.
    pub(super) fn poll_after(&self, ctx: &mut Context, from: Moment) {
        self.blocks.poll_after(ctx, from);
        self.broadcasts.poll_after(ctx, from);
    }

    /// Takes in items that were pushed, or came with an answer to something else.
    pub(super) fn offer(&mut self, ctx: &mut Context, items: ChainBlocks) {
        self.subchain(items.sub_chain).offer(ctx, items);
    }

    /// Takes the answer to a poll. The updates in it come before [`Self::read`].
    pub(super) fn answered(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
        which: SubChain,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Result<Polled, EndReason> {
        let is_verifying = self.membership.verification().phase() != Phase::End;
        let subchain = self.subchain(which);
        subchain.answered(ctx, call, is_verifying, ticket, result)
    }

    /// Follows what an answer brought, and draws the consequences of its page.
    pub(super) fn read(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
        which: SubChain,
        page: Option<Page>,
    ) -> Result<Read, Loss> {
        match (which, page) {
            // A server that shows nothing else takes us for a user outside the call.
            (SubChain::Blocks, Some(Page::OnlyLast(_))) => return Ok(Read::Outside),
            (SubChain::Blocks, Some(page)) => self.blocks_read(ctx, page)?,
            (SubChain::Broadcasts, Some(page)) => self.broadcasts_read(ctx, call, page),
            (_, None) => {}
        }
        self.follow(ctx, call)?;
        let mut read = Read::Followed;
        match page {
            // What is beyond the chain is of no use before the blocks are there: they go first, and it can wait its turn.
            Some(Page::Full) if which == SubChain::Broadcasts && self.is_ahead => {
                self.blocks.poll_soon(ctx);
                self.broadcasts.poll_soon(ctx);
            }
            Some(Page::Full) => self.subchain(which).poll(ctx, call),
            Some(Page::Last) if self.subchain(which).caught_up() && !self.is_behind() => {
                read = Read::CaughtUp;
            }
            _ => {}
        }
        let owes_us = which == SubChain::Broadcasts && self.broadcaster.is_owed(ctx);
        self.subchain(which).note_answer(ctx.now, owes_us)?;
        Ok(read)
    }

    fn blocks_read(&self, ctx: &mut Context, page: Page) -> Result<(), RejoinReason> {
        let (height, ours) = (self.state().height(), self.blocks.next());
        match page {
            Page::Compacted(offset) => {
                // A member who was removed while it was away is shown the newest block only.
                if !self.is_behind() {
                    fork::suspect(ctx, height, "the server leaves blocks out");
                }
                Err(RejoinReason::Skipped { offset, ours })
            }
            Page::Rewound(offset) => {
                fork::suspect(ctx, height, "the server's chain ends before ours");
                Err(RejoinReason::Rewound { offset, ours })
            }
            Page::OnlyLast(_) | Page::Last | Page::Full | Page::Paused | Page::Endless => Ok(()),
        }
    }

    fn broadcasts_read(&mut self, ctx: &mut Context, call: CallRef, page: Page) {
        if let Page::Rewound(_) = page {
            self.broadcasts.read_again(ctx);
            self.fork.compare(ctx, call, self.blocks.next());
        }
    }

    /// Takes the server's block at our height.
    pub(super) fn fork_answered(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
        result: Result<Response, Failure>,
    ) -> Flow {
        let ours = self.membership.state();
        Ok(self.fork.answered(ctx, call, ours, result)?)
    }
}

/// The blocks and broadcasts.
impl Follower {
    /// Applies what is due in both subchains, blocks first.
    pub(super) fn follow(&mut self, ctx: &mut Context, call: CallRef) -> Result<(), Loss> {
        loop {
            if let Some(block) = self.blocks.take() {
                self.apply(ctx, call, &block)?;
            } else if let Some(broadcast) = self.broadcasts.take() {
                self.hear(ctx, call, &broadcast);
            } else {
                return Ok(());
            }
        }
    }

    /// Gives a membership up whose newest block cannot be verified, because a restart has lost our nonce.
    pub(super) fn check_nonce(&self) -> Result<(), RejoinReason> {
        match self.membership.has_lost_nonce() {
            true => Err(RejoinReason::NonceLost),
            false => Ok(()),
        }
    }

    fn apply(&mut self, ctx: &mut Context, call: CallRef, bytes: &[u8]) -> Result<(), Loss> {
        let before = self.state().group_state().clone();
        self.is_ahead = false;
        let followed = ctx.secrets.apply(ctx.now, &mut self.membership, bytes);
        let Followed { by, faults } = match followed {
            Ok(followed) => followed,
            // The subchain does not even keep those.
            Err(BlockRefused::Form(_)) => return Ok(()),
            Err(BlockRefused::Ended(end)) => return Err(self.loss(ctx, end)),
        };
        for fault in faults {
            let from = Some(fault.user_id).filter(|_| fault.error.is_signed());
            self.round.blame(ctx, from);
        }
        self.start_epoch(ctx, by);
        let changes = Difference::between(&before, self.state().group_state());
        if !changes.removed.is_empty() {
            let block = self.state().hash();
            self.removed.push((block, changes.removed.clone()));
        }
        suspect_foreign_keys(ctx, &changes, by);
        members_changed(ctx, changes, by);
        Ok(self.check_known(ctx, call)?)
    }

    /// Compares the chain with a later state that was seen before a restart from an older checkpoint.
    fn check_known(&self, ctx: &mut Context, call: CallRef) -> Result<(), RejoinReason> {
        let (height, hash) = (self.state().height(), self.state().hash());
        let known = ctx.past.last_known_of(call.id);
        if known.is_none_or(|known| known.height() != height || known.hash() == hash) {
            return Ok(());
        }
        fork::suspect(ctx, height, "the server showed another block before");
        Err(RejoinReason::OtherBlock { height })
    }

    /// Checks that the chain reaches the last state that was seen, where a restart was from an older checkpoint: who was
    /// removed between would be back in the call.
    ///
    /// It is looked at twice, as one of the server's machines may be behind another. Gives whether the chain is there.
    pub(super) fn check_reached(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
    ) -> Result<bool, RejoinReason> {
        let known = ctx.past.last_known_of(call.id).map(LastKnown::height);
        let height = self.state().height();
        let missing = known.map_or(0, |known| known.value().saturating_sub(height.value()));
        if missing <= 0 {
            return Ok(true);
        }
        if !core::mem::replace(&mut self.was_short, true) {
            self.blocks.is_behind_again();
            self.blocks.poll_soon(ctx);
            return Ok(false);
        }
        fork::suspect(
            ctx,
            height,
            "the server's chain ends before a state that it showed",
        );
        let offset = self.blocks.next();
        let ours = offset.saturating_add(missing);
        Err(RejoinReason::Rewound { offset, ours })
    }

    /// Shows the caller how the members changed since we were in the call the last time.
    pub(super) fn compare_members(&self, ctx: &mut Context, known: &GroupState) {
        let mut changes = Difference::between(known, self.state().group_state());
        // We ourselves have another key each time.
        changes.rekeyed.retain(|user| *user != self.user_id());
        members_changed(ctx, changes, None);
    }

    /// Takes the blocks that removed users, and those users.
    pub(super) fn take_removed(&mut self) -> Vec<(BlockHash, Vec<UserId>)> {
        core::mem::take(&mut self.removed)
    }

    /// Shows the newest block, which this member signed, to the caller; its verification starts now.
    pub(super) fn start_epoch(&mut self, ctx: &mut Context, by: Option<UserId>) {
        let state = self.membership.state();
        let (height, hash) = (state.height(), state.hash());
        ctx.event(Event::EpochStarted { height, hash });
        self.round.restart(ctx.now, by);
        // What was about the block before is of no use any more.
        self.broadcaster.keep_height(ctx, height);
        for subchain in [&mut self.blocks, &mut self.broadcasts] {
            subchain.progressed();
            subchain.hurry(ctx);
        }
    }

    /// The way in which a membership ends.
    fn loss(&self, ctx: &mut Context, end: MembershipEnd) -> Loss {
        match end {
            MembershipEnd::Removed { by, .. } => Loss::Removed { by },
            MembershipEnd::Replaced { by, .. } => match by.filter(|by| *by != self.user_id()) {
                Some(by) => EndReason::KeyReplaced { by }.into(),
                None => EndReason::JoinedElsewhere.into(),
            },
            MembershipEnd::Left => Departure::Leave.into(),
            end => {
                fork::suspect(ctx, self.state().height(), end.to_string());
                RejoinReason::Membership(end).into()
            }
        }
    }

    /// True if a block that waits puts our user under a key that was never ours, and is signed with that key: a member who
    /// gives us a key of its own signs with the one that it has.
    pub(super) fn is_elsewhere(&self, past: &PastMemberships) -> bool {
        let ours = self.membership.public_key();
        let keys = self.blocks.waiting().filter_map(|bytes| {
            let (block, chain) = shown(bytes)?;
            let own = chain.state().group_state().by_user(self.user_id())?;
            (block.fields().signature_public_key == Some(own.public_key)).then_some(own.public_key)
        });
        keys.into_iter()
            .any(|key| key != ours && !past.had_key(&key))
    }

    /// True if we are not in the newest block that waits, or was in an answer, where one too far ahead does not wait: some
    /// block before it removed us.
    pub(super) fn is_outside(&self, answered: Option<Vec<u8>>) -> bool {
        let blocks = [self.blocks.waiting().next_back(), answered.as_deref()];
        let chains = blocks.into_iter().flatten().filter_map(shown);
        let chains = chains.map(|(_, chain)| chain);
        let newest = chains.max_by_key(|chain| chain.state().height());
        newest.is_some_and(|chain| {
            let (ours, newest) = (self.state(), chain.state());
            let is_in = newest.group_state().by_user(self.user_id()).is_some();
            newest.height() > ours.height() && !is_in
        })
    }

    /// Takes in one broadcast; a bad one is counted and nothing else.
    fn hear(&mut self, ctx: &mut Context, call: CallRef, bytes: &[u8]) {
        let broadcast = match Broadcast::from_server(bytes) {
            Ok(broadcast) => broadcast,
            Err(_) => return self.round.blame(ctx, None),
        };
        let is_own = broadcast.user_id == self.user_id();
        let received = self.membership.receive(&broadcast);
        self.is_ahead = matches!(received, Ok(Received::Kept | Received::Dropped(_)));
        match received {
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
            // It was counted at the first reading.
            Err(BroadcastRefused::Broadcast(BroadcastError::AlreadyApplied(_)))
                if self.broadcasts.is_read_again() => {}
            // It was said once at least; it is the server that repeats it.
            Err(BroadcastRefused::Broadcast(BroadcastError::AlreadyApplied(_))) => {
                self.round.blame(ctx, None);
            }
            Ok(_) | Err(BroadcastRefused::Ended(_)) => {}
            Err(BroadcastRefused::Broadcast(error)) => {
                self.investigate(ctx, call, &error);
                let from = Some(broadcast.user_id).filter(|_| error.is_signed());
                self.round.blame(ctx, from);
            }
        }
    }

    /// Reads again what a bad broadcast puts in doubt.
    fn investigate(&mut self, ctx: &mut Context, call: CallRef, error: &BroadcastError) {
        match error {
            BroadcastError::BlockHash { .. } => {
                self.fork.compare(ctx, call, self.blocks.next());
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

/// The things that we say ourselves.
impl Follower {
    /// Sends what the verification says.
    pub(super) fn speak(&mut self, ctx: &mut Context, call: CallRef) {
        // Until we know what we said before a restart, we say nothing.
        if !self.is_behind() {
            let said = ctx.secrets.take_outbound(&mut self.membership);
            let (us, counts) = (self.membership.user_id(), self.membership.verification());
            self.broadcaster.add(ctx.now, us, counts, said);
            self.broadcaster.send_due(ctx, call);
        }
    }

    /// Shows the caller how far the verification is.
    pub(super) fn report(&mut self, ctx: &mut Context) {
        self.round.report(ctx, self.membership.verification());
        let is_permitted = self.cryptor().permits_h264(ctx.now);
        if is_permitted != self.permits_h264 {
            self.permits_h264 = is_permitted;
            ctx.event(Event::H264 { is_permitted });
        }
        if let Some(expiry) = self.cryptor().next_expiry() {
            ctx.timers.set(Timer::Epochs, expiry);
        }
    }

    /// Shows the caller how far the verification is, although it has not moved.
    pub(super) fn report_again(&mut self) {
        self.round.moved();
    }

    /// Takes the answer to a broadcast of ours; gives the updates that came with it.
    pub(super) fn broadcast_answered(
        &mut self,
        ctx: &mut Context,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Updates {
        match self.broadcaster.answered(ctx, ticket, result) {
            Sequel::TakeIn(updates) => return updates,
            Sequel::ReadBlocks => self.blocks.poll_soon(ctx),
            Sequel::ReadBroadcasts => self.broadcasts.poll_soon(ctx),
            Sequel::ReadBroadcastsAgain => {
                self.broadcasts.read_again(ctx);
                self.broadcasts.poll_soon(ctx);
            }
            Sequel::Nothing => {}
        }
        Updates::default()
    }

    /// Drops the keys, also those of media threads, and leaves what outlives the membership.
    pub(super) fn close(&mut self, ctx: &mut Context) {
        ctx.past.keep_streak(self.round.end(ctx.now));
        self.membership.leave();
    }
}

/// Shows the caller how the members changed, if they did.
fn members_changed(ctx: &mut Context, changes: Difference, by: Option<UserId>) {
    if changes.is_empty() {
        return;
    }
    let Difference {
        added,
        removed,
        rekeyed,
    } = changes;
    ctx.event(Event::MembersChanged {
        added,
        removed,
        rekeyed,
        by,
    });
}

/// Suspects the signer of a block of holding keys in the names of others: a user comes by a block of its own.
fn suspect_foreign_keys(ctx: &mut Context, changes: &Difference, by: Option<UserId>) {
    let Some(by) = by else { return };
    let keyed = changes.added.iter().chain(&changes.rekeyed).copied();
    let users: Vec<_> = keyed.filter(|user| *user != by).collect();
    if !users.is_empty() {
        ctx.event(Event::Suspicious(Suspicion::ForeignKeys { by, users }));
    }
}

/// A block of the server, and the chain that it shows by itself.
fn shown(bytes: &[u8]) -> Option<(Block, Chain)> {
    let block = Block::from_server(bytes).ok()?;
    let chain = Chain::start_from(&block).ok()?;
    Some((block, chain))
}
