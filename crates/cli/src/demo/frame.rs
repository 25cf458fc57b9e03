use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng as _;
use confcall::media::{AudioLevel, Speech};
use confcall::{ChannelId, Codec, Cryptor, EncodedFrame, Moment, UserId};

use super::broken::DidNotHold;

/// An Opus frame of 20 ms starts with one byte that says so.
const OPUS_HEAD: [u8; 1] = [0x78];
/// A VP8 key frame of 640 by 360 starts with its tag, the start code and the size.
const VP8_HEAD: [u8; 10] = [0x10, 0x25, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];
const LEVEL: AudioLevel = AudioLevel::new(23, Speech::Present);

/// The cryptor of a member, who seals and opens frames.
#[derive(Clone, Copy)]
pub(super) struct Voice<'a> {
    pub(super) user_id: UserId,
    pub(super) cryptor: &'a Cryptor,
}

/// A frame as an encoder would give it.
pub(super) struct Frame {
    pub(super) codec: Codec,
    pub(super) bytes: Vec<u8>,
}

impl Frame {
    pub(super) fn opus(rng: &mut ChaCha20Rng) -> Self {
        Self::made_up(Codec::Opus, &OPUS_HEAD, 79, rng)
    }

    pub(super) fn vp8(rng: &mut ChaCha20Rng) -> Self {
        Self::made_up(Codec::Vp8, &VP8_HEAD, 1190, rng)
    }

    fn made_up(codec: Codec, head: &[u8], rest: usize, rng: &mut ChaCha20Rng) -> Self {
        let mut content = vec![0; rest];
        rng.fill_bytes(&mut content);
        let bytes = [head, &content].concat();
        Self { codec, bytes }
    }

    fn encoded(&self) -> EncodedFrame<'_> {
        match self.codec {
            Codec::Opus => EncodedFrame::Opus {
                frame: &self.bytes,
                level: LEVEL,
            },
            Codec::Vp8 => EncodedFrame::Vp8(&self.bytes),
            Codec::H264 => EncodedFrame::H264(&self.bytes),
        }
    }

    /// Seals the frame as the packet that all members get.
    pub(super) fn seal(
        &self,
        from: Voice<'_>,
        now: Moment,
        rng: &mut ChaCha20Rng,
    ) -> anyhow::Result<Vec<u8>> {
        let sealed = from
            .cryptor
            .seal_frame(now, ChannelId::MAIN, self.encoded(), rng);
        Ok(sealed?)
    }

    /// Checks that a member opens the packet to this very frame; returns the number of the packet on its channel.
    pub(super) fn check_opened(
        &self,
        packet: &[u8],
        from: UserId,
        to: Voice<'_>,
        now: Moment,
    ) -> anyhow::Result<u32> {
        let opened = to.cryptor.open_frame(now, from, self.codec, packet)?;
        let level = (self.codec == Codec::Opus).then_some(LEVEL);
        if *opened.frame != self.bytes || opened.info.level != level {
            return Err(DidNotHold::SameFrame(to.user_id).into());
        }
        Ok(opened.info.packet.seqno)
    }
}
