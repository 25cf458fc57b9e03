use core::ops::RangeInclusive;

use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, flag, optional, read_bool, strict_flags, write_bool};
use super::{InputGroupCall, InputPeer, Method};

const MUTED: u32 = 1;
const VOLUME: u32 = 1 << 1;
const RAISE_HAND: u32 = 1 << 2;
const VIDEO_STOPPED: u32 = 1 << 3;
const VIDEO_PAUSED: u32 = 1 << 4;
const PRESENTATION_PAUSED: u32 = 1 << 5;
const KNOWN: u32 = MUTED | VOLUME | RAISE_HAND | VIDEO_STOPPED | VIDEO_PAUSED | PRESENTATION_PAUSED;

/// The request `phone.editGroupCallParticipant` (`spec/protocol.md`, 11.1).
///
/// What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EditGroupCallParticipant {
    /// The call.
    pub call: InputGroupCall,
    /// The participant; ourselves as we joined.
    pub participant: InputPeer,
    /// True to turn the microphone off.
    pub muted: Option<bool>,
    /// The volume, in hundredths of a percent, from 1 to 20000.
    pub volume: Option<i32>,
    /// True to raise the hand.
    pub raise_hand: Option<bool>,
    /// True to turn the camera off.
    pub video_stopped: Option<bool>,
    /// True to pause the camera, which stays listed.
    pub video_paused: Option<bool>,
    /// True to pause the shared screen, which stays listed.
    pub presentation_paused: Option<bool>,
}

impl EditGroupCallParticipant {
    /// The volumes that a participant can have, in hundredths of a percent.
    pub const VOLUMES: RangeInclusive<i32> = 1..=20_000;

    /// An edit of a participant that changes nothing yet.
    pub fn new(call: InputGroupCall, participant: InputPeer) -> Self {
        Self {
            call,
            participant,
            muted: None,
            volume: None,
            raise_hand: None,
            video_stopped: None,
            video_paused: None,
            presentation_paused: None,
        }
    }
}

impl Fields for EditGroupCallParticipant {
    const ID: u32 = 0xa527_3abf;
    const METHOD: Method = Method::EditGroupCallParticipant;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(
            flag(self.muted.is_some(), MUTED)
                | flag(self.volume.is_some(), VOLUME)
                | flag(self.raise_hand.is_some(), RAISE_HAND)
                | flag(self.video_stopped.is_some(), VIDEO_STOPPED)
                | flag(self.video_paused.is_some(), VIDEO_PAUSED)
                | flag(self.presentation_paused.is_some(), PRESENTATION_PAUSED),
        );
        self.call.write(writer);
        self.participant.write(writer);
        if let Some(muted) = self.muted {
            write_bool(writer, muted);
        }
        if let Some(volume) = self.volume {
            writer.i32(volume);
        }
        let switches = [
            self.raise_hand,
            self.video_stopped,
            self.video_paused,
            self.presentation_paused,
        ];
        let switches = switches.into_iter().flatten();
        switches.for_each(|value| write_bool(writer, value));
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "the flags of phone.editGroupCallParticipant";
        let flags = strict_flags(reader, KNOWN, what)?;
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            participant: InputPeer::read(reader)?,
            muted: optional(reader, flags, MUTED, |r| read_bool(r, "muted"))?,
            volume: optional(reader, flags, VOLUME, |r| r.i32("volume"))?,
            raise_hand: optional(reader, flags, RAISE_HAND, |r| read_bool(r, "raise_hand"))?,
            video_stopped: optional(reader, flags, VIDEO_STOPPED, |r| {
                read_bool(r, "video_stopped")
            })?,
            video_paused: optional(reader, flags, VIDEO_PAUSED, |r| {
                read_bool(r, "video_paused")
            })?,
            presentation_paused: optional(reader, flags, PRESENTATION_PAUSED, |r| {
                read_bool(r, "presentation_paused")
            })?,
        })
    }
}
