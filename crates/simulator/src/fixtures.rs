//! Values that tests need and whose content does not matter to them.

use chacha20::ChaCha20Rng;
use confcall_join::api::{GroupCallParticipant, Peer, VideoLayers};
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_join::policy::Media;
use confcall_state::wire::{Participant, Permissions};
use confcall_state::{PublicKey, UserId};

/// The media of a client: sound only, muted.
pub fn media(rng: &mut ChaCha20Rng) -> Media {
    media_with(None, rng)
}

/// The media of a client, muted, with a camera that is off if it has layers.
pub(crate) fn media_with(video: Option<VideoLayers>, rng: &mut ChaCha20Rng) -> Media {
    Media {
        payload: payload(video, rng),
        muted: true,
        video_stopped: true,
    }
}

/// A payload with sources of its own.
pub(crate) fn payload(video: Option<VideoLayers>, rng: &mut ChaCha20Rng) -> JoinPayload {
    JoinPayload::generate(Fingerprint::sha256([7; 32]), video, rng)
}

/// A participant in an update that names no sources.
pub fn participant(user: i64) -> GroupCallParticipant {
    GroupCallParticipant {
        muted: false,
        versioned: false,
        ..GroupCallParticipant::new(Peer::User(UserId::new(user)), None)
    }
}

/// A user of a chain under a key, who may do everything.
pub fn pair(user_id: UserId, public_key: PublicKey) -> Participant {
    Participant {
        user_id,
        public_key,
        permissions: Permissions::ALL,
        version: 0,
    }
}
