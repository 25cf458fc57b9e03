use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// What is to happen, in order of time; what is due at the same time happens in order of arrival.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    entries: BinaryHeap<Reverse<Entry<T>>>,
    arrived: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Duration,
    number: u64,
    what: T,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: BinaryHeap::new(),
            arrived: 0,
        }
    }

    pub(crate) fn add(&mut self, at: Duration, what: T) {
        self.arrived += 1;
        self.entries.push(Reverse(Entry {
            at,
            number: self.arrived,
            what,
        }));
    }

    /// The next thing that happens up to a time.
    pub(crate) fn next(&mut self, until: Duration) -> Option<(Duration, T)> {
        let Reverse(first) = self.entries.peek()?;
        if first.at > until {
            return None;
        }
        let Reverse(entry) = self.entries.pop()?;
        Some((entry.at, entry.what))
    }
}

impl<T> Entry<T> {
    fn key(&self) -> (Duration, u64) {
        (self.at, self.number)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
