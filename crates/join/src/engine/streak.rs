//! Rounds of the verification in a row without emoji that people had the time to compare.
//!
//! Every block ends the round of the block before it. Emoji count once they have stood for a while, so that blocks which
//! come as soon as they show keep them away as well as blocks which come before. A streak goes on over rejoins.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::verification::RoundCounts;

use super::event::EmojiOverdue;

/// The number of rounds in a row that end before the emoji, and the time without them, after which they are overdue.
const ROUNDS: u32 = 5;
const OVERDUE: Duration = Duration::from_secs(30);
/// The least time for which emoji stand that end a streak: people need it to read them out to each other.
const STAND: Duration = Duration::from_secs(10);

/// Rounds in a row without emoji that stood.
#[derive(Clone, Debug)]
pub(super) struct Streak {
    since: Moment,
    /// The number of rounds that a block has ended, and of those among them that had no emoji at all.
    ended: u32,
    without_emoji: u32,
    /// The signers of those blocks.
    writers: Vec<UserId>,
    /// True if the round under way was reported.
    is_seen: bool,
    /// True once the emoji were reported as overdue.
    is_reported: bool,
}

impl Streak {
    pub(super) fn new(since: Moment) -> Self {
        Self {
            since,
            ended: 0,
            without_emoji: 0,
            writers: Vec::new(),
            is_seen: false,
            is_reported: false,
        }
    }

    /// Goes on after a block of this member, which ended a round whose emoji have stood for so long; `None` if that is
    /// long enough.
    pub(super) fn end_round(mut self, by: Option<UserId>, stood: Option<Duration>) -> Option<Self> {
        if stood.is_some_and(|time| time >= STAND) {
            return None;
        }
        // Of blocks that come at once, as when we were away for a while, only the first ends a round of ours.
        if core::mem::take(&mut self.is_seen) {
            self.ended += 1;
            self.without_emoji += u32::from(stood.is_none());
        }
        // Once they are reported, the list would only grow.
        let by = by.filter(|by| !self.is_reported && !self.writers.contains(by));
        self.writers.extend(by);
        Some(self)
    }

    /// The moment at which the emoji are overdue for the time alone, unless they were reported.
    pub(super) fn due(&self) -> Option<Moment> {
        (!self.is_reported).then(|| self.since + OVERDUE)
    }

    /// Notes that the round under way is reported without emoji; gives the report that they are overdue, once.
    pub(super) fn report(&mut self, now: Moment, counts: &RoundCounts) -> Option<EmojiOverdue> {
        self.is_seen = true;
        let is_due = self.due().is_some_and(|due| now >= due);
        if self.is_reported || (self.without_emoji < ROUNDS && !is_due) {
            return None;
        }
        self.is_reported = true;
        Some(EmojiOverdue {
            since: now.since(self.since),
            ended: self.ended,
            writers: core::mem::take(&mut self.writers),
            missing: counts.missing().collect(),
        })
    }
}
