//! The body of the fuzz target for files of media; it panics where a law of a reader, a writer or a recording does not hold.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a law that does not hold is a finding"
)]

use core::mem;
use core::time::Duration;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::rc::Rc;

use arbitrary::{Result, Unstructured};

use super::{
    IvfReader, IvfWriter, OpusReader, OpusWriter, Recorded, Recordings, Source, Written, shape,
};

/// The packets of silence of the writer, of one channel and of two, behind their first byte.
const SILENT: &[u8] = &[0xff, 0xfe];
/// The most steps of a recording.
const STEPS: usize = 100;

/// A file of Ogg Opus, a file of IVF, or choices of a recording, by the first bytes.
///
/// The laws: packets and frames are no more than the bytes of the file; written in their order they are read the same; a recording
/// keeps to its limit, says once that it is full, and has whole files with what it took, in that order.
pub fn media_files(data: &[u8]) {
    match data {
        [b'O', ..] => opus(data),
        [b'D', ..] => ivf(data),
        // Choices that end early are the end of the recording.
        _ => drop(recording(&mut Unstructured::new(data))),
    }
}

/// Reads a file of either kind and keeps nothing, so that what the reader takes can be measured.
pub fn read_media_file(data: &[u8]) {
    if let Ok(reader) = OpusReader::new(data) {
        reader.for_each(drop);
    }
    if let Ok(reader) = IvfReader::new(data) {
        reader.for_each(drop);
    }
}

fn opus(data: &[u8]) {
    let Ok(reader) = OpusReader::new(data) else {
        return;
    };
    let channels = reader.head().channels;
    let packets: Vec<_> = reader.map_while(|packet| packet.ok()).collect();
    let bytes: usize = packets.iter().map(|packet| packet.data.len()).sum();
    assert!(bytes < data.len(), "packets of more bytes than their file");
    if let Ok(reader) = OpusReader::for_playing(data) {
        let played = reader.map_while(|packet| packet.ok());
        let played: Vec<_> = played.collect();
        assert!(played.iter().all(|packet| packet.samples == 960));
        assert!(packets.starts_with(&played));
    }
    let mut file = Vec::new();
    let mut writer = OpusWriter::new(&mut file, 1, channels).expect("memory takes everything");
    let mut position: u32 = 0;
    for packet in &packets {
        let at = shape::duration(position.into());
        let (silence, cut) = (Duration::ZERO, Duration::ZERO);
        let written = writer.write(at, position, &packet.data);
        let placed = Written::Placed { silence, cut };
        assert_eq!(written.expect("it was read"), placed);
        position += packet.samples;
    }
    writer.finish().expect("memory takes everything");
    let again = packets_behind_pre_skip(&file);
    let packets = packets.into_iter().map(|packet| packet.data);
    assert!(packets.eq(again), "it is read otherwise");
}

fn ivf(data: &[u8]) {
    let Ok(reader) = IvfReader::new(data) else {
        return;
    };
    let header = reader.header();
    let frames: Vec<_> = reader.map_while(|frame| frame.ok()).collect();
    let mut file = Cursor::new(Vec::new());
    let mut writer = IvfWriter::new(&mut file, header).expect("memory takes everything");
    for frame in &frames {
        let written = writer.write(frame.time, &frame.data);
        written.expect("it was read");
    }
    let size = writer.finish().expect("memory takes everything");
    let file = file.into_inner();
    assert_eq!(size, file.len() as u64);
    // The length in the header is nobody's to trust.
    assert_eq!(file[..24], data[..24]);
    assert_eq!(file[32..], data[32..file.len()]);
    let reader = IvfReader::new(&*file).expect("it was written");
    assert_eq!(reader.header(), header);
    assert!(
        reader
            .map(|frame| frame.expect("it was written"))
            .eq(frames)
    );
}

/// Files in memory, by their names.
type Files = Rc<RefCell<BTreeMap<String, Cursor<Vec<u8>>>>>;

struct InMemory(Files, String);

impl InMemory {
    fn file<T>(&self, run: impl FnOnce(&mut Cursor<Vec<u8>>) -> T) -> T {
        run(self.0.borrow_mut().entry(self.1.clone()).or_default())
    }
}

impl Write for InMemory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file(|file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for InMemory {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file(|file| file.seek(to))
    }
}

/// The names of the files that sources have now, and what was taken into each file.
#[derive(Default)]
struct Expected {
    names: BTreeMap<(Source, bool), String>,
    taken: BTreeMap<String, Vec<Vec<u8>>>,
    is_full: bool,
}

impl Expected {
    fn add(&mut self, source: Source, is_sound: bool, data: &[u8], recorded: Recorded) {
        match recorded {
            Recorded::Began(name) => {
                assert!(!self.is_full && !self.taken.contains_key(&name));
                self.taken.insert(name.clone(), vec![data.to_vec()]);
                self.names.insert((source, is_sound), name);
            }
            Recorded::Written => {
                assert!(!self.is_full);
                let name = &self.names[&(source, is_sound)];
                let taken = self.taken.get_mut(name).expect("it has begun");
                taken.push(data.to_vec());
            }
            Recorded::LeftOut => assert!(!self.is_full),
            Recorded::Full => assert!(!mem::replace(&mut self.is_full, true)),
            Recorded::Over => assert!(self.is_full),
        }
    }
}

fn recording(choices: &mut Unstructured<'_>) -> Result<()> {
    let limit = u64::from(choices.arbitrary::<u16>()?);
    let files = Files::default();
    let created = Rc::clone(&files);
    let create = move |name: &str| Ok(InMemory(Rc::clone(&created), name.to_owned()));
    let mut recordings = Recordings::new(create, limit);
    let mut expected = Expected::default();
    let steps = steps(choices, &mut recordings, &mut expected);
    assert!(recordings.written() <= limit);
    let bytes = recordings.finish().expect("memory takes everything");
    let files = mem::take(&mut *files.borrow_mut());
    let all = files.values().map(|file| file.get_ref().len() as u64);
    assert_eq!(bytes, all.sum::<u64>());
    assert!(bytes <= limit);
    assert_eq!(files.len(), expected.taken.len());
    for (name, file) in files {
        let file = file.into_inner();
        let taken = expected.taken.remove(&name).expect("it has begun");
        if name.ends_with("ogg") {
            let sound = |data: &Vec<u8>| data.get(1..) != Some(SILENT);
            let read = packets_behind_pre_skip(&file).filter(sound);
            assert!(read.eq(taken.into_iter().filter(sound)));
        } else {
            let read = IvfReader::new(&*file).expect("it was written");
            let read = read.map(|frame| frame.expect("it was written").data);
            assert!(read.eq(taken));
        }
    }
    steps
}

fn steps<F>(
    choices: &mut Unstructured<'_>,
    recordings: &mut Recordings<F, InMemory>,
    expected: &mut Expected,
) -> Result<()>
where
    F: FnMut(&str) -> io::Result<InMemory>,
{
    let mut at = Duration::ZERO;
    let mut timestamp: u32 = 0;
    for _ in 0..STEPS {
        let source = Source {
            user: choices.int_in_range(-1..=1)?,
            ssrc: choices.int_in_range(0..=1)?,
        };
        match choices.int_in_range(0..=9)? {
            0 => recordings.end(source).expect("memory takes everything"),
            // A longer pause takes time and leads nowhere else.
            1 => at += Duration::from_millis(choices.int_in_range(0..=5000)?),
            2 => timestamp = choices.arbitrary()?,
            3 => timestamp = timestamp.wrapping_add(choices.arbitrary::<u16>()?.into()),
            4 | 5 => {
                let length = choices.int_in_range(0..=600)?;
                let mut frame = vec![0x11; length];
                if choices.arbitrary()? {
                    frame = [&[0x10, 0, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0], &*frame].concat();
                }
                let recorded = recordings.add_picture(source, at, &frame);
                let recorded = recorded.expect("memory takes everything");
                expected.add(source, false, &frame, recorded);
            }
            _ => {
                let length = choices.int_in_range(0..=1500)?;
                let mut packet = vec![choices.arbitrary()?; length];
                if let Some(toc) = packet.first_mut() {
                    *toc = choices.arbitrary()?;
                }
                let recorded = recordings.add_sound(source, at, timestamp, &packet);
                let recorded = recorded.expect("memory takes everything");
                expected.add(source, true, &packet, recorded);
                timestamp = timestamp.wrapping_add(960);
                at += Duration::from_millis(20);
            }
        }
    }
    Ok(())
}

/// The packets of a file that was written, without those that only start a decoder.
fn packets_behind_pre_skip(file: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let reader = OpusReader::new(file).expect("it was written");
    let packets = reader.map(|packet| packet.expect("it was written"));
    packets.skip(4).map(|packet| {
        assert_eq!(packet.trimmed, 0);
        packet.data
    })
}
