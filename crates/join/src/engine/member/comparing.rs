//! Reading again what was read before, where the server seems to have changed it.

use core::time::Duration;

use super::super::context::Context;
use super::super::cursor::Cursor;
use super::super::end::RejoinReason;
use super::super::event::{Event, Suspicion};
use super::super::io::Outcome;
use super::{Departure, Flow, Member, Pending};
use crate::api::{GetGroupCallChainBlocks, SubChain};
use crate::joining::Tip;

/// The least time between two readings of what was read before, because the server seems to have changed it.
const COMPARISON: Duration = Duration::from_secs(5);

impl Member {
    /// Goes back to the first broadcast that the server has: what we have read is not what it has.
    ///
    /// Nothing is lost by reading a broadcast twice.
    pub(super) fn read_broadcasts_anew(&mut self) {
        self.broadcasts = Cursor::new(0);
    }

    /// Reads the block at our height again: at the same height the server may have another one by now.
    pub(super) fn compare_tip(&mut self, ctx: &mut Context) {
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
    pub(super) fn may_compare(&mut self, ctx: &Context) -> bool {
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
        let state = self.membership.state();
        if tip.block.height() == state.height() && tip.block.hash() != state.hash() {
            let height = state.height();
            self.suspect_fork(ctx, "the server has another block at our height");
            return Err(Departure::Rejoin(RejoinReason::OtherBlock { height }));
        }
        Ok(())
    }

    pub(super) fn suspect_fork(&self, ctx: &mut Context, what: &str) {
        ctx.event(Event::Suspicious(Suspicion::Fork {
            height: self.membership.state().height(),
            what: what.to_owned(),
        }));
    }
}
