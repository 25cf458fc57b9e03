//! The last look at the chain, before a membership is given up because the server does not know us.
//!
//! ```text
//! forbidden, not joined ──▶ look ── removed by a block ──▶ the end
//!                           ▲  │ └─ anything else ───────▶ join again
//!                           │  └─ lost, wait
//!                           └─ pause
//! ```
//!
//! Whoever was removed is told so by a block, which may come after such a refusal, and must not join again.

use core::time::Duration;

use super::super::context::Context;
use super::super::end::RejoinReason;
use super::super::event::Trouble;
use super::super::io::Outcome;
use super::super::timers::Timer;
use super::{Departure, Flow, Member, Pending};
use crate::api::reaction::Reaction;
use crate::api::{Method, SubChain};
use crate::engine::backoff::Backoff;

/// A look at the chain that has no answer yet.
#[derive(Clone, Debug)]
pub(super) struct LastLook {
    /// Why the membership is given up, unless a block removes us.
    reason: RejoinReason,
    backoff: Backoff,
}

impl Member {
    /// Looks at the chain once more, unless that is under way.
    pub(super) fn look(&mut self, ctx: &mut Context, reason: RejoinReason) -> Flow {
        if self.last_look.is_none() {
            let backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(4), 6);
            self.last_look = Some(LastLook { reason, backoff });
            self.send_look(ctx);
        }
        Ok(())
    }

    pub(super) fn send_look(&mut self, ctx: &mut Context) {
        let look = self.next_items(SubChain::Blocks);
        self.send(ctx, look, Pending::LastLook);
    }

    /// Follows what the look has shown; if that did not remove us, we join again.
    pub(super) fn looked(&mut self, ctx: &mut Context, outcome: Outcome) -> Flow {
        let Some(look) = self.last_look.take() else {
            return Ok(());
        };
        match outcome {
            Outcome::Done(response) => {
                let updates = response.into_updates().unwrap_or_default();
                self.take_updates(ctx, updates)?;
                self.follow(ctx)?;
                Err(Departure::Rejoin(look.reason))
            }
            failed => self.look_failed(ctx, look, failed),
        }
    }

    /// A look that may succeed later is made again after a pause, a few times.
    fn look_failed(&mut self, ctx: &mut Context, mut look: LastLook, failed: Outcome) -> Flow {
        let method = Method::GetGroupCallChainBlocks;
        let reaction = self.reaction(ctx, method, &failed)?;
        let pause = look.backoff.next(&mut ctx.public_rng);
        let pause = match reaction {
            Reaction::WaitThenRepeat(wait) => pause.map(|_| wait),
            Reaction::CheckTipFirst | Reaction::RetryWithBackoff => pause,
            _ => None,
        };
        let Some(pause) = pause else {
            return Err(Departure::Rejoin(look.reason));
        };
        let attempt = look.backoff.used().saturating_add(1);
        ctx.retrying(Trouble::failed(method, failed), pause, attempt);
        ctx.after(Timer::LastLook, pause);
        self.last_look = Some(look);
        Ok(())
    }
}
