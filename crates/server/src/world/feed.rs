//! The parts of streams, all of which show one clip of our own (`assets/make-clip.sh`) in a loop.

use core::num::NonZeroU8;

use confcall_join::Ssrc;
use confcall_join::api::{GetFile, StreamChannel, StreamVideo};
use confcall_join::stream::{AudioPart, ChunkEvent, ChunkHeader, SpeakerChange};

use crate::refusal::Refusal;

/// A second of the clip: sound and picture in one, and the sound of two speakers.
struct Second {
    picture: &'static [u8],
    sound: &'static [u8],
}

const CLIP: [Second; 4] = [
    Second {
        picture: include_bytes!("../../assets/second-0.mp4"),
        sound: include_bytes!("../../assets/second-0.ogg"),
    },
    Second {
        picture: include_bytes!("../../assets/second-1.mp4"),
        sound: include_bytes!("../../assets/second-1.ogg"),
    },
    Second {
        picture: include_bytes!("../../assets/second-2.mp4"),
        sound: include_bytes!("../../assets/second-2.ogg"),
    },
    Second {
        picture: include_bytes!("../../assets/second-3.mp4"),
        sound: include_bytes!("../../assets/second-3.ogg"),
    },
];

/// The channels of the sound of the clip.
const SOUND_CHANNELS: NonZeroU8 = NonZeroU8::new(2).unwrap();

/// The length of a part in milliseconds, that of scale 0.
const PART_MS: i64 = 1000;

/// The parts that are kept before they are dropped, in seconds.
const KEPT: i32 = 30;

/// Clients ask for whole blocks of so many bytes.
const BLOCK: i32 = 4096;

/// The most bytes of one answer.
const LIMIT: i32 = 1 << 20;

/// The channel that has sound and picture in one.
const UNIFIED: i32 = 1;

/// The best picture; the worse ones are the same here.
const BEST: i32 = 2;

/// The publisher of a stream, as far as listeners notice.
#[derive(Clone, Debug)]
pub(super) enum Publisher {
    /// A program that publishes by RTMP.
    Rtmp,
    /// The participants of a video chat.
    Participants {
        /// The sources of those who speak.
        speakers: Vec<Ssrc>,
        /// The endpoints of their pictures.
        pictures: Vec<String>,
    },
}

/// The channels of a stream that is published by RTMP, the one with sound and picture first.
pub(super) fn channels(now: i32) -> Vec<StreamChannel> {
    vec![StreamChannel {
        channel: UNIFIED,
        scale: 0,
        last_timestamp_ms: newest(now),
    }]
}

/// The part that a request names, of a stream that began at a time.
pub(super) fn part(
    publisher: &Publisher,
    request: &GetFile,
    began: i32,
    now: i32,
) -> Result<Vec<u8>, Refusal> {
    if request.scale != 0 {
        return Err(Refusal::StreamLocation);
    }
    if !(1..=LIMIT).contains(&request.limit) || request.limit % BLOCK != 0 {
        return Err(Refusal::FileLimit);
    }
    let block = i64::from(BLOCK);
    if request.offset < 0 || request.offset % block != 0 {
        return Err(Refusal::FileOffset);
    }
    if request.time_ms % PART_MS != 0 {
        return Err(Refusal::NoPartBegins);
    }
    if request.time_ms > newest(now) {
        return Err(Refusal::PartToCome);
    }
    let oldest = began.max(now.saturating_sub(KEPT));
    if request.time_ms < i64::from(oldest) * PART_MS {
        return Err(Refusal::PartDropped);
    }
    let second = request.time_ms.div_euclid(PART_MS).rem_euclid(4);
    let second = usize::try_from(second).unwrap_or_default();
    let second = CLIP.get(second).ok_or(Refusal::StreamLocation)?;
    let part = match (publisher, request.video) {
        (Publisher::Rtmp, Some(video)) if is_one(video) && video.channel == UNIFIED => {
            with_header(&ChunkHeader::unified(), second)
        }
        (Publisher::Participants { speakers, pictures }, None) => {
            sound(second, speakers, pictures)?
        }
        (Publisher::Participants { pictures, .. }, Some(video)) if is_one(video) => {
            let bit = video.channel.checked_sub(1);
            let place = bit.and_then(|bit| usize::try_from(bit).ok());
            let endpoint = place.and_then(|place| pictures.get(place));
            let endpoint = endpoint.ok_or(Refusal::StreamLocation)?;
            let header = ChunkHeader {
                active_mask: 1_i32
                    .checked_shl(bit.unwrap_or(0).unsigned_abs())
                    .unwrap_or(0),
                event: ChunkEvent {
                    endpoint: endpoint.clone(),
                    ..ChunkEvent::default()
                },
                ..ChunkHeader::unified()
            };
            with_header(&header, second)
        }
        _ => return Err(Refusal::StreamLocation),
    };
    let start = usize::try_from(request.offset).unwrap_or(usize::MAX);
    let length = usize::try_from(request.limit).unwrap_or_default();
    Ok(part.into_iter().skip(start).take(length).collect())
}

/// The time of the newest part that is complete, in milliseconds.
fn newest(now: i32) -> i64 {
    i64::from(now.saturating_sub(1)) * PART_MS
}

fn is_one(video: StreamVideo) -> bool {
    (0..=BEST).contains(&video.quality)
}

fn with_header(header: &ChunkHeader, second: &Second) -> Vec<u8> {
    [&header.to_bytes(), second.picture].concat()
}

/// The sound of the clip, with the first speakers on its channels.
fn sound(second: &Second, speakers: &[Ssrc], pictures: &[String]) -> Result<Vec<u8>, Refusal> {
    let speakers = (0..SOUND_CHANNELS.get()).zip(speakers);
    let speakers = speakers.map(|(channel, source)| SpeakerChange {
        frame: 0,
        channel,
        source: Some(*source),
    });
    let tags = AudioPart {
        channels: SOUND_CHANNELS,
        speakers: speakers.collect(),
        active: (0..).zip(pictures.iter().cloned()).collect(),
    };
    let part = tags.write(second.sound);
    part.map_err(|_| Refusal::StreamLocation)
}
