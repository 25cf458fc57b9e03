//! Values that tests need and whose content does not matter to them.

use chacha20::ChaCha20Rng;
use confcall_join::api::{GroupCallParticipant, Peer};
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_join::policy::Media;
use confcall_state::wire::{Participant, Permissions};
use confcall_state::{PublicKey, UserId};

/// The media of a client: sound only, muted.
pub fn media(rng: &mut ChaCha20Rng) -> Media {
    Media {
        payload: JoinPayload::generate(Fingerprint::sha256([7; 32]), None, rng),
        muted: true,
        video_stopped: true,
    }
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
