use core::num::NonZeroU8;

use thiserror::Error;

use crate::Ssrc;
use crate::limits;

/// The tags of a part of sound, which has one channel of Opus for each of those who speak.
///
/// Implements `spec/group-calls.md`, "Stream mode".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioPart {
    /// The number of channels, as the head of the Opus stream has it.
    pub channels: NonZeroU8,
    /// Who is heard on which channel, in the order of the file.
    pub speakers: Vec<SpeakerChange>,
    /// The channels of the pictures that there are, as bits of a mask, and their endpoints.
    pub active: Vec<(u8, String)>,
}

/// A change of the person who is heard on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeakerChange {
    /// The first frame of sound since the beginning of the part.
    pub frame: u32,
    /// The channel.
    pub channel: u8,
    /// The source of the person; `None` if it is nobody.
    pub source: Option<Ssrc>,
}

/// A part is no Ogg file whose tags can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AudioPartError {
    /// The part is too long.
    #[error("a part has at most {max} bytes, not {length}", max = limits::PART_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A page is damaged or cut off.
    #[error("a page of the Ogg file is damaged or cut off")]
    Page,
    /// There are fewer than two packets.
    #[error("the Ogg file ends before its tags")]
    NoTags,
    /// The first packet is no head of a stream of Opus with a channel.
    #[error("the first packet of the Ogg file is no head of Opus")]
    Head,
    /// The second packet is no list of tags, or belongs to another stream.
    #[error("the second packet of the Ogg file is no list of tags")]
    Tags,
    /// The value of a tag is not what it should be.
    #[error("the value of the tag {0} cannot be read")]
    Value(&'static str),
}
