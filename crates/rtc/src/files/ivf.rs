//! The header of a file of IVF, and what a frame of VP8 says of itself.

use core::num::{NonZeroU16, NonZeroU32};
use core::time::Duration;

/// The bytes of a header.
pub(super) const HEADER: usize = 32;
/// The bytes before a frame: its length and its time.
pub(super) const FRAME_HEADER: usize = 12;
/// The place of the length of the whole in a header.
pub(super) const LENGTH_OFFSET: u64 = 24;
/// The beginning of a file.
pub(super) const SIGNATURE: &[u8; 4] = b"DKIF";
/// VP8.
pub(super) const VP8: [u8; 4] = *b"VP80";

/// The header of a file of IVF with VP8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IvfHeader {
    /// The size of the first frame.
    pub size: Vp8Size,
    /// The unit of times.
    pub timebase: Timebase,
}

/// The size of a picture in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vp8Size {
    /// From left to right.
    pub width: NonZeroU16,
    /// From top to bottom.
    pub height: NonZeroU16,
}

/// The unit of the times of frames: a fraction of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timebase {
    /// The upper number of the fraction.
    pub numerator: NonZeroU32,
    /// The lower number, 1000 for milliseconds.
    pub denominator: NonZeroU32,
}

impl IvfHeader {
    /// The bytes of a header, with the length of the whole in units of its timebase, as FFmpeg has it. For libvpx it is the number of
    /// frames; nobody should trust it.
    pub(super) fn to_bytes(self, length: u32) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(0u16.to_le_bytes());
        bytes.extend((HEADER as u16).to_le_bytes());
        bytes.extend(VP8);
        bytes.extend(self.size.width.get().to_le_bytes());
        bytes.extend(self.size.height.get().to_le_bytes());
        bytes.extend(self.timebase.denominator.get().to_le_bytes());
        bytes.extend(self.timebase.numerator.get().to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes
    }
}

impl Timebase {
    /// Milliseconds.
    pub const MILLISECONDS: Self = Self {
        numerator: NonZeroU32::MIN,
        denominator: NonZeroU32::MIN.saturating_add(999),
    };

    /// The time of so many units; the longest that there is if it is beyond.
    pub fn time(self, units: u64) -> Duration {
        let numerator = u128::from(self.numerator.get());
        let denominator = u128::from(self.denominator.get());
        let seconds = u128::from(units) * numerator / denominator;
        let rest = u128::from(units) * numerator % denominator;
        // Less than a second, as the rest is less than the denominator.
        let nanoseconds = (rest * 1_000_000_000 / denominator) as u32;
        match u64::try_from(seconds) {
            Ok(seconds) => Duration::new(seconds, nanoseconds),
            Err(_) => Duration::MAX,
        }
    }
}

impl Vp8Size {
    /// The size that a key frame states; `None` for any other frame.
    pub fn of_key_frame(frame: &[u8]) -> Option<Self> {
        let [tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1] = *frame.first_chunk()? else {
            return None;
        };
        // The upper two bits are a scale for players.
        let pixels = |low, high| NonZeroU16::new(u16::from_le_bytes([low, high]) & 0x3fff);
        match tag & 1 {
            0 => Some(Self {
                width: pixels(w0, w1)?,
                height: pixels(h0, h1)?,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_states_its_size_and_no_other_frame_does() {
        let frame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xa0, 0x40, 0x78, 0x80, 9];
        let size = Vp8Size::of_key_frame(&frame).unwrap();
        assert_eq!((size.width.get(), size.height.get()), (160, 120));
        for (place, value) in [(0, 0x11), (3, 0), (5, 0)] {
            let mut other = frame;
            other[place] = value;
            assert_eq!(Vp8Size::of_key_frame(&other), None, "{place}");
        }
        assert_eq!(Vp8Size::of_key_frame(&frame[..9]), None);
        let mut empty = frame;
        empty[6..8].fill(0);
        assert_eq!(Vp8Size::of_key_frame(&empty), None);
    }

    #[test]
    fn times_are_exact_and_end_at_the_longest() {
        let of = |numerator, denominator| Timebase {
            numerator: NonZeroU32::new(numerator).unwrap(),
            denominator: NonZeroU32::new(denominator).unwrap(),
        };
        assert_eq!(
            Timebase::MILLISECONDS.time(1500),
            Duration::from_millis(1500)
        );
        assert_eq!(of(1, 90_000).time(3003), Duration::from_nanos(33_366_666));
        assert_eq!(of(1001, 30_000).time(30), Duration::from_millis(1001));
        assert_eq!(of(u32::MAX, 1).time(u64::MAX), Duration::MAX);
    }
}
