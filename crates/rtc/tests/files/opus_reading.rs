//! Reading Ogg Opus: what is played, and what is refused with its place and reason.

use std::io::{self, Read};

use confcall_rtc::files::{
    Channels, OpusFileError, OpusPacket, OpusReader, PacketError, PageError, PageFault,
};
use confcall_rtc::limits;

use crate::CHIME;
use crate::built::{Builder, SILENCE, head, raw_page, tags};

const SIXTY: &[u8] = include_bytes!("../media/packets-of-60-ms.ogg");

fn read(file: &[u8]) -> Result<Vec<OpusPacket>, OpusFileError> {
    OpusReader::for_playing(file)?.collect()
}

/// The reason for which a page is refused, and its place.
fn fault(file: &[u8]) -> (u64, PageFault) {
    match read(file) {
        Err(OpusFileError::Page(PageError { offset, fault })) => (offset, fault),
        other => panic!("{other:?}"),
    }
}

/// The samples of each packet that are played.
fn played(file: &[u8]) -> Vec<u32> {
    let packets = read(file).unwrap().into_iter();
    packets
        .map(|packet| packet.samples - packet.trimmed)
        .collect()
}

#[test]
fn a_file_of_opusenc_is_read_with_its_duration() {
    let reader = OpusReader::for_playing(CHIME).unwrap();
    let head = reader.head();
    assert_eq!(head.channels, Channels::Mono);
    assert_eq!((head.pre_skip, head.gain), (312, 0));
    let packets: Vec<_> = reader.map(Result::unwrap).collect();
    assert!(packets.iter().all(|packet| packet.samples == 960));
    assert_eq!(packets[0].duration().as_millis(), 20);
    let played = packets.iter().map(|packet| packet.samples - packet.trimmed);
    assert_eq!(played.sum::<u32>() - 312, 3 * 48_000);
    let (last, before) = packets.split_last().unwrap();
    assert!(last.trimmed > 0);
    assert!(before.iter().all(|packet| packet.trimmed == 0));
}

#[test]
fn a_file_of_packets_that_are_not_of_20_ms_is_refused_with_the_command_that_makes_one() {
    let refused = OpusReader::for_playing(SIXTY).err().unwrap();
    let said = refused.to_string();
    assert!(said.starts_with("packet 1 has 60 ms"), "{said}");
    let command = "`opusenc --framesize 20 --bitrate 32 IN.wav OUT.ogg`";
    assert!(said.contains(command), "{said}");
    // It is a file of Opus all the same.
    let packets = OpusReader::new(SIXTY).unwrap().map(Result::unwrap);
    let samples: Vec<_> = packets.map(|packet| packet.samples).collect();
    assert_eq!(samples.first(), Some(&2880));
    // One that becomes shorter later is refused there.
    let short: &[u8] = &[0xf0, 0xff, 0xfe];
    let file = Builder::new().page(&[&SILENCE], 960);
    let file = file.last(&[&SILENCE, short], 2400);
    let mut reader = OpusReader::for_playing(&*file).unwrap();
    reader.next().unwrap().unwrap();
    let refused = reader.next().unwrap().unwrap_err();
    let (number, samples) = (3, 480);
    let OpusFileError::Length {
        number: n,
        samples: s,
    } = refused
    else {
        panic!("{refused}");
    };
    assert_eq!((n, s), (number, samples));
    assert!(reader.next().is_none());
}

#[test]
fn what_is_no_file_of_opus_for_two_ears_is_refused_by_its_reason() {
    let with = |first: &[u8]| Builder::empty().page(&[first], 0).bytes();
    let refused = |file: &[u8]| read(file).unwrap_err();
    assert!(matches!(refused(b""), OpusFileError::NotOgg));
    let wave = b"RIFF\x24\0\0\0WAVEfmt and what follows it";
    let said = refused(wave).to_string();
    assert!(
        said.contains("no Ogg file") && said.contains("opusenc"),
        "{said}"
    );
    let vorbis = with(b"\x01vorbis and its fields, up to the thirtieth");
    assert!(matches!(refused(&vorbis), OpusFileError::NotOpus));
    let long = with(&[0; 4000]);
    assert!(matches!(refused(&long), OpusFileError::NotOpus));
    assert!(matches!(
        refused(&with(&head(1, 1, 0)[..18])),
        OpusFileError::NotOpus
    ));
    assert!(matches!(
        refused(&with(&head(16, 1, 0))),
        OpusFileError::Version(16)
    ));
    assert!(matches!(
        refused(&with(&head(1, 6, 1))),
        OpusFileError::Family(1)
    ));
    assert!(matches!(
        refused(&with(&head(1, 3, 0))),
        OpusFileError::Channels(3)
    ));
    assert!(matches!(
        refused(&with(&head(1, 0, 0))),
        OpusFileError::Channels(0)
    ));
    assert!(matches!(
        refused(&with(&head(15, 2, 0))),
        OpusFileError::NoTags
    ));
    let begun = || Builder::empty().page(&[&head(1, 2, 0)], 0);
    let other = begun().page(&[b"OpusTag and no tags"], 0).bytes();
    assert!(matches!(refused(&other), OpusFileError::NoTags));
    let shared = begun().page(&[&tags(), &SILENCE], 0).bytes();
    assert!(matches!(refused(&shared), OpusFileError::NoTags));
    let empty = Builder::new().last(&[&SILENCE, &[]], 960);
    let refused = refused(&empty);
    let OpusFileError::Packet { number, error } = refused else {
        panic!("{refused}");
    };
    assert_eq!((number, error), (2, PacketError::Empty));
}

#[test]
fn the_end_of_a_file_trims_packets() {
    let three: [&[u8]; 3] = [&SILENCE; 3];
    let end = |granule| Builder::new().page(&three, 2880).last(&three, granule);
    assert_eq!(played(&end(5760)), [960; 6]);
    assert_eq!(played(&end(5759)), [960, 960, 960, 960, 960, 959]);
    assert_eq!(played(&end(4800)), [960; 5]);
    assert_eq!(played(&end(3000)), [960, 960, 960, 120]);
    assert_eq!(played(&end(2880)), [960; 3]);
    assert!(matches!(fault(&end(2879)).1, PageFault::Granule));
    // One page alone.
    assert_eq!(played(&Builder::new().last(&three, 1000)), [960, 40]);
    assert!(played(&Builder::new().last(&three, 0)).is_empty());
}

#[test]
fn positions_begin_anywhere_and_may_leave_a_gap_but_never_go_back() {
    let two: [&[u8]; 2] = [&SILENCE; 2];
    let later = Builder::new()
        .page(&two, 1 << 40)
        .last(&two, (1 << 40) + 1920);
    assert_eq!(played(&later), [960; 4]);
    let gap = Builder::new().page(&two, 1920).last(&two, 9600);
    assert_eq!(played(&gap), [960; 4]);
    let early = Builder::new().page(&two, 1919).last(&two, 5000);
    assert!(matches!(fault(&early).1, PageFault::Granule));
    let back = Builder::new().page(&two, 1920).page(&two, 3839);
    assert!(matches!(fault(&back.bytes()).1, PageFault::Granule));
    for granule in [u64::MAX, 1 << 63] {
        let none = Builder::new().page(&two, granule).bytes();
        assert!(matches!(fault(&none).1, PageFault::Granule));
    }
    let longest = Builder::new().page(&two, i64::MAX as u64).bytes();
    assert_eq!(played(&longest), [960; 2]);
}

#[test]
fn a_file_of_several_streams_is_refused() {
    let one = || Builder::new().page(&[&SILENCE], 960);
    let length = one().bytes().len() as u64;
    let mixed = one().page_of(8, &[&SILENCE]).bytes();
    let (offset, refused) = fault(&mixed);
    assert!(matches!(refused, PageFault::SecondStream));
    assert_eq!(offset, length);
    let ended = one().last(&[&SILENCE], 1920);
    let chained = [&*ended, &*ended].concat();
    let (offset, refused) = fault(&chained);
    assert!(matches!(refused, PageFault::BehindEnd));
    assert_eq!(offset, ended.len() as u64);
    let said = read(&chained).unwrap_err().to_string();
    assert!(said.contains(&format!("byte {offset}: ")), "{said}");
    assert!(said.contains("a file of one stream is needed"), "{said}");
}

#[test]
fn pages_follow_each_other() {
    let begun = Builder::new().page(&[&SILENCE], 960).bytes();
    let with = |page: Vec<u8>| fault(&[&*begun, &*page].concat()).1;
    assert!(matches!(
        with(raw_page(0, 4, &[3])),
        PageFault::Number {
            expected: 3,
            found: 4
        }
    ));
    assert!(matches!(
        with(raw_page(1, 3, &[3])),
        PageFault::Continuation
    ));
    let on = [raw_page(0, 3, &[255]), raw_page(0, 4, &[3])].concat();
    assert!(matches!(with(on), PageFault::Continuation));
    assert!(matches!(
        with(b"OggX and 23 bytes behind it".to_vec()),
        PageFault::NoPage
    ));
    let mut version = raw_page(0, 3, &[3]);
    version[4] = 1;
    assert!(matches!(with(version), PageFault::Version(1)));
    assert!(matches!(
        with(raw_page(2, 3, &[3])),
        PageFault::Continuation
    ));
}

#[test]
fn a_packet_goes_on_over_pages() {
    let long: Vec<u8> = [vec![0xf8], vec![7; 3000]].concat();
    // The 250 lengths before it leave room for 5 of its 12.
    let mut file = Builder::new();
    for number in 1..=250 {
        file = file.packet(&SILENCE, number * 960);
    }
    let file = file.last(&[&long], 251 * 960);
    let packets = read(&file).unwrap();
    assert_eq!(packets.len(), 251);
    assert_eq!(packets[250].data, long);
    assert_eq!(packets[250].trimmed, 0);
}

#[test]
fn a_file_that_is_cut_is_read_up_to_a_page_or_refused_there() {
    let whole = read(CHIME).unwrap();
    let mut ends = 0;
    for length in (0..CHIME.len()).step_by(5).chain([CHIME.len() - 1]) {
        let Ok(reader) = OpusReader::for_playing(&CHIME[..length]) else {
            continue;
        };
        let packets: Vec<_> = reader.collect();
        let good = packets.iter().flatten().count();
        assert!(good < whole.len());
        assert!(packets.iter().flatten().zip(&whole).all(|(a, b)| a == b));
        match packets.last() {
            Some(Err(OpusFileError::Page(page))) => {
                assert!(matches!(page.fault, PageFault::Cut), "{page}");
                assert!(page.offset < length as u64);
            }
            other => {
                assert!(other.is_none_or(Result::is_ok), "{other:?}");
                ends += 1;
            }
        }
    }
    assert!(ends < 5, "{ends}");
}

// Under a fuzzer, `ogg` takes any checksum.
#[cfg(not(fuzzing))]
#[test]
fn a_file_with_a_changed_byte_is_refused_wherever_it_is() {
    for place in (0..CHIME.len()).step_by(11) {
        let mut changed = CHIME.to_vec();
        changed[place] ^= 1 << (place % 8);
        assert!(read(&changed).is_err(), "{place}");
    }
}

/// Pages of one kind without an end, and a count of what was read of them.
struct Endless {
    begun: io::Cursor<Vec<u8>>,
    page: fn(u32) -> Vec<u8>,
    number: u32,
    read: u64,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = self.begun.read(buffer)?;
        if length == 0 {
            self.begun = io::Cursor::new((self.page)(self.number));
            self.number += 1;
            length = self.begun.read(buffer)?;
        }
        self.read += length as u64;
        Ok(length)
    }
}

#[test]
fn an_endless_packet_and_endless_pages_without_one_are_given_up() {
    let endless = |begun: Builder, number, page| Endless {
        begun: io::Cursor::new(begun.bytes()),
        page,
        number,
        read: 0,
    };
    let refused = |endless: &mut Endless| match OpusReader::for_playing(endless) {
        Err(OpusFileError::Page(page)) => page.fault,
        other => panic!("{:?}", other.map(drop)),
    };
    let head = || Builder::empty().page(&[&head(1, 1, 0)], 0);
    let mut tags = endless(head(), 1, |number| {
        raw_page(u8::from(number > 1), number, &[255; 255])
    });
    let most = limits::OPUS_TAGS_BYTES;
    let fault = refused(&mut tags);
    assert!(matches!(fault, PageFault::LongPacket { most: m } if m == most));
    assert!(tags.read < most as u64 + (1 << 17), "{}", tags.read);
    let mut packet = endless(Builder::new(), 2, |number| {
        raw_page(u8::from(number > 2), number, &[255])
    });
    let most = limits::OPUS_PACKET_BYTES;
    let fault = refused(&mut packet);
    assert!(matches!(fault, PageFault::LongPacket { most: m } if m == most));
    for (begun, number) in [(head(), 1), (Builder::new(), 2)] {
        let mut empty = endless(begun, number, |number| raw_page(0, number, &[]));
        assert!(matches!(refused(&mut empty), PageFault::ManyPages));
        assert!(empty.read < 1 << 17, "{}", empty.read);
    }
}

#[test]
fn a_packet_of_the_most_bytes_is_read_and_a_longer_one_is_not() {
    let packet = |length| [vec![0xf8], vec![0; length - 1]].concat();
    let most = limits::OPUS_PACKET_BYTES;
    let file = |length| Builder::new().last(&[&packet(length)], 960);
    assert_eq!(played(&file(most)), [960]);
    assert!(matches!(
        fault(&file(most + 1)).1,
        PageFault::LongPacket { .. }
    ));
}

#[test]
fn a_file_that_cannot_be_read_says_so_with_its_place() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let file = CHIME[..6000].chain(Broken);
    let last = OpusReader::for_playing(file).unwrap().last().unwrap();
    let said = last.unwrap_err().to_string();
    assert!(
        said.contains("the disk is gone") && said.contains("byte "),
        "{said}"
    );
}
