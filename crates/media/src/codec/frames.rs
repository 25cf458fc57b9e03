use core::fmt;

use confcall_state::UserId;
use rand_core::CryptoRng;
use zeroize::{Zeroize as _, Zeroizing};

use super::h264::{self, H264Fault};
use super::opus::{self, AudioLevel};
use super::{Codec, OpenFrameError, SealFrameError, vp8};
use crate::channel::ChannelId;
use crate::cryptor::Cryptor;
use crate::moment::Moment;
use crate::open::PacketInfo;
use crate::seal::Plain;

/// The attempts to encrypt a frame so that no start code comes out: once, and four times again.
const ATTEMPTS: u32 = 5;

/// One frame as an encoder gives it, before packetisation.
#[derive(Clone, Copy)]
pub enum EncodedFrame<'a> {
    /// An Opus frame, with its level.
    Opus {
        /// The frame.
        frame: &'a [u8],
        /// Its loudness.
        level: AudioLevel,
    },
    /// A VP8 frame.
    Vp8(&'a [u8]),
    /// An H.264 access unit as an Annex B byte stream.
    H264(&'a [u8]),
}

/// The facts of an opened frame beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// Those of its packet.
    pub packet: PacketInfo,
    /// The loudness of the frame, if it is audio and says so.
    pub level: Option<AudioLevel>,
}

/// An opened frame, whose bytes are not printed.
pub struct OpenedFrame {
    /// The facts beside its bytes.
    pub info: FrameInfo,
    /// The frame for the decoder; wiped when dropped.
    pub frame: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for OpenedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "OpenedFrame({:?}, {} bytes)",
            self.info,
            self.frame.len()
        )
    }
}

impl Cryptor {
    /// Seals an encoded frame by the rule of its codec.
    ///
    /// Implements `spec/protocol.md`, 4.1.
    ///
    /// # Errors
    ///
    /// [`SealFrameError`]: drop the frame.
    pub fn seal_frame(
        &self,
        now: Moment,
        channel: ChannelId,
        frame: EncodedFrame<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, SealFrameError> {
        let mut packet = Vec::new();
        self.seal_frame_into(now, channel, frame, rng, &mut packet)?;
        Ok(packet)
    }

    /// Seals as [`Self::seal_frame`] does, into a buffer of the caller's whose content is replaced.
    ///
    /// An H.264 frame has one seqno however often it is encrypted. One that is dropped gives it back, unless
    /// another thread took a later one for the channel meanwhile: that leaves a gap, which receivers pass over.
    ///
    /// # Errors
    ///
    /// [`SealFrameError`]: drop the frame; `out` is empty then.
    pub fn seal_frame_into(
        &self,
        now: Moment,
        channel: ChannelId,
        frame: EncodedFrame<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
        out: &mut Vec<u8>,
    ) -> Result<(), SealFrameError> {
        out.clear();
        match frame {
            EncodedFrame::Opus { frame, level } => {
                let trailer = level.trailer();
                let plain = Plain::new(frame, 0, &trailer)?;
                self.start_sealing(now, channel, plain)?.write(rng, out);
            }
            EncodedFrame::Vp8(frame) => {
                let plain = Plain::new(frame, vp8::prefix(frame), &[])?;
                self.start_sealing(now, channel, plain)?.write(rng, out);
            }
            EncodedFrame::H264(frame) => self.seal_h264(now, channel, frame, rng, out)?,
        }
        Ok(())
    }

    fn seal_h264(
        &self,
        now: Moment,
        channel: ChannelId,
        frame: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
        out: &mut Vec<u8>,
    ) -> Result<(), SealFrameError> {
        let h264::Split { frame, prefix } = h264::split(frame)?;
        // Before a seqno is taken, and before five attempts that cannot succeed.
        if !self.permits_h264(now) {
            return Err(H264Fault::EpochHash.into());
        }
        let plain = Plain::new(&frame, prefix, &[])?;
        let sealing = self.start_sealing(now, channel, plain)?;
        // Each attempt has another one-time secret; a start code comes out by chance, about once in 16 MB.
        for _ in 0..ATTEMPTS {
            sealing.write(rng, out);
            if !h264::has_start_code(out, prefix) {
                return Ok(());
            }
        }
        // A packet that is not sent must not stay in the buffer of a caller that ignores errors.
        out.clear();
        sealing.abandon();
        let attempts = ATTEMPTS;
        Err(H264Fault::StartCode { attempts }.into())
    }

    /// Opens a packet and gives the frame for the decoder.
    ///
    /// Implements `spec/protocol.md`, 4.1.
    ///
    /// # Errors
    ///
    /// [`OpenFrameError`]: drop the frame.
    pub fn open_frame(
        &self,
        now: Moment,
        sender: UserId,
        codec: Codec,
        packet: &[u8],
    ) -> Result<OpenedFrame, OpenFrameError> {
        let mut frame = Zeroizing::new(packet.to_vec());
        let info = self.open_frame_in_place(now, sender, codec, &mut frame)?;
        Ok(OpenedFrame { info, frame })
    }

    /// Opens as [`Self::open_frame`] does, and leaves the frame where the packet was.
    ///
    /// # Errors
    ///
    /// [`OpenFrameError`]: drop the frame. A packet that does not open is as it was then.
    pub fn open_frame_in_place(
        &self,
        now: Moment,
        sender: UserId,
        codec: Codec,
        packet: &mut Vec<u8>,
    ) -> Result<FrameInfo, OpenFrameError> {
        let info = self.open_in_place(now, sender, packet)?;
        let level = match codec {
            Codec::Opus => {
                let (length, level) = opus::split(packet).ok_or(OpenFrameError::NoOpusTrailer)?;
                packet.get_mut(length..).unwrap_or_default().zeroize();
                packet.truncate(length);
                level
            }
            Codec::Vp8 | Codec::H264 => None,
        };
        Ok(FrameInfo {
            packet: info,
            level,
        })
    }
}
