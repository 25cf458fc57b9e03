//! Packets of a file of Ogg Opus (RFC 7845).

use core::mem;
use core::time::Duration;
use std::collections::VecDeque;
use std::io::Read;

use thiserror::Error;

use super::head::{self, HeadFault, OpusHead};
use super::pages::{Page, PageError, PageFault, Pages};
use super::shape::{self, Milliseconds, PacketError, PacketShape};
use crate::limits;

/// The samples of each packet of a file that is played.
const PLAYED: u32 = 960;

/// The packets of a file of Ogg Opus, as they were encoded.
///
/// It is an iterator that ends after the first error. The file has one stream of mapping family 0; it may end behind any page, and
/// nothing may follow its end.
///
/// - [`OpusHead::pre_skip`] is not taken off: those who hear the packets need them to start their decoders.
/// - A packet that the end of the file trims off is left out; [`OpusPacket::trimmed`] says what is trimmed off the last one.
/// - A gap in the positions of pages, where a recorder lost packets, is no silence: the packets follow each other.
///
/// At most a page is kept, and the packet that goes on behind it.
pub struct OpusReader<R> {
    pages: Pages<R>,
    head: OpusHead,
    only: Option<u32>,
    /// What is left of the page that was read last.
    packets: VecDeque<OpusPacket>,
    /// The number of packets that were read.
    read: u64,
    /// The granule position of that page; none before the first one with sound.
    position: Option<u64>,
    is_over: bool,
}

/// A packet of Opus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpusPacket {
    /// The packet as it was encoded.
    pub data: Vec<u8>,
    /// Its duration in samples at 48 kHz.
    pub samples: u32,
    /// The samples at its end that the file does not play; not 0 for the last packet alone.
    pub trimmed: u32,
}

/// A file cannot be played.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpusFileError {
    /// A page is not taken.
    #[error(transparent)]
    Page(#[from] PageError),
    /// It does not begin as a file of Ogg.
    #[error("the file is no Ogg file, and it is not encoded again; {ADVICE}")]
    NotOgg,
    /// Its first page has no head of Opus alone.
    #[error("the file is of another codec than Opus, and it is not encoded again; {ADVICE}")]
    NotOpus,
    /// Its head is of another version.
    #[error("the head is of version {0}, and only versions below 16 are known")]
    Version(u8),
    /// It is for more than two loudspeakers, or its channels belong to nothing.
    #[error(
        "the channels are mapped by family {0}, and only family 0 (mono and stereo) is played; {ADVICE}"
    )]
    Family(u8),
    /// It has another number of channels than mapping family 0 has.
    #[error("the head has {0} channels, and only mono and stereo are played; {ADVICE}")]
    Channels(u8),
    /// Something stands where the tags are to be.
    #[error("the second packet has no tags of Opus, or shares its page")]
    NoTags,
    /// A packet is none of Opus.
    #[error("packet {number}: {error}")]
    Packet {
        /// Its number, from 1, in the sound.
        number: u64,
        /// The reason.
        #[source]
        error: PacketError,
    },
    /// A packet is longer or shorter than 20 ms.
    #[error("packet {number} has {}, and only packets of {} are played; {ADVICE}", Milliseconds(*.samples), Milliseconds(PLAYED))]
    Length {
        /// Its number, from 1, in the sound.
        number: u64,
        /// Its duration in samples at 48 kHz.
        samples: u32,
    },
}

/// The way to a file that is played.
const ADVICE: &str =
    "`opusenc --framesize 20 --bitrate 32 IN.wav OUT.ogg` makes a file that is played";

impl OpusPacket {
    /// The duration of the packet.
    pub fn duration(&self) -> Duration {
        shape::duration(self.samples.into())
    }
}

impl<R: Read> OpusReader<R> {
    /// Reads the head and the tags of a file whose packets may have any duration.
    ///
    /// # Errors
    ///
    /// [`OpusFileError`]
    pub fn new(input: R) -> Result<Self, OpusFileError> {
        Self::open(input, None)
    }

    /// Reads the head, the tags and the first packets of a file that is to be played: each packet has 20 ms.
    ///
    /// A later packet of another duration is an error where it comes.
    ///
    /// # Errors
    ///
    /// [`OpusFileError`], each that another encoding avoids with the command line for it.
    pub fn for_playing(input: R) -> Result<Self, OpusFileError> {
        let mut reader = Self::open(input, Some(PLAYED))?;
        reader.fill()?;
        Ok(reader)
    }

    /// The head of the file.
    pub fn head(&self) -> OpusHead {
        self.head
    }

    fn open(input: R, only: Option<u32>) -> Result<Self, OpusFileError> {
        let mut pages = Pages::new(input);
        let first = pages.next(limits::OPUS_HEAD_BYTES);
        let first = first.map_err(|error| match error.fault {
            PageFault::NoPage => OpusFileError::NotOgg,
            // The first packet of another codec is longer.
            PageFault::LongPacket { .. } => OpusFileError::NotOpus,
            _ => error.into(),
        })?;
        let first = first.ok_or(OpusFileError::NotOgg)?;
        let first = alone(first).ok().flatten();
        let head = OpusHead::read(&first.ok_or(OpusFileError::NotOpus)?);
        let head = head.map_err(|fault| match fault {
            HeadFault::NoHead => OpusFileError::NotOpus,
            HeadFault::Version(version) => OpusFileError::Version(version),
            HeadFault::Family(family) => OpusFileError::Family(family),
            HeadFault::Channels(channels) => OpusFileError::Channels(channels),
        })?;
        let tags = loop {
            let page = pages.next(limits::OPUS_TAGS_BYTES)?;
            if let Some(tags) = alone(page.ok_or(OpusFileError::NoTags)?)? {
                break tags;
            }
        };
        if !head::is_tags(&tags) {
            return Err(OpusFileError::NoTags);
        }
        Ok(Self {
            pages,
            head,
            only,
            packets: VecDeque::new(),
            read: 0,
            position: None,
            is_over: false,
        })
    }

    /// Reads pages until there is a packet.
    fn fill(&mut self) -> Result<(), OpusFileError> {
        while self.packets.is_empty() {
            match self.pages.next(limits::OPUS_PACKET_BYTES)? {
                Some(page) => self.take(page)?,
                None => break,
            }
        }
        Ok(())
    }

    /// Takes the packets of a page that its position leaves.
    fn take(&mut self, mut page: Page) -> Result<(), OpusFileError> {
        let ended = mem::take(&mut page.packets);
        if ended.is_empty() {
            return Ok(());
        }
        let mut packets = VecDeque::with_capacity(ended.len());
        for data in ended {
            packets.push_back(self.packet(data)?);
        }
        let samples: u64 = packets.iter().map(|one| u64::from(one.samples)).sum();
        let mut over = self.advance(&page, samples)?;
        while let Some(mut last) = packets.pop_back() {
            if over < last.samples.into() {
                last.trimmed = u32::try_from(over).unwrap_or(last.samples);
                packets.push_back(last);
                break;
            }
            over -= u64::from(last.samples);
        }
        self.packets = packets;
        Ok(())
    }

    fn packet(&mut self, data: Vec<u8>) -> Result<OpusPacket, OpusFileError> {
        self.read += 1;
        let number = self.read;
        let shape = PacketShape::read(&data);
        let shape = shape.map_err(|error| OpusFileError::Packet { number, error })?;
        let samples = shape.samples;
        match self.only {
            Some(only) if samples != only => Err(OpusFileError::Length { number, samples }),
            _ => Ok(OpusPacket {
                data,
                samples,
                trimmed: 0,
            }),
        }
    }

    /// Goes on to the position of a page with so many samples; those that are over are trimmed off its end (RFC 7845, 4).
    fn advance(&mut self, page: &Page, samples: u64) -> Result<u64, PageError> {
        let failed = || page.failed(PageFault::Granule);
        // Its sign is that of a page in which no packet ends.
        if i64::try_from(page.granule).is_err() {
            return Err(failed());
        }
        // A recording may begin later than its clock, and so the first page need not begin at 0.
        let before = self
            .position
            .unwrap_or(page.granule.saturating_sub(samples));
        let end = before.saturating_add(samples);
        let over = end.saturating_sub(page.granule);
        if over > samples || (over > 0 && !page.is_last) {
            return Err(failed());
        }
        self.position = Some(page.granule);
        Ok(over)
    }
}

impl<R: Read> Iterator for OpusReader<R> {
    type Item = Result<OpusPacket, OpusFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let filled = self.fill();
        let next = match filled {
            Ok(()) => self.packets.pop_front().map(Ok),
            Err(error) => Some(Err(error)),
        };
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

/// The packet of a page with nothing beside it; none if it goes on behind the page.
fn alone(page: Page) -> Result<Option<Vec<u8>>, OpusFileError> {
    match (page.packets.len(), page.goes_on) {
        (0, _) => Ok(None),
        (1, false) => Ok(page.packets.into_iter().next()),
        _ => Err(OpusFileError::NoTags),
    }
}
