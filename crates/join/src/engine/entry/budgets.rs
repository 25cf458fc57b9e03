//! How much of each trouble is borne.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::BlockHash;

use super::super::waits::Patience;
use crate::engine::backoff::Backoff;

/// How much of each trouble is borne.
#[derive(Clone, Debug)]
pub(super) struct Budgets {
    /// When the races end, once one was lost.
    pub(super) racing_until: Option<Moment>,
    pub(super) stalled: u32,
    /// The tip that the last refused block stood on.
    pub(super) refused_on: Option<Option<BlockHash>>,
    pub(super) clashes: Backoff,
    pub(super) faults: Backoff,
    pub(super) losses: Backoff,
    pub(super) reads: Backoff,
    pub(super) first_block: Backoff,
    pub(super) waits: Patience,
}

impl Budgets {
    pub(super) fn new(invited: bool) -> Self {
        let backoff = |first, longest, tries| {
            Backoff::new(
                Duration::from_millis(first),
                Duration::from_millis(longest),
                tries,
            )
        };
        Self {
            racing_until: None,
            stalled: 0,
            refused_on: None,
            clashes: backoff(50, 500, 5),
            faults: backoff(250, 4_000, 6),
            losses: backoff(250, 4_000, 6),
            reads: backoff(250, 4_000, 6),
            // About 15 seconds in all.
            first_block: backoff(250, 2_000, if invited { 12 } else { 0 }),
            waits: Patience::default(),
        }
    }
}
