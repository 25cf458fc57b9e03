//! Following both subchains, by pushes and by polls.

use core::time::Duration;

use confcall_state::verification::Phase;
use confcall_state::wire::{Broadcast, GroupState};
use confcall_state::{BlockHash, UserId};

use super::super::context::Context;
use super::super::cursor::{Cursor, Page};
use super::super::end::{EndReason, RejoinReason};
use super::super::event::{Event, Suspicion, Trouble};
use super::super::io::{Outcome, RequestId};
use super::super::timers::Timer;
use super::{Departure, Expecting, Flow, Member, Pending};
use crate::api::{ChainBlocks, GetGroupCallChainBlocks, Method, SubChain};
use crate::joined::{AnswerFault, Tip};
use crate::membership::{BroadcastRefused, MembershipEnd};
use crate::reaction::Reaction;

/// How often each subchain is polled.
const CADENCE: Duration = Duration::from_secs(5);
/// How often while a verification runs, or something is missing.
const FAST_CADENCE: Duration = Duration::from_secs(1);
/// The least time before a poll for what is missing: it may only be late.
const HOLE: Duration = Duration::from_millis(500);
/// The least time before the first poll, which brings what was pushed before we were ready.
const CATCH_UP: Duration = Duration::from_millis(250);
/// How many items a poll asks for.
pub(super) const LIMIT: i32 = 50;
/// For how long we wait for something while the server answers, and how many answers it gets.
const SILENCE: Duration = Duration::from_secs(15);
const FRUITLESS: u32 = 3;
/// The least time between two readings of what was read before, because the server seems to have changed it.
const COMPARISON: Duration = Duration::from_secs(5);
/// The least time between two readings of everything because updates were missed.
const GAPS: Duration = Duration::from_secs(5);
/// How often the caller is told who is missing in the verification.
const PROGRESS: Duration = Duration::from_secs(10);

fn timer(sub_chain: SubChain) -> Timer {
    match sub_chain {
        SubChain::Blocks => Timer::Blocks,
        SubChain::Broadcasts => Timer::Broadcasts,
    }
}

impl Member {
    fn cursor(&mut self, sub_chain: SubChain) -> &mut Cursor {
        match sub_chain {
            SubChain::Blocks => &mut self.blocks,
            SubChain::Broadcasts => &mut self.broadcasts,
        }
    }

    /// Polls a subchain, unless a poll is under way.
    pub(super) fn poll(&mut self, ctx: &mut Context, sub_chain: SubChain) {
        if self.cursor(sub_chain).is_polled() {
            return;
        }
        let poll = GetGroupCallChainBlocks {
            call: self.call.clone(),
            sub_chain,
            offset: self.cursor(sub_chain).next(),
            limit: LIMIT,
        };
        let request = self.send(ctx, poll, Pending::Poll(sub_chain));
        self.cursor(sub_chain).poll_sent(request);
    }

    pub(super) fn poll_soon(&mut self, ctx: &mut Context, sub_chain: SubChain) {
        let pause = Self::spread(ctx, CATCH_UP);
        ctx.timers.set_earlier(timer(sub_chain), ctx.now + pause);
    }

    /// Updates were missed: reads both subchains and the roster soon, after many gaps in a row once for all.
    pub(in super::super) fn handle_gap(&mut self, ctx: &mut Context) -> Flow {
        let from = self.next_catch_up.max(ctx.now);
        if from == ctx.now {
            self.next_catch_up = from + GAPS;
            // The pages that were read may be older than what was missed.
            self.roster.stop_loading();
        }
        for timer in [Timer::Blocks, Timer::Broadcasts, Timer::Roster] {
            let pause = Self::spread(ctx, HOLE);
            ctx.timers.set_earlier(timer, from + pause);
        }
        self.settle(ctx)
    }

    fn cadence(&mut self, sub_chain: SubChain) -> Duration {
        let is_verifying = self.seat.verification().phase() != Phase::End;
        if is_verifying || self.cursor(sub_chain).hole_since().is_some() {
            FAST_CADENCE
        } else {
            CADENCE
        }
    }

    pub(super) fn polled(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        sub_chain: SubChain,
        outcome: Outcome,
    ) -> Flow {
        if !self.cursor(sub_chain).awaits(request) {
            return self.outdated_poll_answered(ctx, outcome);
        }
        let pause = match outcome {
            Outcome::Done(response) => {
                let updates = response.into_updates();
                let updates = updates.map_err(|wrong| EndReason::Unusable(wrong.into()))?;
                return self.poll_answered(ctx, request, sub_chain, updates.0);
            }
            failed => {
                self.cursor(sub_chain).poll_failed();
                let method = Method::GetGroupCallChainBlocks;
                match self.reaction(ctx, method, &failed)? {
                    Reaction::WaitThenRepeat(wait) => wait,
                    _ => self.poll_troubled(ctx, sub_chain, failed),
                }
            }
        };
        ctx.after(timer(sub_chain), pause);
        Ok(())
    }

    /// Takes the answer to a poll from before the cursor was set anew: its items count as pushed ones do, and where
    /// they end says nothing about the poll that is under way.
    fn outdated_poll_answered(&mut self, ctx: &mut Context, outcome: Outcome) -> Flow {
        match outcome {
            Outcome::Done(response) => {
                self.take_updates(ctx, response.into_updates().unwrap_or_default())
            }
            failed => {
                self.reaction(ctx, Method::GetGroupCallChainBlocks, &failed)?;
                Ok(())
            }
        }
    }

    /// The pause after a failed poll, of which the caller is told where one follows another.
    fn poll_troubled(
        &mut self,
        ctx: &mut Context,
        sub_chain: SubChain,
        failed: Outcome,
    ) -> Duration {
        let pause = self.cadence(sub_chain);
        let method = Method::GetGroupCallChainBlocks;
        ctx.retrying(Trouble::failed(method, failed), pause, 2);
        pause
    }

    fn poll_answered(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        sub_chain: SubChain,
        updates: Vec<crate::api::Update>,
    ) -> Flow {
        let mut page = None;
        for update in updates {
            match update {
                crate::api::Update::ChainBlocks(items)
                    if items.sub_chain == sub_chain && page.is_none() =>
                {
                    if items.call.id().is_some() && !self.is_ours(&items.call) {
                        return Err(EndReason::Unusable(AnswerFault::OtherCall).into());
                    }
                    let now = ctx.now;
                    let cursor = self.cursor(sub_chain);
                    page = cursor.poll_answered(now, request, LIMIT as usize, items);
                }
                other => self.take_update(ctx, other)?,
            }
        }
        self.cursor(sub_chain).poll_failed();
        match page {
            Some(page) => self.page(ctx, sub_chain, page)?,
            // An answer that says nothing of the subchain is one that we did not get.
            None => ctx.after(timer(sub_chain), FAST_CADENCE),
        }
        self.follow(ctx)?;
        if page == Some(Page::Last) {
            self.caught_up(ctx, sub_chain);
        }
        self.note_answer(ctx)
    }

    fn page(&mut self, ctx: &mut Context, sub_chain: SubChain, page: Page) -> Flow {
        let ours = self.cursor(sub_chain).next();
        match (page, sub_chain) {
            (Page::Compacted(offset), SubChain::Blocks) => {
                // Whoever was removed while it was away is shown the newest block only.
                if !self.is_behind() {
                    self.suspect_fork(ctx, "the server leaves blocks out");
                }
                return Err(Departure::Rejoin(RejoinReason::Skipped { offset, ours }));
            }
            (Page::Rewound(offset), SubChain::Blocks) => {
                self.suspect_fork(ctx, "the server's chain ends before ours");
                return Err(Departure::Rejoin(RejoinReason::Rewound { offset, ours }));
            }
            // Whoever shows nothing else takes us for somebody outside the call.
            (Page::OnlyLast(_), SubChain::Blocks) => {
                return Err(Departure::Rejoin(RejoinReason::NotJoined));
            }
            (Page::Compacted(offset) | Page::OnlyLast(offset), SubChain::Broadcasts) => {
                let now = ctx.now;
                self.broadcasts.skip_to(now, offset);
            }
            (Page::Rewound(_), SubChain::Broadcasts) => {
                self.read_broadcasts_anew();
                self.compare_tip(ctx);
            }
            (Page::Full, _) => {
                self.follow(ctx)?;
                self.poll(ctx, sub_chain);
                return Ok(());
            }
            (Page::Endless, _) => {
                let read = 40 * LIMIT as usize;
                ctx.event(Event::Suspicious(Suspicion::Endless { read }));
            }
            (Page::Last, _) => {}
        }
        // A poll that was wanted sooner while this one was under way stays wanted.
        let due = ctx.now + self.cadence(sub_chain);
        ctx.timers.set_earlier(timer(sub_chain), due);
        Ok(())
    }

    /// Goes back to the first broadcast that the server has: what we have read is not what it has.
    ///
    /// Nothing is lost by reading a broadcast twice.
    pub(super) fn read_broadcasts_anew(&mut self) {
        self.broadcasts = Cursor::new(0);
    }

    /// Reads the block at our height again: at the same height the server may have another one by now.
    fn compare_tip(&mut self, ctx: &mut Context) {
        if !self.may_compare(ctx) {
            return;
        }
        let poll = GetGroupCallChainBlocks {
            call: self.call.clone(),
            sub_chain: SubChain::Blocks,
            offset: self.blocks.next().saturating_sub(1),
            limit: 1,
        };
        self.send(ctx, poll, Pending::Tip);
    }

    /// Whether it is time again to read what was read before, which is what a server could have us do for ever.
    fn may_compare(&mut self, ctx: &Context) -> bool {
        let may = ctx.now >= self.next_comparison;
        if may {
            self.next_comparison = ctx.now + COMPARISON;
        }
        may
    }

    /// Compares the server's block at our height with ours; what does not tell is no evidence.
    pub(super) fn tip_compared(&mut self, ctx: &mut Context, outcome: Outcome) -> Flow {
        let Outcome::Done(response) = outcome else {
            return Ok(());
        };
        let tip = Tip::from_answer(response.into_updates().unwrap_or_default(), &self.call);
        let Ok(Some(tip)) = tip else {
            return Ok(());
        };
        let state = self.seat.state();
        if tip.block.height() == state.height() && tip.block.hash() != state.hash() {
            let height = state.height();
            self.suspect_fork(ctx, "the server has another block at our height");
            return Err(Departure::Rejoin(RejoinReason::OtherBlock { height }));
        }
        Ok(())
    }

    /// The server answers: does what we wait for come as well?
    fn note_answer(&mut self, ctx: &mut Context) -> Flow {
        let cursors = [&self.blocks, &self.broadcasts];
        let has_hole = cursors.iter().any(|cursor| cursor.hole_since().is_some());
        let broadcast = Method::SendConferenceCallBroadcast;
        let may_say = ctx.waits.until(ctx.now, broadcast).is_none();
        let is_waiting = has_hole || (may_say && !self.outbox.is_empty());
        if !is_waiting {
            self.expecting = None;
            return Ok(());
        }
        let now = ctx.now;
        let expecting = self.expecting.get_or_insert(Expecting {
            since: now,
            fruitless: 0,
        });
        expecting.fruitless = expecting.fruitless.saturating_add(1);
        if now.since(expecting.since) >= SILENCE && expecting.fruitless >= FRUITLESS {
            return Err(Departure::Rejoin(RejoinReason::Silence));
        }
        Ok(())
    }

    /// Takes in items that were pushed, or came with an answer to something else.
    pub(super) fn offer(&mut self, ctx: &mut Context, items: ChainBlocks) {
        let sub_chain = items.sub_chain;
        let now = ctx.now;
        let cursor = self.cursor(sub_chain);
        let had_hole = cursor.hole_since().is_some();
        cursor.offer(now, items);
        if !had_hole && cursor.hole_since().is_some() {
            let pause = Self::spread(ctx, HOLE);
            ctx.timers.set_earlier(timer(sub_chain), now + pause);
        }
    }

    /// Applies what is due, blocks first.
    pub(super) fn follow(&mut self, ctx: &mut Context) -> Flow {
        loop {
            if let Some(block) = self.blocks.take(ctx.now) {
                self.expecting = None;
                self.apply(ctx, &block)?;
            } else if let Some(broadcast) = self.broadcasts.take(ctx.now) {
                self.hear(ctx, &broadcast);
            } else {
                return Ok(());
            }
        }
    }

    fn apply(&mut self, ctx: &mut Context, bytes: &[u8]) -> Flow {
        let before = self.seat.state().group_state().clone();
        let followed = match self.seat.apply(&mut ctx.secrets, ctx.now, bytes) {
            Ok(followed) => followed,
            Err(end) => return Err(self.departure(ctx, end)),
        };
        for fault in followed.faults {
            let said_by = Some(fault.user_id).filter(|_| fault.error.is_signed());
            self.blame(ctx, said_by);
        }
        self.tell_of_block(ctx);
        let after = self.seat.state().group_state();
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

    /// Tells of the newest block, whose verification starts now.
    pub(super) fn tell_of_block(&mut self, ctx: &mut Context) {
        let state = self.seat.state();
        let (height, hash): (_, BlockHash) = (state.height(), state.hash());
        ctx.event(Event::KeysMoved { height, hash });
        self.verifying_since = ctx.now;
        self.verification_moved = true;
        self.outbox.keep_height(height);
        ctx.timers
            .set_earlier(Timer::Broadcasts, ctx.now + FAST_CADENCE);
        ctx.timers
            .set_earlier(Timer::Blocks, ctx.now + FAST_CADENCE);
    }

    /// What the end of a membership leads to.
    fn departure(&mut self, ctx: &mut Context, end: MembershipEnd) -> Departure {
        match end {
            MembershipEnd::Removed { by, .. } => EndReason::Removed { by }.into(),
            MembershipEnd::Replaced { .. } => EndReason::JoinedElsewhere.into(),
            MembershipEnd::Left => Departure::Leave,
            end => {
                self.suspect_fork(ctx, &end.to_string());
                Departure::Rejoin(RejoinReason::Membership(end))
            }
        }
    }

    fn suspect_fork(&self, ctx: &mut Context, what: &str) {
        ctx.event(Event::Suspicious(Suspicion::Fork {
            height: self.seat.state().height(),
            what: what.to_owned(),
        }));
    }

    /// Takes in one broadcast; a bad one is counted and nothing else.
    fn hear(&mut self, ctx: &mut Context, bytes: &[u8]) {
        use confcall_state::verification::{BroadcastError, Received};

        let broadcast = match Broadcast::from_server(bytes) {
            Ok(broadcast) => broadcast,
            Err(_) => return self.blame(ctx, None),
        };
        let is_own = broadcast.user_id == self.user_id();
        match self.seat.receive(&broadcast) {
            Ok(Received::Counted) => {
                self.expecting = None;
                self.verification_moved = true;
                if is_own {
                    self.outbox.echoed(&broadcast);
                }
            }
            // What we sent again because an answer was lost comes back twice.
            Err(BroadcastRefused::Broadcast(BroadcastError::AlreadyApplied(_))) if is_own => {
                self.outbox.echoed(&broadcast);
            }
            // It was said once at least; who repeats it is the server.
            Err(BroadcastRefused::Broadcast(BroadcastError::AlreadyApplied(_))) => {
                self.blame(ctx, None);
            }
            Ok(_) | Err(BroadcastRefused::Ended(_)) => {}
            Err(BroadcastRefused::Broadcast(error)) => {
                match error {
                    BroadcastError::BlockHash { .. } => self.compare_tip(ctx),
                    // Nobody reveals before all have committed: a commit is where we have not looked.
                    BroadcastError::NotInReveal(Phase::Commit) if self.may_compare(ctx) => {
                        self.read_broadcasts_anew();
                        self.poll_soon(ctx, SubChain::Broadcasts);
                    }
                    _ => {}
                }
                self.blame(ctx, Some(broadcast.user_id).filter(|_| error.is_signed()));
            }
        }
    }

    fn blame(&mut self, ctx: &mut Context, said_by: Option<UserId>) {
        if let Some(count) = self.blame.note(said_by) {
            ctx.event(Event::Suspicious(Suspicion::BadBroadcasts {
                from: said_by,
                count,
            }));
        }
    }

    /// Tells how far the verification is, if it moved or somebody has been missing for a while.
    pub(super) fn tell_verification(&mut self, ctx: &mut Context) {
        if !core::mem::take(&mut self.verification_moved) {
            return;
        }
        let tally = self.seat.verification();
        let (height, phase) = (tally.height(), tally.phase());
        ctx.event(Event::Verification {
            height,
            phase,
            missing: tally.missing().collect(),
            since: ctx.now.since(self.verifying_since),
        });
        match tally.emoji_hash() {
            Some(hash) => {
                ctx.timers.cancel(Timer::Progress);
                ctx.event(Event::Emoji { height, hash });
            }
            None => ctx.after(Timer::Progress, PROGRESS),
        }
    }
}

/// The users of one group who are not in another.
fn not_in(group: &GroupState, other: &GroupState) -> Vec<UserId> {
    let users = group.participants.iter().map(|one| one.user_id);
    users
        .filter(|user| other.by_user(*user).is_none())
        .collect()
}
