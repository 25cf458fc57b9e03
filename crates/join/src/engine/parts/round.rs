//! The reports of a verification round: how far it is, who is missing, and bad broadcasts.

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::verification::RoundCounts;

use crate::engine::context::Context;
use crate::engine::event::{Event, Suspicion};
use crate::engine::timers::Timer;
use crate::limits;

/// The pause between two reports of a round that does not move.
const PROGRESS: Duration = Duration::from_secs(10);
/// The first count of bad broadcasts that is reported; the others are its tenfold, and so on.
const FIRST_REPORTED: u32 = 5;

/// The reports of the newest block's round, and of all bad broadcasts of the membership.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Round {
    /// Since when the newest block is verified.
    since: Moment,
    /// True if the round has moved since it was last reported.
    moved: bool,
    /// The bad broadcasts by the member who certainly said them. Without one only the server is to blame, which can put
    /// any name on anything.
    blamed: BTreeMap<Option<UserId>, u32>,
}

impl Round {
    pub(in crate::engine) fn new(now: Moment) -> Self {
        Self {
            since: now,
            moved: true,
            blamed: BTreeMap::new(),
        }
    }

    /// Starts the round of another block.
    pub(in crate::engine) fn restart(&mut self, now: Moment) {
        self.since = now;
        self.moved = true;
    }

    /// Notes that the round is to be reported.
    pub(in crate::engine) fn moved(&mut self) {
        self.moved = true;
    }

    /// Counts a bad broadcast against the member who certainly said it.
    pub(in crate::engine) fn blame(&mut self, ctx: &mut Context, from: Option<UserId>) {
        if let Some(count) = self.count(from) {
            ctx.event(Event::Suspicious(Suspicion::BadBroadcasts { from, count }));
        }
    }

    /// Counts a bad broadcast; gives the count where it is one to report.
    fn count(&mut self, from: Option<UserId>) -> Option<u32> {
        if self.blamed.len() >= limits::BLAMED && !self.blamed.contains_key(&from) {
            return None;
        }
        let count = self.blamed.entry(from).or_default();
        *count = count.saturating_add(1);
        // At 5, 50, 500: a member who keeps on is not heard of at every broadcast.
        let mut reported = FIRST_REPORTED;
        while reported < *count {
            reported = reported.saturating_mul(10);
        }
        (reported == *count).then_some(*count)
    }

    /// Reports how far the round is, if it moved or has not for a while.
    pub(in crate::engine) fn report(&mut self, ctx: &mut Context, counts: &RoundCounts) {
        if !core::mem::take(&mut self.moved) {
            return;
        }
        let (height, phase) = (counts.height(), counts.phase());
        ctx.event(Event::Verification {
            height,
            phase,
            missing: counts.missing().collect(),
            since: ctx.now.since(self.since),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bad_broadcasts_of_so_many_users_are_counted_whoever_comes_later() {
        let mut round = Round::new(Moment::default());
        let users = (1..=2 * limits::BLAMED as i64).map(UserId::new);
        users.for_each(|user| assert_eq!(round.count(Some(user)), None));
        assert_eq!(round.blamed.len(), limits::BLAMED);
        let counts = [(); 4].map(|()| round.count(Some(UserId::new(1))));
        assert_eq!(counts, [None, None, None, Some(FIRST_REPORTED)]);
    }
}
