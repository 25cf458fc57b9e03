//! Files of Ogg that are put together page by page, right and wrong ones.

use ogg::{PacketWriteEndInfo, PacketWriter};

pub(crate) const SERIAL: u32 = 7;
/// A packet of 20 ms that is silent.
pub(crate) const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

/// A head with this version, number of channels and mapping family.
pub(crate) fn head(version: u8, channels: u8, family: u8) -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend([version, channels, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, family]);
    head
}

pub(crate) fn tags() -> Vec<u8> {
    let mut tags = b"OpusTags".to_vec();
    tags.extend([0; 8]);
    tags
}

/// Builds a file of Ogg.
pub(crate) struct Builder(PacketWriter<'static, Vec<u8>>);

impl Builder {
    /// A file without anything.
    pub(crate) fn empty() -> Self {
        Self(PacketWriter::new(Vec::new()))
    }

    /// A file with the head and the tags of one that can be played.
    pub(crate) fn new() -> Self {
        Self::empty().page(&[&head(1, 1, 0)], 0).page(&[&tags()], 0)
    }

    /// Adds a page.
    pub(crate) fn page(self, packets: &[&[u8]], granule: u64) -> Self {
        self.add(packets, granule, PacketWriteEndInfo::EndPage, SERIAL)
    }

    /// Adds a packet to a page that goes on.
    pub(crate) fn packet(self, packet: &[u8], granule: u64) -> Self {
        self.add(&[packet], granule, PacketWriteEndInfo::NormalPacket, SERIAL)
    }

    /// Adds a page of another stream.
    pub(crate) fn page_of(self, serial: u32, packets: &[&[u8]]) -> Self {
        self.add(packets, 0, PacketWriteEndInfo::EndPage, serial)
    }

    /// Adds the last page.
    pub(crate) fn last(self, packets: &[&[u8]], granule: u64) -> Vec<u8> {
        self.add(packets, granule, PacketWriteEndInfo::EndStream, SERIAL)
            .bytes()
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.into_inner()
    }

    fn add(
        mut self,
        packets: &[&[u8]],
        granule: u64,
        end: PacketWriteEndInfo,
        serial: u32,
    ) -> Self {
        let (last, before) = packets.split_last().unwrap();
        for packet in before {
            let normal = PacketWriteEndInfo::NormalPacket;
            let written = self
                .0
                .write_packet(packet.to_vec(), serial, normal, granule);
            written.unwrap();
        }
        let written = self.0.write_packet(last.to_vec(), serial, end, granule);
        written.unwrap();
        self
    }
}

/// A page with these flags, number and lengths of pieces, and bytes of zero in them.
pub(crate) fn raw_page(flags: u8, number: u32, lengths: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(u64::MAX.to_le_bytes());
    page.extend(SERIAL.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push(lengths.len().try_into().unwrap());
    page.extend(lengths);
    page.extend(vec![
        0;
        lengths.iter().map(|length| usize::from(*length)).sum()
    ]);
    seal(&mut page);
    page
}

/// Puts the checksums that they should have into the pages that a file can be cut into.
pub(crate) fn seal_all(mut file: &mut [u8]) {
    while let Some(&pieces) = file.get(26) {
        let body = 27 + usize::from(pieces);
        let Some(lengths) = file.get(27..body) else {
            return;
        };
        let length = body
            + lengths
                .iter()
                .map(|length| usize::from(*length))
                .sum::<usize>();
        let Some((page, rest)) = file.split_at_mut_checked(length) else {
            return;
        };
        seal(page);
        file = rest;
    }
}

/// Puts its checksum into a page.
fn seal(page: &mut [u8]) {
    page[22..26].fill(0);
    let checksum = checksum(page);
    page[22..26].copy_from_slice(&checksum.to_le_bytes());
}

/// The checksum of a page (RFC 3533, 6): CRC-32 with the polynomial 04c11db7, without reflection.
fn checksum(page: &[u8]) -> u32 {
    let steps = |sum: u32, byte: &u8| {
        let sum = sum ^ (u32::from(*byte) << 24);
        (0..8).fold(sum, |sum, _| match sum >> 31 {
            0 => sum << 1,
            _ => (sum << 1) ^ 0x04c1_1db7,
        })
    };
    page.iter().fold(0, steps)
}
