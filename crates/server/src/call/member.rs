use confcall_join::Ssrc;
use confcall_join::api::SsrcGroup;
use confcall_join::joining::JoinPayload;
use confcall_state::{PublicKey, UserId};

use super::join_request::JoinRequest;
use super::pictures::{Camera, Screen};
use crate::options::Limits;
use crate::refusal::Refusal;

/// A user who is connected to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallMember {
    pub(crate) user_id: UserId,
    pub(crate) public_key: PublicKey,
    pub(crate) source: Ssrc,
    pub(crate) muted: bool,
    pub(crate) camera: Camera,
    pub(crate) screen: Option<Screen>,
    pub(crate) date: i32,
    pub(crate) active_date: Option<i32>,
}

impl CallMember {
    /// A member who joined at a time with its microphone on, and without a camera.
    pub(crate) fn new(user_id: UserId, public_key: PublicKey, source: Ssrc, date: i32) -> Self {
        Self {
            user_id,
            public_key,
            source,
            muted: false,
            camera: Camera::default(),
            screen: None,
            date,
            active_date: None,
        }
    }

    /// The member that a request to join describes.
    pub(super) fn of_request(request: &JoinRequest<'_>, limits: &Limits) -> Result<Self, Refusal> {
        let payload = JoinPayload::from_json(request.params.as_str())?;
        let (user_id, public_key) = (request.user_id, request.public_key);
        let member = Self {
            muted: request.muted,
            camera: Camera {
                groups: payload.ssrc_groups().to_vec(),
                is_stopped: request.video_stopped,
                is_paused: false,
            },
            ..Self::new(user_id, public_key, payload.ssrc(), request.date)
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

    /// The key of this membership.
    pub fn public_key(&self) -> PublicKey {
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

    /// The name by which the media server knows the camera.
    pub(super) fn camera_endpoint(&self) -> String {
        self.user_id.to_string()
    }

    /// The name by which the media server knows the screen.
    pub(super) fn screen_endpoint(&self) -> String {
        format!("{}-screen", self.user_id)
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
