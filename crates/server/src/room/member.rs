use confcall_join::Ssrc;
use confcall_join::api::{DataJson, Peer, SsrcGroup};
use confcall_join::joining::JoinPayload;
use confcall_state::{PublicKey, UserId};

use super::pictures::{Camera, Screen};
use crate::options::Limits;
use crate::refusal::Refusal;

/// A user who is connected to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallMember {
    pub(crate) user_id: UserId,
    /// As whom the user takes part.
    pub(crate) peer: Peer,
    /// The key of this membership; `None` in a call without a chain.
    pub(crate) public_key: Option<PublicKey>,
    pub(crate) source: Ssrc,
    pub(crate) muted: bool,
    pub(crate) camera: Camera,
    pub(crate) screen: Option<Screen>,
    /// The place of the raised hand: the higher, the earlier.
    pub(crate) hand: Option<i64>,
    pub(crate) date: i32,
    pub(crate) active_date: Option<i32>,
}

/// What a request to join says of the participant, in every kind of call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entrance<'a> {
    pub(crate) user_id: UserId,
    /// As whom the user takes part.
    pub(crate) peer: Peer,
    pub(crate) params: &'a DataJson,
    pub(crate) muted: bool,
    pub(crate) video_stopped: bool,
    /// The time of the request, in seconds since 1970.
    pub(crate) date: i32,
}

impl CallMember {
    /// A member who joined at a time with its microphone on, and without a camera.
    pub(crate) fn new(user_id: UserId, source: Ssrc, date: i32) -> Self {
        Self {
            user_id,
            peer: Peer::User(user_id),
            public_key: None,
            source,
            muted: false,
            camera: Camera::default(),
            screen: None,
            hand: None,
            date,
            active_date: None,
        }
    }

    /// The member that a request to join describes.
    pub(crate) fn entering(entrance: &Entrance<'_>, limits: &Limits) -> Result<Self, Refusal> {
        let payload = JoinPayload::from_json(entrance.params.as_str())?;
        let member = Self {
            peer: entrance.peer,
            muted: entrance.muted,
            camera: Camera {
                groups: payload.ssrc_groups().to_vec(),
                is_stopped: entrance.video_stopped,
                is_paused: false,
            },
            ..Self::new(entrance.user_id, payload.ssrc(), entrance.date)
        };
        member.check_sources(limits)?;
        Ok(member)
    }

    /// The member with a screen that a payload describes; its sources are others than those of the main connection.
    pub(super) fn with_screen(
        &self,
        payload: &JoinPayload,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        let own: Vec<_> = self.main_sources().collect();
        if let Some(taken) = payload.sources().find(|source| own.contains(source)) {
            return Err(Refusal::SourceTaken(taken));
        }
        let sharing = Self {
            screen: Some(Screen {
                source: payload.ssrc(),
                groups: payload.ssrc_groups().to_vec(),
                is_paused: false,
            }),
            ..self.clone()
        };
        sharing.check_sources(limits)?;
        Ok(sharing)
    }

    fn check_sources(&self, limits: &Limits) -> Result<(), Refusal> {
        let limit = limits.sources;
        match self.sources().count() > limit {
            true => Err(Refusal::TooManySources { limit }),
            false => Ok(()),
        }
    }

    /// The user.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// As whom the user takes part.
    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// The key of this membership; `None` in a call without a chain.
    pub fn public_key(&self) -> Option<PublicKey> {
        self.public_key
    }

    /// The source of the user's sound.
    pub fn source(&self) -> Ssrc {
        self.source
    }

    /// The groups of sources of the user's camera, which may be off.
    pub fn video(&self) -> &[SsrcGroup] {
        &self.camera.groups
    }

    /// True if the microphone is off.
    pub fn muted(&self) -> bool {
        self.muted
    }

    /// True while the user shares a screen.
    pub fn is_sharing(&self) -> bool {
        self.screen.is_some()
    }

    /// True while the camera or a screen is shown.
    pub(super) fn shows_picture(&self) -> bool {
        self.camera.is_shown() || self.screen.is_some()
    }

    /// The name by which the media server knows the camera.
    pub(crate) fn camera_endpoint(&self) -> String {
        // By the peer, since who joins as a channel does not show which user it is.
        match self.peer {
            Peer::User(id) => id.to_string(),
            Peer::Chat(id) => format!("chat-{id}"),
            Peer::Channel(id) => format!("channel-{id}"),
        }
    }

    /// The name by which the media server knows the screen.
    pub(crate) fn screen_endpoint(&self) -> String {
        format!("{}-screen", self.camera_endpoint())
    }

    /// Every source of sound, camera and screen.
    pub(super) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let screen = self.screen.iter().flat_map(Screen::sources);
        self.main_sources().chain(screen)
    }

    /// The sources of the main connection.
    fn main_sources(&self) -> impl Iterator<Item = Ssrc> {
        core::iter::once(self.source).chain(self.camera.sources())
    }
}
