//! The sequence numbers of the channels.

use crate::channel::ChannelId;
use crate::sync::{AtomicU32, Ordering};

/// The counters of all channels: the last seqno that was used, 0 before the first.
pub(crate) struct CounterTable(Box<[AtomicU32]>);

/// The last seqno of each channel that was used, for a membership that goes on after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(Vec<(ChannelId, u32)>);

impl Counters {
    /// The channels that were used, with the last seqno of each.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (ChannelId, u32)> {
        self.0.iter().copied()
    }
}

impl FromIterator<(ChannelId, u32)> for Counters {
    fn from_iter<I: IntoIterator<Item = (ChannelId, u32)>>(counters: I) -> Self {
        Self(counters.into_iter().collect())
    }
}

impl CounterTable {
    pub(crate) fn new() -> Self {
        // All 1024 at once, 4 KiB, so that taking a seqno needs no lock.
        Self(ChannelId::all().map(|_| AtomicU32::new(0)).collect())
    }

    /// Takes the next seqno of a channel, unless its counter is used up.
    pub(crate) fn take(&self, channel: ChannelId) -> Option<u32> {
        let next = |last: u32| last.checked_add(1);
        let counter = self.0.get(channel.index())?;
        // Relaxed: a seqno orders nothing but itself, and each is taken by one thread.
        let last = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        last.ok().and_then(next)
    }

    /// Gives a seqno back that was never sent; it stays a gap if a later one was taken meanwhile.
    pub(crate) fn give_back(&self, channel: ChannelId, seqno: u32) {
        if let (Some(counter), Some(before)) = (self.0.get(channel.index()), seqno.checked_sub(1)) {
            // Failing means that a later seqno is in use: receivers pass over the gap.
            let _ = counter.compare_exchange(seqno, before, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(crate) fn snapshot(&self) -> Counters {
        let used = self.0.iter().map(|counter| counter.load(Ordering::Relaxed));
        let used = ChannelId::all().zip(used);
        used.filter(|(_, last)| *last > 0).collect()
    }

    /// Raises every counter to at least what is saved for it, plus `ahead`.
    pub(crate) fn resume(&self, saved: &Counters, ahead: u32) {
        // Also channels that the checkpoint does not know may have been used after it.
        for counter in &self.0 {
            counter.fetch_max(ahead, Ordering::Relaxed);
        }
        for (channel, last) in saved.iter() {
            if let Some(counter) = self.0.get(channel.index()) {
                counter.fetch_max(last.saturating_add(ahead), Ordering::Relaxed);
            }
        }
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Clone for CounterTable {
    fn clone(&self) -> Self {
        let last = self.0.iter().map(|last| last.load(Ordering::Relaxed));
        Self(last.map(AtomicU32::new).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(number: i32) -> ChannelId {
        ChannelId::new(number).unwrap()
    }

    #[test]
    fn a_counter_ends_with_the_largest_seqno_and_never_wraps() {
        let table = CounterTable::new();
        table.resume(&[(channel(5), u32::MAX - 1)].into_iter().collect(), 0);
        assert_eq!(table.take(channel(5)), Some(u32::MAX));
        assert_eq!(table.take(channel(5)), None);
        assert_eq!(table.take(channel(5)), None);
        assert_eq!(table.take(channel(6)), Some(1));
    }

    #[test]
    fn resuming_leaps_over_what_may_have_been_sent_since_on_every_channel() {
        let table = CounterTable::new();
        table.resume(&[(channel(0), 70)].into_iter().collect(), 1000);
        assert_eq!(table.take(channel(0)), Some(1071));
        assert_eq!(table.take(channel(1023)), Some(1001));
        table.resume(&Counters::default(), 3);
        assert_eq!(table.take(channel(0)), Some(1072));
    }

    #[test]
    fn a_seqno_is_given_back_only_while_it_is_the_last() {
        let table = CounterTable::new();
        let first = table.take(channel(0)).unwrap();
        table.give_back(channel(0), first);
        assert_eq!(table.take(channel(0)), Some(1));
        assert_eq!(table.take(channel(0)), Some(2));
        table.give_back(channel(0), 1);
        assert_eq!(table.take(channel(0)), Some(3));
    }
}
