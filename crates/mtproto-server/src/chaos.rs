use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;

use confcall_server::faults::{Faults, Strike};

/// The faults of a bad network, drawn from a seed.
#[derive(Debug)]
pub(crate) struct Chaos {
    faults: Faults,
    rng: ChaCha20Rng,
}

/// The fault that strikes one request, and its delays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// The delay of the request.
    pub(crate) there: Duration,
    pub(crate) strike: Strike,
    /// The delay of the answer.
    pub(crate) back: Duration,
}

impl Chaos {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            faults: Faults::MANY,
            rng: ChaCha20Rng::seed_from_u64(seed),
        }
    }

    pub(crate) fn of_request(&mut self) -> Fate {
        Fate {
            there: self.faults.delay(&mut self.rng),
            strike: self.faults.strike(&mut self.rng),
            back: self.faults.delay(&mut self.rng),
        }
    }

    /// After which times a push arrives.
    pub(crate) fn of_push(&mut self) -> Vec<Duration> {
        let copies = self.faults.copies(&mut self.rng);
        (0..copies)
            .map(|_| self.faults.delay(&mut self.rng))
            .collect()
    }
}
