use core::fmt;

use rand_core::CryptoRng;
use serde::Serializer;

use crate::shown::{self, Form};

/// The number by which copies of a message are known: signed 64 bits.
///
/// Ours is never zero. Other clients leave it zero, and their messages have no copies (`spec/protocol.md`, 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RandomId(i64);

impl RandomId {
    /// Takes a number for a message of ours; `None` for zero.
    pub const fn new(value: i64) -> Option<Self> {
        match value {
            0 => None,
            value => Some(Self(value)),
        }
    }

    /// The number of a message that another client wrote.
    pub(crate) const fn of_others(value: i64) -> Self {
        Self(value)
    }

    /// Draws a number.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        // Drawing again on zero would never end with a broken generator; the bias is one in 2^64.
        match rng.next_u64().cast_signed() {
            0 => Self(i64::MAX),
            value => Self(value),
        }
    }

    /// The number.
    pub const fn value(self) -> i64 {
        self.0
    }

    /// True for a number by which copies are known.
    pub(super) const fn is_unique(self) -> bool {
        self.0 != 0
    }
}

impl Form for RandomId {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        shown::id(self.value(), to)
    }
}

impl fmt::Display for RandomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn a_number_of_ours_is_not_zero_and_one_of_others_can_be() {
        assert_eq!(RandomId::new(0), None);
        assert_eq!(RandomId::new(-1).map(RandomId::value), Some(-1));
        assert!(!RandomId::of_others(0).is_unique());
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        assert!(RandomId::generate(&mut rng).is_unique());
    }
}
