//! Frames that people carry by hand, to develop the media of a client.
//!
//! The command has no media connection: what `/seal` shows is what would travel, and `/open` takes it at another
//! member.

use confcall::media::{AudioLevel, OpenFrameError, SealFrameError, Speech};
use confcall::{ChannelId, Codec, Cryptor, EncodedFrame, Moment, UserId};

use super::report::CallReport;

// Any level of speech will do: the text is no sound.
const LEVEL: AudioLevel = AudioLevel::new(23, Speech::Present);

/// Seals a text as if it were an Opus frame.
pub(super) fn seal(
    cryptor: &Cryptor,
    now: Moment,
    text: &str,
    rng: &mut chacha20::ChaCha20Rng,
) -> Result<CallReport, SealFrameError> {
    let frame = EncodedFrame::Opus {
        frame: text.as_bytes(),
        level: LEVEL,
    };
    let packet = cryptor.seal_frame(now, ChannelId::MAIN, frame, rng)?;
    Ok(CallReport::Sealed { packet })
}

/// Opens a frame that a member sealed in this way.
pub(super) fn open(
    cryptor: &Cryptor,
    now: Moment,
    from: UserId,
    packet: &[u8],
) -> Result<CallReport, OpenFrameError> {
    let opened = cryptor.open_frame(now, from, Codec::Opus, packet)?;
    Ok(CallReport::Opened {
        from,
        seqno: opened.info.packet.seqno,
        frame: opened.frame.to_vec(),
    })
}
