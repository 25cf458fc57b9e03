//! The last poll before a membership is given up.
//!
//! ```text
//! forbidden, not joined ──▶ last poll ── removed while in touch ──▶ the end
//!                             ▲   │ └─ anything else ─────────────▶ join again
//!                             │   └─ lost, refused for a while
//!                             └─ pause
//! ```
//!
//! A member who was removed learns it by a block, which may come after such a refusal. Who was out of touch then was lost by
//! the server and removed like those who leave, and may come back; who was in touch was removed against its will.

use core::time::Duration;

use crate::api::reaction::Reaction;
use crate::api::{GetGroupCallChainBlocks, Method, Response, Updates};
use crate::engine::backoff::Backoff;
use crate::engine::context::Context;
use crate::engine::end::RejoinReason;
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::timers::Timer;

/// The last poll, while there is a doubt that we are in the call.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct LastPoll(Option<Doubt>);

/// A doubt that a poll is to settle, which has no answer yet.
#[derive(Clone, Debug)]
struct Doubt {
    /// The reason to give the membership up, unless a block removes us.
    reason: RejoinReason,
    backoff: Backoff,
}

impl LastPoll {
    /// Doubts that we are joined: sends one more poll, unless that is under way.
    pub(in crate::engine) fn doubt(
        &mut self,
        ctx: &mut Context,
        reason: RejoinReason,
        poll: GetGroupCallChainBlocks,
    ) {
        if self.0.is_none() {
            let backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(4), 6);
            self.0 = Some(Doubt { reason, backoff });
            self.poll_again(ctx, poll);
        }
    }

    /// Sends the last poll, also after a pause.
    pub(in crate::engine) fn poll_again(&self, ctx: &mut Context, poll: GetGroupCallChainBlocks) {
        ctx.send(Purpose::LastPoll, poll);
    }

    /// Takes the answer to the last poll. If it comes to an end, gives what the poll brought, and the reason to give the
    /// membership up unless a block in there removes us.
    pub(in crate::engine) fn polled(
        &mut self,
        ctx: &mut Context,
        result: Result<Response, Failure>,
    ) -> Option<(Updates, RejoinReason)> {
        let mut doubt = self.0.take()?;
        let failure = match result {
            Ok(response) => {
                let updates = response.into_updates().unwrap_or_default();
                return Some((updates, doubt.reason));
            }
            Err(failure) => failure,
        };
        let method = Method::GetGroupCallChainBlocks;
        let pause = match &failure {
            Failure::Lost => doubt.backoff.next(&mut ctx.public_rng),
            Failure::Refused(error) => match error.reaction(method) {
                Reaction::Rejoin => {
                    let reason = RejoinReason::Forbidden(error.clone());
                    return Some((Updates::default(), reason));
                }
                // A stale reference is looked up again meanwhile.
                Reaction::CheckTipFirst | Reaction::RefreshReferenceOnce => {
                    doubt.backoff.next(&mut ctx.public_rng)
                }
                _ => None,
            },
        };
        let Some(pause) = pause else {
            return Some((Updates::default(), doubt.reason));
        };
        let attempt = doubt.backoff.used().saturating_add(1);
        ctx.retrying(failure.trouble(method), pause, attempt);
        ctx.after(Timer::LastPoll, pause);
        self.0 = Some(doubt);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{RpcError, SubChain};
    use crate::engine::parts::subchain::Subchain;
    use crate::engine::testing::{CALL, context, outputs, refused};

    #[test]
    fn the_last_poll_is_sent_once_and_again_only_where_that_can_help() {
        let (mut last, mut ctx) = (LastPoll::default(), context());
        let poll = Subchain::new(SubChain::Blocks, 3).request(CALL);
        for _ in 0..2 {
            last.doubt(&mut ctx, RejoinReason::NotJoined, poll.clone());
        }
        assert_eq!(outputs(&mut ctx).0.len(), 1);
        assert_eq!(last.polled(&mut ctx, Err(Failure::Lost)), None);
        assert!(ctx.timers.is_set(Timer::LastPoll));
        let refusal = refused(403, "GROUPCALL_FORBIDDEN");
        let reason = RejoinReason::Forbidden(RpcError::new(403, "GROUPCALL_FORBIDDEN"));
        let end = Some((Updates::default(), reason));
        assert_eq!(last.polled(&mut ctx, refusal), end);
    }
}
