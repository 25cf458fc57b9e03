use core::fmt;
use core::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::engine::Config;
use confcall_join::joining::{Fingerprint, JoinPayload, Target};
use confcall_join::policy::Media;
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};
use thiserror::Error;

/// Everything that a conference starts with.
///
/// It is used up by one conference, because its seed must be.
#[non_exhaustive]
pub struct Options {
    /// The call, the user, its media, and how to behave in the call.
    pub config: Config,
    /// The time after which an answer that has not come is lost.
    pub answer_timeout: Duration,
    pub(crate) seed: Seed,
}

/// The operating system gives no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operating system gives no randomness: {0}")]
pub struct NoRandomness(getrandom::Error);

impl Options {
    /// A user who enters a call without sound and picture, with the operating system's randomness.
    ///
    /// It announces a certificate that is made up: a server may send away those who do not connect their media for long. A
    /// client with media sets [`Config::media`] to the payload of its own certificate.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`]
    pub fn new(target: Target, user: UserId) -> Result<Self, NoRandomness> {
        let mut rng = ChaCha20Rng::from_seed(*random()?.dangerous_bytes());
        let mut certificate = [0; 32];
        rng.fill_bytes(&mut certificate);
        let media = Media {
            payload: JoinPayload::generate(Fingerprint::sha256(certificate), None, &mut rng),
            muted: true,
            video_stopped: true,
        };
        let config = Config::new(target, Joiner::new(user), media);
        Ok(Self::with_seed(config, random()?))
    }

    /// The same with a seed of the caller's, from which all keys, nonces and pads are made.
    ///
    /// It is secret, and must be fresh for every conference.
    pub fn with_seed(config: Config, seed: Seed) -> Self {
        Self {
            config,
            // A mobile connection that hangs comes back within that time or not at all.
            answer_timeout: Duration::from_secs(30),
            seed,
        }
    }

    /// The configuration and the seed, for a caller who drives an [`Engine`](crate::Engine) without a conference.
    pub fn into_parts(self) -> (Config, Seed) {
        (self.config, self.seed)
    }
}

fn random() -> Result<Seed, NoRandomness> {
    Seed::try_fill_with(|bytes| getrandom::fill(bytes).map_err(NoRandomness))
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("config", &self.config)
            .field("answer_timeout", &self.answer_timeout)
            .finish_non_exhaustive()
    }
}
