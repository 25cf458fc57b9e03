//! What only tests may do with an engine: run it on from one point in several ways.

use chacha20::ChaCha20Rng;
use confcall_state::keys::Seed;
use rand_core::CryptoRng;

use super::Engine;
use super::generator::Generator;

/// A generator that gives from now on what the other one gives.
pub(super) fn same_generator(rng: &ChaCha20Rng) -> ChaCha20Rng {
    ChaCha20Rng::deserialize_state(&rng.serialize_state())
}

impl Engine {
    /// The generator of secrets that an engine of this seed begins with.
    pub fn secret_generator_for_testing_only(seed: Seed) -> impl CryptoRng {
        Generator::split(seed).0
    }

    /// The position of the secret generator and of the public one.
    ///
    /// Two engines of the same seed that print the same, and have drawn as much, go on alike.
    pub fn drawn_for_testing_only(&self) -> [u128; 2] {
        let secret = self.ctx.secrets.position();
        [secret, self.ctx.public_rng.get_word_pos()]
    }
}
