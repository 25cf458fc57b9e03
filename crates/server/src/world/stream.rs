//! Which part of a stream a request names, and whether it can have it.

use confcall_join::Ssrc;
use confcall_join::api::{GetFile, StreamChannel, StreamVideo};

use crate::feed::Feed;
use crate::refusal::Refusal;

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

/// Those who publish a stream.
#[derive(Clone, Debug)]
pub(super) enum Publisher {
    /// A program that publishes by RTMP.
    Rtmp,
    /// The participants of a video chat.
    Participants {
        /// The sources of those who speak.
        speakers: Vec<Ssrc>,
        /// The endpoints of their pictures, by the bits of their channels.
        pictures: Vec<(u8, String)>,
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

/// The part that a request names, of a stream that has been there longer than its parts are kept.
pub(super) fn part(publisher: &Publisher, request: &GetFile, now: i32) -> Result<Vec<u8>, Refusal> {
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
    if request.time_ms % Feed::PART_MS != 0 {
        return Err(Refusal::NoPartBegins);
    }
    if request.time_ms > newest(now) {
        return Err(Refusal::PartToCome);
    }
    let oldest = i64::from(now.saturating_sub(KEPT)) * Feed::PART_MS;
    if request.time_ms < oldest {
        return Err(Refusal::PartDropped);
    }
    let time_ms = request.time_ms;
    let part = match (publisher, request.video) {
        (Publisher::Rtmp, Some(video)) if is_one(video) && video.channel == UNIFIED => {
            Feed::unified(time_ms)
        }
        (Publisher::Participants { speakers, pictures }, None) => {
            Feed::audio(time_ms, speakers, pictures)
        }
        (Publisher::Participants { pictures, .. }, Some(video)) if is_one(video) => {
            let is_asked = |(bit, _): &&(u8, String)| i32::from(*bit) + 1 == video.channel;
            let asked = pictures.iter().find(is_asked);
            let (bit, endpoint) = asked.ok_or(Refusal::StreamLocation)?;
            Feed::video(time_ms, *bit, endpoint)
        }
        _ => return Err(Refusal::StreamLocation),
    };
    let start = usize::try_from(request.offset).unwrap_or(usize::MAX);
    let length = usize::try_from(request.limit).unwrap_or_default();
    Ok(part.into_iter().skip(start).take(length).collect())
}

/// The time of the newest part that is complete, in milliseconds.
fn newest(now: i32) -> i64 {
    i64::from(now.saturating_sub(1)) * Feed::PART_MS
}

fn is_one(video: StreamVideo) -> bool {
    (0..=BEST).contains(&video.quality)
}
