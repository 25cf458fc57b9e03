//! The state of our own media: as the caller wants it, and as the server has it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::Config;
use crate::api::Peer;
use crate::joining::JoinPayload;
use crate::limits;
use crate::stream::{Quality, WantedVideo};

/// The switches of our own media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnMedia {
    /// True if the microphone is off.
    pub muted: bool,
    /// True if the camera is off.
    pub video_stopped: bool,
    /// True if the camera is paused, which stays listed.
    pub video_paused: bool,
    /// True if the shared screen is paused, which stays listed.
    pub presentation_paused: bool,
}

/// The state of our own media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnState {
    /// The switches as the caller wants them, or as an admin or the server corrected them.
    pub wanted: OwnMedia,
    /// The switches as the server has them, as far as it said.
    pub confirmed: OwnMedia,
    /// False while an admin does not let us unmute: sound, camera and screen are to be stopped.
    pub can_unmute: bool,
    /// True while the server shows our screen to the others.
    pub is_presenting: bool,
    /// True while our hand is raised, as one does who is not allowed to speak.
    pub hand_raised: bool,
}

/// The way in which the media of a call comes to a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaMode {
    /// By a connection of its own.
    WebRtc,
    /// As a stream of the mixed call, in parts that are downloaded: in a large call for those who may not speak.
    Stream,
    /// As a stream that one program outside feeds, in parts that are downloaded.
    Rtmp,
}

impl MediaMode {
    /// True where the media comes in parts.
    pub fn is_stream(self) -> bool {
        self != Self::WebRtc
    }
}

/// One of the media connections of a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaConnection {
    /// That of sound and camera.
    Main,
    /// That of the screen.
    Presentation,
}

/// The reason why another payload is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayloadReason {
    /// A source of the payload before is taken: another one needs other sources.
    SourceTaken,
    /// The call is joined again.
    Rejoin,
    /// The server does not know the connection any more.
    Lost,
}

/// A switch of our own media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    Muted,
    VideoStopped,
    VideoPaused,
    PresentationPaused,
}

impl Switch {
    pub(super) const ALL: [Self; 4] = [
        Self::Muted,
        Self::VideoStopped,
        Self::VideoPaused,
        Self::PresentationPaused,
    ];
}

impl OwnMedia {
    pub(super) fn get(&self, switch: Switch) -> bool {
        match switch {
            Switch::Muted => self.muted,
            Switch::VideoStopped => self.video_stopped,
            Switch::VideoPaused => self.video_paused,
            Switch::PresentationPaused => self.presentation_paused,
        }
    }

    pub(super) fn set(&mut self, switch: Switch, value: bool) {
        *match switch {
            Switch::Muted => &mut self.muted,
            Switch::VideoStopped => &mut self.video_stopped,
            Switch::VideoPaused => &mut self.video_paused,
            Switch::PresentationPaused => &mut self.presentation_paused,
        } = value;
    }
}

/// The wishes of the caller that outlive a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wishes {
    pub(super) media: OwnMedia,
    /// True if an admin did not let us speak in the membership before, until the next one shows more.
    pub(super) silenced: bool,
    /// The payload of the screen that is shared.
    pub(super) screen: Option<JoinPayload>,
    /// The participants who are muted for ourselves, or not any more.
    pub(super) muted_by_us: BTreeMap<Peer, bool>,
    /// The pictures of a stream that are wanted.
    pub(super) videos: Vec<WantedVideo>,
}

impl Wishes {
    pub(super) fn new(config: &Config) -> Self {
        let media = OwnMedia {
            muted: config.media.muted,
            video_stopped: config.media.video_stopped,
            video_paused: false,
            presentation_paused: false,
        };
        Self {
            media,
            silenced: false,
            screen: None,
            muted_by_us: BTreeMap::new(),
            videos: Vec::new(),
        }
    }

    /// Wants a picture of a stream, in place of the same in another size, or not any more.
    pub(super) fn want_video(&mut self, endpoint: &str, quality: Option<Quality>) {
        self.videos.retain(|video| video.endpoint != endpoint);
        if let Some(quality) = quality.filter(|_| self.videos.len() < limits::STREAM_VIDEOS) {
            let endpoint = endpoint.to_owned();
            self.videos.push(WantedVideo { endpoint, quality });
        }
    }

    /// Mutes a participant for ourselves, or not any more, also if it is listed later; false if there are too many already.
    pub(super) fn mute_for_us(&mut self, peer: Peer, is_muted: bool) -> bool {
        let is_room = self.muted_by_us.len() < limits::LISTED;
        let has_room = is_room || self.muted_by_us.contains_key(&peer);
        if has_room {
            self.muted_by_us.insert(peer, is_muted);
        }
        has_room
    }
}
