use core::time::Duration;
use std::time::Instant;

use crate::limits;

/// The datagrams and bytes that one connection may still send, refilled as time passes.
#[derive(Debug)]
pub(super) struct Budget {
    datagrams: f64,
    bytes: f64,
    filled: Instant,
}

impl Budget {
    /// A full one: the amounts of one second.
    pub(super) fn full(now: Instant) -> Self {
        Self {
            datagrams: f64::from(limits::MEDIA_DATAGRAMS),
            bytes: f64::from(limits::MEDIA_BYTES),
            filled: now,
        }
    }

    /// Takes a datagram of this many bytes; false, and nothing is taken, if too little is left.
    pub(super) fn take(&mut self, size: usize, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled);
        let passed = passed.min(Duration::from_secs(1)).as_secs_f64();
        let fill = |left: f64, most: u32| (left + passed * f64::from(most)).min(f64::from(most));
        self.datagrams = fill(self.datagrams, limits::MEDIA_DATAGRAMS);
        self.bytes = fill(self.bytes, limits::MEDIA_BYTES);
        self.filled = self.filled.max(now);
        let size = u32::try_from(size).map_or(f64::INFINITY, f64::from);
        if self.datagrams < 1.0 || self.bytes < size {
            return false;
        }
        self.datagrams -= 1.0;
        self.bytes -= size;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_gives_so_many_datagrams_and_the_next_one_as_many_again() {
        let start = Instant::now();
        let mut budget = Budget::full(start);
        for second in 0..3 {
            let now = start + Duration::from_secs(second);
            let taken = (0..2 * limits::MEDIA_DATAGRAMS).filter(|_| budget.take(1, now));
            assert_eq!(taken.count(), limits::MEDIA_DATAGRAMS as usize);
        }
    }

    #[test]
    fn large_datagrams_use_up_the_bytes_and_a_clock_that_goes_back_gives_nothing() {
        let start = Instant::now() + Duration::from_secs(10);
        let mut budget = Budget::full(start);
        let half = limits::MEDIA_BYTES as usize / 2;
        assert!(budget.take(half, start) && budget.take(half, start));
        assert!(!budget.take(half, start));
        let earlier = start.checked_sub(Duration::from_secs(5)).unwrap();
        assert!(!budget.take(half, earlier) && !budget.take(half, start));
    }
}
