//! Pages of a stream of Ogg that is being written.

use core::{fmt, mem};
use std::io::{self, Write};

use ogg::writing::{PacketWriteEndInfo, PacketWriter};

use super::shape::RATE;

/// The bytes of a page beside its lengths and packets.
const HEADER: u64 = 27;
/// The most lengths of a page, and the bytes of a piece with the largest one.
const LENGTHS: u64 = 255;
/// The most samples of a page.
const PAGE: u64 = RATE;

/// The most bytes that so many packets take on pages of their own, with their bytes together and their samples together.
pub(super) fn cost(samples: u64, packets: u64, bytes: u64) -> u64 {
    let lengths = packets + bytes / LENGTHS;
    let pages = samples / PAGE + lengths / LENGTHS + 2;
    bytes + lengths + pages * HEADER
}

/// Writes a stream page by page.
///
/// The newest packet is kept back until the next one comes, as the last one has to end the stream.
pub(super) struct PageWriter {
    serial: u32,
    /// It writes to memory, so that a page goes out in one piece.
    writer: PacketWriter<'static, Vec<u8>>,
    newest: Option<Newest>,
    /// The samples of all packets, and of those before the page that is being filled.
    position: u64,
    page_start: u64,
    /// The bytes that are written, and the most of what is kept.
    written: u64,
    kept: u64,
}

struct Newest {
    data: Vec<u8>,
    position: u64,
    ends_page: bool,
}

impl PageWriter {
    pub(super) fn new(serial: u32) -> Self {
        Self {
            serial,
            writer: PacketWriter::new(Vec::new()),
            newest: None,
            position: 0,
            page_start: 0,
            written: 0,
            kept: 0,
        }
    }

    /// True before the first packet with sound.
    pub(super) fn is_silent(&self) -> bool {
        self.position == 0
    }

    /// The most bytes of the stream if it ends now.
    pub(super) fn size(&self) -> u64 {
        match self.newest {
            // What is kept may begin on a page that is nearly full.
            Some(_) => self.written + self.kept + 2 * HEADER,
            None => self.written,
        }
    }

    /// Adds a packet without sound, which has a page of its own.
    pub(super) fn add_alone(&mut self, data: Vec<u8>) -> io::Result<()> {
        self.replace(data, true)
    }

    /// Adds a packet with so many samples.
    pub(super) fn add(&mut self, data: Vec<u8>, samples: u32) -> io::Result<()> {
        let end = self.position + u64::from(samples);
        if end - self.page_start > PAGE {
            self.page_start = self.position;
            if let Some(newest) = &mut self.newest {
                newest.ends_page = true;
            }
        }
        self.position = end;
        self.replace(data, false)
    }

    /// Ends the stream with the newest packet.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.give(PacketWriteEndInfo::EndStream)
    }

    /// Writes the pages that are whole.
    pub(super) fn hand_out(&mut self, output: &mut impl Write) -> io::Result<()> {
        let pages = mem::take(self.writer.inner_mut());
        if pages.is_empty() {
            return Ok(());
        }
        self.written += pages.len() as u64;
        output.write_all(&pages)?;
        output.flush()
    }

    fn replace(&mut self, data: Vec<u8>, ends_page: bool) -> io::Result<()> {
        let end = match &self.newest {
            Some(newest) if newest.ends_page => PacketWriteEndInfo::EndPage,
            _ => PacketWriteEndInfo::NormalPacket,
        };
        self.give(end)?;
        self.kept += size(&data);
        let position = self.position;
        self.newest = Some(Newest {
            data,
            position,
            ends_page,
        });
        Ok(())
    }

    fn give(&mut self, end: PacketWriteEndInfo) -> io::Result<()> {
        let Some(newest) = self.newest.take() else {
            return Ok(());
        };
        let size = size(&newest.data);
        let before = self.writer.inner().len();
        let (data, position) = (newest.data, newest.position);
        self.writer.write_packet(data, self.serial, end, position)?;
        if self.writer.inner().len() > before {
            // The end of this packet may be on the page that is not written yet.
            self.kept = size;
        }
        Ok(())
    }
}

fn size(packet: &[u8]) -> u64 {
    let length = packet.len() as u64;
    length + length / LENGTHS + 1
}

impl fmt::Debug for PageWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut writer = f.debug_struct("PageWriter");
        writer.field("position", &self.position);
        writer.field("written", &self.written);
        writer.finish_non_exhaustive()
    }
}
