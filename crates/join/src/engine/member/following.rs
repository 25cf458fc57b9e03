//! Applying what is due in both subchains, blocks first.

use confcall_state::wire::GroupState;
use confcall_state::{BlockHash, UserId};

use super::super::context::Context;
use super::super::end::{EndReason, RejoinReason};
use super::super::event::Event;
use super::super::timers::Timer;
use super::polling::FAST_CADENCE;
use super::{Departure, Flow, Member};
use crate::membership::MembershipEnd;

impl Member {
    /// Applies what is due, blocks first.
    pub(super) fn follow(&mut self, ctx: &mut Context) -> Flow {
        loop {
            if let Some(block) = self.blocks.take(ctx.now) {
                self.expecting = None;
                self.apply(ctx, &block)?;
            } else if let Some(broadcast) = self.broadcasts.take(ctx.now) {
                self.hear(ctx, &broadcast);
            } else {
                return Ok(());
            }
        }
    }

    fn apply(&mut self, ctx: &mut Context, bytes: &[u8]) -> Flow {
        let before = self.membership.state().group_state().clone();
        let followed = match ctx.secrets.apply(ctx.now, &mut self.membership, bytes) {
            Ok(followed) => followed,
            Err(end) => return Err(self.departure(ctx, end)),
        };
        for fault in followed.faults {
            let said_by = Some(fault.user_id).filter(|_| fault.error.is_signed());
            self.blame(ctx, said_by);
        }
        self.tell_of_block(ctx);
        let after = self.membership.state().group_state();
        let (added, removed) = (not_in(after, &before), not_in(&before, after));
        if !(added.is_empty() && removed.is_empty()) {
            ctx.event(Event::MembersChanged {
                added,
                removed,
                by: followed.by,
            });
        }
        Ok(())
    }

    /// Tells of the newest block, whose verification starts now.
    pub(super) fn tell_of_block(&mut self, ctx: &mut Context) {
        let state = self.membership.state();
        let (height, hash): (_, BlockHash) = (state.height(), state.hash());
        ctx.event(Event::EpochStarted { height, hash });
        self.verifying_since = ctx.now;
        self.verification_moved = true;
        self.outbox.keep_height(height);
        ctx.timers
            .set_earlier(Timer::Broadcasts, ctx.now + FAST_CADENCE);
        ctx.timers
            .set_earlier(Timer::Blocks, ctx.now + FAST_CADENCE);
    }

    /// What the end of a membership leads to.
    fn departure(&mut self, ctx: &mut Context, end: MembershipEnd) -> Departure {
        match end {
            MembershipEnd::Removed { by, .. } => EndReason::Removed { by }.into(),
            MembershipEnd::Replaced { .. } => EndReason::JoinedElsewhere.into(),
            MembershipEnd::Left => Departure::Leave,
            end => {
                self.suspect_fork(ctx, &end.to_string());
                Departure::Rejoin(RejoinReason::Membership(end))
            }
        }
    }
}

/// The users of one group who are not in another.
fn not_in(group: &GroupState, other: &GroupState) -> Vec<UserId> {
    let users = group.participants.iter().map(|one| one.user_id);
    users
        .filter(|user| other.by_user(*user).is_none())
        .collect()
}
