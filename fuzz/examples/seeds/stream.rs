//! The parts of a stream: headers without much behind them, and one file of sound with different tags.

use std::fs;
use std::path::Path;

use confcall_join::Ssrc;
use confcall_join::stream::{AudioPart, ChunkEvent, ChunkHeader, SpeakerChange};

use super::Seeds;

pub(super) fn add(seeds: &mut Seeds, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let picture = ChunkHeader {
        container: "matroska".to_owned(),
        active_mask: 9,
        event: ChunkEvent {
            offset: 40,
            endpoint: "camera".to_owned(),
            rotation: 90,
            extra: 0,
        },
    };
    for header in [ChunkHeader::unified(), picture] {
        let mut chunk = header.to_bytes();
        chunk.extend(b"\x00\x00\x00\x20ftyp");
        seeds.add("stream_parts", chunk);
    }
    let file = fs::read(file)?;
    let mut part = AudioPart::read(&file)?;
    seeds.add("stream_parts", file.clone());
    part.speakers = (0..2)
        .map(|channel| SpeakerChange {
            frame: 24_000 * u32::from(channel),
            channel,
            source: Ssrc::new(7),
        })
        .collect();
    seeds.add("stream_parts", part.write(&file)?);
    part.active = vec![(0, "camera".to_owned()), (3, "screen".to_owned())];
    seeds.add("stream_parts", part.write(&file)?);
    Ok(())
}
