//! What follows when a block was refused, or nobody knows what became of it.

use core::time::Duration;

use confcall_state::BlockHash;

use super::super::Transition;
use super::super::context::Context;
use super::super::end::EndReason;
use super::super::event::Trouble;
use super::super::io::Outcome;
use super::quest::Quest;
use super::{Attempt, Next};
use crate::api::{Method, Request, RpcError};

/// For how long lost races are tried again, not counting the waits that the server imposes: two hundred people may
/// follow a link at once.
const RACING: Duration = Duration::from_secs(120);
/// How often a block may be refused on a tip that does not move.
const STALLED: u32 = 3;

impl Quest {
    /// Nobody knows whether the request was carried out: look at the tip, or send the same creation again.
    pub(super) fn in_doubt(
        mut self,
        ctx: &mut Context,
        outcome: Outcome,
        body: Box<Request>,
        attempt: Box<Attempt>,
    ) -> Transition {
        let method = body.method();
        let budget = match outcome {
            Outcome::Lost => &mut self.budgets.losses,
            _ => &mut self.budgets.faults,
        };
        let Some(pause) = budget.next(&mut ctx.public_rng) else {
            let attempts = self.sent;
            return self.abandon(EndReason::exhausted(method, attempts, &outcome));
        };
        let next = match self.call {
            Some(_) => {
                self.doubtful = Some(attempt);
                Next::ReadTip
            }
            None => Next::Repeat { body, attempt },
        };
        self.retry(ctx, Trouble::failed(method, outcome), pause, next)
    }

    /// Another block came first, or the server says so.
    pub(super) fn raced(
        mut self,
        ctx: &mut Context,
        error: RpcError,
        tip: Option<BlockHash>,
    ) -> Transition {
        let budgets = &mut self.budgets;
        if budgets.refused_on == Some(tip) {
            budgets.stalled += 1;
        } else {
            budgets.stalled = 1;
        }
        budgets.refused_on = Some(tip);
        if budgets.stalled >= STALLED {
            return Transition::Ended(EndReason::BlockRefused { error });
        }
        let pause = self.contention.pause(&mut ctx.public_rng);
        let until = *budgets.racing_until.get_or_insert(ctx.now + RACING);
        if ctx.now + pause >= until {
            let attempts = self.sent;
            return Transition::Ended(EndReason::Raced { attempts });
        }
        let next = self.anew();
        self.retry(ctx, Trouble::Race, pause, next)
    }

    /// A source of ours is taken: new ones, and with them a new block.
    pub(super) fn clashed(
        mut self,
        ctx: &mut Context,
        method: Method,
        error: RpcError,
    ) -> Transition {
        let Some(pause) = self.budgets.clashes.next(&mut ctx.public_rng) else {
            let outcome = Outcome::Refused(error);
            return Transition::Ended(EndReason::exhausted(method, self.sent, &outcome));
        };
        self.payload = self.payload.with_new_sources(&mut ctx.public_rng);
        let next = self.anew();
        self.retry(ctx, Trouble::SourceTaken, pause, next)
    }

    /// The server cannot do it now.
    pub(super) fn put_off(
        mut self,
        ctx: &mut Context,
        method: Method,
        error: RpcError,
    ) -> Transition {
        let outcome = Outcome::Refused(error);
        match self.budgets.faults.next(&mut ctx.public_rng) {
            Some(pause) => {
                let next = self.anew();
                self.retry(ctx, Trouble::failed(method, outcome), pause, next)
            }
            None => Transition::Ended(EndReason::exhausted(method, self.sent, &outcome)),
        }
    }

    /// The server names the time to wait, which is kept exactly.
    pub(super) fn told_to_wait(
        mut self,
        ctx: &mut Context,
        wait: Duration,
        next: Next,
    ) -> Transition {
        if !self.budgets.waits.bears(wait) {
            return Transition::Ended(EndReason::FloodWait {
                seconds: wait.as_secs(),
            });
        }
        // Nobody races meanwhile.
        let until = &mut self.budgets.racing_until;
        *until = until.map(|until| until + wait);
        self.retry(ctx, Trouble::Flood, wait, next)
    }
}
