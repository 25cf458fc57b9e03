use core::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Thirty-two secret bytes from which keys or a generator are made, wiped when dropped.
///
/// They are written where they stay: the seed has a place of its own in memory, which is filled there. To move a seed moves
/// the pointer, and leaves no copy of the bytes behind. What fills it, and what copies out of it, has its own to wipe.
///
/// ```
/// use confcall_state::keys::Seed;
/// # let operating_system = |bytes: &mut [u8; 32]| bytes.fill(7);
/// let seed = Seed::fill_with(|bytes| operating_system(bytes));
/// # assert_eq!(seed.dangerous_bytes(), &[7; 32]);
/// ```
pub struct Seed(Box<Zeroizing<[u8; 32]>>);

impl Seed {
    /// Has a closure write the bytes.
    pub fn fill_with(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        let mut seed = Self(Box::default());
        fill(&mut seed.0);
        seed
    }

    /// Has a closure write the bytes that can fail, as an operating system's generator can.
    ///
    /// # Errors
    ///
    /// The closure's own.
    pub fn try_fill_with<E>(fill: impl FnOnce(&mut [u8; 32]) -> Result<(), E>) -> Result<Self, E> {
        let mut seed = Self(Box::default());
        fill(&mut seed.0)?;
        Ok(seed)
    }

    /// Draws a seed.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::fill_with(|bytes| rng.fill_bytes(bytes))
    }

    /// Copies the bytes; the original is its owner's to wipe.
    pub fn copy_of(bytes: &[u8; 32]) -> Self {
        Self::fill_with(|seed| seed.copy_from_slice(bytes))
    }

    /// The secret bytes; what is copied out of them must be wiped.
    pub fn dangerous_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The secret bytes, to be written over in place.
    pub fn dangerous_bytes_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

impl Zeroize for Seed {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// The bytes in it are.
impl ZeroizeOnDrop for Seed where Zeroizing<[u8; 32]>: ZeroizeOnDrop {}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_filled_in_place_and_not_shown() {
        let mut seed = Seed::fill_with(|bytes| bytes.fill(7));
        let place = seed.dangerous_bytes().as_ptr();
        seed.dangerous_bytes_mut()[0] = 8;
        let moved = seed;
        assert_eq!(moved.dangerous_bytes().as_ptr(), place);
        assert_eq!(moved.dangerous_bytes()[..2], [8, 7]);
        assert_eq!(format!("{moved:?}"), "Seed(..)");
    }

    #[test]
    fn a_generator_that_fails_makes_no_seed() {
        assert_eq!(
            Seed::try_fill_with(|_| Err("no entropy")).err(),
            Some("no entropy")
        );
    }
}
