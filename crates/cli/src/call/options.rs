use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng as _;
use confcall::join::joining::Fingerprint;
use confcall::{JoinPayload, Joiner, Media, Options, UserId};

/// The options of a user without a media connection, whose certificate is made up.
pub(super) fn without_media(user: UserId, rng: &mut ChaCha20Rng) -> Options {
    let fingerprint = Fingerprint::sha256(secret(rng));
    let media = Media {
        payload: JoinPayload::generate(fingerprint, None, rng),
        muted: true,
        video_stopped: true,
    };
    Options::new(Joiner::new(user), media, secret(rng))
}

fn secret(rng: &mut ChaCha20Rng) -> [u8; 32] {
    let mut secret = [0; 32];
    rng.fill_bytes(&mut secret);
    secret
}
