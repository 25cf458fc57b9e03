use core::time::Duration;

use confcall_join::engine::Event;
use confcall_media::Moment;
use confcall_state::UserId;

/// The number of rounds in a row that blocks may end, and the time that may pass, before people learn that there are no emoji.
const ROUNDS: u32 = 5;
const OVERDUE: Duration = Duration::from_secs(30);

/// The law that people learn of emoji that do not come.
#[derive(Clone, Debug)]
pub(super) struct Rounds {
    user: UserId,
    /// The rounds since the last emoji or the start of the membership.
    streak: Streak,
}

#[derive(Clone, Debug, Default)]
struct Streak {
    /// The number of inputs that began a round: of blocks that come at once, only the last can be verified.
    begun: u32,
    /// True once this input is counted.
    is_counted: bool,
    /// The moment at which the first round began.
    since: Option<Moment>,
    /// True once people know.
    is_announced: bool,
}

impl Rounds {
    pub(super) fn new(user: UserId) -> Self {
        let streak = Streak::default();
        Self { user, streak }
    }

    pub(super) fn begin(&mut self) {
        self.streak.is_counted = false;
    }

    pub(super) fn see(&mut self, now: Moment, event: &Event) {
        let streak = &mut self.streak;
        match event {
            Event::Joined(_) | Event::Rejoined(_) | Event::Emoji { .. } => {
                *streak = Streak::default();
            }
            Event::EpochStarted { .. } => {
                streak.begun += u32::from(!core::mem::replace(&mut streak.is_counted, true));
                streak.since.get_or_insert(now);
            }
            Event::EmojiOverdue(_) => streak.is_announced = true,
            _ => {}
        }
    }

    pub(super) fn settle(&self, now: Moment) {
        let (user, streak) = (self.user, &self.streak);
        let is_late = streak
            .since
            .is_some_and(|since| now.since(since) >= OVERDUE);
        // The first round is the one that the first of five blocks ends.
        assert!(
            streak.is_announced || !is_late && streak.begun <= ROUNDS,
            "user {user}: there are no emoji after {} rounds, since {:?}, and it is not said",
            streak.begun,
            streak.since
        );
    }
}
