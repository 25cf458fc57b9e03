use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng as _;
use confcall::join::joining::Fingerprint;
use confcall::state::keys::Seed;
use confcall::{JoinPayload, Joiner, Media, Options, UserId};

/// The options of a user without a media connection, whose certificate is made up.
pub(super) fn without_media(user: UserId, rng: &mut ChaCha20Rng) -> Options {
    let mut certificate = [0; 32];
    rng.fill_bytes(&mut certificate);
    let media = Media {
        payload: JoinPayload::generate(Fingerprint::sha256(certificate), None, rng),
        muted: true,
        video_stopped: true,
    };
    Options::new(Joiner::new(user), media, Seed::generate(rng))
}
