//! Recordings: names, limits and ends.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use confcall_rtc::files::{IvfReader, OpusReader, Recorded, Recordings, Source};
use confcall_rtc::limits;

use crate::PICTURE;
use crate::built::SILENCE;

const GIB: u64 = 1 << 30;

/// Files by their names, in memory.
#[derive(Clone, Default)]
struct Folder(Rc<RefCell<BTreeMap<String, Vec<u8>>>>);

/// A file of such a folder.
struct InMemory {
    folder: Folder,
    name: String,
    bytes: Cursor<Vec<u8>>,
}

impl Folder {
    fn recordings(
        &self,
        limit: u64,
    ) -> Recordings<impl FnMut(&str) -> io::Result<InMemory>, InMemory> {
        let folder = self.clone();
        let create = move |name: &str| {
            let before = folder.0.borrow_mut().insert(name.to_owned(), Vec::new());
            assert!(before.is_none(), "{name} is there");
            Ok(InMemory {
                folder: folder.clone(),
                name: name.to_owned(),
                bytes: Cursor::default(),
            })
        };
        Recordings::new(create, limit)
    }

    fn names(&self) -> Vec<String> {
        self.0.borrow().keys().cloned().collect()
    }

    fn bytes(&self) -> u64 {
        let files = self.0.borrow();
        files.values().map(|file| file.len() as u64).sum()
    }

    /// The packets or frames of a file behind what stands before the first one that is louder than silence.
    fn packets(&self, name: &str) -> usize {
        let files = self.0.borrow();
        let packets = OpusReader::new(&*files[name]).unwrap().map(Result::unwrap);
        packets.filter(|packet| packet.data != SILENCE).count()
    }
}

impl Write for InMemory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.bytes.write(bytes)?;
        let mut files = self.folder.0.borrow_mut();
        files.insert(self.name.clone(), self.bytes.get_ref().clone());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for InMemory {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn source(user: i64, ssrc: u32) -> Source {
    Source { user, ssrc }
}

fn frames() -> Vec<Vec<u8>> {
    let frames = IvfReader::new(PICTURE).unwrap();
    frames.map(|frame| frame.unwrap().data).collect()
}

const PACKET: [u8; 60] = [0x08; 60];

#[test]
fn each_source_has_a_file_of_a_name_of_numbers() {
    let folder = Folder::default();
    let mut recordings = folder.recordings(GIB);
    let frames = frames();
    let first = source(7, u32::MAX);
    let mut sound =
        |source, at, timestamp| recordings.add_sound(source, ms(at), timestamp, &PACKET);
    let began = |name: &str| Recorded::Began(name.to_owned());
    assert_eq!(sound(first, 0, 0).unwrap(), began("7-4294967295-1.ogg"));
    assert_eq!(sound(first, 20, 960).unwrap(), Recorded::Written);
    assert_eq!(sound(source(7, 3), 20, 960).unwrap(), began("7-3-2.ogg"));
    let chat = source(i64::MIN, 3);
    let name = began("chat9223372036854775808-3-3.ogg");
    assert_eq!(sound(chat, 20, 960).unwrap(), name);
    let mut picture = |at, frame| recordings.add_picture(first, ms(at), frame).unwrap();
    assert_eq!(picture(0, &frames[1]), Recorded::LeftOut);
    assert_eq!(picture(50, &frames[0]), began("7-4294967295-4.ivf"));
    assert_eq!(picture(50, &frames[1]), Recorded::Written);
    let written = recordings.finish().unwrap();
    assert_eq!(written, folder.bytes());
    assert_eq!(folder.packets("7-4294967295-1.ogg"), 2);
    let files = folder.0.borrow();
    let picture = IvfReader::new(&*files["7-4294967295-4.ivf"]).unwrap();
    let header = picture.header();
    let times = picture.map(|frame| header.timebase.time(frame.unwrap().time));
    // Both were due at once.
    assert!(times.eq([ms(50), ms(51)]));
}

#[test]
fn what_nobody_could_play_begins_no_file_and_ends_none() {
    let folder = Folder::default();
    let mut recordings = folder.recordings(GIB);
    let long = vec![0; limits::OPUS_PACKET_BYTES + 1];
    for packet in [&[][..], &[0xfb], &long] {
        let recorded = recordings.add_sound(source(1, 1), ms(0), 0, packet);
        assert_eq!(recorded.unwrap(), Recorded::LeftOut);
    }
    for frame in [Vec::new(), vec![1], vec![0; limits::IVF_FRAME_BYTES + 1]] {
        let recorded = recordings.add_picture(source(1, 1), ms(0), &frame);
        assert_eq!(recorded.unwrap(), Recorded::LeftOut);
    }
    assert!(folder.names().is_empty());
    recordings
        .add_sound(source(1, 1), ms(0), 0, &PACKET)
        .unwrap();
    let again = recordings.add_sound(source(1, 1), ms(0), 0, &PACKET);
    assert_eq!(again.unwrap(), Recorded::LeftOut);
    let next = recordings.add_sound(source(1, 1), ms(20), 960, &PACKET);
    assert_eq!(next.unwrap(), Recorded::Written);
}

#[test]
fn a_source_that_ended_gets_a_new_file() {
    let folder = Folder::default();
    let mut recordings = folder.recordings(GIB);
    let frames = frames();
    let one = source(1, 1);
    recordings.add_sound(one, ms(0), 0, &PACKET).unwrap();
    recordings.add_picture(one, ms(0), &frames[0]).unwrap();
    recordings.end(one).unwrap();
    assert_eq!(recordings.written(), folder.bytes());
    recordings.add_sound(one, ms(20), 960, &PACKET).unwrap();
    // A file of its own needs a key frame of its own.
    let other = recordings.add_picture(one, ms(20), &frames[1]).unwrap();
    assert_eq!(other, Recorded::LeftOut);
    drop(recordings);
    assert_eq!(folder.names(), ["1-1-1.ogg", "1-1-2.ivf", "1-1-3.ogg"]);
    assert_eq!(folder.packets("1-1-1.ogg"), 1);
    assert_eq!(folder.packets("1-1-3.ogg"), 1);
}

#[test]
fn the_limit_ends_every_file_below_it_and_is_said_once() {
    for limit in (0..30_000).step_by(701) {
        let folder = Folder::default();
        let mut recordings = folder.recordings(limit);
        let frames = frames();
        let mut said = Vec::new();
        for number in 0..400u32 {
            let at = ms(20 * u64::from(number) + 3000);
            for user in 1..=2 {
                let sound = recordings.add_sound(source(user, 5), at, number * 960, &PACKET);
                said.push(sound.unwrap());
            }
            let frame = &frames[number as usize % frames.len()];
            said.push(recordings.add_picture(source(1, 6), at, frame).unwrap());
            assert!(recordings.written() <= limit);
        }
        let end = said
            .iter()
            .position(|said| *said == Recorded::Full)
            .unwrap();
        assert!(said[..end].iter().all(|said| *said != Recorded::Over));
        assert!(said[end + 1..].iter().all(|said| *said == Recorded::Over));
        assert_eq!(recordings.written(), folder.bytes());
        assert_eq!(recordings.finish().unwrap(), folder.bytes());
        // A second of silence is not what keeps it from the limit.
        assert!(folder.bytes() + 6000 > limit, "{limit}");
        for (name, file) in &*folder.0.borrow() {
            match name.ends_with("ogg") {
                true => OpusReader::new(&**file)
                    .unwrap()
                    .for_each(|packet| drop(packet.unwrap())),
                false => IvfReader::new(&**file)
                    .unwrap()
                    .for_each(|frame| drop(frame.unwrap())),
            }
        }
    }
}

#[test]
fn few_files_are_written_at_a_time_and_the_quietest_gives_way() {
    let folder = Folder::default();
    let mut recordings = folder.recordings(GIB);
    let open = limits::RECORDING_OPEN as u32;
    for ssrc in 0..open {
        recordings
            .add_sound(source(1, ssrc), ms(0), 0, &PACKET)
            .unwrap();
    }
    // The first goes on, so that the second one has been quiet for longest.
    recordings
        .add_sound(source(1, 0), ms(20), 960, &PACKET)
        .unwrap();
    recordings
        .add_sound(source(1, open), ms(20), 0, &PACKET)
        .unwrap();
    let goes_on = recordings.add_sound(source(1, 0), ms(40), 1920, &PACKET);
    assert_eq!(goes_on.unwrap(), Recorded::Written);
    let again = recordings.add_sound(source(1, 1), ms(40), 1920, &PACKET);
    let name = format!("1-1-{}.ogg", open + 2);
    assert_eq!(again.unwrap(), Recorded::Began(name));
    recordings.finish().unwrap();
    assert_eq!(folder.names().len(), limits::RECORDING_OPEN + 2);
}

#[test]
fn sources_without_end_make_an_end_of_the_recording() {
    let folder = Folder::default();
    let mut recordings = folder.recordings(u64::MAX);
    let files = limits::RECORDING_FILES;
    for ssrc in 0..files {
        let recorded = recordings.add_sound(source(1, ssrc), ms(0), 0, &PACKET);
        assert!(matches!(recorded.unwrap(), Recorded::Began(_)));
    }
    let more = recordings.add_sound(source(1, files), ms(0), 0, &PACKET);
    assert_eq!(more.unwrap(), Recorded::Full);
    assert_eq!(folder.names().len(), files as usize);
}

/// The files of a folder, which refuse names that are there.
fn on_disk(folder: &Path) -> impl FnMut(&str) -> io::Result<File> {
    move |name| File::create_new(folder.join(name))
}

#[test]
fn a_file_that_is_there_is_not_overwritten_and_ends_the_recording() {
    let place = tempfile::tempdir().unwrap();
    let foreign = place.path().join("1-1-2.ogg");
    fs::write(&foreign, "mine").unwrap();
    let mut recordings = Recordings::new(on_disk(place.path()), GIB);
    recordings
        .add_sound(source(2, 2), ms(0), 0, &PACKET)
        .unwrap();
    let failed = recordings.add_sound(source(1, 1), ms(0), 0, &PACKET);
    let failed = failed.unwrap_err();
    assert_eq!(failed.name, "1-1-2.ogg");
    assert_eq!(failed.source.kind(), io::ErrorKind::AlreadyExists);
    let over = recordings.add_sound(source(2, 2), ms(20), 960, &PACKET);
    assert_eq!(over.unwrap(), Recorded::Over);
    assert_eq!(fs::read(&foreign).unwrap(), b"mine");
    // What was written before can be played.
    let file = File::open(place.path().join("2-2-1.ogg")).unwrap();
    assert_eq!(
        OpusReader::new(file).unwrap().map(Result::unwrap).count(),
        5
    );
}
