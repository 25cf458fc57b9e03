//! The reports of a verification round: how far it is, who is missing, that the emoji are overdue, and bad broadcasts.
//!
//! Every block ends the round of the block before it, so that blocks without end keep the emoji away.

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::verification::RoundCounts;

use crate::engine::context::Context;
use crate::engine::event::{Event, Suspicion};
use crate::engine::streak::Streak;
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
    /// Since when the newest block has emoji.
    shown: Option<Moment>,
    /// The rounds since emoji that stood, unless those of the newest block were the first to come.
    streak: Option<Streak>,
    /// The bad broadcasts by the member who certainly said them. Without one only the server is to blame, which can put
    /// any name on anything.
    blamed: BTreeMap<Option<UserId>, u32>,
}

impl Round {
    /// After the rounds that earlier memberships left without emoji.
    pub(in crate::engine) fn new(now: Moment, streak: Option<Streak>) -> Self {
        Self {
            since: now,
            moved: true,
            shown: None,
            streak,
            blamed: BTreeMap::new(),
        }
    }

    /// Starts the round of another block, which this member signed.
    pub(in crate::engine) fn restart(&mut self, now: Moment, by: Option<UserId>) {
        self.since = now;
        self.moved = true;
        let stood = self.shown.take().map(|at| now.since(at));
        let streak = self.streak.take();
        self.streak = streak.and_then(|streak| streak.end_round(by, stood));
    }

    /// Ends the last round of the membership; gives the rounds without emoji, which the next one goes on with.
    pub(in crate::engine) fn end(&mut self, now: Moment) -> Option<Streak> {
        self.restart(now, None);
        self.streak.take()
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
                self.shown.get_or_insert(ctx.now);
                ctx.timers.cancel(Timer::Progress);
                ctx.event(Event::Emoji { height, hash });
            }
            None => {
                ctx.after(Timer::Progress, PROGRESS);
                let since = self.since;
                let streak = self.streak.get_or_insert_with(|| Streak::new(since));
                match streak.report(ctx.now, counts) {
                    Some(overdue) => ctx.event(Event::EmojiOverdue(overdue)),
                    None => {
                        if let Some(due) = streak.due() {
                            ctx.timers.set_earlier(Timer::Progress, due);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::EmojiOverdue;
    use crate::engine::testing::{advance, context, outputs, verification};

    /// The reports of emoji that are overdue.
    fn overdue(ctx: &mut Context) -> Vec<EmojiOverdue> {
        let events = outputs(ctx).1.into_iter();
        let overdue = events.filter_map(|event| match event {
            Event::EmojiOverdue(overdue) => Some(overdue),
            _ => None,
        });
        overdue.collect()
    }

    #[test]
    fn emoji_are_overdue_once_when_five_rounds_in_a_row_were_ended_by_blocks() {
        let mut ctx = context();
        let (mut round, verification) = (Round::new(ctx.now, None), verification(3));
        round.report(&mut ctx, verification.counts());
        for writer in [2, 3, 2, 3] {
            advance(&mut ctx, Duration::from_secs(1));
            round.restart(ctx.now, Some(UserId::new(writer)));
            round.report(&mut ctx, verification.counts());
        }
        assert_eq!(overdue(&mut ctx), []);
        for _ in 0..9 {
            advance(&mut ctx, Duration::from_secs(1));
            round.restart(ctx.now, Some(UserId::new(4)));
            round.report(&mut ctx, verification.counts());
        }
        let [overdue] = &overdue(&mut ctx)[..] else {
            panic!("once");
        };
        assert_eq!(overdue.ended, 5);
        assert_eq!(overdue.since, Duration::from_secs(5));
        assert_eq!(overdue.writers, [2, 3, 4].map(UserId::new));
        assert_eq!(overdue.missing.len(), 3);
    }

    #[test]
    fn emoji_are_overdue_after_thirty_seconds_in_which_no_block_came() {
        let mut ctx = context();
        let (mut round, verification) = (Round::new(ctx.now, None), verification(2));
        round.report(&mut ctx, verification.counts());
        advance(&mut ctx, Duration::from_millis(29_999));
        round.moved();
        round.report(&mut ctx, verification.counts());
        assert_eq!(overdue(&mut ctx), []);
        assert_eq!(ctx.timers.next(), Some(ctx.now + Duration::from_millis(1)));
        advance(&mut ctx, Duration::from_millis(1));
        round.moved();
        round.report(&mut ctx, verification.counts());
        let [overdue] = &overdue(&mut ctx)[..] else {
            panic!("once");
        };
        assert_eq!((overdue.ended, overdue.since), (0, Duration::from_secs(30)));
        assert_eq!(overdue.writers, []);
    }

    #[test]
    fn blocks_that_come_at_once_end_one_round() {
        let mut ctx = context();
        let (mut round, verification) = (Round::new(ctx.now, None), verification(2));
        round.report(&mut ctx, verification.counts());
        for _ in 0..40 {
            round.restart(ctx.now, Some(UserId::new(2)));
        }
        round.report(&mut ctx, verification.counts());
        assert_eq!(overdue(&mut ctx), []);
    }

    #[test]
    fn the_bad_broadcasts_of_so_many_users_are_counted_whoever_comes_later() {
        let mut round = Round::new(Moment::default(), None);
        let users = (1..=2 * limits::BLAMED as i64).map(UserId::new);
        users.for_each(|user| assert_eq!(round.count(Some(user)), None));
        assert_eq!(round.blamed.len(), limits::BLAMED);
        let counts = [(); 4].map(|()| round.count(Some(UserId::new(1))));
        assert_eq!(counts, [None, None, None, Some(FIRST_REPORTED)]);
    }
}
