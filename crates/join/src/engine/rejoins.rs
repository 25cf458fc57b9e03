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
pub(super) struct Rejoins(Vec<Rejoin>);

#[derive(Clone, Copy, Debug)]
struct Rejoin {
    at: Moment,
    /// True if the server shows another chain than the one that we followed.
    is_fork: bool,
    /// True if we come back after a removal.
    is_return: bool,
}

impl Rejoins {
    /// True if there were enough for one of this reason to be refused.
    pub(super) fn are_enough(&mut self, now: Moment, reason: &RejoinReason) -> bool {
        self.forget(now);
        let is_full = self.0.len() >= limits::REJOINS;
        is_full || (reason.is_fork() && self.forks() >= FORKS) || {
            let returns = self.0.iter().filter(|one| one.is_return).count();
            is_return(reason) && returns >= RETURNS
        }
    }

    /// Notes that the call that is entered, perhaps again, may be another one; gives whether it may be entered all the same.
    ///
    /// That counts like a fork, and not twice where a fork is why we enter it.
    pub(super) fn suspect(&mut self, now: Moment, again: Option<&RejoinReason>) -> bool {
        if again.is_some_and(RejoinReason::is_fork) {
            return true;
        }
        self.forget(now);
        let may = self.forks() < FORKS;
        match self.0.last_mut().filter(|_| again.is_some()) {
            Some(this) => this.is_fork = true,
            None => self.0.push(Rejoin {
                at: now,
                is_fork: true,
                is_return: false,
            }),
        }
        may
    }

    fn forget(&mut self, now: Moment) {
        self.0.retain(|one| now.since(one.at) < MEMORY);
    }

    fn forks(&self) -> usize {
        self.0.iter().filter(|one| one.is_fork).count()
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
        self.0.push(Rejoin {
            at: now,
            is_fork: reason.is_fork(),
            is_return: is_return(reason),
        });
        Some(pause)
    }
}

fn is_return(reason: &RejoinReason) -> bool {
    matches!(reason, RejoinReason::Removed { .. })
}
