//! The participants of a call as a client shows them, and what changed in them.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::api::{Peer, Ssrc, SsrcGroup, label_weight};
use crate::labels::Label;
use crate::shown;

/// A participant of the call, as the roster lists it.
///
/// The roster and everything in it is the server's word: who is connected, and in what state. Only
/// [`in_chain`](Self::in_chain) and [`verified`](Self::verified) come from the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Participant {
    /// The participant, by which it is named; in a conference a user.
    #[serde(serialize_with = "shown::form")]
    pub peer: Peer,
    /// The label that the server gives to it, if it has shown one.
    #[serde(serialize_with = "label")]
    pub label: Option<Arc<Label>>,
    /// True for ourselves.
    pub own: bool,
    /// The microphone.
    pub microphone: Microphone,
    /// True if we muted the participant for ourselves only.
    pub muted_by_us: bool,
    /// The volume of its sound.
    pub volume: Volume,
    /// Set while the hand is raised; a higher one was raised earlier.
    #[serde(serialize_with = "shown::form")]
    pub raised_hand: Option<i64>,
    /// The source of its sound.
    pub source: Option<Ssrc>,
    /// The camera, while it is listed; it may be paused.
    pub camera: Option<Box<Picture>>,
    /// The shared screen, while it is listed; it may be paused.
    pub screen: Option<Box<Picture>>,
    /// True if the participant has a place among those who send and get video; the camera may be off.
    pub video_joined: bool,
    /// The time at which it joined, in seconds since 1970.
    pub joined_at: Option<i32>,
    /// The time at which it last spoke, in seconds since 1970.
    pub spoke_at: Option<i32>,
    /// Its words about itself, shortened to 1 KiB.
    pub about: Option<Box<str>>,
    /// True if it is a member of the chain, and so has the key of the newest epoch.
    pub in_chain: bool,
    /// True if it has taken its part in the verification of the newest block to the end: its reveal has been heard, or the
    /// emoji of the block stand.
    ///
    /// It says that the member takes part under its key, and not who it is: that takes comparing the emoji.
    pub verified: bool,
}

/// The state of a participant's microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Microphone {
    /// It is on.
    On,
    /// It is off, and the participant can turn it on.
    Muted,
    /// It is off, and an admin must allow the participant to turn it on.
    MutedByAdmin,
}

/// The volume of a participant's sound for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Volume {
    /// The volume in hundredths of a percent, from 1 to 20000; 10000 is the usual one.
    pub level: u16,
    /// The origin of the level.
    pub set_by: VolumeSetter,
}

/// The origin of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeSetter {
    /// It is the usual one.
    Default,
    /// We set it, for ourselves.
    Us,
    /// An admin set it, for all who did not choose their own.
    Admin,
}

/// A picture that a participant sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Picture {
    /// The name by which the media server knows it.
    pub endpoint: String,
    /// True while it is paused.
    pub paused: bool,
    /// Its sources.
    #[serde(serialize_with = "shown::form")]
    pub source_groups: Vec<SsrcGroup>,
    /// The source of the sound that goes with a shared screen.
    pub audio_source: Option<Ssrc>,
}

impl Microphone {
    /// True if the participant can turn the microphone on.
    pub fn can_unmute(self) -> bool {
        self != Self::MutedByAdmin
    }
}

impl Volume {
    /// The level that is usual, 100 %.
    pub const DEFAULT: Self = Self {
        level: 10_000,
        set_by: VolumeSetter::Default,
    };

    pub(super) fn new(level: u16, set_by: VolumeSetter) -> Self {
        Self { level, set_by }
    }
}

impl Picture {
    pub(super) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let groups = self.source_groups.iter().flat_map(SsrcGroup::sources);
        groups.copied().chain(self.audio_source)
    }
}

fn label<S: Serializer>(label: &Option<Arc<Label>>, to: S) -> Result<S::Ok, S::Error> {
    label.as_deref().serialize(to)
}

impl Participant {
    /// About as many bytes as it takes.
    pub(super) fn size(&self) -> usize {
        let pictures = self.camera.iter().chain(&self.screen);
        let endpoints = pictures.map(|picture| picture.endpoint.len() + size_of::<Picture>());
        let about = self.about.as_deref().map_or(0, label_weight);
        let label = self.label.as_deref().map_or(0, Label::weight);
        size_of::<Self>() + about + label + endpoints.sum::<usize>()
    }
}

/// A change of a participant that was there before and is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParticipantChange {
    /// The participant before, but for its place in the chain, which is that of now.
    pub before: Participant,
    /// The participant now.
    pub now: Participant,
}

/// Defines the fields of a participant that can change, and how they are compared.
macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident: $field:ident,)*) => {
        /// A field of a participant that can change while it is there.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        #[serde(rename_all = "snake_case")]
        pub enum ParticipantField {
            $($(#[$doc])* $name,)*
        }

        impl ParticipantChange {
            pub(super) fn new(before: Participant, now: Participant) -> Self {
                Self { before, now }
            }

            /// The fields that differ.
            pub fn fields(&self) -> Vec<ParticipantField> {
                let (before, now) = (&self.before, &self.now);
                let differ = [
                    $((before.$field != now.$field).then_some(ParticipantField::$name),)*
                ];
                differ.into_iter().flatten().collect()
            }
        }
    };
}

fields! {
    /// [`Participant::label`]
    Label: label,
    /// [`Participant::microphone`]
    Microphone: microphone,
    /// [`Participant::muted_by_us`]
    MutedByUs: muted_by_us,
    /// [`Participant::volume`]
    Volume: volume,
    /// [`Participant::raised_hand`]
    RaisedHand: raised_hand,
    /// [`Participant::source`]
    Source: source,
    /// [`Participant::camera`]
    Camera: camera,
    /// [`Participant::screen`]
    Screen: screen,
    /// [`Participant::video_joined`]
    VideoJoined: video_joined,
    /// [`Participant::joined_at`]
    JoinedAt: joined_at,
    /// [`Participant::spoke_at`]
    SpokeAt: spoke_at,
    /// [`Participant::about`]
    About: about,
}
