//! Faults of a network between clients and a server, drawn from a seeded generator.

use std::time::Duration;

use chacha20::rand_core::Rng;
use confcall_join::api::RpcError;

/// The faults of a network; each chance is one in so many, and 0 is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The least time one way.
    pub latency: Duration,
    /// The most time beyond that, which puts things out of order.
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
    };

    /// The time that something takes one way.
    pub fn delay(&self, rng: &mut impl Rng) -> Duration {
        let part = f64::from(rng.next_u32()) / f64::from(u32::MAX);
        self.latency + self.jitter.mul_f64(part)
    }

    /// The fault that strikes a request, if any does.
    pub fn strike(&self, rng: &mut impl Rng) -> Strike {
        let chances = [
            (self.lost_requests, Strike::LostRequest),
            (self.lost_answers, Strike::LostAnswer),
            (self.floods, Strike::Flood),
            (self.failures, Strike::Failure),
            (self.failures_after, Strike::FailureAfter),
        ];
        let mut struck = chances
            .into_iter()
            .filter(|(one_in, _)| strikes(*one_in, rng));
        struck.next().map_or(Strike::None, |(_, strike)| strike)
    }

    /// The number of times that a push arrives: once, twice or never.
    pub fn copies(&self, rng: &mut impl Rng) -> usize {
        if strikes(self.lost_pushes, rng) {
            return 0;
        }
        1 + usize::from(strikes(self.double_pushes, rng))
    }
}

fn strikes(one_in: u32, rng: &mut impl Rng) -> bool {
    one_in != 0 && rng.next_u32().is_multiple_of(one_in)
}

/// A fault that strikes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// Nothing.
    None,
    /// It does not arrive.
    LostRequest,
    /// It is carried out, and its answer does not arrive.
    LostAnswer,
    /// It is refused, to be sent later.
    Flood,
    /// It is refused for a failure.
    Failure,
    /// It is carried out, and refused for a failure.
    FailureAfter,
}

impl Strike {
    /// True if the server carries the request out.
    pub fn is_carried_out(self) -> bool {
        matches!(self, Self::None | Self::LostAnswer | Self::FailureAfter)
    }

    /// The error that stands in for the answer.
    pub fn refusal(self) -> Option<RpcError> {
        match self {
            Self::None | Self::LostRequest | Self::LostAnswer => None,
            Self::Flood => Some(RpcError::new(420, "FLOOD_WAIT_2")),
            Self::Failure => Some(RpcError::new(500, "INTERDC_2_CALL_ERROR")),
            Self::FailureAfter => Some(RpcError::new(500, "TIMEOUT")),
        }
    }
}
