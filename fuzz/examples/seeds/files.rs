//! Files of sound and picture: the beginnings of those of other writers, and short ones of ours.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use confcall_rtc::files::{Channels, IvfReader, IvfWriter, OpusReader, OpusWriter};

use super::Seeds;

const TARGET: &str = "media_files";

pub(super) fn add(seeds: &mut Seeds, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let sound = fs::read(folder.join("packets-of-60-ms.ogg"))?;
    // The head and the tags, a page that is cut, and the whole.
    for length in [47, 160, 1000, sound.len()] {
        seeds.add(TARGET, &sound[..length]);
    }
    let packets: Vec<_> = OpusReader::new(&*sound)?.collect::<Result<_, _>>()?;
    for (channels, pause) in [(Channels::Mono, 0), (Channels::Stereo, 300)] {
        let mut file = Vec::new();
        let mut writer = OpusWriter::new(&mut file, 7, channels)?;
        let (mut at, mut timestamp) = (Duration::ZERO, 0);
        for packet in &packets[..3] {
            writer.write(at, timestamp, &packet.data)?;
            at += packet.duration() + Duration::from_millis(pause);
            timestamp += packet.samples;
        }
        writer.finish()?;
        seeds.add(TARGET, file);
    }
    let picture = fs::read(folder.join("test-picture.ivf"))?;
    let reader = IvfReader::new(&*picture)?;
    let mut file = Cursor::new(Vec::new());
    let mut writer = IvfWriter::new(&mut file, reader.header())?;
    for frame in reader.take(3) {
        // A key frame says what it is in its first ten bytes.
        let frame = frame?;
        writer.write(frame.time, &frame.data[..10])?;
    }
    writer.finish()?;
    let file = file.into_inner();
    seeds.add(TARGET, &file[..50]);
    seeds.add(TARGET, file);
    Ok(())
}
