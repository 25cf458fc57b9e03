//! The header of a file with a picture, in front of the media.

use confcall_state::tl::{ReadError, Reader, Writer};
use thiserror::Error;

use crate::limits;

/// What every chunk begins with.
const SIGNATURE: i32 = 0xa12e_810d_u32.cast_signed();

/// A chunk of a stream: a header, and a media file that can be played alone.
///
/// ```text
/// signature:int32 container:string active_mask:int32 event_count:int32
/// event { offset:int32 endpoint:string rotation:int32 extra:int32 }          media file ...
/// ```
///
/// Numbers and texts are those of TL. One event is read whatever the count says, as every other client does.
///
/// Implements `spec/group-calls.md`, "Stream mode".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The header.
    pub header: ChunkHeader,
    /// The media file behind it.
    pub media: &'a [u8],
}

/// The header of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkHeader {
    /// The name of the demultiplexer of the media file; `mp4` for sound and picture in one.
    pub container: String,
    /// The mask of the channels of pictures that there are.
    pub active_mask: i32,
    /// The picture.
    pub event: ChunkEvent,
}

/// The picture of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkEvent {
    /// The place of the picture in the media file, in bytes.
    pub offset: i32,
    /// The endpoint; empty, or a word, for sound and picture in one.
    pub endpoint: String,
    /// The turn of the picture in degrees: 0, 90, 180 or 270.
    pub rotation: i32,
    /// A number of which no use is known.
    pub extra: i32,
}

/// Bytes are no chunk of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChunkError {
    /// The chunk is too long.
    #[error("a part has at most {max} bytes, not {length}", max = limits::PART_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The chunk begins with another signature.
    #[error("a chunk begins with another number than {found}")]
    Signature {
        /// The number.
        found: i32,
    },
    /// The header ends too early or has a text that is none.
    #[error("the header of a chunk cannot be read: {0}")]
    Header(#[from] ReadError),
    /// A text of the header is too long.
    #[error("the {what} of a chunk has at most {max} bytes, not {length}", max = limits::ENDPOINT_BYTES)]
    Text {
        /// The name of the field.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// A text of the header is not UTF-8.
    #[error("the {0} of a chunk is no text")]
    NoText(&'static str),
}

impl<'a> Chunk<'a> {
    /// Reads a chunk; what the media file holds is not looked at.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ChunkError> {
        let length = bytes.len();
        if length > limits::PART_BYTES {
            return Err(ChunkError::TooLong { length });
        }
        let mut reader = Reader::new(bytes);
        let found = reader.i32("the signature")?;
        if found != SIGNATURE {
            return Err(ChunkError::Signature { found });
        }
        let container = text(&mut reader, "container")?;
        let active_mask = reader.i32("the active mask")?;
        reader.i32("the number of events")?;
        let event = ChunkEvent {
            offset: reader.i32("the offset")?,
            endpoint: text(&mut reader, "endpoint")?,
            rotation: reader.i32("the rotation")?,
            extra: reader.i32("the last field of the event")?,
        };
        let media = bytes.get(reader.position()..).unwrap_or_default();
        Ok(Self {
            header: ChunkHeader {
                container,
                active_mask,
                event,
            },
            media,
        })
    }
}

impl ChunkHeader {
    /// The header of an MP4 file with sound and picture, 32 bytes long.
    pub fn unified() -> Self {
        Self {
            container: "mp4".to_owned(),
            active_mask: 1,
            event: ChunkEvent::default(),
        }
    }

    /// Writes the header; the media file follows it.
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::encode(|writer| {
            writer.i32(SIGNATURE);
            writer.string(self.container.as_bytes());
            writer.i32(self.active_mask);
            writer.i32(1);
            writer.i32(self.event.offset);
            writer.string(self.event.endpoint.as_bytes());
            writer.i32(self.event.rotation);
            writer.i32(self.event.extra);
        })
    }
}

fn text(reader: &mut Reader<'_>, what: &'static str) -> Result<String, ChunkError> {
    let text = reader.string(what)?;
    let length = text.len();
    if length > limits::ENDPOINT_BYTES {
        return Err(ChunkError::Text { what, length });
    }
    let text = str::from_utf8(text).map_err(|_| ChunkError::NoText(what))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A header as a real stream has it, in front of four bytes of media.
    const REAL: [u8; 36] = [
        0x0d, 0x81, 0x2e, 0xa1, // the signature
        3, b'm', b'p', b'4', // the container
        1, 0, 0, 0, // the active mask
        1, 0, 0, 0, // the number of events
        0, 0, 0, 0, // the offset
        0, 0, 0, 0, // an empty endpoint
        0, 0, 0, 0, // the rotation
        0, 0, 0, 0, // the last field
        b'f', b't', b'y', b'p',
    ];

    #[test]
    fn the_header_of_sound_and_picture_has_32_bytes() {
        let chunk = Chunk::parse(&REAL).unwrap();
        assert_eq!(chunk.header, ChunkHeader::unified());
        assert_eq!(chunk.media, b"ftyp");
        assert_eq!(chunk.header.to_bytes(), REAL[..32]);
    }

    #[test]
    fn one_event_is_read_whatever_the_count_says() {
        for count in [0, 2, i32::MAX, -1] {
            let mut bytes = REAL;
            bytes[12..16].copy_from_slice(&count.to_le_bytes());
            assert_eq!(Chunk::parse(&bytes), Chunk::parse(&REAL));
        }
    }

    #[test]
    fn a_chunk_that_is_none_is_refused_with_its_fault() {
        let mut bytes = REAL;
        bytes[0] = 0;
        let found = i32::from_le_bytes([0, 0x81, 0x2e, 0xa1]);
        assert_eq!(Chunk::parse(&bytes), Err(ChunkError::Signature { found }));
        for length in 0..32 {
            let refused = Chunk::parse(&REAL[..length]);
            let Err(ChunkError::Header(error)) = refused else {
                panic!("{length}: {refused:?}");
            };
            assert!(error.offset <= length);
        }
        let mut bytes = REAL;
        bytes[5] = 0xff;
        assert_eq!(Chunk::parse(&bytes), Err(ChunkError::NoText("container")));
        let length = limits::PART_BYTES + 1;
        assert_eq!(
            Chunk::parse(&vec![0; length]),
            Err(ChunkError::TooLong { length })
        );
    }

    #[test]
    fn an_endpoint_that_is_too_long_is_refused() {
        let mut header = ChunkHeader::unified();
        header.event.endpoint = "e".repeat(limits::ENDPOINT_BYTES);
        let bytes = header.to_bytes();
        assert_eq!(Chunk::parse(&bytes).unwrap().header, header);
        header.event.endpoint.push('e');
        let refused = Chunk::parse(&header.to_bytes()).map(|chunk| chunk.header);
        let (what, length) = ("endpoint", limits::ENDPOINT_BYTES + 1);
        assert_eq!(refused, Err(ChunkError::Text { what, length }));
    }

    proptest! {
        #[test]
        fn a_chunk_that_is_written_is_read_the_same(
            (container, endpoint) in ("[ -~]{0,40}", "[ -~]{0,40}"),
            numbers: [i32; 4],
            media: Vec<u8>,
        ) {
            let [active_mask, offset, rotation, extra] = numbers;
            let event = ChunkEvent { offset, endpoint, rotation, extra };
            let header = ChunkHeader { container, active_mask, event };
            let mut bytes = header.to_bytes();
            bytes.extend(&media);
            prop_assert_eq!(Chunk::parse(&bytes), Ok(Chunk { header, media: &media }));
        }
    }
}
