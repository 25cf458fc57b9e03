//! Reading the newest block, on which the next one is built.

use super::super::context::Context;
use super::super::end::EndReason;
use super::super::event::Trouble;
use super::super::io::Outcome;
use super::super::{EmptyCall, Transition};
use super::quest::Quest;
use super::{Evidence, Next, Step};
use crate::api::reaction::Reaction;
use crate::api::{GetGroupCallChainBlocks, Method, Response};
use crate::joining::{AnswerFault, Tip};

impl Quest {
    pub(super) fn read_tip(mut self, ctx: &mut Context) -> Transition {
        match self.call() {
            Ok(call) => {
                self.tip_asked = ctx.now;
                let request = ctx.send(GetGroupCallChainBlocks::tip(call));
                self.at(Step::ReadingTip { request })
            }
            Err(end) => Transition::Ended(end),
        }
    }

    pub(super) fn tip_read(mut self, ctx: &mut Context, outcome: Outcome) -> Transition {
        let method = Method::GetGroupCallChainBlocks;
        let tip = match outcome {
            Outcome::Done(response) => match self.tip_of(response) {
                Ok(tip) => tip,
                Err(fault) => return Transition::Ended(fault.into()),
            },
            failed => return self.read_failed(ctx, method, failed, Next::ReadTip),
        };
        self.budgets.reads.reset();
        if let Some(tip) = &tip {
            self.had_blocks = true;
            let round_trip = ctx.now.since(self.tip_asked);
            self.contention.tip_read(tip.block.height(), round_trip);
        }
        match (tip, self.doubtful.take()) {
            (Some(tip), Some(attempt)) if tip.holds(&attempt.key.public_key()) => {
                self.joined(attempt.key, Evidence::Tip(Box::new(tip)))
            }
            (Some(tip), _) if self.is_elsewhere(ctx, &tip) => {
                Transition::Ended(EndReason::JoinedElsewhere)
            }
            (Some(tip), _) => self.build(ctx, Some(&tip)),
            (None, _) => self.no_block(ctx),
        }
    }

    /// Whether we lost a membership because the same account joined from another place: it has a key in the call
    /// that was never ours. Later tips can hold one of a block of ours whose answer was lost.
    fn is_elsewhere(&self, ctx: &Context, tip: &Tip) -> bool {
        let user_id = ctx.config.joiner.user_id;
        let key = tip.key_of(user_id);
        let is_foreign = key.is_some_and(|key| !ctx.is_past_key(&key));
        self.again.is_some() && self.sent == 0 && is_foreign
    }

    fn tip_of(&self, response: Response) -> Result<Option<Tip>, AnswerFault> {
        let asked = self.call.as_ref().ok_or(AnswerFault::NoCall)?;
        Tip::from_answer(response.into_updates()?, asked)
    }

    /// The call has no block: an invitation can be older than the first one, and only a caller who asked to
    /// writes it. A chain that we have seen does not begin anew.
    fn no_block(mut self, ctx: &mut Context) -> Transition {
        if self.had_blocks || self.again.is_some() {
            return Transition::Ended(AnswerFault::ChainGone.into());
        }
        match self.budgets.first_block.next(&mut ctx.public_rng) {
            Some(pause) => self.retry(ctx, Trouble::NoBlockYet, pause, Next::ReadTip),
            None if ctx.config.empty_call == EmptyCall::Start => self.build(ctx, None),
            None => Transition::Ended(EndReason::Empty),
        }
    }

    /// A request that changes nothing failed.
    pub(super) fn read_failed(
        mut self,
        ctx: &mut Context,
        method: Method,
        outcome: Outcome,
        next: Next,
    ) -> Transition {
        let reaction = match &outcome {
            Outcome::Refused(error) => error.reaction(method),
            _ => Reaction::CheckTipFirst,
        };
        match (outcome, reaction) {
            (_, Reaction::WaitThenRepeat(wait)) => self.told_to_wait(ctx, wait, next),
            (Outcome::Refused(error), Reaction::RefreshReferenceOnce) => self.stale(ctx, error),
            (outcome, Reaction::CheckTipFirst | Reaction::RetryWithBackoff) => {
                match self.budgets.reads.next(&mut ctx.public_rng) {
                    Some(pause) => self.retry(ctx, Trouble::failed(method, outcome), pause, next),
                    None => {
                        let tries = self.budgets.reads.used().saturating_add(1);
                        Transition::Ended(EndReason::exhausted(method, tries, &outcome))
                    }
                }
            }
            (Outcome::Refused(error), reaction) => {
                Transition::Ended(EndReason::refused(method, error, reaction))
            }
            (outcome, _) => Transition::Ended(EndReason::exhausted(method, 1, &outcome)),
        }
    }
}
