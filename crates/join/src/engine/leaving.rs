//! Leaving: the request that says so, a few times if need be, and nothing else any more.
//!
//! Where a join is under way, its answer says whether there is a call to leave.

use core::time::Duration;

use confcall_media::Moment;

use super::context::Context;
use super::purpose::Purpose;
use super::requests::Answer;
use super::timers::Timer;
use crate::api::{InputGroupCall, LeaveGroupCall, Ssrc};
use crate::engine::backoff::Backoff;
use crate::joining::JoinAnswer;

/// The time after which we are gone even if the server has not answered.
const PATIENCE: Duration = Duration::from_secs(10);

/// The state of a caller who wants to leave while a join is under way.
#[derive(Clone, Debug)]
pub(super) struct Withdrawal {
    /// The call as it was asked for; `None` for one that is created.
    pub(super) call: Option<InputGroupCall>,
    pub(super) source: Ssrc,
    /// The request that leaves what we may be in without this join.
    pub(super) otherwise: Option<LeaveGroupCall>,
}

impl Withdrawal {
    /// The request that leaves the call, after the join had this answer; `None` if there is nothing to leave.
    pub(super) fn leave(&self, answer: Answer) -> Option<LeaveGroupCall> {
        let asked = self.call.clone();
        let source = Some(self.source);
        match answer.result {
            Ok(response) => {
                let updates = response.into_updates().ok();
                let answer = updates.and_then(|one| JoinAnswer::read(one, asked.as_ref()).ok());
                let call = answer.map(|answer| answer.call).or(asked)?;
                Some(LeaveGroupCall { call, source })
            }
            Err(failure) if failure.is_in_doubt(answer.method) => {
                let before = self.otherwise.as_ref();
                // Either of them may be the one that the server has.
                let source = source.filter(|_| before.is_none_or(|one| one.source == source));
                Some(LeaveGroupCall {
                    call: asked?,
                    source,
                })
            }
            Err(_) => self.otherwise.clone(),
        }
    }
}

/// The state of leaving a call.
#[derive(Clone, Debug)]
pub(super) struct Leaving {
    body: LeaveGroupCall,
    backoff: Backoff,
    until: Moment,
}

impl Leaving {
    /// Leaves; the keys are gone already.
    pub(super) fn start(ctx: &mut Context, body: LeaveGroupCall) -> Self {
        // A poll that is answered after we left would look like a gap (`spec/protocol.md`, 7).
        ctx.cancel_all();
        let leaving = Self {
            body,
            backoff: Backoff::new(Duration::from_millis(250), Duration::from_secs(2), 4),
            until: ctx.now + PATIENCE,
        };
        leaving.send(ctx);
        leaving
    }

    fn send(&self, ctx: &mut Context) {
        ctx.send(Purpose::Leave, self.body.clone());
        ctx.timers.set(Timer::Leave, self.until);
    }

    /// Goes on after a pause, or gives whether the time is over.
    pub(super) fn handle_timer(&self, ctx: &mut Context, timer: Timer) -> bool {
        if timer != Timer::Leave {
            return false;
        }
        let is_over = ctx.now >= self.until;
        if !is_over {
            self.send(ctx);
        }
        is_over
    }

    /// Takes an answer; gives whether leaving is over.
    pub(super) fn handle_answer(&mut self, ctx: &mut Context, answer: Answer) -> bool {
        let may_retry = match answer.result {
            // Not joined, or no such call: that is what we want.
            Err(failure) => failure.is_in_doubt(answer.method),
            Ok(_) => false,
        };
        let pause = may_retry.then(|| self.backoff.next(&mut ctx.public_rng));
        let Some(pause) = pause.flatten() else {
            return true;
        };
        let next = (ctx.now + pause).min(self.until);
        ctx.timers.set(Timer::Leave, next);
        false
    }
}
