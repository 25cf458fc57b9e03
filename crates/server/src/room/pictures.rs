use confcall_join::Ssrc;
use confcall_join::api::{ParticipantVideo, SsrcGroup};

/// The number of participants who may send video, as the API has it.
pub(crate) const VIDEO_LIMIT: i32 = 30;

/// The sources of a member's camera, and its state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Camera {
    pub(crate) groups: Vec<SsrcGroup>,
    /// True if the camera is off, and so not in the roster.
    pub(crate) is_stopped: bool,
    pub(crate) is_paused: bool,
}

/// A screen that a member shares over a media connection of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    /// The source of the sound that goes with it.
    pub(crate) source: Ssrc,
    pub(crate) groups: Vec<SsrcGroup>,
    pub(crate) is_paused: bool,
}

impl Camera {
    /// True if the roster shows it.
    pub(crate) fn is_shown(&self) -> bool {
        !self.groups.is_empty() && !self.is_stopped
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        self.groups.iter().flat_map(SsrcGroup::sources).copied()
    }

    pub(super) fn entry(&self, endpoint: String) -> Option<ParticipantVideo> {
        self.is_shown().then(|| ParticipantVideo {
            paused: self.is_paused,
            endpoint,
            source_groups: self.groups.clone(),
            audio_source: None,
        })
    }
}

impl Screen {
    pub(super) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let groups = self.groups.iter().flat_map(SsrcGroup::sources);
        groups.copied().chain([self.source])
    }

    pub(super) fn entry(&self, endpoint: String) -> ParticipantVideo {
        ParticipantVideo {
            paused: self.is_paused,
            endpoint,
            source_groups: self.groups.clone(),
            audio_source: Some(self.source),
        }
    }
}
