//! Reading both subchains: what is pushed is offered to the cursors, and what is missing is polled for.
//!
//! Implements the polls of `spec/protocol.md`, 7.

use core::time::Duration;

use confcall_state::verification::Phase;

use super::super::context::Context;
use super::super::cursor::{Cursor, Page};
use super::super::end::{EndReason, RejoinReason};
use super::super::event::{Event, Suspicion, Trouble};
use super::super::io::{Outcome, RequestId};
use super::super::timers::Timer;
use super::{Departure, Flow, Member, Pending};
use crate::api::reaction::Reaction;
use crate::api::{ChainBlocks, GetGroupCallChainBlocks, Method, SubChain, Update};
use crate::joining::AnswerFault;
use crate::limits;

/// How often each subchain is polled.
const CADENCE: Duration = Duration::from_secs(5);
/// How often while a verification runs, or something is missing.
pub(super) const FAST_CADENCE: Duration = Duration::from_secs(1);
/// The least time before a poll for what is missing: it may only be late.
const HOLE: Duration = Duration::from_millis(500);
/// The least time before the first poll, which brings what was pushed before we were ready.
const CATCH_UP: Duration = Duration::from_millis(250);
/// How many items a poll asks for.
const LIMIT: i32 = 50;
/// The least time between two readings of everything because updates were missed.
const GAPS: Duration = Duration::from_secs(5);

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
        let poll = self.next_items(sub_chain);
        let request = self.send(ctx, poll, Pending::Poll(sub_chain));
        self.cursor(sub_chain).poll_sent(request);
    }

    /// Asks for what follows in a subchain.
    pub(super) fn next_items(&mut self, sub_chain: SubChain) -> GetGroupCallChainBlocks {
        GetGroupCallChainBlocks {
            call: self.call.clone(),
            sub_chain,
            offset: self.cursor(sub_chain).next(),
            limit: LIMIT,
        }
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
        let is_verifying = self.membership.verification().phase() != Phase::End;
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
        updates: Vec<Update>,
    ) -> Flow {
        let mut page = None;
        for update in updates {
            match update {
                Update::ChainBlocks(items) if items.sub_chain == sub_chain && page.is_none() => {
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
                let read = usize::from(limits::FULL_PAGES) * LIMIT as usize;
                ctx.event(Event::Suspicious(Suspicion::Endless { read }));
            }
            (Page::Last, _) => {}
        }
        // A poll that was wanted sooner while this one was under way stays wanted.
        let due = ctx.now + self.cadence(sub_chain);
        ctx.timers.set_earlier(timer(sub_chain), due);
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
}
