//! The budget of rejoins: the number of times that a membership may be given up for a new one.

use core::time::Duration;

use confcall_media::Moment;

use super::end::RejoinReason;
use crate::limits;

/// The time after which a rejoin does not count any more.
const MEMORY: Duration = Duration::from_secs(600);
/// After a fork we join again once: a second one is the server's doing, and no key helps against that.
const FORKS: usize = 1;
/// After a removal while we were out of touch we come back once: a second one may be meant.
const RETURNS: usize = 1;

/// The rejoins that still count.
#[derive(Clone, Debug, Default)]
pub(super) struct Rejoins(Vec<(Moment, Kind)>);

/// The reasons that have a budget of their own, and all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Fork,
    Return,
    Other,
}

impl Kind {
    fn of(reason: &RejoinReason) -> Self {
        match reason {
            RejoinReason::Removed { .. } => Self::Return,
            reason if reason.is_fork() => Self::Fork,
            _ => Self::Other,
        }
    }

    fn budget(self) -> usize {
        match self {
            Self::Fork => FORKS,
            Self::Return => RETURNS,
            Self::Other => limits::REJOINS,
        }
    }
}

impl Rejoins {
    /// True if there were enough for one of this reason to be refused.
    pub(super) fn are_enough(&mut self, now: Moment, reason: &RejoinReason) -> bool {
        let of_kind = self.count(now, Kind::of(reason));
        self.0.len() >= limits::REJOINS || of_kind >= Kind::of(reason).budget()
    }

    /// Notes that the call that is entered may be another one; gives whether it may be entered all the same.
    ///
    /// That counts like a fork, and not twice where a fork is why we enter it.
    pub(super) fn suspect(&mut self, now: Moment, again: Option<&RejoinReason>) -> bool {
        if again.is_some_and(RejoinReason::is_fork) {
            return true;
        }
        let may = self.count(now, Kind::Fork) < FORKS;
        if may {
            self.0.push((now, Kind::Fork));
        }
        may
    }

    /// The rejoins of a kind that still count.
    fn count(&mut self, now: Moment, kind: Kind) -> usize {
        self.0.retain(|(at, _)| now.since(*at) < MEMORY);
        self.0.iter().filter(|(_, one)| *one == kind).count()
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
        self.0.push((now, Kind::of(reason)));
        Some(pause)
    }
}
