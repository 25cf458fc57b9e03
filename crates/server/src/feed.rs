//! The clip that is shown as a stream: four seconds of our own making, again and again.

use confcall_join::Ssrc;
use confcall_join::stream::{AudioPart, ChunkEvent, ChunkHeader, SpeakerChange};

/// The seconds of the clip with sound and picture.
const PICTURES: [&[u8]; 4] = [
    include_bytes!("../assets/second-0.mp4"),
    include_bytes!("../assets/second-1.mp4"),
    include_bytes!("../assets/second-2.mp4"),
    include_bytes!("../assets/second-3.mp4"),
];

/// The seconds of the clip with two speakers, each on a channel.
const SOUNDS: [&[u8]; 4] = [
    include_bytes!("../assets/second-0.ogg"),
    include_bytes!("../assets/second-1.ogg"),
    include_bytes!("../assets/second-2.ogg"),
    include_bytes!("../assets/second-3.ogg"),
];

/// What a publisher and the speakers of a video chat show, as a function of the time alone.
///
/// ```text
/// time_ms / 1000 mod 4 ──▶ second-N.mp4 behind a header ──▶ unified, video
///                     └──▶ second-N.ogg with its tags   ──▶ audio
/// ```
pub(crate) struct Feed;

impl Feed {
    /// The length of every part in milliseconds.
    pub(crate) const PART_MS: i64 = 1000;
    /// The most speakers that are heard.
    pub(crate) const SPEAKERS: usize = 2;

    /// Sound and picture in one, of the part that begins at this time.
    pub(crate) fn unified(time_ms: i64) -> Vec<u8> {
        with_header(&ChunkHeader::unified(), second(PICTURES, time_ms))
    }

    /// The picture of an endpoint, on the channel of this bit, the same in every quality.
    pub(crate) fn video(time_ms: i64, bit: u8, endpoint: &str) -> Vec<u8> {
        let header = ChunkHeader {
            active_mask: 1_i32.checked_shl(u32::from(bit)).unwrap_or(0),
            event: ChunkEvent {
                endpoint: endpoint.to_owned(),
                ..ChunkEvent::default()
            },
            ..ChunkHeader::unified()
        };
        with_header(&header, second(PICTURES, time_ms))
    }

    /// The sound of these speakers, of whom [`SPEAKERS`](Self::SPEAKERS) are heard, with the pictures that there are by the bits
    /// of their channels.
    pub(crate) fn audio(time_ms: i64, speakers: &[Ssrc], active: &[(u8, String)]) -> Vec<u8> {
        let file = second(SOUNDS, time_ms);
        let Ok(mut part) = AudioPart::read(file) else {
            return file.to_vec();
        };
        let speakers = (0_u8..).zip(speakers).take(Self::SPEAKERS);
        part.speakers = speakers
            .map(|(channel, source)| SpeakerChange {
                frame: 0,
                channel,
                source: Some(*source),
            })
            .collect();
        part.active = active.to_vec();
        part.write(file).unwrap_or_else(|_| file.to_vec())
    }
}

/// The second of the clip that is shown at a time.
fn second(seconds: [&'static [u8]; 4], time_ms: i64) -> &'static [u8] {
    let [first, second, third, fourth] = seconds;
    match time_ms.div_euclid(Feed::PART_MS).rem_euclid(4) {
        0 => first,
        1 => second,
        2 => third,
        _ => fourth,
    }
}

fn with_header(header: &ChunkHeader, media: &[u8]) -> Vec<u8> {
    let mut chunk = header.to_bytes();
    chunk.extend(media);
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::stream::Chunk;

    #[test]
    fn the_clip_begins_again_after_four_seconds() {
        let parts: Vec<_> = (0..4).map(|second| Feed::unified(second * 1000)).collect();
        for (second, part) in (0_i64..).zip(&parts) {
            let again = second + 1_700_000_000_000 / 4000 * 4;
            assert_eq!(Feed::unified(again * 1000 + 999), *part);
        }
        assert!(parts.windows(2).all(|two| two[0] != two[1]));
        for time_ms in [i64::MIN, -1, i64::MAX] {
            assert!(parts.contains(&Feed::unified(time_ms)));
        }
    }

    #[test]
    fn a_part_with_sound_and_picture_is_an_mp4_file_behind_32_bytes() {
        let bytes = Feed::unified(0);
        let chunk = Chunk::parse(&bytes).unwrap();
        assert_eq!(chunk.media, &bytes[32..]);
        assert_eq!(&chunk.media[4..8], b"ftyp");
        let bytes = Feed::video(0, 3, "camera");
        let header = Chunk::parse(&bytes).unwrap().header;
        assert_eq!((header.active_mask, &*header.event.endpoint), (8, "camera"));
    }

    #[test]
    fn the_sound_names_those_who_speak_and_the_pictures_that_there_are() {
        let sources = [1, 2, 3].map(|number| Ssrc::new(number).unwrap());
        let active = [(0, "camera".to_owned()), (31, "screen".to_owned())];
        for time_ms in [0, 1000, 2000, 3000] {
            let part = AudioPart::read(&Feed::audio(time_ms, &sources, &active)).unwrap();
            let heard = part.speakers.iter().map(|one| (one.channel, one.source));
            let expected = [(0, Some(sources[0])), (1, Some(sources[1]))];
            assert_eq!(heard.collect::<Vec<_>>(), expected);
            assert_eq!(part.active, active);
        }
        let silence = AudioPart::read(&Feed::audio(0, &[], &[])).unwrap();
        assert!(silence.speakers.is_empty() && silence.active.is_empty());
    }
}
