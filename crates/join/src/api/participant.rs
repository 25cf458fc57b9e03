use confcall_state::UserId;
use serde::{Deserialize, Serialize};

use super::{Peer, traced};
use crate::api::{Ssrc, SsrcGroup};

/// One participant as the roster shows it (`spec/protocol.md`, 8).
///
/// The roster says who is connected; only the chain says who has the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCallParticipant {
    /// The participant; in a conference always a user.
    pub peer: Peer,
    /// The time at which the participant joined, in seconds since 1970; zero if the server does not say.
    pub date: i32,
    /// The source of the participant's sound; `None` where the server wrote zero.
    pub source: Option<Ssrc>,
    /// The camera.
    pub video: Option<ParticipantVideo>,
    /// The shared screen.
    pub presentation: Option<ParticipantVideo>,
    /// True for the user who asks, `self` of the API.
    pub own: bool,
    /// True if the microphone is off.
    pub muted: bool,
    /// True if a muted participant may turn it on by itself; false if an admin must allow it.
    #[serde(default)]
    pub can_self_unmute: bool,
    /// True if we muted the participant, for ourselves only.
    #[serde(default)]
    pub muted_by_you: bool,
    /// The volume, in hundredths of a percent, from 1 to 20000; `None` for 100 %.
    #[serde(default)]
    pub volume: Option<i32>,
    /// True if an admin set the volume, for all who did not choose their own.
    #[serde(default)]
    pub volume_by_admin: bool,
    /// Set while the hand is raised; a higher one comes earlier.
    #[serde(default)]
    pub raise_hand_rating: Option<i64>,
    /// The time at which the participant last spoke, in seconds since 1970.
    #[serde(default)]
    pub active_date: Option<i32>,
    /// True if the participant has a place among those who send and get video; the camera may be off.
    #[serde(default)]
    pub video_joined: bool,
    /// The words of the participant about itself.
    #[serde(default, with = "traced::optional_label")]
    pub about: Option<String>,
    /// True if the participant came by this very change.
    pub just_joined: bool,
    /// True if the participant left.
    pub left: bool,
    /// True if the change counts in the version of the roster; then it is void if that version is an older one.
    pub versioned: bool,
    /// True if only a part of what the server knows is shown.
    pub min: bool,
}

/// A picture that a participant sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantVideo {
    /// True if it is paused.
    pub paused: bool,
    /// By what the media server names it.
    pub endpoint: String,
    /// Its sources.
    pub source_groups: Vec<SsrcGroup>,
    /// The source of the sound that goes with a shared screen.
    pub audio_source: Option<Ssrc>,
}

impl GroupCallParticipant {
    /// A participant who listens, as the server first shows it.
    pub fn new(peer: Peer, source: Option<Ssrc>) -> Self {
        Self {
            peer,
            date: 0,
            source,
            video: None,
            presentation: None,
            own: false,
            muted: true,
            can_self_unmute: true,
            muted_by_you: false,
            volume: None,
            volume_by_admin: false,
            raise_hand_rating: None,
            active_date: None,
            video_joined: false,
            about: None,
            just_joined: false,
            left: false,
            versioned: true,
            min: false,
        }
    }

    /// The user, or `None` for a participant who is a chat or a channel.
    pub fn user_id(&self) -> Option<UserId> {
        self.peer.user()
    }

    /// All sources: of the sound, of the camera, of the shared screen; one in several groups comes several times.
    pub fn sources(&self) -> impl Iterator<Item = Ssrc> {
        // The order of the roster's fields: a frame from any of them is the participant's.
        let pictures = self.video.iter().chain(&self.presentation);
        let sources = self.source.into_iter();
        sources.chain(pictures.flat_map(ParticipantVideo::sources))
    }
}

impl ParticipantVideo {
    /// The sources of its groups, and that of its sound.
    pub fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let groups = self.source_groups.iter().flat_map(SsrcGroup::sources);
        groups.copied().chain(self.audio_source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ChannelId, Semantics};

    fn ssrc(value: u32) -> Ssrc {
        Ssrc::new(value).unwrap()
    }

    fn picture(first: u32, audio_source: Option<Ssrc>) -> ParticipantVideo {
        let sources = vec![ssrc(first), ssrc(first + 1)];
        let group = SsrcGroup::new(Semantics::FlowIdentification, sources).unwrap();
        ParticipantVideo {
            paused: false,
            endpoint: "a".to_owned(),
            source_groups: vec![group],
            audio_source,
        }
    }

    fn participant(peer: Peer) -> GroupCallParticipant {
        GroupCallParticipant {
            video: Some(picture(2, None)),
            presentation: Some(picture(4, Some(ssrc(6)))),
            ..GroupCallParticipant::new(peer, Some(ssrc(1)))
        }
    }

    #[test]
    fn the_sources_of_sound_camera_and_screen_are_all_the_participants() {
        let sources = participant(Peer::User(UserId::new(1)));
        let sources: Vec<_> = sources.sources().map(Ssrc::value).collect();
        assert_eq!(sources, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_channel_is_no_user() {
        let user = participant(Peer::User(UserId::new(7)));
        let channel = participant(Peer::Channel(ChannelId::new(7)));
        assert_eq!(user.user_id(), Some(UserId::new(7)));
        assert_eq!(channel.user_id(), None);
    }
}
