//! What the server counted of the media of calls, from time to time.

use core::time::Duration;
use std::time::Instant;

use confcall_mtproto_server::Overview;
use confcall_server::sfu::SfuCounters;

/// The time between two lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// The counters that were shown last.
pub(super) struct Stats {
    is_wanted: bool,
    shown: Option<(SfuCounters, Instant)>,
}

impl Stats {
    /// Counters that are shown if they are wanted.
    pub(super) fn new(is_wanted: bool) -> Self {
        let shown = None;
        Self { is_wanted, shown }
    }

    /// The counters, if they are to be shown now.
    pub(super) fn take_due(&mut self, overview: &Overview) -> Option<SfuCounters> {
        self.take_due_at(overview.media?, Instant::now())
    }

    fn take_due_at(&mut self, counters: SfuCounters, now: Instant) -> Option<SfuCounters> {
        let (before, since) = match self.shown {
            Some((before, at)) => (before, now.saturating_duration_since(at)),
            None => (SfuCounters::default(), INTERVAL),
        };
        let is_due = self.is_wanted && since >= INTERVAL && counters != before;
        is_due.then(|| {
            self.shown = Some((counters, now));
            counters
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_shown_each_five_seconds() {
        let counted = |sent| SfuCounters {
            sent,
            ..SfuCounters::default()
        };
        let (mut stats, start) = (Stats::new(true), Instant::now());
        assert_eq!(stats.take_due_at(counted(0), start), None);
        assert_eq!(stats.take_due_at(counted(1), start), Some(counted(1)));
        let soon = start + Duration::from_secs(4);
        assert_eq!(stats.take_due_at(counted(2), soon), None);
        let later = start + INTERVAL;
        assert_eq!(stats.take_due_at(counted(1), later), None);
        assert_eq!(stats.take_due_at(counted(2), later), Some(counted(2)));
        assert_eq!(Stats::new(false).take_due_at(counted(1), start), None);
    }
}
