//! An Ogg file for the tests of what reads its tags.

use core::num::NonZeroU8;

use super::AudioPart;

/// A head of Opus with two channels, an empty list of tags, and one packet of three bytes.
pub(in crate::stream) const FILE: &[u8] = include_bytes!("two_channels.ogg");

/// What its tags say: nothing.
pub(in crate::stream) fn silence() -> AudioPart {
    AudioPart {
        channels: NonZeroU8::MIN.saturating_add(1),
        speakers: Vec::new(),
        active: Vec::new(),
    }
}
