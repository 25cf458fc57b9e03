//! The comparison of the server's chain with ours, where the server seems to have changed it.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::{ChainState, Height};

use crate::api::{CallRef, GetGroupCallChainBlocks, InputGroupCall, Response, SubChain};
use crate::engine::context::Context;
use crate::engine::end::RejoinReason;
use crate::engine::event::{Event, Suspicion};
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::joining::Tip;

/// The least time between two readings of what was read before: a server could have us read it for ever.
const COMPARISON: Duration = Duration::from_secs(5);

/// The comparison of the server's block at our height with ours.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct ForkCheck {
    /// True while the server's block is asked for.
    is_asking: bool,
    /// The moment from which what was read before may be read again.
    next: Moment,
}

impl ForkCheck {
    pub(in crate::engine) fn new(now: Moment) -> Self {
        Self {
            is_asking: false,
            next: now,
        }
    }

    /// Gives whether it is time again to read what was read before; then it is not for a while.
    pub(in crate::engine) fn may_read(&mut self, now: Moment) -> bool {
        let may = now >= self.next;
        if may {
            self.next = now + COMPARISON;
        }
        may
    }

    /// Reads the block before an offset again: at the same height the server may have another one by now.
    pub(in crate::engine) fn compare(&mut self, ctx: &mut Context, call: CallRef, next: i32) {
        if !self.is_asking && self.may_read(ctx.now) {
            self.is_asking = true;
            let poll = GetGroupCallChainBlocks {
                call: call.into(),
                sub_chain: SubChain::Blocks,
                offset: next.saturating_sub(1),
                limit: 1,
            };
            ctx.send(Purpose::Fork, poll);
        }
    }

    /// Compares the server's block at our height with ours; what cannot be read is no evidence.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
        ours: &ChainState,
        result: Result<Response, Failure>,
    ) -> Result<(), RejoinReason> {
        self.is_asking = false;
        let updates = result.ok().and_then(|one| one.into_updates().ok());
        let tip = Tip::from_answer(updates.unwrap_or_default(), &InputGroupCall::from(call));
        let Ok(Some(tip)) = tip else {
            return Ok(());
        };
        // Our chain may have moved on since we asked; then the block is no evidence either.
        let height = ours.height();
        if tip.block.height() == height && tip.block.hash() != ours.hash() {
            suspect(ctx, height, "the server has another block at our height");
            return Err(RejoinReason::OtherBlock { height });
        }
        Ok(())
    }
}

/// Shows the caller that the server has another chain than the one that we follow.
pub(in crate::engine) fn suspect(ctx: &mut Context, height: Height, what: impl Into<String>) {
    let what = what.into();
    ctx.event(Event::Suspicious(Suspicion::Fork { height, what }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ChainBlocks, Update, Updates};
    use crate::engine::testing::{CALL, advance, chain, context, outputs};
    use chacha20::ChaCha20Rng;
    use confcall_state::{JoinBlock, Joiner, UserId};
    use rand_core::SeedableRng as _;

    #[test]
    fn what_was_read_is_read_again_once_in_a_while() {
        let mut ctx = context();
        let mut fork = ForkCheck::new(ctx.now);
        for _ in 0..3 {
            fork.compare(&mut ctx, CALL, 1);
        }
        assert_eq!(outputs(&mut ctx).0.len(), 1);
        advance(&mut ctx, COMPARISON);
        assert!(fork.may_read(ctx.now));
    }

    #[test]
    fn another_block_at_our_height_is_a_fork_and_no_answer_is_none() {
        let mut ctx = context();
        let mut fork = ForkCheck::new(ctx.now);
        let ours = chain(1);
        let lost = fork.answered(&mut ctx, CALL, ours.state(), Err(Failure::Lost));
        assert_eq!(lost, Ok(()));
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let theirs = JoinBlock::first(Joiner::new(UserId::new(9)), &mut rng).unwrap();
        let tip = Updates(vec![Update::ChainBlocks(ChainBlocks {
            call: CALL.into(),
            sub_chain: SubChain::Blocks,
            blocks: vec![theirs.block().to_server()],
            next_offset: 1,
        })]);
        let found = fork.answered(&mut ctx, CALL, ours.state(), Ok(tip.into()));
        let height = Height::new(0);
        assert_eq!(found, Err(RejoinReason::OtherBlock { height }));
        let events = outputs(&mut ctx).1;
        let suspected = Suspicion::Fork {
            height,
            what: "the server has another block at our height".to_owned(),
        };
        assert!(matches!(&events[..], [Event::Suspicious(one)] if *one == suspected));
    }
}
