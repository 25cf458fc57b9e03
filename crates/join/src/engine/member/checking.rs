//! Asking whether we are still joined.
//!
//! Implements the connection check of `spec/protocol.md`, 10.

use core::time::Duration;

use super::super::context::Context;
use super::super::end::RejoinReason;
use super::super::io::{MediaState, Outcome};
use super::super::timers::Timer;
use super::{Departure, Flow, Member, Pending};
use crate::api::{CheckGroupCall, Method};

/// How often the server is asked whether we are still joined while the media is down.
pub(super) const CHECK: Duration = Duration::from_secs(4);

impl Member {
    /// Asks whether we are still joined, unless that is under way.
    pub(super) fn check(&mut self, ctx: &mut Context) {
        if self.is_pending(|pending| matches!(pending, Pending::Check)) {
            return;
        }
        let check = CheckGroupCall {
            call: self.call.clone(),
            sources: vec![self.payload.ssrc()],
        };
        self.send(ctx, check, Pending::Check);
    }

    pub(super) fn checked(&mut self, ctx: &mut Context, outcome: Outcome) -> Flow {
        match outcome {
            Outcome::Done(response) => {
                let sources = response.into_sources();
                let is_joined = sources.is_ok_and(|all| all.contains(&self.payload.ssrc()));
                if !is_joined {
                    return Err(Departure::Rejoin(RejoinReason::NotJoined));
                }
            }
            failed => {
                self.reaction(ctx, Method::CheckGroupCall, &failed)?;
            }
        }
        if self.media == MediaState::Disconnected {
            ctx.after(Timer::Check, CHECK);
        }
        Ok(())
    }
}
