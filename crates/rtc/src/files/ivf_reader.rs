//! Frames of a file of IVF with VP8.

use core::num::{NonZeroU16, NonZeroU32};
use std::io::{self, Read};

use thiserror::Error;

use super::ivf::{FRAME_HEADER, HEADER, IvfHeader, SIGNATURE, Timebase, VP8, Vp8Size};
use crate::limits;

/// The frames of a file of IVF with VP8, as they were encoded.
///
/// It is an iterator that ends after the first error. Times rise from frame to frame. One frame is kept at a time.
pub struct IvfReader<R> {
    input: R,
    header: IvfHeader,
    offset: u64,
    /// The time of the frame before.
    before: Option<u64>,
    is_over: bool,
}

/// A frame of a file of IVF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IvfFrame {
    /// The time at which it is shown, in the unit of the [`Timebase`].
    pub time: u64,
    /// The frame as it was encoded.
    pub data: Vec<u8>,
}

/// A file of IVF cannot be played.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IvfError {
    /// It cannot be read.
    #[error("the file cannot be read at byte {offset}: {source}")]
    Io {
        /// The place.
        offset: u64,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// It does not begin as a file of IVF.
    #[error("the file is no IVF file, and it is not encoded again; {ADVICE}")]
    NotIvf,
    /// Its header is of another version, or of another length than 32.
    #[error(
        "the header is of version {version} with {length} bytes, and only version 0 with {HEADER} is known"
    )]
    Version {
        /// The version.
        version: u16,
        /// The bytes of the header.
        length: u16,
    },
    /// It is of another codec.
    #[error("the file is of the codec {}, and only VP80 is played; {ADVICE}", .0.escape_ascii())]
    NotVp8([u8; 4]),
    /// A picture of it has no pixels, or its times have no unit.
    #[error("the header has a size or a timebase of 0")]
    Zero,
    /// It ends in a header or a frame.
    #[error("the file ends in what begins at byte {offset}")]
    Cut {
        /// The place of the header or of the frame.
        offset: u64,
    },
    /// A frame is empty or too long.
    #[error(
        "the frame at byte {offset} has {length} bytes, and 1 to {} can be played",
        limits::IVF_FRAME_BYTES
    )]
    Length {
        /// The place of the frame.
        offset: u64,
        /// Its length in bytes.
        length: u32,
    },
    /// A frame is not behind the one before it.
    #[error("the frame at byte {offset} is of time {found}, which does not follow {before}")]
    Backwards {
        /// The place of the frame.
        offset: u64,
        /// The time of the frame before.
        before: u64,
        /// Its time.
        found: u64,
    },
    /// The first frame needs others before it.
    #[error("the first frame is no key frame of VP8, and nobody could show it")]
    NoKeyFrame,
}

/// The way to a file that is played.
const ADVICE: &str = "`ffmpeg -i IN -an -c:v libvpx -b:v 500k OUT.ivf` makes a file that is played";

impl<R: Read> IvfReader<R> {
    /// Reads the header of a file.
    ///
    /// # Errors
    ///
    /// [`IvfError`]
    pub fn new(mut input: R) -> Result<Self, IvfError> {
        let header =
            bytes(&mut input, HEADER).map_err(|source| IvfError::Io { offset: 0, source })?;
        if !header.starts_with(SIGNATURE) {
            return Err(IvfError::NotIvf);
        }
        let header = header.first_chunk::<HEADER>();
        Ok(Self {
            header: read_header(header.ok_or(IvfError::Cut { offset: 0 })?)?,
            input,
            offset: HEADER as u64,
            before: None,
            is_over: false,
        })
    }

    /// The header of the file.
    pub fn header(&self) -> IvfHeader {
        self.header
    }

    fn read(&mut self) -> Result<Option<IvfFrame>, IvfError> {
        let offset = self.offset;
        let header = self.bytes(FRAME_HEADER)?;
        if header.is_empty() {
            return Ok(None);
        }
        let header = header.first_chunk::<FRAME_HEADER>();
        let [l0, l1, l2, l3, t0, t1, t2, t3, t4, t5, t6, t7] =
            *header.ok_or(IvfError::Cut { offset })?;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        let most = 1..=limits::IVF_FRAME_BYTES as u32;
        if !most.contains(&length) {
            return Err(IvfError::Length { offset, length });
        }
        let found = u64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]);
        if let Some(before) = self.before.filter(|before| found <= *before) {
            return Err(IvfError::Backwards {
                offset,
                before,
                found,
            });
        }
        let data = self.bytes(length as usize)?;
        if data.len() < length as usize {
            return Err(IvfError::Cut { offset });
        }
        if self.before.is_none() && Vp8Size::of_key_frame(&data).is_none() {
            return Err(IvfError::NoKeyFrame);
        }
        self.before = Some(found);
        Ok(Some(IvfFrame { time: found, data }))
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, IvfError> {
        let offset = self.offset;
        let bytes = bytes(&mut self.input, length);
        let bytes = bytes.map_err(|source| IvfError::Io { offset, source })?;
        self.offset = self.offset.saturating_add(bytes.len() as u64);
        Ok(bytes)
    }
}

impl<R: Read> Iterator for IvfReader<R> {
    type Item = Result<IvfFrame, IvfError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.read().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

fn read_header(header: &[u8; HEADER]) -> Result<IvfHeader, IvfError> {
    let [
        _,
        _,
        _,
        _,
        v0,
        v1,
        l0,
        l1,
        c0,
        c1,
        c2,
        c3,
        w0,
        w1,
        h0,
        h1,
        rest @ ..,
    ] = *header;
    let [d0, d1, d2, d3, n0, n1, n2, n3, ..] = rest;
    let (version, length) = (u16::from_le_bytes([v0, v1]), u16::from_le_bytes([l0, l1]));
    if version != 0 || usize::from(length) != HEADER {
        return Err(IvfError::Version { version, length });
    }
    let codec = [c0, c1, c2, c3];
    if codec != VP8 {
        return Err(IvfError::NotVp8(codec));
    }
    let pixels = |bytes| NonZeroU16::new(u16::from_le_bytes(bytes)).ok_or(IvfError::Zero);
    let number = |bytes| NonZeroU32::new(u32::from_le_bytes(bytes)).ok_or(IvfError::Zero);
    Ok(IvfHeader {
        size: Vp8Size {
            width: pixels([w0, w1])?,
            height: pixels([h0, h1])?,
        },
        timebase: Timebase {
            denominator: number([d0, d1, d2, d3])?,
            numerator: number([n0, n1, n2, n3])?,
        },
    })
}

/// So many bytes, or as many as there are.
fn bytes(input: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
