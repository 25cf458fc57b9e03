use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng as _;

/// What the network does to what passes through it; each chance is one in so many, and 0 is never.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// The least time one way.
    pub latency: Duration,
    /// How much longer it can take, which puts things out of order.
    pub jitter: Duration,
    /// Requests that do not arrive.
    pub lost_requests: u32,
    /// Answers that do not arrive, although the server did what was asked.
    pub lost_answers: u32,
    /// Requests that the server wants to have later.
    pub floods: u32,
    /// Requests that the server fails to carry out, and says so.
    pub failures: u32,
    /// Requests that the server carries out and says that it failed to.
    pub failures_after: u32,
    /// Pushes that do not arrive.
    pub lost_pushes: u32,
    /// Pushes that arrive twice.
    pub double_pushes: u32,
    /// How long a client waits for an answer.
    pub patience: Duration,
}

impl Faults {
    /// A network without faults that takes 50 ms each way.
    pub const NONE: Self = Self {
        latency: Duration::from_millis(50),
        jitter: Duration::ZERO,
        lost_requests: 0,
        lost_answers: 0,
        floods: 0,
        failures: 0,
        failures_after: 0,
        lost_pushes: 0,
        double_pushes: 0,
        patience: Duration::from_secs(5),
    };

    /// A network in which much goes wrong.
    pub const MANY: Self = Self {
        latency: Duration::from_millis(20),
        jitter: Duration::from_millis(180),
        lost_requests: 20,
        lost_answers: 20,
        floods: 40,
        failures: 40,
        failures_after: 40,
        lost_pushes: 4,
        double_pushes: 5,
        patience: Duration::from_secs(5),
    };

    pub(crate) fn delay(&self, rng: &mut ChaCha20Rng) -> Duration {
        let part = f64::from(rng.next_u32()) / f64::from(u32::MAX);
        self.latency + self.jitter.mul_f64(part)
    }

    /// Which fault strikes a request, if any.
    pub(crate) fn strike(&self, rng: &mut ChaCha20Rng) -> Strike {
        let chances = [
            (self.lost_requests, Strike::LostRequest),
            (self.lost_answers, Strike::LostAnswer),
            (self.floods, Strike::Flood),
            (self.failures, Strike::Failure),
            (self.failures_after, Strike::FailureAfter),
        ];
        let mut struck = chances
            .into_iter()
            .filter(|(one_in, _)| Self::strikes(*one_in, rng));
        struck.next().map_or(Strike::None, |(_, strike)| strike)
    }

    pub(crate) fn strikes(one_in: u32, rng: &mut ChaCha20Rng) -> bool {
        one_in != 0 && rng.next_u32().is_multiple_of(one_in)
    }
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strike {
    None,
    LostRequest,
    LostAnswer,
    Flood,
    Failure,
    FailureAfter,
}
