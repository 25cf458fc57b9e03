//! The shape of a packet of Opus by its first bytes (RFC 6716, 3.1 and 3.2).

use core::fmt;
use core::time::Duration;

use thiserror::Error;

use super::head::Channels;
use crate::limits;

/// Samples in a second, whatever rate was encoded: the clock of RTP and of granule positions.
pub(super) const RATE: u64 = 48_000;
/// The most samples of a packet, 120 ms.
const LONGEST: u32 = 5760;
/// The frames of a packet of code 3, in its second byte.
const FRAMES: u8 = 0x3f;
/// The bit of the first byte that is set for stereo.
const STEREO: u8 = 4;

/// The duration and the channels of a packet of Opus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketShape {
    /// The duration in samples at 48 kHz: 120 to 5760.
    pub samples: u32,
    /// The channels that were encoded.
    pub channels: Channels,
}

/// Bytes are no packet of Opus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PacketError {
    /// There are none.
    #[error("a packet of Opus has at least one byte")]
    Empty,
    /// There are more than `limits::OPUS_PACKET_BYTES`.
    #[error(
        "a packet of Opus has {length} bytes, more than {}",
        limits::OPUS_PACKET_BYTES
    )]
    TooLong {
        /// The length in bytes.
        length: usize,
    },
    /// Its second byte counts no frame, or more than 120 ms of them; `None` if it has no second byte.
    #[error("a packet of Opus with several frames has {} of {}", Count(.frames), Milliseconds(*.samples))]
    Frames {
        /// The frames that it counts.
        frames: Option<u8>,
        /// The samples of each.
        samples: u32,
    },
}

impl PacketShape {
    /// Reads the first bytes of a packet, and checks its length.
    ///
    /// # Errors
    ///
    /// [`PacketError`]
    pub fn read(packet: &[u8]) -> Result<Self, PacketError> {
        let length = packet.len();
        let (&toc, rest) = packet.split_first().ok_or(PacketError::Empty)?;
        if length > limits::OPUS_PACKET_BYTES {
            return Err(PacketError::TooLong { length });
        }
        let samples = frame(toc >> 3);
        let frames = match toc & 3 {
            0 => Some(1),
            1 | 2 => Some(2),
            _ => rest.first().map(|count| count & FRAMES),
        };
        let whole = frames.map(|frames| u32::from(frames) * samples);
        match whole {
            Some(whole @ 1..=LONGEST) => Ok(Self {
                samples: whole,
                channels: match toc & STEREO {
                    0 => Channels::Mono,
                    _ => Channels::Stereo,
                },
            }),
            _ => Err(PacketError::Frames { frames, samples }),
        }
    }
}

/// The samples of a frame by its configuration.
fn frame(configuration: u8) -> u32 {
    match (configuration, configuration % 4) {
        // Speech.
        (..12, 0) => 480,
        (..12, 1) => 960,
        (..12, 2) => 1920,
        (..12, _) => 2880,
        // Speech and music together.
        (12..16, 0 | 2) => 480,
        (12..16, _) => 960,
        // Music.
        (_, 0) => 120,
        (_, 1) => 240,
        (_, 2) => 480,
        (_, _) => 960,
    }
}

/// The time that so many samples take.
pub(super) fn duration(samples: u64) -> Duration {
    let nanoseconds = u128::from(samples) * 1_000_000_000 / u128::from(RATE);
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// Samples in words: `20 ms`, `2.5 ms`.
pub(super) struct Milliseconds(pub(super) u32);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", f64::from(self.0) / 48.0)
    }
}

struct Count<'a>(&'a Option<u8>);

impl fmt::Display for Count<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(frames) => write!(f, "{frames} frames"),
            None => f.write_str("no count of its frames"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(packet: &[u8]) -> Result<u32, PacketError> {
        PacketShape::read(packet).map(|shape| shape.samples)
    }

    #[test]
    fn every_configuration_has_its_duration() {
        // RFC 6716, table 2, in tenths of a millisecond.
        let speech = [100, 200, 400, 600].repeat(3);
        let both = [100, 200].repeat(2);
        let music = [25, 50, 100, 200].repeat(4);
        let table = [speech, both, music].concat();
        for (configuration, tenths) in table.into_iter().enumerate() {
            let toc = u8::try_from(configuration << 3).unwrap();
            assert_eq!(samples(&[toc]), Ok(tenths * 48 / 10), "{configuration}");
        }
    }

    #[test]
    fn a_packet_lasts_as_long_as_its_frames_together() {
        assert_eq!(samples(&[0xf8]), Ok(960));
        assert_eq!(samples(&[0xf9]), Ok(1920));
        assert_eq!(samples(&[0xfa, 1]), Ok(1920));
        assert_eq!(samples(&[0xfb, 0xc3]), Ok(2880));
        assert_eq!(samples(&[0xe3, 48]), Ok(5760));
        let mono = PacketShape::read(&[0xf8]).unwrap();
        let stereo = PacketShape::read(&[0xfc]).unwrap();
        assert_eq!(mono.channels, Channels::Mono);
        assert_eq!(stereo.channels, Channels::Stereo);
    }

    #[test]
    fn what_cannot_be_a_packet_is_refused_with_its_reason() {
        let many = |frames, samples| PacketError::Frames { frames, samples };
        assert_eq!(samples(&[]), Err(PacketError::Empty));
        assert_eq!(samples(&[0xfb]), Err(many(None, 960)));
        assert_eq!(samples(&[0xfb, 0]), Err(many(Some(0), 960)));
        assert_eq!(samples(&[0xfb, 7]), Err(many(Some(7), 960)));
        let length = limits::OPUS_PACKET_BYTES;
        assert_eq!(samples(&vec![0; length]), Ok(480));
        let length = length + 1;
        assert_eq!(
            samples(&vec![0; length]),
            Err(PacketError::TooLong { length })
        );
        let said = many(Some(49), 120).to_string();
        assert!(said.ends_with("49 frames of 2.5 ms"), "{said}");
    }
}
