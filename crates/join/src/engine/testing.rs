//! Things that only tests may do with an engine: run it on from one point in several ways.

use chacha20::ChaCha20Rng;

/// A generator that gives from now on what the other one gives.
pub(super) fn same_generator(rng: &ChaCha20Rng) -> ChaCha20Rng {
    ChaCha20Rng::deserialize_state(&rng.serialize_state())
}

/// A context for the tests of a part.
#[cfg(test)]
pub(super) fn context() -> super::context::Context {
    use confcall_media::Moment;
    use confcall_state::{Joiner, UserId};
    use rand_core::SeedableRng as _;

    use super::generator::Generator;
    use super::secrets::Secrets;
    use crate::joining::Target;
    use crate::joining::{Fingerprint, JoinPayload};
    use crate::policy::Media;

    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let media = Media {
        payload: JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng),
        muted: true,
        video_stopped: true,
    };
    let config = super::Config::new(Target::Create, Joiner::new(UserId::new(1)), media);
    let secrets = Secrets::new(Generator::stand_in());
    super::context::Context::new(config, Moment::default(), secrets, rng)
}
