use core::time::Duration;

use confcall_join::engine::{Event, Trouble};
use confcall_media::Moment;
use confcall_state::UserId;

/// The number of rounds in a row that blocks may end, and the time that may pass, before people learn that there are no emoji.
const ROUNDS: u32 = 5;
const OVERDUE: Duration = Duration::from_secs(30);
/// The least time for which emoji stand that count.
const STAND: Duration = Duration::from_secs(10);

/// The law that people learn of emoji that do not come, or do not stand.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    user: UserId,
    is_in: bool,
    /// True once a round is counted in this input: of blocks that come at once, only the last can be verified.
    is_counted: bool,
    /// The rounds of this membership since emoji have stood.
    streak: Streak,
}

#[derive(Clone, Debug, Default)]
struct Streak {
    /// The number of rounds that ended without emoji.
    without_emoji: u32,
    /// The moment at which the first round began.
    since: Option<Moment>,
    /// The moment since which there are emoji.
    emoji: Option<Moment>,
    /// True once people know.
    is_announced: bool,
}

impl Rounds {
    pub(super) fn new(user: UserId) -> Self {
        Self {
            user,
            is_in: false,
            is_counted: false,
            streak: Streak::default(),
        }
    }

    pub(super) fn begin(&mut self) {
        self.is_counted = false;
    }

    pub(super) fn see(&mut self, now: Moment, event: &Event) {
        match event {
            Event::Joined(_) | Event::Rejoined(_) | Event::Resumed(_) => {
                self.is_in = true;
                // The law counts no further than a membership; people who know, also since the engine caught up with the chain after a
                // restart, are not told again.
                let is_announced = self.streak.is_announced;
                self.streak = Streak {
                    is_announced,
                    ..Streak::default()
                };
            }
            Event::Ended(_)
            | Event::Retrying {
                why: Trouble::Rejoining(_),
                ..
            } => self.is_in = false,
            Event::Emoji { .. } => {
                self.streak.emoji.get_or_insert(now);
            }
            Event::EpochStarted { .. } => {
                let had_emoji = self.streak.forget_what_stood(now);
                let is_first = !core::mem::replace(&mut self.is_counted, true);
                if is_first && !had_emoji && self.streak.since.is_some() {
                    self.streak.without_emoji += 1;
                }
                self.streak.since.get_or_insert(now);
            }
            Event::EmojiOverdue(_) => self.streak.is_announced = true,
            _ => {}
        }
    }

    pub(super) fn settle(&self, now: Moment) {
        let (user, streak) = (self.user, &self.streak);
        if !self.is_in || streak.emoji.is_some() || streak.is_announced {
            return;
        }
        let is_late = streak
            .since
            .is_some_and(|since| now.since(since) >= OVERDUE);
        assert!(
            !is_late && streak.without_emoji < ROUNDS,
            "user {user}: there are no emoji after {} rounds, since {:?}, and it is not said",
            streak.without_emoji,
            streak.since
        );
    }
}

impl Streak {
    /// Ends a round, and with it the streak if its emoji have stood; gives whether there were emoji.
    fn forget_what_stood(&mut self, now: Moment) -> bool {
        let emoji = self.emoji.take();
        if emoji.is_some_and(|since| now.since(since) >= STAND) {
            *self = Self::default();
        }
        emoji.is_some()
    }
}
