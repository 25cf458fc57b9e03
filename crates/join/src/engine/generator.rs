use core::convert::Infallible;

use chacha20::ChaCha20Rng;
use confcall_state::keys::{Seed, with_wiped_stack};
use rand_core::{Rng as _, SeedableRng as _, TryCryptoRng, TryRng};

/// The generator of an engine's secrets, which forgets what it gave.
///
/// ```text
/// key ── ChaCha20 ─▶ the next key, in the place of this one │ the bytes that are drawn
/// ```
///
/// This is fast key erasure: from a key that is kept no bytes follow that were drawn before, and nothing that will be drawn
/// waits in a buffer. The key has a place of its own, so that no copy stays where the generator is moved.
#[derive(Debug)]
pub(super) struct Generator {
    key: Seed,
}

impl Generator {
    /// The generator of a seed, whose place it takes, and the public half of what the seed gives.
    ///
    /// The server sees what is made of the public half, which says nothing of the other one.
    pub(super) fn split(mut seed: Seed) -> (Self, [u8; 32]) {
        let mut public = [0; 32];
        with_wiped_stack(|| {
            let mut stream = ChaCha20Rng::from_seed(*seed.dangerous_bytes());
            stream.fill_bytes(&mut public);
            stream.fill_bytes(seed.dangerous_bytes_mut());
        });
        (Self { key: seed }, public)
    }

    /// A generator that gives no secrets, for what must have one and uses it for nothing.
    pub(super) fn stand_in() -> Self {
        let key = Seed::copy_of(&[0; 32]);
        Self { key }
    }
}

impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        // The library takes the key by value: a copy of it would give again what is drawn now.
        with_wiped_stack(|| {
            let mut stream = ChaCha20Rng::from_seed(*self.key.dangerous_bytes());
            // The next key comes first, so that its place does not depend on how much is drawn.
            stream.fill_bytes(self.key.dangerous_bytes_mut());
            stream.fill_bytes(bytes);
        });
        Ok(())
    }
}

impl TryCryptoRng for Generator {}

#[cfg(any(fuzzing, confcall_testing))]
impl Generator {
    /// A generator that gives from now on the same as this one.
    pub(super) fn same(&self) -> Self {
        let key = Seed::copy_of(self.key.dangerous_bytes());
        Self { key }
    }

    /// A number that says where it is: the same for two of the same seed that have drawn as much in the same steps.
    pub(super) fn position(&self) -> u128 {
        let hash = blake3::hash(self.key.dangerous_bytes());
        hash.as_bytes()
            .iter()
            .take(16)
            .fold(0, |number, byte| number << 8 | u128::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator(seed: u8) -> Generator {
        Generator::split(Seed::copy_of(&[seed; 32])).0
    }

    #[test]
    fn what_was_drawn_does_not_follow_from_what_is_kept() {
        let mut rng = generator(1);
        let mut drawn = [0; 512];
        let seeded = rng.key.dangerous_bytes().to_owned();
        rng.fill_bytes(&mut drawn);
        let kept = rng.key.dangerous_bytes();
        assert_ne!(kept, &seeded);
        assert!(
            !drawn
                .windows(8)
                .any(|window| kept.windows(8).any(|key| key == window))
        );
        // All that the kept key gives is new.
        let mut later = [0; 512];
        rng.fill_bytes(&mut later);
        assert!(
            !drawn
                .chunks(8)
                .any(|chunk| later.windows(8).any(|window| window == chunk))
        );
    }

    #[test]
    fn every_draw_changes_the_key_in_its_place() {
        let mut rng = generator(1);
        let place = rng.key.dangerous_bytes().as_ptr();
        let mut moved = Box::new(rng.same());
        for _ in 0..3 {
            let before = rng.position();
            rng.fill_bytes(&mut []);
            assert_ne!(rng.position(), before);
        }
        assert_eq!(rng.key.dangerous_bytes().as_ptr(), place);
        assert_eq!((rng.next_u32(), rng.next_u64()), {
            moved.fill_bytes(&mut []);
            moved.fill_bytes(&mut []);
            moved.fill_bytes(&mut []);
            (moved.next_u32(), moved.next_u64())
        });
    }

    #[test]
    fn the_public_half_is_of_its_seed_and_not_the_key() {
        let split = |seed| {
            let (rng, public) = Generator::split(Seed::copy_of(&[seed; 32]));
            (rng.position(), public)
        };
        assert_eq!(split(1), split(1));
        assert_ne!(split(1).1, split(2).1);
        let (rng, public) = Generator::split(Seed::copy_of(&[1; 32]));
        assert_ne!(rng.key.dangerous_bytes(), &public);
    }
}
