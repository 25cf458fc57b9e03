//! Building a block and sending it.

use confcall_state::Block;

use super::super::Transition;
use super::super::context::Context;
use super::super::end::EndReason;
use super::super::io::Outcome;
use super::quest::Quest;
use super::{Attempt, Next, Step};
use crate::api::Request;
use crate::api::reaction::Reaction;
use crate::joining::Tip;
use crate::policy::{ConferenceCreation, ConferenceJoin, FirstJoin, Media};

impl Quest {
    pub(super) fn create(self, ctx: &mut Context) -> Transition {
        self.build(ctx, None)
    }

    /// Builds a block on the tip, or the first one, and sends it.
    pub(super) fn build(self, ctx: &mut Context, tip: Option<&Tip>) -> Transition {
        match self.built(ctx, tip) {
            Ok((body, attempt)) => self.send(ctx, body, attempt),
            Err(end) => Transition::Ended(end),
        }
    }

    fn built(
        &self,
        ctx: &mut Context,
        tip: Option<&Tip>,
    ) -> Result<(Box<Request>, Box<Attempt>), EndReason> {
        let joiner = ctx.config.joiner;
        let block = tip.map(|tip| &tip.block);
        let (key, checked) = ctx.secrets.join(block, joiner)?;
        let media = Media {
            payload: self.payload.clone(),
            ..ctx.config.media.clone()
        };
        let body = match &self.call {
            Some(call) => ConferenceJoin {
                call: call.clone(),
                block: checked,
                media,
            }
            .into_request()
            .into(),
            None => ConferenceCreation {
                random_id: self.random_id,
                join: Some(FirstJoin {
                    block: checked,
                    media,
                }),
            }
            .into_request()
            .into(),
        };
        let tip = block.map(Block::hash);
        Ok((Box::new(body), Box::new(Attempt { key, tip })))
    }

    pub(super) fn send(
        mut self,
        ctx: &mut Context,
        body: Box<Request>,
        attempt: Box<Attempt>,
    ) -> Transition {
        self.sent = self.sent.saturating_add(1);
        let request = ctx.send(Request::clone(&body));
        self.at(Step::Sending {
            request,
            body,
            attempt,
        })
    }

    pub(super) fn answered(
        self,
        ctx: &mut Context,
        outcome: Outcome,
        body: Box<Request>,
        attempt: Box<Attempt>,
    ) -> Transition {
        let reaction = match &outcome {
            Outcome::Done(_) => Reaction::TreatAsSuccess,
            Outcome::Refused(error) => error.reaction(body.method()),
            Outcome::Lost => Reaction::CheckTipFirst,
        };
        match (outcome, reaction) {
            (Outcome::Done(response), _) => self.taken(response, *attempt),
            (Outcome::Lost, _) => self.in_doubt(ctx, Outcome::Lost, body, attempt),
            (outcome, Reaction::CheckTipFirst) => self.in_doubt(ctx, outcome, body, attempt),
            (Outcome::Refused(error), Reaction::RebuildOnNewTip) => {
                self.raced(ctx, error, attempt.tip)
            }
            (Outcome::Refused(error), Reaction::NewSsrc) => self.clashed(ctx, body.method(), error),
            (Outcome::Refused(error), Reaction::RetryWithBackoff) => {
                self.put_off(ctx, body.method(), error)
            }
            (Outcome::Refused(_), Reaction::WaitThenRepeat(wait)) => {
                self.told_to_wait(ctx, wait, Next::Repeat { body, attempt })
            }
            (Outcome::Refused(error), Reaction::RefreshReferenceOnce) => self.stale(ctx, error),
            (Outcome::Refused(error), reaction) => {
                Transition::Ended(EndReason::refused(body.method(), error, reaction))
            }
        }
    }
}
