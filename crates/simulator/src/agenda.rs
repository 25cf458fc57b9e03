//! Things to come, in order of time.

use std::collections::BTreeMap;
use std::time::Duration;

/// Things to come, in order of time; of those that are due at the same time the one that was added first comes first.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    entries: BTreeMap<(Duration, u64), T>,
    added: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            added: 0,
        }
    }

    pub(crate) fn add(&mut self, at: Duration, what: T) {
        self.added += 1;
        self.entries.insert((at, self.added), what);
    }

    /// The next thing that is due by a time.
    pub(crate) fn next(&mut self, until: Duration) -> Option<(Duration, T)> {
        let first = self.entries.first_entry()?;
        let (at, _) = *first.key();
        (at <= until).then(|| (at, first.remove()))
    }
}
