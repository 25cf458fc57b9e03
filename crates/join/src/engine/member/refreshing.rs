//! Looking a stale reference up again, by the link that led to the call.

use super::super::context::Context;
use super::super::end::EndReason;
use super::super::io::Outcome;
use super::{Flow, Member, Pending};
use crate::api::reaction::Reaction;
use crate::api::{GetGroupCall, Method, RpcError};
use crate::joining::AnswerFault;

/// How often a stale reference is looked up without an answer.
const LOOKUPS: u32 = 6;

impl Member {
    /// The server does not know the call by our reference: a link is looked up once more.
    pub(super) fn refresh(&mut self, ctx: &mut Context, error: &RpcError) -> Flow {
        match self.link.clone().filter(|_| !self.refreshed) {
            Some(call) => {
                self.refreshed = true;
                self.send(ctx, GetGroupCall { call, limit: 1 }, Pending::Refresh);
                Ok(())
            }
            // Several requests may have met the same error.
            None if self.is_refreshing() => Ok(()),
            None => Err(EndReason::NotFound(error.clone()).into()),
        }
    }

    fn is_refreshing(&self) -> bool {
        self.is_pending(|pending| matches!(pending, Pending::Refresh))
    }

    pub(super) fn refreshed(&mut self, ctx: &mut Context, outcome: Outcome) -> Flow {
        let info = match outcome {
            Outcome::Done(response) => response.into_group_call(),
            failed => return self.refresh_failed(ctx, failed),
        };
        let info = info.map_err(|wrong| EndReason::Unusable(wrong.into()))?;
        let found = info.call.reference();
        if !self.is_ours(&found) {
            return Err(EndReason::Unusable(AnswerFault::OtherCall).into());
        }
        self.call = found;
        self.take_call(ctx, info.call)
    }

    /// Whoever needs the reference has it looked up again, unless the server said that there is no such call.
    fn refresh_failed(&mut self, ctx: &mut Context, failed: Outcome) -> Flow {
        let method = Method::GetGroupCall;
        match (self.reaction(ctx, method, &failed)?, failed) {
            (Reaction::WaitThenRepeat(_) | Reaction::CheckTipFirst, failed) => {
                self.refreshed = false;
                self.lookups += 1;
                if self.lookups >= LOOKUPS {
                    return Err(EndReason::exhausted(method, self.lookups, &failed).into());
                }
                Ok(())
            }
            (reaction, Outcome::Refused(error)) => {
                Err(EndReason::refused(method, error, reaction).into())
            }
            _ => Ok(()),
        }
    }
}
