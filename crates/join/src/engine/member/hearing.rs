//! Taking in broadcasts, and telling how far the verification is.

use core::time::Duration;

use confcall_state::UserId;
use confcall_state::verification::{BroadcastError, Phase, Received};
use confcall_state::wire::Broadcast;

use super::super::context::Context;
use super::super::event::{Event, Suspicion};
use super::super::timers::Timer;
use super::Member;
use crate::api::SubChain;
use crate::membership::BroadcastRefused;

/// How often the caller is told who is missing in the verification.
const PROGRESS: Duration = Duration::from_secs(10);

impl Member {
    /// Takes in one broadcast; a bad one is counted and nothing else.
    pub(super) fn hear(&mut self, ctx: &mut Context, bytes: &[u8]) {
        let broadcast = match Broadcast::from_server(bytes) {
            Ok(broadcast) => broadcast,
            Err(_) => return self.blame(ctx, None),
        };
        let is_own = broadcast.user_id == self.user_id();
        match self.membership.receive(&broadcast) {
            Ok(Received::Counted) => {
                self.expecting = None;
                self.verification_moved = true;
                if is_own {
                    self.outbox.echoed(&broadcast);
                }
            }
            // What we sent again because an answer was lost comes back twice.
            Err(BroadcastRefused::Broadcast(BroadcastError::AlreadyApplied(_))) if is_own => {
                self.outbox.echoed(&broadcast);
            }
            // It was said once at least; who repeats it is the server.
            Err(BroadcastRefused::Broadcast(BroadcastError::AlreadyApplied(_))) => {
                self.blame(ctx, None);
            }
            Ok(_) | Err(BroadcastRefused::Ended(_)) => {}
            Err(BroadcastRefused::Broadcast(error)) => {
                match error {
                    BroadcastError::BlockHash { .. } => self.compare_tip(ctx),
                    // Nobody reveals before all have committed: a commit is where we have not looked.
                    BroadcastError::NotInReveal(Phase::Commit) if self.may_compare(ctx) => {
                        self.read_broadcasts_anew();
                        self.poll_soon(ctx, SubChain::Broadcasts);
                    }
                    _ => {}
                }
                self.blame(ctx, Some(broadcast.user_id).filter(|_| error.is_signed()));
            }
        }
    }

    pub(super) fn blame(&mut self, ctx: &mut Context, said_by: Option<UserId>) {
        if let Some(count) = self.blame.note(said_by) {
            ctx.event(Event::Suspicious(Suspicion::BadBroadcasts {
                from: said_by,
                count,
            }));
        }
    }

    /// Tells how far the verification is, if it moved or somebody has been missing for a while.
    pub(super) fn tell_verification(&mut self, ctx: &mut Context) {
        if !core::mem::take(&mut self.verification_moved) {
            return;
        }
        let counts = self.membership.verification();
        let (height, phase) = (counts.height(), counts.phase());
        ctx.event(Event::Verification {
            height,
            phase,
            missing: counts.missing().collect(),
            since: ctx.now.since(self.verifying_since),
        });
        match counts.emoji_hash() {
            Some(hash) => {
                ctx.timers.cancel(Timer::Progress);
                ctx.event(Event::Emoji { height, hash });
            }
            None => ctx.after(Timer::Progress, PROGRESS),
        }
    }
}
