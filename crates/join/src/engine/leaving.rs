//! Leaving: the server is told, a few times if need be, and nothing else is done any more.

use core::time::Duration;

use super::context::Context;
use super::io::{Outcome, RequestId};
use super::timers::Timer;
use super::waits::LEAST_WAIT;
use crate::api::reaction::Reaction;
use crate::api::{InputGroupCall, LeaveGroupCall, Method, Ssrc};
use crate::engine::backoff::Backoff;

/// For how long the server is told.
const PATIENCE: Duration = Duration::from_secs(10);

/// The state of leaving a call.
#[derive(Clone, Debug)]
pub(super) struct Leaving {
    call: InputGroupCall,
    source: Ssrc,
    request: Option<RequestId>,
    backoff: Backoff,
    until: confcall_media::Moment,
}

/// Whether leaving is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Not,
    Yes,
}

impl Leaving {
    /// Tells the server that we leave; the keys are gone already.
    pub(super) fn start(ctx: &mut Context, call: InputGroupCall, source: Ssrc) -> Self {
        ctx.cancel_all();
        let mut leaving = Self {
            call,
            source,
            request: None,
            backoff: Backoff::new(Duration::from_millis(250), Duration::from_secs(2), 4),
            until: ctx.now + PATIENCE,
        };
        leaving.tell(ctx);
        leaving
    }

    fn tell(&mut self, ctx: &mut Context) {
        let (call, source) = (self.call.clone(), self.source);
        self.request = Some(ctx.send(LeaveGroupCall { call, source }));
        ctx.timers.set(Timer::Leave, self.until);
    }

    pub(super) fn handle_timer(&mut self, ctx: &mut Context, timer: Timer) -> Left {
        match timer {
            Timer::Leave if ctx.now >= self.until => Left::Yes,
            Timer::Leave => {
                self.tell(ctx);
                Left::Not
            }
            _ => Left::Not,
        }
    }

    pub(super) fn handle_answer(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        outcome: &Outcome,
    ) -> Left {
        if self.request != Some(request) {
            return Left::Not;
        }
        self.request = None;
        let pause = match outcome {
            Outcome::Done(_) => return Left::Yes,
            Outcome::Lost => self.backoff.next(&mut ctx.public_rng),
            Outcome::Refused(error) => match error.reaction(Method::LeaveGroupCall) {
                Reaction::WaitThenRepeat(wait) => Some(wait.max(LEAST_WAIT)),
                Reaction::CheckTipFirst => self.backoff.next(&mut ctx.public_rng),
                // Not joined, or no such call: that is what we want.
                _ => return Left::Yes,
            },
        };
        match pause {
            Some(pause) => {
                ctx.timers
                    .set(Timer::Leave, (ctx.now + pause).min(self.until));
                Left::Not
            }
            None => Left::Yes,
        }
    }
}
