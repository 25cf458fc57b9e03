use confcall_join::Ssrc;
use confcall_join::api::{GroupCallParticipant, ParticipantVideo, Peer, SsrcGroup};
use confcall_join::joining::JoinPayload;
use confcall_state::{PublicKey, UserId};

/// Somebody who is connected to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub(crate) user_id: UserId,
    pub(crate) public_key: PublicKey,
    pub(crate) source: Ssrc,
    pub(crate) video: Vec<SsrcGroup>,
    pub(crate) muted: bool,
}

impl Member {
    pub(crate) fn new(
        user_id: UserId,
        public_key: PublicKey,
        payload: &JoinPayload,
        muted: bool,
    ) -> Self {
        Self {
            user_id,
            public_key,
            source: payload.ssrc(),
            video: payload.ssrc_groups().to_vec(),
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

    /// The groups of sources of the user's camera.
    pub fn video(&self) -> &[SsrcGroup] {
        &self.video
    }

    /// Whether the user joined with the microphone off.
    pub fn muted(&self) -> bool {
        self.muted
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let video = self.video.iter().flat_map(SsrcGroup::sources);
        core::iter::once(self.source).chain(video.copied())
    }

    /// The member as the roster shows it to `viewer`.
    pub(crate) fn shown_to(&self, viewer: UserId, news: News) -> GroupCallParticipant {
        let video = ParticipantVideo {
            paused: false,
            endpoint: self.user_id.to_string(),
            source_groups: self.video.clone(),
            audio_source: None,
        };
        GroupCallParticipant {
            peer: Peer::User(self.user_id),
            // A server without a clock does not know it.
            date: 0,
            source: Some(self.source),
            video: (!self.video.is_empty()).then_some(video),
            presentation: None,
            own: self.user_id == viewer,
            muted: self.muted,
            just_joined: news == News::Joined,
            left: news == News::Left,
            versioned: news != News::None,
            min: false,
        }
    }
}

/// What an update tells of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// That the member is connected, as before.
    None,
    /// That the member came.
    Joined,
    /// That the member left.
    Left,
}
