use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use zeroize::Zeroizing;

/// A generator with a seed from the system.
pub(crate) fn generator() -> Result<ChaCha20Rng, getrandom::Error> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)?;
    Ok(ChaCha20Rng::from_seed(*seed))
}
