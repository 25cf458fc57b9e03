//! Opus: everything is encrypted, with the level of the audio behind it.
//!
//! ```text
//! frame │ 0x01 │ speech (1 bit), level (7 bits)      as it is written
//! frame │ byte with bit 0 clear                      what others may write
//! ```

/// Says that a level follows.
const HAS_LEVEL: u8 = 1;

/// The verdict of a voice detector on a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Speech.
    Present,
    /// Silence or noise.
    Absent,
}

/// The loudness of a frame, for those who show who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioLevel {
    level: u8,
    speech: Speech,
}

impl AudioLevel {
    /// A level of which the low 7 bits count: 0 is the loudest, 127 is silence.
    pub const fn new(level: u8, speech: Speech) -> Self {
        Self {
            level: level & 0x7f,
            speech,
        }
    }

    /// The level, 0 for the loudest to 127 for silence.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// The verdict of the sender's voice detector.
    pub const fn speech(self) -> Speech {
        self.speech
    }

    /// The two bytes that follow a frame.
    pub(super) fn trailer(self) -> [u8; 2] {
        let speech = match self.speech {
            Speech::Present => 0x80,
            Speech::Absent => 0,
        };
        [HAS_LEVEL, speech | self.level]
    }

    fn from_byte(byte: u8) -> Self {
        let speech = match byte & 0x80 {
            0 => Speech::Absent,
            _ => Speech::Present,
        };
        Self::new(byte, speech)
    }
}

/// Splits opened content into the length of the frame and its level; `None` if there is no trailer.
pub(super) fn split(content: &[u8]) -> Option<(usize, Option<AudioLevel>)> {
    match content {
        [frame @ .., kind, level] if kind & HAS_LEVEL != 0 => {
            Some((frame.len(), Some(AudioLevel::from_byte(*level))))
        }
        [frame @ .., _] => Some((frame.len(), None)),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailer_gives_level_and_speech_and_no_byte_of_audio_is_cut() {
        for (speech, byte) in [(Speech::Present, 0xa5), (Speech::Absent, 0x25)] {
            let level = AudioLevel::new(0x25, speech);
            assert_eq!(level.trailer(), [1, byte]);
            assert_eq!((level.level(), level.speech()), (0x25, speech));
            assert_eq!(split(&[9, 8, 7, 1, byte]), Some((3, Some(level))));
        }
        // Only the lowest bit of the kind says that a level follows.
        let silent = AudioLevel::new(0, Speech::Absent);
        assert_eq!(split(&[9, 0xff, 0]), Some((1, Some(silent))));
        assert_eq!(split(&[9, 0xfe, 0]), Some((2, None)));
        assert_eq!(AudioLevel::new(0xff, Speech::Absent).level(), 127);
    }

    #[test]
    fn without_a_level_one_byte_is_cut_and_nothing_is_no_frame() {
        assert_eq!(split(&[9, 8, 0]), Some((2, None)));
        assert_eq!(split(&[0]), Some((0, None)));
        assert_eq!(split(&[]), None);
    }
}
