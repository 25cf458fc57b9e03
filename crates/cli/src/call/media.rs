//! The media of the command: announced, so that others see its switches, and never sent.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng as _;
use confcall::JoinPayload;
use confcall::join::api::VideoLayers;
use confcall::join::joining::Fingerprint;

/// A payload for sound and picture; no certificate belongs to it, since no connection is made.
pub(super) fn payload(rng: &mut ChaCha20Rng) -> JoinPayload {
    generate(Some(VideoLayers::Three), rng)
}

/// A payload of one who listens, and will not show anything.
pub(super) fn listener(rng: &mut ChaCha20Rng) -> JoinPayload {
    generate(None, rng)
}

fn generate(video: Option<VideoLayers>, rng: &mut ChaCha20Rng) -> JoinPayload {
    let mut certificate = [0; 32];
    rng.fill_bytes(&mut certificate);
    let fingerprint = Fingerprint::sha256(certificate);
    JoinPayload::generate(fingerprint, video, rng)
}
