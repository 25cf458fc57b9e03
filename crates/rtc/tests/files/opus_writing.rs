//! Writing Ogg Opus: files that line up, and that others read.

use std::cell::RefCell;
use std::io::{self, Cursor, Write};
use std::rc::Rc;
use std::time::Duration;

use confcall_rtc::files::{
    Channels, OpusPacket, OpusReader, OpusWriteError, OpusWriter, PacketError, Written,
};
use ogg::PacketReader;

use crate::CHIME;
use crate::built::SILENCE;
use crate::tools::{probe, run};

const SERIAL: u32 = 99;
/// The packets before the sound, of silence.
const PRE_SKIP: usize = 4;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn chime() -> Vec<OpusPacket> {
    let packets = OpusReader::for_playing(CHIME).unwrap();
    packets.map(Result::unwrap).collect()
}

/// The packets of a written file behind those before the sound, of which none is trimmed.
fn read(file: &[u8]) -> Vec<Vec<u8>> {
    let reader = OpusReader::new(file).unwrap();
    assert_eq!(usize::from(reader.head().pre_skip), PRE_SKIP * 960);
    let packets: Vec<_> = reader.map(Result::unwrap).collect();
    assert!(packets.iter().all(|packet| packet.trimmed == 0));
    let (before, sound) = packets.split_at(PRE_SKIP.min(packets.len()));
    assert!(before.iter().all(|packet| packet.data[1..] == SILENCE[1..]));
    sound.iter().map(|packet| packet.data.clone()).collect()
}

/// A file that is looked at while it is being written.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn packets_are_written_as_they_came() {
    let mut file = Vec::new();
    let mut writer = OpusWriter::new(&mut file, SERIAL, Channels::Mono).unwrap();
    let packets = chime();
    for (number, packet) in (0u32..).zip(&packets) {
        let at = ms(20 * u64::from(number));
        let written = writer.write(at, number.wrapping_mul(960), &packet.data);
        let (silence, cut) = (Duration::ZERO, Duration::ZERO);
        assert_eq!(written.unwrap(), Written::Placed { silence, cut });
    }
    let bytes = writer.finish().unwrap();
    assert_eq!(bytes, file.len() as u64);
    let sent: Vec<_> = packets.into_iter().map(|packet| packet.data).collect();
    assert_eq!(read(&file), sent);
    let reader = OpusReader::new(&*file).unwrap();
    assert_eq!(reader.head().channels, Channels::Mono);
}

#[test]
fn lost_packets_and_pauses_are_silence() {
    for (channels, first) in [(Channels::Mono, 0xf8), (Channels::Stereo, 0xfc)] {
        let mut file = Vec::new();
        let mut writer = OpusWriter::new(&mut file, SERIAL, channels).unwrap();
        let mut write = |at, timestamp| {
            let written = writer.write(ms(at), timestamp, &[0x08, 1, 2]);
            match written.unwrap() {
                Written::Placed { silence, cut } if cut.is_zero() => silence,
                other => panic!("{other:?}"),
            }
        };
        // The speaker begins 1 s after the recording; two packets are lost; then there is a pause of 297.5 ms.
        assert_eq!(write(1000, 5000), ms(1000));
        assert_eq!(write(1060, 5000 + 3 * 960), ms(40));
        assert_eq!(write(1378, 9000), Duration::from_micros(297_500));
        writer.finish().unwrap();
        let silence = vec![first, 0xff, 0xfe];
        let sound = vec![0x08, 1, 2];
        let shorter = |toc: u8| vec![vec![toc | (first & 4), 0xff, 0xfe]];
        let expected = [
            vec![silence.clone(); 50],
            vec![sound.clone()],
            vec![silence.clone(); 2],
            vec![sound.clone()],
            vec![silence.clone(); 14],
            shorter(0xf0),
            shorter(0xe8),
            shorter(0xe0),
            vec![sound],
        ];
        assert_eq!(read(&file), expected.concat());
    }
}

#[test]
fn a_pause_of_more_than_an_hour_is_cut() {
    let mut file = Vec::new();
    let mut writer = OpusWriter::new(&mut file, SERIAL, Channels::Mono).unwrap();
    let (silence, cut) = (ms(3_600_000), ms(1_000));
    let written = writer.write(ms(3_601_000), 0, &SILENCE).unwrap();
    assert_eq!(written, Written::Placed { silence, cut });
    writer.finish().unwrap();
    assert_eq!(read(&file).len(), 180_001);
    assert!(file.len() < 900_000, "{}", file.len());
}

#[test]
fn what_comes_late_or_faster_than_time_is_left_out() {
    let mut file = Vec::new();
    let mut writer = OpusWriter::new(&mut file, SERIAL, Channels::Mono).unwrap();
    for (timestamp, packet) in [(0, 1), (960, 2)] {
        writer.write(ms(0), timestamp, &[0x08, packet]).unwrap();
    }
    let again = writer.write(ms(20), 960, &[0x08, 2]).unwrap();
    assert_eq!(again, Written::Late);
    let mut kinds = (2..100).map(|number| writer.write(ms(40), number * 960, &[0x08, 3]));
    assert!(kinds.any(|written| written.unwrap() == Written::Ahead));
    writer.finish().unwrap();
    // A second ahead, and the packet that reaches it.
    assert_eq!(read(&file).len(), 52);
}

#[test]
fn what_is_no_packet_is_an_error_after_which_others_are_written() {
    let mut file = Vec::new();
    let mut writer = OpusWriter::new(&mut file, SERIAL, Channels::Mono).unwrap();
    let refused = writer.write(ms(0), 0, &[]).unwrap_err();
    assert!(matches!(
        refused,
        OpusWriteError::Packet(PacketError::Empty)
    ));
    writer.write(ms(0), 0, &SILENCE).unwrap();
    writer.finish().unwrap();
    assert_eq!(read(&file), [SILENCE]);
}

#[test]
fn each_second_is_in_the_file_as_soon_as_it_is_over() {
    let output = Shared::default();
    let file = Rc::clone(&output.0);
    let mut writer = OpusWriter::new(output, SERIAL, Channels::Mono).unwrap();
    for number in 0..500 {
        let at = ms(20 * u64::from(number));
        writer.write(at, number * 960, &[0x08; 80]).unwrap();
        // A reader finds whole pages, of all but the last second.
        let bytes = file.borrow().clone();
        let reader = OpusReader::new(&*bytes).unwrap();
        let there = reader.map(Result::unwrap).count();
        assert!(there + 50 > number as usize + PRE_SKIP, "{number}");
        assert!(bytes.len() as u64 <= writer.size());
    }
    // Dropping ends the file.
    let most = writer.size();
    drop(writer);
    let bytes = file.borrow().clone();
    assert!(bytes.len() as u64 <= most);
    // Two headers of pages, and a packet.
    assert!(most - bytes.len() as u64 <= 2 * 27 + 81);
    assert_eq!(read(&bytes).len(), 500);
    let mut packets = PacketReader::new(Cursor::new(bytes));
    let mut last = None;
    while let Some(packet) = packets.read_packet().unwrap() {
        last = Some(packet);
    }
    let last = last.unwrap();
    assert!(last.last_in_stream());
    assert_eq!(last.stream_serial(), SERIAL);
    assert_eq!(last.absgp_page(), (500 + PRE_SKIP as u64) * 960);
}

#[test]
fn a_file_without_sound_is_one_all_the_same() {
    let mut file = Vec::new();
    let writer = OpusWriter::new(&mut file, SERIAL, Channels::Stereo).unwrap();
    writer.finish().unwrap();
    let reader = OpusReader::for_playing(&*file).unwrap();
    assert_eq!(reader.head().channels, Channels::Stereo);
    assert_eq!(reader.count(), 0);
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
    assert!(OpusWriter::new(Full(1), SERIAL, Channels::Mono).is_err());
    // The head, the tags, and no sound.
    let mut writer = OpusWriter::new(Full(3), SERIAL, Channels::Mono).unwrap();
    let failed = (0..100).find_map(|number| {
        let at = ms(20 * u64::from(number));
        writer.write(at, number * 960, &SILENCE).err()
    });
    assert!(matches!(failed, Some(OpusWriteError::Io(_))));
    let over = writer.write(ms(0), 0, &SILENCE).unwrap_err();
    assert!(matches!(over, OpusWriteError::Over));
}

/// A speaker who comes 1.5 s after the recording began, plays the chime, pauses for 2.1325 s, and sends packets of 60 ms then.
fn recording(channels: Channels) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = OpusWriter::new(&mut file, SERIAL, channels).unwrap();
    let mut number = 0;
    for packet in chime() {
        let at = ms(1500 + 20 * u64::from(number));
        writer.write(at, number * 960, &packet.data).unwrap();
        number += 1;
    }
    let sixty = include_bytes!("../media/packets-of-60-ms.ogg");
    let mut at = ms(1500 + 20 * u64::from(number)) + Duration::from_micros(2_132_500);
    let mut timestamp = number * 960;
    for packet in OpusReader::new(&sixty[..]).unwrap() {
        let packet = packet.unwrap();
        writer.write(at, timestamp, &packet.data).unwrap();
        at += packet.duration();
        timestamp += packet.samples;
    }
    writer.finish().unwrap();
    file
}

#[test]
fn opusinfo_and_ffprobe_take_a_recording_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.ogg");
    for channels in [Channels::Mono, Channels::Stereo] {
        std::fs::write(&path, recording(channels)).unwrap();
        if let Some(info) = run("opusinfo", &[], &path, &[]) {
            let said =
                String::from_utf8_lossy(&info.stdout) + String::from_utf8_lossy(&info.stderr);
            assert!(info.status.success(), "{said}");
            assert!(!said.to_lowercase().contains("warning"), "{said}");
            // 1.5 s, 151 packets, the pause, and 520 ms.
            assert!(said.contains("Playback length: 0m:07.172s"), "{said}");
            assert!(said.contains("Page duration:   1000.0ms (max)"), "{said}");
        }
        if let Some(found) = probe(&path, "stream=codec_name,channels:format=duration") {
            let ears = if channels == Channels::Mono { 1 } else { 2 };
            assert_eq!(found, format!("opus,{ears}\n7.252500"));
        }
    }
}

#[test]
fn a_player_hears_the_chime_at_its_time_and_silence_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.ogg");
    for channels in [Channels::Mono, Channels::Stereo] {
        std::fs::write(&path, recording(channels)).unwrap();
        let decode = ["-ac", "1", "-f", "s16le", "-"];
        let Some(decoded) = run("ffmpeg", &["-v", "warning", "-i"], &path, &decode) else {
            return;
        };
        let warnings = String::from_utf8_lossy(&decoded.stderr);
        assert!(
            decoded.status.success() && warnings.is_empty(),
            "{warnings}"
        );
        let loudest = |from_ms: usize, to_ms: usize| {
            let samples = &decoded.stdout[from_ms * 96..to_ms * 96];
            let samples = samples.chunks_exact(2);
            let samples = samples.map(|two| i16::from_le_bytes([two[0], two[1]]).unsigned_abs());
            samples.max().unwrap()
        };
        assert_eq!(loudest(0, 1500), 0);
        assert!(loudest(1500, 1600) > 1000);
        assert!(loudest(2500, 3000) > 1000);
        // The chime fades out, and the decoder with it.
        assert!(loudest(4600, 6650) < 10, "{}", loudest(4600, 6650));
        assert!(loudest(6660, 6800) > 1000);
    }
}
