use std::collections::BTreeSet;

use confcall_join::Ssrc;
use confcall_join::api::GroupCallParticipant;
use confcall_join::payload::JoinPayload;
use confcall_state::{PublicKey, UserId};

/// Somebody who is connected to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub(crate) user_id: UserId,
    pub(crate) public_key: PublicKey,
    pub(crate) source: Ssrc,
    pub(crate) video: Vec<Ssrc>,
    pub(crate) muted: bool,
}

impl Member {
    pub(crate) fn new(
        user_id: UserId,
        public_key: PublicKey,
        payload: &JoinPayload,
        muted: bool,
    ) -> Self {
        // A source is in several groups, and stands in the roster once.
        let video: BTreeSet<_> = payload.sources().skip(1).collect();
        Self {
            user_id,
            public_key,
            source: payload.ssrc(),
            video: video.into_iter().collect(),
            muted,
        }
    }

    /// The user.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The key of this membership.
    pub fn public_key(&self) -> PublicKey {
        self.public_key
    }

    /// The source of the user's sound.
    pub fn source(&self) -> Ssrc {
        self.source
    }

    /// The sources of the user's camera.
    pub fn video(&self) -> &[Ssrc] {
        &self.video
    }

    /// Whether the user joined with the microphone off.
    pub fn muted(&self) -> bool {
        self.muted
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        core::iter::once(self.source).chain(self.video.iter().copied())
    }

    /// The member as the roster shows it to `viewer`.
    pub(crate) fn shown_to(&self, viewer: UserId, just_joined: bool) -> GroupCallParticipant {
        GroupCallParticipant {
            user_id: self.user_id,
            source: Some(self.source),
            video: self.video.clone(),
            presentation: Vec::new(),
            own: self.user_id == viewer,
            muted: self.muted,
            just_joined,
            left: false,
        }
    }
}
