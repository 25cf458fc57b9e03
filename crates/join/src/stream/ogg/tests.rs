use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::testing::{FILE, silence};
use super::*;
use crate::Ssrc;

/// A file of Ogg with these packets, each on a page of its own.
fn file(packets: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut writer = PacketWriter::new(Vec::new());
    for (serial, packet) in packets {
        let end = PacketWriteEndInfo::EndPage;
        writer
            .write_packet(packet.clone(), *serial, end, 0)
            .unwrap();
    }
    writer.into_inner()
}

fn head(channels: u8) -> Vec<u8> {
    [b"OpusHead", &[1, channels][..]].concat()
}

/// A packet with these tags, by a writer without a name.
fn tags(tags: &[&str]) -> Vec<u8> {
    let number = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    let mut packet = [b"OpusTags", &number(0)[..], &number(tags.len())].concat();
    for tag in tags {
        packet.extend(number(tag.len()));
        packet.extend(tag.as_bytes());
    }
    packet
}

/// Reads a part of two channels with these tags.
fn read(with: &[&str]) -> Result<AudioPart, AudioPartError> {
    AudioPart::read(&file(&[(1, head(2)), (1, tags(with))]))
}

fn meta(numbers: &[i32]) -> String {
    let bytes: Vec<u8> = numbers.iter().flat_map(|one| one.to_le_bytes()).collect();
    format!("TG_META={}", STANDARD.encode(bytes))
}

fn change(frame: u32, channel: u8, source: u32) -> SpeakerChange {
    let source = Ssrc::new(source);
    SpeakerChange {
        frame,
        channel,
        source,
    }
}

#[test]
fn the_tags_say_who_speaks_on_which_channel_and_which_pictures_there_are() {
    let meta = meta(&[2, 2, 0, 0, 7, 24_000, 1, -1]);
    // Two bits of the mask, and an endpoint for each in their order.
    let part = read(&[&meta, "ACTIVE_MASK=10", "ENDPOINTS=camera screen"]).unwrap();
    assert_eq!(part.channels.get(), 2);
    assert_eq!(
        part.speakers,
        [change(0, 0, 7), change(24_000, 1, u32::MAX)]
    );
    let expected = [(1, "camera".to_owned()), (3, "screen".to_owned())];
    assert_eq!(part.active, expected);
}

#[test]
fn a_part_without_tags_says_that_there_is_nothing() {
    assert_eq!(AudioPart::read(FILE), Ok(silence()));
    assert_eq!(read(&["ENCODER=any", "NO_VALUE", "TITLE=Ä"]), Ok(silence()));
}

#[test]
fn tags_are_read_as_leniently_as_by_others() {
    // Names in any case, the first of a name, padding that is missing, a mask with its sign, a bit without an endpoint.
    let meta = meta(&[1, 1, 0, 1, 7]);
    let meta = meta.trim_end_matches('=').replace("TG_META", "tg_meta");
    let part = read(&[&meta, "TG_META=?", "Active_Mask=-2147483647", "endpoints=a"]).unwrap();
    assert_eq!(part.speakers, [change(0, 1, 7)]);
    assert_eq!(part.active, [(0, "a".to_owned())]);
}

#[test]
fn changes_that_can_be_none_and_endpoints_that_are_too_long_are_left_out() {
    let meta = meta(&[2, 4, -1, 0, 7, 0, 2, 7, 0, -1, 7, 5, 1, 0]);
    let long = format!("ENDPOINTS={} b", "e".repeat(limits::ENDPOINT_BYTES + 1));
    let part = read(&[&meta, "ACTIVE_MASK=5", &long]).unwrap();
    assert_eq!(part.speakers, [change(5, 1, 0)], "nobody, from frame 5 on");
    assert_eq!(part.active, [(2, "b".to_owned())]);
}

#[test]
fn a_value_that_is_none_is_refused_by_the_name_of_its_tag() {
    let bad = [
        ("TG_META", "?".to_owned()),
        ("TG_META", STANDARD.encode([2, 0, 0, 0])),
        ("TG_META", meta(&[2, -1])[8..].to_owned()),
        ("TG_META", meta(&[2, i32::MAX, 0, 0, 7])[8..].to_owned()),
        ("TG_META", meta(&[2, 2, 0, 0, 7, 1, 1])[8..].to_owned()),
        ("ACTIVE_MASK", "-".to_owned()),
        ("ACTIVE_MASK", "4294967296".to_owned()),
    ];
    for (name, value) in bad {
        let refused = read(&[&format!("{name}={value}")]);
        assert_eq!(refused, Err(AudioPartError::Value(name)), "{value}");
    }
}

#[test]
fn a_file_that_is_no_part_is_refused_with_its_fault() {
    let refused = |packets: &[(u32, Vec<u8>)]| AudioPart::read(&file(packets)).unwrap_err();
    assert_eq!(AudioPart::read(&[]), Err(AudioPartError::Page));
    assert_eq!(refused(&[(1, head(2))]), AudioPartError::NoTags);
    for head in [head(0), b"OpusHead\x01".to_vec(), b"OpusTags".to_vec()] {
        assert_eq!(refused(&[(1, head), (1, tags(&[]))]), AudioPartError::Head);
    }
    let cut = tags(&["A=b"]);
    for length in 0..cut.len() {
        let cut = cut[..length].to_vec();
        assert_eq!(refused(&[(1, head(2)), (1, cut)]), AudioPartError::Tags);
    }
    let other = refused(&[(1, head(2)), (2, tags(&[]))]);
    assert_eq!(other, AudioPartError::Tags);
    let third_page = FILE.windows(4).rposition(|four| four == b"OggS").unwrap();
    for length in 1..third_page {
        assert!(AudioPart::read(&FILE[..length]).is_err(), "{length}");
    }
    let length = limits::PART_BYTES + 1;
    let too_long = Err(AudioPartError::TooLong { length });
    assert_eq!(AudioPart::read(&vec![0; length]), too_long);
}

#[test]
fn a_page_with_a_wrong_checksum_is_refused() {
    let mut bytes = FILE.to_vec();
    bytes[22] ^= 1;
    assert_eq!(AudioPart::read(&bytes), Err(AudioPartError::Page));
}

#[test]
fn the_sound_stays_as_it_is_when_tags_are_written() {
    let packets = |file: &[u8]| {
        let mut packets = packets(file).unwrap();
        let mut all = Vec::new();
        while let Some(packet) = packets.read_packet().unwrap() {
            let (granule, is_last) = (packet.absgp_page(), packet.last_in_stream());
            all.push((granule, is_last, packet.data));
        }
        all
    };
    let written = silence().write(FILE).unwrap();
    let (before, after) = (packets(FILE), packets(&written));
    assert_eq!(before[0], after[0]);
    assert_eq!(before[2..], after[2..]);
    let no_tags = silence().write(&file(&[(1, head(2))]));
    assert_eq!(no_tags, Err(AudioPartError::NoTags));
}

proptest! {
    #[test]
    fn tags_that_are_written_are_read_the_same(
        changes in prop::collection::vec((0..=i32::MAX, 0..2_u8, any::<u32>()), 0..100),
        endpoints in prop::collection::btree_map(0..32_u8, "[!-~]{1,40}", 0..32),
    ) {
        let changes = changes.into_iter();
        let changes = changes.map(|(frame, channel, source)| change(frame.unsigned_abs(), channel, source));
        let part = AudioPart {
            speakers: changes.collect(),
            active: endpoints.into_iter().collect(),
            ..silence()
        };
        let written = part.write(FILE).unwrap();
        prop_assert_eq!(AudioPart::read(&written), Ok(part));
    }

    #[test]
    fn no_damage_to_a_file_makes_its_reader_panic(
        place in 0..FILE.len(),
        byte: u8,
        more: Vec<u8>,
    ) {
        let mut bytes = FILE.to_vec();
        bytes[place] = byte;
        bytes.splice(place..place, more);
        let _ = AudioPart::read(&bytes);
    }
}
