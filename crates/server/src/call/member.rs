use confcall_join::Ssrc;
use confcall_join::api::{GroupCallParticipant, ParticipantVideo, Peer, SsrcGroup};
use confcall_join::joining::JoinPayload;
use confcall_state::{PublicKey, UserId};

use super::join_request::JoinRequest;
use crate::options::Limits;
use crate::refusal::Refusal;

/// A user who is connected to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallMember {
    pub(crate) user_id: UserId,
    pub(crate) public_key: PublicKey,
    pub(crate) source: Ssrc,
    pub(crate) video: Vec<SsrcGroup>,
    pub(crate) muted: bool,
}

impl CallMember {
    /// The member that a request to join describes.
    pub(super) fn new(request: &JoinRequest<'_>, limits: &Limits) -> Result<Self, Refusal> {
        let payload = JoinPayload::from_json(request.params.as_str())?;
        let member = Self {
            user_id: request.user_id,
            public_key: request.public_key,
            source: payload.ssrc(),
            video: payload.ssrc_groups().to_vec(),
            muted: request.muted,
        };
        let limit = limits.sources;
        match member.sources().count() > limit {
            true => Err(Refusal::TooManySources { limit }),
            false => Ok(member),
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

    /// True if the user joined with the microphone off.
    pub fn muted(&self) -> bool {
        self.muted
    }

    /// Every source of sound and video.
    pub(super) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let video = self.video.iter().flat_map(SsrcGroup::sources);
        core::iter::once(self.source).chain(video.copied())
    }

    /// The entry of the roster that `viewer` reads.
    pub(super) fn entry(&self, viewer: UserId, change: RosterChange) -> GroupCallParticipant {
        let video = ParticipantVideo {
            paused: false,
            endpoint: self.user_id.to_string(),
            source_groups: self.video.clone(),
            audio_source: None,
        };
        GroupCallParticipant {
            video: (!self.video.is_empty()).then_some(video),
            own: self.user_id == viewer,
            muted: self.muted,
            just_joined: change == RosterChange::Joined,
            left: change == RosterChange::Left,
            // An entry of a page is no change, and must not be counted as one.
            versioned: change != RosterChange::None,
            ..GroupCallParticipant::new(Peer::User(self.user_id), Some(self.source))
        }
    }
}

/// The change of the roster that an entry announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RosterChange {
    /// None: the member is connected, as before.
    None,
    Joined,
    Left,
}
