//! Pages of Ogg one after the other, of one stream, and the packets that end in each (RFC 3533).
//!
//! `ogg` reads the pages; what bounds them is here: it would keep any number of streams and of pages of a packet.

use std::io::{self, Read};

use ogg::OggReadError;
use ogg::reading::{BasePacketReader, PageParser};
use thiserror::Error;

use crate::limits;

/// The bytes of a page before its lengths.
const HEADER: usize = 27;
/// The capture pattern that each page begins with.
const PATTERN: &[u8] = b"OggS";
/// The flag of the last page of a stream.
const LAST: u8 = 4;
/// The length of a piece behind which its packet goes on.
const WHOLE: u8 = 255;

/// A page that is not taken, and its place.
#[derive(Debug, Error)]
#[error("the page at byte {offset}: {fault}")]
pub struct PageError {
    /// The first byte of the page, from the beginning of the file.
    pub offset: u64,
    /// The reason.
    #[source]
    pub fault: PageFault,
}

/// The reason for which a page is not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PageFault {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[source] io::Error),
    /// There is something else.
    #[error("no page of Ogg begins there")]
    NoPage,
    /// The file ends in it.
    #[error("the file ends in it")]
    Cut,
    /// It is of another version of Ogg.
    #[error("it is of version {0} of Ogg, and there is only 0")]
    Version(u8),
    /// Its checksum is not the one that it has.
    #[error("its checksum is wrong")]
    Checksum,
    /// It is of another stream: two are interleaved.
    #[error("it is of a second stream; a file of one stream is needed")]
    SecondStream,
    /// It comes after the end of the stream: another one is appended, or something else.
    #[error("it is behind the end of the stream; a file of one stream is needed")]
    BehindEnd,
    /// Its number is not the next one.
    #[error("it has number {found} where page {expected} was to come")]
    Number {
        /// The next number.
        expected: u32,
        /// Its number.
        found: u32,
    },
    /// A packet ends or goes on in it that did not go on before it, or the other way round.
    #[error("it does not go on where the page before it ends")]
    Continuation,
    /// A packet in it is longer than there may be.
    #[error("a packet in it has more than {most} bytes")]
    LongPacket {
        /// The most bytes of such a packet.
        most: usize,
    },
    /// It is one too many in which no packet ends.
    #[error("no packet ends in {} pages", limits::OGG_PAGES_OF_PACKET)]
    ManyPages,
    /// Its position in time is none, or before what there was already.
    #[error("its granule position does not follow from its packets")]
    Granule,
}

/// A page and the packets that end in it.
pub(super) struct Page {
    pub(super) offset: u64,
    pub(super) granule: u64,
    pub(super) is_last: bool,
    pub(super) packets: Vec<Vec<u8>>,
    /// True if a packet begins in it that ends in a later one.
    pub(super) goes_on: bool,
}

impl Page {
    pub(super) fn failed(&self, fault: PageFault) -> PageError {
        let offset = self.offset;
        PageError { offset, fault }
    }
}

/// The pages of a file.
pub(super) struct Pages<R> {
    input: R,
    offset: u64,
    packets: BasePacketReader,
    /// The serial number of the stream, and the number of its next page.
    stream: Option<(u32, u32)>,
    /// The bytes of the packet that goes on, if one does.
    open: Option<usize>,
    /// The pages behind the last one in which a packet ended.
    endless: usize,
    is_ended: bool,
}

impl<R: Read> Pages<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            offset: 0,
            packets: BasePacketReader::new(),
            stream: None,
            open: None,
            endless: 0,
            is_ended: false,
        }
    }

    /// The next page, whose packets have at most so many bytes; none at the end of the file.
    ///
    /// A file may end behind any page, as one does whose writer was stopped.
    pub(super) fn next(&mut self, most: usize) -> Result<Option<Page>, PageError> {
        let offset = self.offset;
        self.read(most).map_err(|fault| PageError { offset, fault })
    }

    fn read(&mut self, most: usize) -> Result<Option<Page>, PageFault> {
        let offset = self.offset;
        let header = self.bytes(HEADER)?;
        if header.is_empty() {
            return Ok(None);
        }
        if self.is_ended {
            return Err(PageFault::BehindEnd);
        }
        let header = match header.first_chunk::<HEADER>() {
            _ if header.iter().zip(PATTERN).any(|(a, b)| a != b) => return Err(PageFault::NoPage),
            None => return Err(PageFault::Cut),
            Some(header) => *header,
        };
        let (mut parser, pieces) = PageParser::new(header).map_err(fault)?;
        let head = PageHead::read(&header);
        self.follow(&head)?;
        let lengths = self.whole(pieces)?;
        self.measure(&lengths, most)?;
        let body = parser.parse_segments(lengths);
        let body = self.whole(body)?;
        let page = parser.parse_packet_data(body).map_err(fault)?;
        self.packets.push_page(page).map_err(fault)?;
        self.is_ended = head.is_last;
        let mut packets = Vec::new();
        while let Some(packet) = self.packets.read_packet() {
            packets.push(packet.data);
        }
        Ok(Some(Page {
            offset,
            granule: head.granule,
            is_last: head.is_last,
            packets,
            goes_on: self.open.is_some(),
        }))
    }

    /// Checks that a page is the next one of the stream.
    fn follow(&mut self, head: &PageHead) -> Result<(), PageFault> {
        let (serial, expected) = *self.stream.get_or_insert((head.serial, head.number));
        if head.serial != serial {
            return Err(PageFault::SecondStream);
        }
        let found = head.number;
        if found != expected {
            return Err(PageFault::Number { expected, found });
        }
        self.stream = Some((serial, expected.wrapping_add(1)));
        Ok(())
    }

    /// Bounds the packets of a page by the lengths of their pieces, before anything of them is read.
    fn measure(&mut self, lengths: &[u8], most: usize) -> Result<(), PageFault> {
        self.endless += 1;
        for &length in lengths {
            let bytes = self.open.unwrap_or(0) + usize::from(length);
            if bytes > most {
                return Err(PageFault::LongPacket { most });
            }
            self.open = Some(bytes).filter(|_| length == WHOLE);
            if length < WHOLE {
                self.endless = 0;
            }
        }
        match self.endless > limits::OGG_PAGES_OF_PACKET {
            true => Err(PageFault::ManyPages),
            false => Ok(()),
        }
    }

    /// So many bytes, if there are as many.
    fn whole(&mut self, length: usize) -> Result<Vec<u8>, PageFault> {
        let bytes = self.bytes(length)?;
        match bytes.len() == length {
            true => Ok(bytes),
            false => Err(PageFault::Cut),
        }
    }

    /// So many bytes, or as many as there are.
    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, PageFault> {
        let mut bytes = Vec::new();
        let mut input = (&mut self.input).take(length as u64);
        input.read_to_end(&mut bytes).map_err(PageFault::Io)?;
        self.offset = self.offset.saturating_add(bytes.len() as u64);
        Ok(bytes)
    }
}

/// The fields of a page's header that its packets do not show.
struct PageHead {
    is_last: bool,
    granule: u64,
    serial: u32,
    number: u32,
}

impl PageHead {
    fn read(header: &[u8; HEADER]) -> Self {
        let [_, _, _, _, _, flags, rest @ ..] = *header;
        let [g0, g1, g2, g3, g4, g5, g6, g7, rest @ ..] = rest;
        let [s0, s1, s2, s3, n0, n1, n2, n3, ..] = rest;
        Self {
            is_last: flags & LAST != 0,
            granule: u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, g7]),
            serial: u32::from_le_bytes([s0, s1, s2, s3]),
            number: u32::from_le_bytes([n0, n1, n2, n3]),
        }
    }
}

fn fault(error: OggReadError) -> PageFault {
    match error {
        OggReadError::NoCapturePatternFound => PageFault::NoPage,
        OggReadError::InvalidStreamStructVer(version) => PageFault::Version(version),
        OggReadError::HashMismatch(..) => PageFault::Checksum,
        OggReadError::ReadError(error) => PageFault::Io(error),
        // Beside the serial number, the flags are all that it compares: of a first page, and of one that goes on.
        OggReadError::InvalidData => PageFault::Continuation,
    }
}
