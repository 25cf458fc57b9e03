//! The sizes by which a frame fits into one datagram.
//!
//! ```text
//! RTP header 12 │ extensions 16 │ payload │ tag of SRTP up to 16
//!                                 head 4 │ 64 an epoch │ 16 · k │ signature 64, msg_id 16 and trailer 4
//!                                                        16 to 31 of padding │ channel and seqno 8 │ frame │ level 2
//! ```

use crate::limits;

const AROUND_PAYLOAD: usize = 12 + 16 + 16;
const AROUND_CONTENT: usize = 88;
const EACH_EPOCH: usize = 64;
const BLOCK: usize = 16;
/// The least padding, channel, seqno and the level.
const BESIDE_FRAME: usize = 16 + 8 + 2;

/// The most bytes of a payload of sound.
const AUDIO_PAYLOAD: usize = limits::AUDIO_DATAGRAM - AROUND_PAYLOAD;

/// The most bytes of a payload of a picture, whose repetition has two bytes more.
pub(super) const VIDEO_PAYLOAD: usize = limits::VIDEO_DATAGRAM - AROUND_PAYLOAD - 2;

/// The longest frame of sound that fits into one datagram while it is encrypted for so many epochs, in bytes.
///
/// A frame of sound is never split, so an encoder makes shorter ones while many epochs are active: with 20 ms at 32 kbit/s all 15
/// fit. Zero epochs stand for a call without encryption.
pub const fn longest_audio_frame(epochs: usize) -> usize {
    if epochs == 0 {
        return AUDIO_PAYLOAD;
    }
    let content = AUDIO_PAYLOAD.saturating_sub(AROUND_CONTENT + EACH_EPOCH.saturating_mul(epochs));
    (content / BLOCK * BLOCK).saturating_sub(BESIDE_FRAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_20_ms_fit_for_all_epochs_and_those_of_60_ms_for_twelve() {
        assert!(longest_audio_frame(15) >= 80);
        assert!(longest_audio_frame(12) >= 239);
        assert!(longest_audio_frame(14) < 239);
        assert_eq!(longest_audio_frame(0), 1188);
        assert_eq!(longest_audio_frame(100), 0);
    }
}
