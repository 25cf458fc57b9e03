//! The tags of a part of sound: an Ogg file with one second of Opus.

mod tags;
mod values;

use core::num::NonZeroU8;
use std::io::Cursor;

use ogg::reading::PacketReader;
use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use ogg::{OggReadError, Packet};

use crate::limits;
use tags::Tags;

pub use values::{AudioPart, AudioPartError, SpeakerChange};

/// What the first packet of a stream of Opus begins with.
const HEAD: &[u8] = b"OpusHead";
/// The version of the head and the number of channels behind it.
const HEAD_VERSION_AND_CHANNELS: usize = 2;

impl From<OggReadError> for AudioPartError {
    fn from(_: OggReadError) -> Self {
        Self::Page
    }
}

impl AudioPart {
    /// Reads the tags of a part; a tag that is not there says that there is nothing of its kind.
    pub fn read(bytes: &[u8]) -> Result<Self, AudioPartError> {
        let mut packets = packets(bytes)?;
        let head = packets.read_packet()?.ok_or(AudioPartError::NoTags)?;
        let channels = channels(&head).ok_or(AudioPartError::Head)?;
        let tags = packets.read_packet()?.ok_or(AudioPartError::NoTags)?;
        if tags.stream_serial() != head.stream_serial() {
            return Err(AudioPartError::Tags);
        }
        let tags = Tags::read(&tags.data).ok_or(AudioPartError::Tags)?;
        Ok(Self {
            channels,
            speakers: tags.speakers(channels)?,
            active: tags.active()?,
        })
    }

    /// The file of a part without its sound: the head and the tags, each on pages of its own, if they can be read.
    pub(crate) fn without_sound(file: &[u8]) -> Option<Vec<u8>> {
        Self::read(file).ok()?;
        let mut packets = packets(file).ok()?;
        let mut written = PacketWriter::new(Vec::new());
        for _ in 0..2 {
            let packet = packets.read_packet().ok()??;
            let (serial, end) = (packet.stream_serial(), PacketWriteEndInfo::EndPage);
            written.write_packet(packet.data, serial, end, 0).ok()?;
        }
        Some(written.into_inner())
    }

    /// Puts the tags into a file of Ogg and Opus in the place of its own, as a server does.
    pub fn write(&self, file: &[u8]) -> Result<Vec<u8>, AudioPartError> {
        let mut packets = packets(file)?;
        let mut written = PacketWriter::new(Vec::with_capacity(file.len()));
        let mut place: usize = 0;
        while let Some(packet) = packets.read_packet()? {
            let end = match (packet.last_in_stream(), packet.last_in_page()) {
                (true, _) => PacketWriteEndInfo::EndStream,
                (false, true) => PacketWriteEndInfo::EndPage,
                (false, false) => PacketWriteEndInfo::NormalPacket,
            };
            let (serial, granule) = (packet.stream_serial(), packet.absgp_page());
            let data = match place {
                1 => Tags::write(self),
                _ => packet.data,
            };
            place = place.saturating_add(1);
            // Nothing fails that is written to memory.
            let outcome = written.write_packet(data, serial, end, granule);
            outcome.map_err(|_| AudioPartError::Page)?;
        }
        let written = written.into_inner();
        match written.len() {
            length if length > limits::PART_BYTES => Err(AudioPartError::TooLong { length }),
            _ if place < 2 => Err(AudioPartError::NoTags),
            _ => Ok(written),
        }
    }
}

fn packets(bytes: &[u8]) -> Result<PacketReader<Cursor<&[u8]>>, AudioPartError> {
    let length = bytes.len();
    if length > limits::PART_BYTES {
        return Err(AudioPartError::TooLong { length });
    }
    Ok(PacketReader::new(Cursor::new(bytes)))
}

/// The number of channels of a stream by its first packet.
fn channels(head: &Packet) -> Option<NonZeroU8> {
    let fields = head.data.strip_prefix(HEAD)?;
    let fields = fields.first_chunk::<HEAD_VERSION_AND_CHANNELS>()?;
    NonZeroU8::new(fields[1])
}

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
