//! Reading and writing IVF.

use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::time::Duration;

use confcall_rtc::files::{IvfError, IvfFrame, IvfReader, IvfWriteError, IvfWriter, Vp8Size};
use confcall_rtc::limits;

use crate::PICTURE;
use crate::tools::probe;

/// The bytes before the first frame, and before each frame.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 12;

fn frames() -> Vec<IvfFrame> {
    let reader = IvfReader::new(PICTURE).unwrap();
    reader.map(Result::unwrap).collect()
}

fn read(file: &[u8]) -> Result<Vec<IvfFrame>, IvfError> {
    IvfReader::new(file)?.collect()
}

/// The file with other bytes at a place.
fn changed(place: usize, bytes: &[u8]) -> IvfError {
    let mut file = PICTURE.to_vec();
    file[place..place + bytes.len()].copy_from_slice(bytes);
    read(&file).unwrap_err()
}

#[test]
fn a_file_of_ffmpeg_is_read_with_its_times() {
    let header = IvfReader::new(PICTURE).unwrap().header();
    assert_eq!(
        (header.size.width.get(), header.size.height.get()),
        (160, 120)
    );
    let frames = frames();
    assert_eq!(frames.len(), 30);
    let times = frames.iter().map(|frame| frame.time);
    assert!(times.eq(0..30));
    assert_eq!(header.timebase.time(15), Duration::from_secs(1));
    let keys = frames.iter().enumerate();
    let keys = keys.filter_map(|(number, frame)| {
        let size = Vp8Size::of_key_frame(&frame.data)?;
        assert_eq!(size, header.size);
        Some(number)
    });
    assert!(keys.eq([0, 15]));
}

#[test]
fn what_is_written_is_read_and_is_what_ffmpeg_wrote() {
    let header = IvfReader::new(PICTURE).unwrap().header();
    let mut file = Cursor::new(Vec::new());
    let mut writer = IvfWriter::new(&mut file, header).unwrap();
    for frame in frames() {
        writer.write(frame.time, &frame.data).unwrap();
    }
    assert_eq!(writer.size(), PICTURE.len() as u64);
    assert_eq!(writer.finish().unwrap(), PICTURE.len() as u64);
    assert_eq!(file.into_inner(), PICTURE);
}

#[test]
fn ffprobe_takes_a_recording_and_one_whose_writer_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.ivf");
    let header = IvfReader::new(PICTURE).unwrap().header();
    for is_stopped in [false, true] {
        let file = std::fs::File::create(&path).unwrap();
        let mut writer = IvfWriter::new(file, header).unwrap();
        for frame in frames() {
            writer.write(2 * frame.time, &frame.data).unwrap();
        }
        match is_stopped {
            false => drop(writer),
            true => std::mem::forget(writer),
        }
        let entries = "stream=codec_name,width,height,duration";
        let Some(found) = probe(&path, entries) else {
            return;
        };
        let duration = if is_stopped { "0.000000" } else { "4.000000" };
        assert_eq!(found, format!("vp8,160,120,{duration}"));
    }
}

#[test]
fn a_header_of_something_else_is_refused_by_its_reason() {
    assert!(matches!(read(b""), Err(IvfError::NotIvf)));
    let said = read(b"RIFF and a film").unwrap_err().to_string();
    assert!(
        said.contains("no IVF file") && said.contains("`ffmpeg -i IN"),
        "{said}"
    );
    for (place, bytes, version, length) in [(4, [1, 0], 1, 32), (6, [31, 0], 0, 31)] {
        let refused = changed(place, &bytes);
        let IvfError::Version {
            version: v,
            length: l,
        } = refused
        else {
            panic!("{refused}");
        };
        assert_eq!((v, l), (version, length));
    }
    let refused = changed(8, b"AV1\x1b");
    let said = refused.to_string();
    assert!(matches!(refused, IvfError::NotVp8(_)));
    assert!(
        said.contains(r"codec AV1\x1b, ") && said.contains("-c:v libvpx"),
        "{said}"
    );
    for (place, bytes) in [
        (12, &[0; 2][..]),
        (14, &[0; 2]),
        (16, &[0; 4]),
        (20, &[0; 4]),
    ] {
        assert!(matches!(changed(place, bytes), IvfError::Zero), "{place}");
    }
}

#[test]
fn a_frame_that_cannot_be_played_is_refused_with_its_place() {
    let second = HEADER + FRAME_HEADER + frames()[0].data.len();
    let too_long = limits::IVF_FRAME_BYTES as u32 + 1;
    for wrong in [0, too_long, u32::MAX] {
        let refused = changed(second, &wrong.to_le_bytes());
        let IvfError::Length { offset, length } = refused else {
            panic!("{refused}");
        };
        assert_eq!((offset, length), (second as u64, wrong));
    }
    let refused = changed(second + 4, &[0]);
    let IvfError::Backwards {
        offset,
        before,
        found,
    } = refused
    else {
        panic!("{refused}");
    };
    assert_eq!((offset, before, found), (second as u64, 0, 0));
    assert!(matches!(
        changed(HEADER + FRAME_HEADER, &[1]),
        IvfError::NoKeyFrame
    ));
    let mut file = PICTURE.to_vec();
    file[HEADER..HEADER + 4].fill(0);
    let mut reader = IvfReader::new(&*file).unwrap();
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
    // A frame of the most bytes is only cut here.
    let most = limits::IVF_FRAME_BYTES as u32;
    let refused = changed(second, &most.to_le_bytes());
    assert!(matches!(refused, IvfError::Cut { offset } if offset == second as u64));
}

#[test]
fn a_file_that_is_cut_is_read_up_to_a_frame_or_refused_there() {
    let whole = frames();
    let mut end = HEADER;
    let mut ends = vec![end];
    for frame in &whole {
        end += FRAME_HEADER + frame.data.len();
        ends.push(end);
    }
    assert_eq!(end, PICTURE.len());
    for length in SIGNATURE..PICTURE.len() {
        let file = &PICTURE[..length];
        let frames = match IvfReader::new(file) {
            Err(refused) => {
                assert!(matches!(refused, IvfError::Cut { offset: 0 }));
                assert!(length < HEADER);
                continue;
            }
            Ok(reader) => reader.collect::<Vec<_>>(),
        };
        let complete = ends.iter().filter(|end| **end <= length).count() - 1;
        assert_eq!(frames.iter().flatten().count(), complete);
        match ends.contains(&length) {
            true => assert_eq!(frames.len(), complete),
            false => {
                let offset = ends[complete] as u64;
                let last = frames.last().unwrap();
                assert!(matches!(last, Err(IvfError::Cut { offset: o }) if *o == offset));
            }
        }
    }
}
/// The bytes by which a file is known as one of IVF.
const SIGNATURE: usize = 4;

#[test]
fn a_frame_that_could_not_be_read_is_not_written_and_the_next_one_is() {
    let header = IvfReader::new(PICTURE).unwrap().header();
    let mut file = Cursor::new(Vec::new());
    let mut writer = IvfWriter::new(&mut file, header).unwrap();
    let frames = frames();
    let (key, other) = (&frames[0].data, &frames[1].data);
    let refused = writer.write(5, other).unwrap_err();
    assert!(matches!(refused, IvfWriteError::NoKeyFrame));
    writer.write(5, key).unwrap();
    let refused = writer.write(5, other).unwrap_err();
    assert!(matches!(
        refused,
        IvfWriteError::Backwards {
            before: 5,
            found: 5
        }
    ));
    for length in [0, limits::IVF_FRAME_BYTES + 1] {
        let refused = writer.write(6, &vec![1; length]).unwrap_err();
        assert!(matches!(refused, IvfWriteError::Length { length: l } if l == length));
    }
    writer.write(u64::MAX, other).unwrap();
    writer.finish().unwrap();
    let times = read(&file.into_inner()).unwrap();
    assert!(times.iter().map(|frame| frame.time).eq([5, u64::MAX]));
}

#[test]
fn an_output_that_fails_is_said_once_and_gets_nothing_more() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(self.0 > 0, "it failed before");
            self.0 -= 1;
            match self.0 {
                0 => Err(io::ErrorKind::StorageFull.into()),
                _ => Ok(bytes.len()),
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Seek for Full {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }
    let header = IvfReader::new(PICTURE).unwrap().header();
    let mut writer = IvfWriter::new(Full(2), header).unwrap();
    let key = &frames()[0].data;
    assert!(matches!(writer.write(0, key), Err(IvfWriteError::Io(_))));
    assert!(matches!(writer.write(1, key), Err(IvfWriteError::Over)));
}
