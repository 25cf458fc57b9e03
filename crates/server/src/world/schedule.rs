use std::collections::BTreeSet;

use confcall_state::UserId;

/// The times for which a call can be announced, in seconds from now.
pub(super) const SCHEDULE: core::ops::RangeInclusive<i32> = 10..=8 * 24 * 60 * 60;

/// The announcement of a call that has not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) date: i32,
    /// Those who are told when it begins.
    pub(crate) subscribers: BTreeSet<UserId>,
}

impl Schedule {
    /// An announcement of which nobody wants to be told yet.
    pub(super) fn new(date: i32) -> Self {
        Self {
            date,
            subscribers: BTreeSet::new(),
        }
    }
}
