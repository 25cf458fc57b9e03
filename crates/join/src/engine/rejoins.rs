//! The budget of rejoins: the number of times that a membership may be given up for a new one.

use core::time::Duration;

use confcall_media::Moment;

use super::end::RejoinReason;
use crate::limits;

/// The time after which a rejoin does not count any more.
const MEMORY: Duration = Duration::from_secs(600);
/// After a fork we join again once: a second one is the server's doing, and no key helps against that.
const FORKS: usize = 1;

/// The rejoins that still count.
#[derive(Clone, Debug, Default)]
pub(super) struct Rejoins(Vec<(Moment, bool)>);

impl Rejoins {
    /// True if there were enough for one of this reason to be refused.
    pub(super) fn are_enough(&mut self, now: Moment, reason: &RejoinReason) -> bool {
        let forks = self.forks(now);
        self.0.len() >= limits::REJOINS || (reason.is_fork() && forks >= FORKS)
    }

    /// Notes that the call that is entered may be another one; gives whether it may be entered all the same.
    ///
    /// That counts like a fork, and not twice where a fork is why we enter it.
    pub(super) fn suspect(&mut self, now: Moment, again: Option<&RejoinReason>) -> bool {
        if again.is_some_and(RejoinReason::is_fork) {
            return true;
        }
        let may = self.forks(now) < FORKS;
        if may {
            self.0.push((now, true));
        }
        may
    }

    fn forks(&mut self, now: Moment) -> usize {
        self.0.retain(|(at, _)| now.since(*at) < MEMORY);
        self.0.iter().filter(|(_, fork)| *fork).count()
    }

    /// The pause before another rejoin, or `None` if there were enough.
    pub(super) fn next(&mut self, now: Moment, reason: &RejoinReason) -> Option<Duration> {
        if self.are_enough(now, reason) {
            return None;
        }
        // At once the first time, since the caller is cut off; then 2, 4 and 8 s.
        let pause = match self.0.len() {
            0 => Duration::ZERO,
            before => Duration::from_secs(1 << before),
        };
        self.0.push((now, reason.is_fork()));
        Some(pause)
    }
}
