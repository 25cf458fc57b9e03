//! The waits of those who lose the race for the next block.
//!
//! ```text
//! tip read ──── one round trip ────▶ join: refused if another block landed in between
//! ```
//!
//! So a call takes less than one block in each round trip, however many want to join; how long they wait decides
//! only how many requests that costs. The number of competitors is not known, but all see how far the tip moved between
//! two looks at it, and waits 1.5 round trips for each of those blocks. In the long run `k` of them then wait `k`
//! half round trips: two of them try in each round trip, one try in three lands, a block comes every 1.5 round trips.
//! If more than that try, the tip moves at its full speed and each pause is longer than the one before; if fewer are
//! left, it moves less and the pauses shrink.
//!
//! Implements `spec/protocol.md`, 6 and 11.2.

use core::time::Duration;

use confcall_state::Height;
use rand_core::Rng;

/// The pause for each block that others landed, in round trips.
const ROUND_TRIPS: f64 = 1.5;
/// The longest round trip that is reckoned with; a slow answer says little about the others.
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(1);
/// The least pause, and the one after a refusal before any tip was read.
const SHORTEST: Duration = Duration::from_millis(100);
/// The longest pause; two minutes are left for all of them.
const LONGEST: Duration = Duration::from_secs(15);

/// The competition for the next block, as far as the tip shows it.
#[derive(Clone, Debug)]
pub(super) struct Contention {
    tip: Option<Height>,
    pause: Duration,
}

impl Contention {
    pub(super) fn new() -> Self {
        Self {
            tip: None,
            pause: SHORTEST,
        }
    }

    /// Notes the tip that was read, and how long that took.
    pub(super) fn tip_read(&mut self, tip: Height, round_trip: Duration) {
        let moved = match self.tip.replace(tip) {
            Some(before) => tip.value().saturating_sub(before.value()).unsigned_abs(),
            None => 1,
        };
        let due = match moved {
            // It was not another block that our last one was refused for, if it was refused.
            0 => self.pause.saturating_mul(2),
            moved => {
                let round_trip = round_trip.min(LONGEST_ROUND_TRIP);
                round_trip.mul_f64(ROUND_TRIPS).saturating_mul(moved)
            }
        };
        self.pause = due.clamp(SHORTEST, LONGEST);
    }

    /// The pause before the next look: half to one and a half of what is due, so that those who lost together part.
    pub(super) fn pause(&self, rng: &mut impl Rng) -> Duration {
        let part = f64::from(rng.next_u32()) / f64::from(u32::MAX);
        self.pause.mul_f64(0.5 + part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(100);

    fn due_after(tips: &[i32]) -> Duration {
        let mut contention = Contention::new();
        for tip in tips {
            contention.tip_read(Height::new(*tip), ROUND_TRIP);
        }
        contention.pause
    }

    #[test]
    fn the_pause_follows_the_blocks_that_others_landed() {
        assert_eq!(due_after(&[7]), Duration::from_millis(150));
        assert_eq!(due_after(&[7, 27]), Duration::from_secs(3));
        assert_eq!(due_after(&[7, 27, 28]), Duration::from_millis(150));
    }

    #[test]
    fn the_pause_doubles_while_the_tip_stands_still() {
        assert_eq!(due_after(&[7, 7, 7]), Duration::from_millis(600));
    }

    #[test]
    fn no_tip_makes_the_pause_long() {
        assert_eq!(due_after(&[0, i32::MAX]), LONGEST);
        assert_eq!(due_after(&[i32::MAX, i32::MIN]), LONGEST);
    }
}
