//! When to ask for which part of a stream.

#[cfg(test)]
mod tests;
mod timeline;
mod values;

use core::time::Duration;
use std::collections::VecDeque;

use confcall_media::Moment;

use super::ogg::AudioPart;
use crate::api::{StreamChannel, StreamVideo};
use crate::limits;
use timeline::{Answered, PART_PAUSE, Segmentation, Timeline, Wanted};

pub use values::{
    AskId, ChannelsAnswer, PartAnswer, PartAsk, Quality, StreamAsk, StreamOutput, StreamPart,
    Track, WantedVideo,
};

/// The pause before the channels are asked for again, and before a time is looked for again that there is not yet.
const CHANNELS_PAUSE: Duration = Duration::from_secs(1);
/// The channel that has sound and picture in one.
const UNIFIED_CHANNEL: i32 = 1;
/// The latest time with which a stream can begin: far beyond any clock, and with room for what follows it.
const LATEST_MS: i64 = 1 << 53;

/// Decides when to ask for which part of a stream, and gives the parts out in the order of their times.
///
/// ```text
///        ┌────────────────── time lost ───────────────────┐
///        ▼                                                │
///    starting ── the channels, or the server's clock ──▶ playing ── lost twice, not joined ──▶ over: Rejoin
///      │   ▲ 1 s                                          │   ▲
///      └───┘ nobody publishes, or not for two seconds     └───┘ parts that are there, or not yet (100 ms)
/// ```
///
/// The time is lost by the sound: where it is refused, or is not there yet for ten seconds and its length. A picture of its own
/// that is refused is left out, and so is one that is late when the sound of the next second is ready.
///
/// After each input, and at the moment of the last [`StreamOutput::Wait`], [`poll`](Self::poll) is called until it says to
/// wait again. Every question gets one answer by [`handle_channels`](Self::handle_channels) or
/// [`handle_part`](Self::handle_part); a question without an answer in time is one that failed. Answers to questions that
/// are of no use any more are ignored.
///
/// At most two seconds are asked for and ready beyond what is due, where a part is due when those before it have been
/// played since they were given out. No two questions for the same part are less than 100 ms apart, and none for the
/// channels less than a second, whatever the server answers.
///
/// Implements `spec/group-calls.md`, "Stream mode".
#[derive(Clone, Debug)]
pub struct StreamClock {
    source: Source,
    phase: Phase,
    outputs: VecDeque<StreamOutput>,
    asks: u64,
    /// How often the time was lost since a part was given out.
    fruitless: u8,
    /// No part is asked for before this moment.
    parts_from: Moment,
}

/// The source of times and tracks.
#[derive(Clone, Debug)]
enum Source {
    /// A publisher by RTMP.
    Rtmp(Rtmp),
    /// The media server of a video chat.
    Chat(Chat),
}

#[derive(Clone, Debug, Default)]
struct Rtmp {
    /// The question for the channels that is under way.
    ask: Option<AskId>,
    asked_at: Option<Moment>,
    is_deserted: bool,
}

#[derive(Clone, Debug)]
struct Chat {
    /// The server's time in milliseconds, and when it was that.
    server: (i64, Moment),
    wanted: Vec<WantedVideo>,
    /// The pictures that there are, by the bits of their channels, and the time of the part that says so.
    active: Vec<(u8, String)>,
    active_at: Option<i64>,
}

#[derive(Clone, Debug)]
enum Phase {
    Starting(Moment),
    Playing(Timeline),
    Over,
}

impl StreamClock {
    fn new(source: Source) -> Self {
        Self {
            source,
            phase: Phase::Starting(Moment::default()),
            outputs: VecDeque::new(),
            asks: 0,
            fruitless: 0,
            parts_from: Moment::default(),
        }
    }

    /// The clock of a stream that is published by RTMP.
    pub fn rtmp() -> Self {
        Self::new(Source::Rtmp(Rtmp::default()))
    }

    /// The clock of a video chat that is shown as a stream, with the server's time in Unix milliseconds.
    pub fn chat(now: Moment, server_time_ms: i64) -> Self {
        Self::new(Source::Chat(Chat {
            server: (server_time_ms, now),
            wanted: Vec::new(),
            active: Vec::new(),
            active_at: None,
        }))
    }

    /// Notes the server's time in Unix milliseconds, from any answer; only a video chat needs it.
    pub fn note_server_time(&mut self, now: Moment, server_time_ms: i64) {
        if let Source::Chat(chat) = &mut self.source {
            chat.server = (server_time_ms, now);
        }
    }

    /// Sets the pictures of a video chat that are wanted from the next second on that is asked for.
    ///
    /// A picture that is not wanted in any size any more has no part from now on.
    /// Pictures beyond [`STREAM_VIDEOS`](limits::STREAM_VIDEOS) are left out, and an endpoint that nobody shows has no part.
    /// A stream by RTMP has one picture, which is always asked for.
    pub fn set_videos(&mut self, wanted: impl IntoIterator<Item = WantedVideo>) {
        if let Source::Chat(chat) = &mut self.source {
            chat.wanted.clear();
            for video in wanted {
                let is_new = chat.wanted.iter().all(|one| one.endpoint != video.endpoint);
                if is_new && chat.wanted.len() < limits::STREAM_VIDEOS {
                    chat.wanted.push(video);
                }
            }
            if let Phase::Playing(timeline) = &mut self.phase {
                timeline.keep(|track| chat.wants(track));
            }
        }
    }

    /// Takes the answer to a question for the channels.
    pub fn handle_channels(&mut self, now: Moment, id: AskId, answer: ChannelsAnswer) {
        let (Source::Rtmp(rtmp), Phase::Starting(_)) = (&mut self.source, &self.phase) else {
            return;
        };
        if rtmp.ask.take_if(|ask| *ask == id).is_none() {
            return;
        }
        let mut again = now + CHANNELS_PAUSE;
        match answer {
            ChannelsAnswer::Channels(channels) => match unified(&channels) {
                Some((segmentation, newest_ms)) => {
                    rtmp.is_deserted = false;
                    if let Some(first_ms) = first_time(segmentation, newest_ms) {
                        let timeline = Timeline::new(segmentation, first_ms, self.parts_from);
                        self.phase = Phase::Playing(timeline);
                        return;
                    }
                }
                None if !core::mem::replace(&mut rtmp.is_deserted, true) => {
                    self.outputs.push_back(StreamOutput::NobodyPublishes);
                }
                None => {}
            },
            ChannelsAnswer::Wait(wait) => again = now + wait.max(CHANNELS_PAUSE),
            ChannelsAnswer::NotJoined => return self.rejoin(),
            ChannelsAnswer::Failed => {}
        }
        self.phase = Phase::Starting(again);
    }

    /// Takes the answer to a question for a part.
    pub fn handle_part(&mut self, now: Moment, id: AskId, answer: PartAnswer) {
        let Phase::Playing(timeline) = &mut self.phase else {
            return;
        };
        let answer = answer.bounded();
        if let (Source::Chat(chat), PartAnswer::Bytes(bytes)) = (&mut self.source, &answer)
            && let Some((time_ms, Track::Sound)) = timeline.asked(id)
        {
            chat.note_sound(time_ms, bytes);
        }
        match timeline.answered(now, id, answer) {
            Answered::Taken => {}
            Answered::Resynchronise => self.resynchronise(now),
            Answered::Rejoin => self.rejoin(),
        }
    }

    /// Looks for the time anew after a break that says nothing of the stream.
    pub(crate) fn restart(&mut self, now: Moment) {
        if let Phase::Playing(_) = self.phase {
            self.fruitless = 0;
            self.look_anew(now);
        }
    }

    /// Gives the next thing to do.
    pub fn poll(&mut self, now: Moment) -> StreamOutput {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            match &mut self.phase {
                Phase::Over => return StreamOutput::Wait(None),
                Phase::Starting(moment) if *moment > now => {
                    return StreamOutput::Wait(Some(*moment));
                }
                Phase::Starting(_) => {
                    if let Some(output) = self.start(now) {
                        return output;
                    }
                }
                Phase::Playing(timeline) => {
                    if let Some(parts) = timeline.take(now) {
                        self.fruitless = 0;
                        self.outputs
                            .extend(parts.into_iter().map(StreamOutput::Part));
                    } else if timeline.is_open(now) {
                        timeline.open(self.source.tracks());
                    } else if let Some(part) = timeline.ask(now, AskId(self.asks)) {
                        return self.ask(StreamAsk::Part(part));
                    } else {
                        return StreamOutput::Wait(timeline.wait(now));
                    }
                }
            }
        }
    }

    fn ask(&mut self, ask: StreamAsk) -> StreamOutput {
        let id = AskId(self.asks);
        self.asks = self.asks.wrapping_add(1);
        StreamOutput::Ask(id, ask)
    }

    /// Looks for the time to begin with; `None` if there is one, or one to look again.
    fn start(&mut self, now: Moment) -> Option<StreamOutput> {
        match &mut self.source {
            Source::Rtmp(rtmp) if rtmp.ask.is_some() => Some(StreamOutput::Wait(None)),
            Source::Rtmp(rtmp) => {
                let again = rtmp.asked_at.map(|asked| asked + CHANNELS_PAUSE);
                if let Some(again) = again.filter(|again| *again > now) {
                    self.phase = Phase::Starting(again);
                    return None;
                }
                rtmp.ask = Some(AskId(self.asks));
                rtmp.asked_at = Some(now);
                Some(self.ask(StreamAsk::Channels))
            }
            Source::Chat(chat) => {
                let segmentation = Segmentation::SECONDS;
                self.phase = match first_time(segmentation, chat.server_time(now)) {
                    Some(first_ms) => {
                        let timeline = Timeline::new(segmentation, first_ms, self.parts_from);
                        Phase::Playing(timeline)
                    }
                    None => Phase::Starting(now + CHANNELS_PAUSE),
                };
                None
            }
        }
    }

    /// Drops what is pending, and looks for the time once more before the call is joined again.
    fn resynchronise(&mut self, now: Moment) {
        if self.fruitless > 0 {
            return self.rejoin();
        }
        self.fruitless = 1;
        self.look_anew(now);
    }

    fn look_anew(&mut self, now: Moment) {
        self.parts_from = now + PART_PAUSE;
        self.phase = Phase::Starting(now);
        if let Source::Chat(chat) = &mut self.source {
            chat.active_at = None;
            chat.active.clear();
        }
        self.outputs.push_back(StreamOutput::Resynchronised);
    }

    fn rejoin(&mut self) {
        self.phase = Phase::Over;
        self.outputs.push_back(StreamOutput::Rejoin);
    }
}

impl Source {
    /// The tracks of the next segment.
    fn tracks(&self) -> impl Iterator<Item = Wanted> {
        let (first, chat) = match self {
            Self::Rtmp(_) => {
                let video = StreamVideo {
                    channel: UNIFIED_CHANNEL,
                    quality: Quality::Full.number(),
                };
                let video = Some(video);
                let track = Track::Unified;
                (Wanted { track, video }, None)
            }
            Self::Chat(chat) => {
                let track = Track::Sound;
                (Wanted { track, video: None }, Some(chat))
            }
        };
        let pictures = chat.into_iter().flat_map(Chat::pictures);
        core::iter::once(first).chain(pictures)
    }
}

impl Chat {
    /// The server's time now, as far as we know.
    fn server_time(&self, now: Moment) -> i64 {
        let (server_ms, moment) = self.server;
        let elapsed = i64::try_from(now.since(moment).as_millis()).unwrap_or(i64::MAX);
        server_ms.saturating_add(elapsed)
    }

    /// True for a picture that is wanted, in whatever size.
    fn wants(&self, track: &Track) -> bool {
        let Track::Picture(video) = track else {
            return false;
        };
        self.wanted.iter().any(|one| one.endpoint == video.endpoint)
    }

    /// The pictures that are wanted and that there are.
    fn pictures(&self) -> impl Iterator<Item = Wanted> {
        self.wanted.iter().filter_map(|wanted| {
            let mut active = self.active.iter();
            let (bit, _) = active.find(|(_, endpoint)| *endpoint == wanted.endpoint)?;
            Some(Wanted {
                track: Track::Picture(wanted.clone()),
                video: Some(StreamVideo {
                    channel: i32::from(*bit) + 1,
                    quality: wanted.quality.number(),
                }),
            })
        })
    }

    /// Notes the pictures that there are from a part of the sound; one that cannot be read says nothing of them.
    fn note_sound(&mut self, time_ms: i64, bytes: &[u8]) {
        if self.active_at.is_none_or(|newest| newest < time_ms)
            && let Ok(part) = AudioPart::read(bytes)
        {
            self.active_at = Some(time_ms);
            self.active = part.active;
        }
    }
}

/// The segments and the newest time of the channel that has all in one, if somebody publishes on it.
fn unified(channels: &[StreamChannel]) -> Option<(Segmentation, i64)> {
    let mut channels = channels.iter();
    let channel = channels.find(|channel| channel.channel == UNIFIED_CHANNEL)?;
    let segmentation = Segmentation::of_scale(channel.scale)?;
    Some((segmentation, channel.last_timestamp_ms))
}

/// The time with which to begin; `None` if it is none at which there is a part.
fn first_time(segmentation: Segmentation, newest_ms: i64) -> Option<i64> {
    let first_ms = segmentation.first_time(newest_ms);
    (1..=LATEST_MS).contains(&first_ms).then_some(first_ms)
}
