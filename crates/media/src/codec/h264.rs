//! H.264: what stands before the picture data stays in clear, so that packetisers find NAL units.
//!
//! ```text
//! start code, parameter set │ .. │ start code, NAL header, slice header's start, 1 byte │ rest of the frame
//! └─────────────────────────── prefix, in clear ───────────────────────────────────────┘ encrypted
//! ```
//!
//! The packet then travels as an Annex B byte stream, so what is encrypted must not look like a start code.

use thiserror::Error;
use zeroize::Zeroizing;

use super::bits::BitReader;

/// A start code without the zero that makes it four bytes.
const START_CODE: [u8; 3] = [0, 0, 1];
/// The numbers of the slice header that stay in clear: `first_mb_in_slice`, `slice_type`,
/// `pic_parameter_set_id`.
const CLEAR_NUMBERS: usize = 3;
/// The bytes in clear of a slice header that cannot be read.
const UNREADABLE_HEADER: usize = 4;

/// A frame that the rule for H.264 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum H264Fault {
    /// The frame does not start with a start code.
    #[error("the frame is no Annex B byte stream")]
    NotAnnexB,
    /// A NAL unit before the first slice may hold picture data, which must not stay in clear.
    #[error("a NAL unit of type {kind} cannot stand before the first slice")]
    NalUnit {
        /// The type of the NAL unit.
        kind: u8,
    },
    /// The hash of an epoch holds a start code, which every packet would have in clear.
    ///
    /// It holds until that epoch has ended ([`Cryptor::permits_h264`](crate::Cryptor::permits_h264)): send VP8 until then.
    #[error("the hash of an epoch holds a start code, so that no frame of H.264 can be sent")]
    EpochHash,
    /// However often it was encrypted, what came out contained a start code; by chance that hardly happens.
    #[error("{attempts} times what was encrypted contained a start code")]
    StartCode {
        /// The number of attempts.
        attempts: u32,
    },
}

/// A frame whose start codes all take four bytes, and how much of it stays in clear.
pub(super) struct Split<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) prefix: usize,
}

/// The bytes of a frame: the caller's own, or rewritten ones that are wiped when dropped.
pub(super) enum Frame<'a> {
    AsItWas(&'a [u8]),
    Rewritten(Zeroizing<Vec<u8>>),
}

impl core::ops::Deref for Frame<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::AsItWas(frame) => frame,
            Self::Rewritten(frame) => frame,
        }
    }
}

/// Applies the rule to a frame.
pub(super) fn split(frame: &[u8]) -> Result<Split<'_>, H264Fault> {
    let frame = with_long_start_codes(frame);
    let prefix = clear_length(&frame)?;
    Ok(Split { frame, prefix })
}

/// True if bytes behind the prefix would be taken for a start code, alone or with the end of the prefix.
pub(super) fn has_start_code(packet: &[u8], prefix: usize) -> bool {
    // Two bytes of the prefix can begin a start code that the encrypted part ends.
    let from = prefix.saturating_sub(START_CODE.len() - 1);
    find_start_code(packet, from).is_some()
}

/// Gives every start code the zero that makes it four bytes.
fn with_long_start_codes(frame: &[u8]) -> Frame<'_> {
    let short = || start_codes(frame).filter(|at| !is_long(frame, *at));
    let count = short().count();
    if count == 0 {
        return Frame::AsItWas(frame);
    }
    let mut long = Zeroizing::new(Vec::with_capacity(frame.len() + count));
    let mut done = 0;
    for at in short().chain([frame.len()]) {
        long.extend_from_slice(frame.get(done..at).unwrap_or_default());
        if at < frame.len() {
            long.push(0);
        }
        done = at;
    }
    Frame::Rewritten(long)
}

/// The length of the part of a frame that stays in clear.
fn clear_length(frame: &[u8]) -> Result<usize, H264Fault> {
    let mut starts = start_codes(frame).peekable();
    let before = starts.peek().and_then(|at| frame.get(..*at));
    if before.is_none_or(|before| before.iter().any(|byte| *byte != 0)) {
        return Err(H264Fault::NotAnnexB);
    }
    while let Some(at) = starts.next() {
        let header = at + START_CODE.len();
        let kind = frame.get(header).ok_or(H264Fault::NotAnnexB)? & 0x1f;
        match kind {
            // A slice.
            1 | 5 => {
                let end = starts.peek().map_or(frame.len(), |next| next - 1);
                let slice = frame.get(header + 1..end).unwrap_or_default();
                return Ok(header + 1 + clear_of_slice(slice));
            }
            // Supplemental information, parameter sets, delimiters and filler.
            6..=13 | 15 => {}
            // Partitions and extensions carry pictures, which would stay in clear before the first slice.
            kind => return Err(H264Fault::NalUnit { kind }),
        }
    }
    Ok(frame.len())
}

/// The length of the part of a slice that stays in clear behind its NAL header.
fn clear_of_slice(slice: &[u8]) -> usize {
    let mut bits = BitReader::new(slice);
    let read = (0..CLEAR_NUMBERS).try_for_each(|_| bits.skip_exp_golomb());
    let clear = match read {
        Some(()) => bits.bytes_taken() + 1,
        None => UNREADABLE_HEADER,
    };
    clear.min(slice.len())
}

/// The places of the start codes, each by its last three bytes.
fn start_codes(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut from = 0;
    core::iter::from_fn(move || {
        let at = find_start_code(bytes, from)?;
        from = at + START_CODE.len();
        Some(at)
    })
}

fn find_start_code(bytes: &[u8], from: usize) -> Option<usize> {
    let mut windows = bytes.get(from..)?.windows(START_CODE.len());
    windows
        .position(|window| window == START_CODE)
        .map(|at| from + at)
}

/// True if a start code has its fourth byte.
fn is_long(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slice headers: numbers 0, 5, 0 in 7 bits, then the rest of the picture.
    const P_SLICE: [u8; 6] = [0x41, 0b1001_1010, 0x55, 0x66, 0x77, 0x88];
    /// Numbers 0, 7, 0 in 9 bits.
    const IDR_SLICE: [u8; 6] = [0x65, 0b1000_1000, 0b1000_0000, 0x66, 0x77, 0x88];
    const SPS: [u8; 4] = [0x67, 0x42, 0x00, 0x1f];
    const PPS: [u8; 3] = [0x68, 0xce, 0x38];

    fn stream(code: &[u8], nals: &[&[u8]]) -> Vec<u8> {
        nals.iter().flat_map(|nal| [code, nal].concat()).collect()
    }

    fn prefix(nals: &[&[u8]]) -> Result<usize, H264Fault> {
        split(&stream(&[0, 0, 0, 1], nals)).map(|split| split.prefix)
    }

    #[test]
    fn a_slice_is_clear_through_three_numbers_and_one_byte_more() {
        // Start code, NAL header, one byte of numbers, margin.
        assert_eq!(prefix(&[&P_SLICE]), Ok(4 + 1 + 1 + 1));
        assert_eq!(prefix(&[&IDR_SLICE]), Ok(4 + 1 + 2 + 1));
    }

    #[test]
    fn parameter_sets_before_the_slice_are_clear_whole_and_nothing_after_it_is() {
        let before = (4 + SPS.len()) + (4 + PPS.len());
        let expected = Ok(before + 4 + 1 + 2 + 1);
        assert_eq!(prefix(&[&SPS, &PPS, &IDR_SLICE]), expected);
        assert_eq!(prefix(&[&SPS, &PPS, &IDR_SLICE, &P_SLICE]), expected);
        assert_eq!(prefix(&[&SPS, &PPS]), Ok(before));
    }

    #[test]
    fn a_slice_header_that_cannot_be_read_keeps_four_bytes_in_clear() {
        assert_eq!(prefix(&[&[0x41, 0, 0, 4, 0, 0, 4, 0]]), Ok(4 + 1 + 4));
        assert_eq!(prefix(&[&[0x41, 0x0f]]), Ok(4 + 1 + 1));
        assert_eq!(prefix(&[&[0x41]]), Ok(4 + 1));
        assert_eq!(prefix(&[&[0x41, 0x0f], &P_SLICE]), Ok(4 + 1 + 1));
    }

    #[test]
    fn start_codes_of_three_bytes_become_four_and_those_of_four_stay() {
        let nals: [&[u8]; 3] = [&SPS, &PPS, &IDR_SLICE];
        let long = stream(&[0, 0, 0, 1], &nals);
        let short = stream(&[0, 0, 1], &nals);
        let rewritten = split(&short).unwrap();
        assert_eq!(*rewritten.frame, *long);
        assert_eq!(rewritten.prefix, split(&long).unwrap().prefix);
        let as_it_was = split(&long).unwrap();
        assert!(matches!(as_it_was.frame, Frame::AsItWas(frame) if frame == long));
        let mixed = [
            stream(&[0, 0, 0, 1], &[&SPS]),
            stream(&[0, 0, 1], &[&IDR_SLICE]),
        ];
        let expected = stream(&[0, 0, 0, 1], &[&SPS, &IDR_SLICE]);
        assert_eq!(*split(&mixed.concat()).unwrap().frame, *expected);
    }

    #[test]
    fn what_is_no_byte_stream_or_would_leave_pictures_in_clear_is_refused() {
        for bytes in [&[][..], &[1, 2, 3], &[9, 0, 0, 1, 0x41, 0x9a], &[0, 0, 1]] {
            assert_eq!(split(bytes).err(), Some(H264Fault::NotAnnexB));
        }
        let partition = [0x42, 1, 2, 3];
        let refused = Err(H264Fault::NalUnit { kind: 2 });
        assert_eq!(prefix(&[&SPS, &partition, &P_SLICE]), refused);
    }

    #[test]
    fn a_start_code_is_found_also_across_the_end_of_the_prefix() {
        assert!(has_start_code(&[9, 0, 0, 1, 9], 3));
        assert!(has_start_code(&[9, 9, 9, 9, 0, 0, 0, 1], 3));
        assert!(has_start_code(&[0, 0, 1], 0));
        assert!(!has_start_code(&[0, 0, 0, 1, 9, 9], 4));
        assert!(!has_start_code(&[9, 9, 0, 0, 2, 0, 0], 0));
    }
}
