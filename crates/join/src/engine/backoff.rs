//! Pauses between tries.

use core::time::Duration;

use rand_core::Rng;

/// Growing pauses before the tries of one kind, and how many tries there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
    used: u32,
}

impl Backoff {
    /// `tries` pauses that start at `first` and double up to `longest`.
    pub(super) fn new(first: Duration, longest: Duration, tries: u32) -> Self {
        Self {
            first,
            longest,
            tries,
            used: 0,
        }
    }

    /// The number of pauses that were handed out.
    pub(super) fn used(&self) -> u32 {
        self.used
    }

    /// Gives all pauses back, from the shortest.
    pub(super) fn reset(&mut self) {
        self.used = 0;
    }

    /// The next pause, between half and the whole of its length so that those who lost together part, or
    /// `None` if the tries are used up.
    pub(super) fn next(&mut self, rng: &mut (impl Rng + ?Sized)) -> Option<Duration> {
        if self.used == self.tries {
            return None;
        }
        let factor = 1_u32.checked_shl(self.used).unwrap_or(u32::MAX);
        let whole = self.first.saturating_mul(factor).min(self.longest);
        self.used += 1;
        let jitter = f64::from(rng.next_u32()) / f64::from(u32::MAX);
        Some(whole.mul_f64(0.5 + jitter / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(3), 4);
        for whole in [1, 2, 3, 3] {
            let whole = Duration::from_secs(whole);
            let pause = backoff.next(&mut rng).unwrap();
            assert!(
                pause >= whole / 2 && pause <= whole,
                "{pause:?} of {whole:?}"
            );
        }
        assert_eq!(backoff.next(&mut rng), None);
        assert_eq!(backoff.used(), 4);
    }
}
