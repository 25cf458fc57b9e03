//! Looking the call up.

use super::super::Transition;
use super::super::context::Context;
use super::super::end::EndReason;
use super::super::io::Outcome;
use super::quest::Quest;
use super::{Next, Step};
use crate::api::{GetGroupCall, GroupCall, InputGroupCall, Method, RpcError};
use crate::joining::AnswerFault;

impl Quest {
    pub(super) fn locate(self, ctx: &mut Context) -> Transition {
        match self.call() {
            Ok(call) => {
                let request = ctx.send(GetGroupCall { call, limit: 1 });
                self.at(Step::Locating { request })
            }
            Err(end) => Transition::Ended(end),
        }
    }

    pub(super) fn located(mut self, ctx: &mut Context, outcome: Outcome) -> Transition {
        let info = match outcome {
            Outcome::Done(response) => match response.into_group_call() {
                Ok(info) => info,
                Err(wrong) => return Transition::Ended(AnswerFault::from(wrong).into()),
            },
            failed => return self.read_failed(ctx, Method::GetGroupCall, failed, Next::Locate),
        };
        match info.call {
            GroupCall::Active {
                conference: true,
                participants_count,
                ..
            } => {
                let count = usize::try_from(participants_count).unwrap_or(0);
                if count >= ctx.config.size_limit {
                    return Transition::Ended(EndReason::Full);
                }
                let found = info.call.reference();
                let mut known = self.known.iter().filter_map(InputGroupCall::id);
                if known.any(|known| found.id() != Some(known)) {
                    return Transition::Ended(EndReason::Unusable(AnswerFault::OtherCall));
                }
                self.budgets.reads.reset();
                self.known = Some(found);
                self.read_tip(ctx)
            }
            GroupCall::Active { .. } => Transition::Ended(EndReason::Unusable(AnswerFault::NoCall)),
            GroupCall::Discarded { .. } => Transition::Ended(EndReason::Discarded),
        }
    }

    /// The reference leads nowhere; a link is looked up once more.
    pub(super) fn stale(mut self, ctx: &mut Context, error: RpcError) -> Transition {
        match self.link.clone().filter(|_| !self.refreshed) {
            Some(link) => {
                self.refreshed = true;
                self.call = Some(link);
                self.locate(ctx)
            }
            None => Transition::Ended(EndReason::NotFound(error)),
        }
    }
}
