use std::time::{Duration, Instant};

use confcall_media::Moment;

/// The longest time that a session can last; a clock that runs further stands still there.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The caller's time, which never goes backwards here, in both forms that are needed.
///
/// The cryptor and the engine count moments; `str0m` counts instants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    origin: Instant,
    now: Moment,
}

impl Clock {
    pub(super) fn new(origin: Instant, now: Moment) -> Self {
        let mut clock = Self {
            origin,
            now: Moment::default(),
        };
        clock.advance(now);
        clock
    }

    /// Goes on to a moment, or stays where it is if that is earlier.
    pub(super) fn advance(&mut self, to: Moment) -> Moment {
        self.now = self.now.max(to).min(Moment::new(LONGEST));
        self.now
    }

    pub(super) fn now(&self) -> Moment {
        self.now
    }

    pub(super) fn instant(&self) -> Instant {
        let since = self.now.since(Moment::default());
        self.origin.checked_add(since).unwrap_or(self.origin)
    }

    /// The moment of an instant, which is never in the past.
    pub(super) fn moment(&self, at: Instant) -> Moment {
        let moment = Moment::new(at.saturating_duration_since(self.origin));
        moment.max(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_never_goes_backwards_and_has_an_end() {
        let origin = Instant::now();
        let second = |seconds| Moment::new(Duration::from_secs(seconds));
        let mut clock = Clock::new(origin, second(5));
        assert_eq!(clock.instant(), origin + Duration::from_secs(5));
        assert_eq!(clock.advance(second(3)), second(5));
        assert_eq!(clock.advance(second(7)), second(7));
        assert_eq!(clock.moment(origin), second(7));
        assert_eq!(clock.moment(origin + Duration::from_secs(9)), second(9));
        assert_eq!(
            clock.advance(Moment::new(Duration::MAX)),
            Moment::new(LONGEST)
        );
        assert_eq!(clock.instant(), origin + LONGEST);
    }
}
