//! What only tests may do with an engine: run it on from one point in several ways.

use chacha20::ChaCha20Rng;

use super::Engine;
use super::secrets::Secrets;

/// A generator that gives from now on what the other one gives.
pub(super) fn same_generator(rng: &ChaCha20Rng) -> ChaCha20Rng {
    ChaCha20Rng::deserialize_state(&rng.serialize_state())
}

impl Engine {
    /// How much was drawn from the secret generator and from the public one.
    ///
    /// Two engines of the same seed that print the same, and have drawn as much, go on alike.
    pub fn drawn_for_testing_only(&self) -> [u128; 2] {
        let secret = match &self.ctx.secrets {
            Secrets::Live { rng, .. } => rng.get_word_pos(),
            Secrets::Tape { .. } => 0,
        };
        [secret, self.ctx.public_rng.get_word_pos()]
    }
}
