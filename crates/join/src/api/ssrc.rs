use core::fmt;
use core::num::NonZeroU32;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

/// The number of one media source in a call: 32 bits, never zero.
///
/// RTP shows it unsigned, the API and the JSON of the join payload show the same bits signed
/// (`spec/protocol.md`, 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ssrc(NonZeroU32);

impl Ssrc {
    /// Takes the number as RTP shows it; `None` for zero.
    pub const fn new(value: u32) -> Option<Self> {
        match NonZeroU32::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// Takes the number as the API shows it; `None` for zero.
    pub const fn from_signed(value: i32) -> Option<Self> {
        Self::new(value.cast_unsigned())
    }

    /// Draws a source.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        // Drawing again on zero would never end with a broken generator; the bias is one in 2^32.
        Self(NonZeroU32::new(rng.next_u32()).unwrap_or(NonZeroU32::MAX))
    }

    /// Draws a source that is not among `taken`.
    pub fn generate_besides(taken: &[Self], rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut drawn = Self::generate(rng);
        while taken.contains(&drawn) {
            drawn = drawn.following();
        }
        drawn
    }

    /// The number as RTP shows it.
    pub const fn value(self) -> u32 {
        self.0.get()
    }

    /// The number as the API shows it.
    pub const fn signed(self) -> i32 {
        self.0.get().cast_signed()
    }

    /// The next source, with 1 after the last.
    fn following(self) -> Self {
        Self(self.0.checked_add(1).unwrap_or(NonZeroU32::MIN))
    }
}

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng;
    use proptest::prelude::*;

    #[test]
    fn zero_is_no_source() {
        assert_eq!(Ssrc::new(0), None);
        assert_eq!(Ssrc::from_signed(0), None);
    }

    #[test]
    fn a_drawn_source_is_not_among_the_taken_ones() {
        let first = Ssrc::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let taken = [first, first.following()];
        let drawn = Ssrc::generate_besides(&taken, &mut ChaCha20Rng::seed_from_u64(1));
        assert_eq!(drawn, taken[1].following());
        assert_eq!(
            Ssrc::new(u32::MAX).unwrap().following(),
            Ssrc::new(1).unwrap()
        );
    }

    proptest! {
        #[test]
        fn both_forms_are_the_same_bits(value: u32) {
            let signed = i32::from_ne_bytes(value.to_ne_bytes());
            prop_assert_eq!(Ssrc::new(value), Ssrc::from_signed(signed));
            if let Some(source) = Ssrc::new(value) {
                prop_assert_eq!((source.value(), source.signed()), (value, signed));
            }
        }
    }
}
