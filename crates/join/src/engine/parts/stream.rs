//! The stream of a call whose media comes in parts: the questions of its clock, and the parts for the client.

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;

use crate::api::{CallRef, FilePart, GetFile, GetGroupCallStreamChannels, Response, RpcError};
use crate::engine::context::Context;
use crate::engine::end::RejoinReason;
use crate::engine::event::{Event, StreamState};
use crate::engine::failure::Failure;
use crate::engine::own_state::MediaMode;
use crate::engine::purpose::Purpose;
use crate::engine::requests::{Answer, Ticket};
use crate::engine::timers::Timer;
use crate::limits;
use crate::stream::{AskId, ChannelsAnswer, PartAnswer, StreamAsk, StreamClock, StreamOutput};

/// The refusal by which a data centre, or an adapter that cannot reach it, names another one.
const ELSEWHERE: &str = "FILE_MIGRATE_";

/// The pause after a data centre that cannot be reached, and between two to which the server sends us.
const REST: Duration = Duration::from_secs(10);

/// The stream of a call.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Stream {
    clock: StreamClock,
    asked: BTreeMap<Ticket, Asked>,
    /// True once the server's time is known, which only a video chat needs.
    is_timed: bool,
    /// The pause after a data centre that has the parts and cannot be reached.
    rest: Option<Rest>,
    /// When the server sent us to another data centre.
    moved: Option<Moment>,
    /// True if the client was told that a data centre cannot be reached, and no part came since.
    is_told: bool,
}

/// A question that is under way.
#[derive(Clone, Copy, Debug)]
struct Asked {
    id: AskId,
    purpose: Purpose,
    /// The data centre that is asked.
    place: Option<i32>,
}

/// A pause in which nothing is asked, while the parts are at the same data centre.
#[derive(Clone, Copy, Debug)]
struct Rest {
    place: Option<i32>,
    until: Moment,
}

impl Stream {
    /// The stream of a call, with the server's time in Unix milliseconds if it is known.
    pub(in crate::engine) fn new(ctx: &Context, mode: MediaMode, server_ms: Option<i64>) -> Self {
        let clock = match mode {
            MediaMode::Rtmp => StreamClock::rtmp(),
            MediaMode::Stream | MediaMode::WebRtc => {
                StreamClock::chat(ctx.now, server_ms.unwrap_or(0))
            }
        };
        let mut stream = Self {
            clock,
            asked: BTreeMap::new(),
            is_timed: server_ms.is_some(),
            rest: None,
            moved: None,
            is_told: false,
        };
        stream.want(ctx);
        stream
    }

    /// Notes the server's time, if it was not known.
    pub(in crate::engine) fn note_time(&mut self, ctx: &Context, server_ms: Option<i64>) {
        if let Some(server_ms) = server_ms.filter(|_| !self.is_timed) {
            self.is_timed = true;
            self.clock.note_server_time(ctx.now, server_ms);
        }
    }

    /// Takes the pictures that the client wants by now.
    pub(in crate::engine) fn want(&mut self, ctx: &Context) {
        self.clock.set_videos(ctx.wishes.videos.iter().cloned());
    }

    /// Asks what is due, and gives out the parts that are ready.
    pub(in crate::engine) fn run(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
    ) -> Result<(), RejoinReason> {
        if let Some(rest) = self.rest {
            if rest.place == ctx.stream_place() && rest.until > ctx.now {
                ctx.timers.set(Timer::Stream, rest.until);
                return Ok(());
            }
            self.rest = None;
            self.clock.restart(ctx.now);
        }
        loop {
            match self.clock.poll(ctx.now) {
                StreamOutput::Ask(id, ask) => self.ask(ctx, call, id, ask),
                StreamOutput::Part(part) => ctx.event(Event::StreamPart(part)),
                StreamOutput::Resynchronised => {
                    ctx.event(Event::Stream(StreamState::Resynchronised));
                }
                StreamOutput::NobodyPublishes => {
                    ctx.event(Event::Stream(StreamState::NobodyPublishes));
                }
                StreamOutput::Rejoin => return Err(RejoinReason::StreamLost),
                StreamOutput::Wait(until) => {
                    match until {
                        Some(until) => ctx.timers.set(Timer::Stream, until),
                        None => ctx.timers.cancel(Timer::Stream),
                    }
                    return Ok(());
                }
            }
        }
    }

    fn ask(&mut self, ctx: &mut Context, call: CallRef, id: AskId, ask: StreamAsk) {
        let call = call.into();
        let (purpose, ticket) = match ask {
            StreamAsk::Channels => {
                let purpose = Purpose::StreamChannels;
                (
                    purpose,
                    ctx.send(purpose, GetGroupCallStreamChannels { call }),
                )
            }
            StreamAsk::Part(part) => {
                let file = GetFile {
                    call,
                    time_ms: part.time_ms,
                    scale: part.scale,
                    video: part.video,
                    offset: 0,
                    limit: i32::try_from(limits::PART_BYTES).unwrap_or(i32::MAX),
                };
                let purpose = Purpose::StreamPart;
                (purpose, ctx.send(purpose, file))
            }
        };
        let place = ctx.stream_place();
        let asked = Asked { id, purpose, place };
        self.asked.insert(ticket, asked);
    }

    /// Takes the answer to a question.
    pub(in crate::engine) fn answered(&mut self, ctx: &mut Context, answer: Answer) {
        let Some(asked) = self.asked.remove(&answer.ticket) else {
            return;
        };
        let elsewhere = match &answer.result {
            Err(Failure::Refused(error)) => elsewhere(error),
            _ => None,
        };
        match (elsewhere, asked.purpose) {
            (Some(data_centre), _) => {
                self.look_elsewhere(ctx, asked.place, data_centre);
                self.unanswered(ctx, asked);
            }
            (None, Purpose::StreamChannels) => {
                let answer = channels(answer.result);
                self.clock.handle_channels(ctx.now, asked.id, answer);
            }
            (None, _) => {
                let part = part(answer.result);
                self.is_told &= !matches!(part, PartAnswer::Bytes(_));
                self.clock.handle_part(ctx.now, asked.id, part);
            }
        }
    }

    /// Has a question asked again, which nobody answered who has the parts.
    fn unanswered(&mut self, ctx: &Context, asked: Asked) {
        match asked.purpose {
            Purpose::StreamChannels => {
                let answer = ChannelsAnswer::Failed;
                self.clock.handle_channels(ctx.now, asked.id, answer);
            }
            _ => {
                let answer = PartAnswer::NotYet;
                self.clock.handle_part(ctx.now, asked.id, answer);
            }
        }
    }

    /// Follows the server to the data centre that has the parts; one that cannot be reached is tried again after a pause, and so
    /// is the second to which the server sends us within it.
    fn look_elsewhere(&mut self, ctx: &mut Context, asked: Option<i32>, data_centre: i32) {
        let place = Some(data_centre);
        if asked != place {
            if ctx.stream_place() == place {
                // Another answer has sent us there already.
                return;
            }
            ctx.stream_is_at(place);
            let before = self.moved.replace(ctx.now);
            if before.is_none_or(|before| before + REST <= ctx.now) {
                return;
            }
        }
        let until = ctx.now + REST;
        self.rest = Some(Rest { place, until });
        if !core::mem::replace(&mut self.is_told, true) {
            ctx.event(Event::Stream(StreamState::Unreachable { data_centre }));
        }
    }

    /// Gives up what is asked; a stream that goes on in another membership asks again.
    pub(in crate::engine) fn close(&mut self, ctx: &mut Context) {
        for (ticket, asked) in core::mem::take(&mut self.asked) {
            ctx.abandon(ticket);
            self.unanswered(ctx, asked);
        }
        ctx.timers.cancel(Timer::Stream);
    }
}

/// The data centre that a refusal names.
fn elsewhere(error: &RpcError) -> Option<i32> {
    let number = error.message.strip_prefix(ELSEWHERE)?.parse().ok()?;
    (number > 0).then_some(number)
}

fn channels(result: Result<Response, Failure>) -> ChannelsAnswer {
    match result.map(Response::into_stream_channels) {
        Ok(Ok(channels)) => ChannelsAnswer::Channels(channels),
        Ok(Err(_)) | Err(Failure::Lost) => ChannelsAnswer::Failed,
        Err(Failure::Refused(error)) => ChannelsAnswer::refused(&error),
    }
}

fn part(result: Result<Response, Failure>) -> PartAnswer {
    match result.map(Response::into_file_part) {
        Ok(Ok(FilePart::Bytes(bytes))) => PartAnswer::Bytes(bytes),
        Ok(Ok(FilePart::Redirected) | Err(_)) | Err(Failure::Lost) => PartAnswer::Unusable,
        Err(Failure::Refused(error)) => PartAnswer::refused(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Request, StreamChannel};
    use crate::engine::testing::{CALL, context, outputs};

    /// A stream by RTMP that has just asked for its channels.
    fn asking() -> (Stream, Context) {
        let mut ctx = context();
        let mut stream = Stream::new(&ctx, MediaMode::Rtmp, None);
        assert_eq!(stream.run(&mut ctx, CALL), Ok(()));
        (stream, ctx)
    }

    /// Answers the first question.
    fn answer(stream: &mut Stream, ctx: &mut Context, result: Result<Response, Failure>) {
        let (&ticket, &Asked { purpose, .. }) = stream.asked.first_key_value().unwrap();
        let method = crate::api::Method::GetFile;
        let answer = Answer {
            purpose,
            ticket,
            method,
            sent: ctx.now,
            waited: Duration::ZERO,
            repeats: 0,
            result,
        };
        stream.answered(ctx, answer);
    }

    #[test]
    fn the_channels_lead_to_the_parts_before_their_newest_time() {
        let (mut stream, mut ctx) = asking();
        let channels = vec![StreamChannel {
            channel: 1,
            scale: 0,
            last_timestamp_ms: 12_345,
        }];
        answer(&mut stream, &mut ctx, Ok(channels.into()));
        assert_eq!(stream.run(&mut ctx, CALL), Ok(()));
        let (requests, _) = outputs(&mut ctx);
        assert!(matches!(
            &requests[..],
            [Request::StreamChannels(_), Request::File(first), ..] if first.time_ms == 10_000
        ));
    }

    #[test]
    fn a_data_centre_that_is_named_is_asked_and_one_that_cannot_be_reached_is_told_of_once() {
        let (mut stream, mut ctx) = asking();
        answer(&mut stream, &mut ctx, named(4));
        assert_eq!(ctx.stream_place(), Some(4));
        ctx.now = ctx.now + Duration::from_secs(1);
        assert_eq!(stream.run(&mut ctx, CALL), Ok(()));
        outputs(&mut ctx);
        answer(&mut stream, &mut ctx, named(4));
        let unreachable = StreamState::Unreachable { data_centre: 4 };
        let (_, events) = outputs(&mut ctx);
        assert!(matches!(&events[..], [Event::Stream(state)] if *state == unreachable));
        assert_eq!(stream.run(&mut ctx, CALL), Ok(()));
        assert!(outputs(&mut ctx).0.is_empty());
    }

    /// The refusal that names a data centre.
    fn named(number: i32) -> Result<Response, Failure> {
        let name = format!("FILE_MIGRATE_{number}");
        Err(Failure::Refused(RpcError::new(303, name)))
    }

    /// Lets time pass; gives the events and the data centres that are asked.
    fn pass(
        stream: &mut Stream,
        ctx: &mut Context,
        time: Duration,
    ) -> (Vec<Event>, Vec<Option<i32>>) {
        ctx.now = ctx.now + time;
        assert_eq!(stream.run(ctx, CALL), Ok(()));
        let (_, events) = outputs(ctx);
        let places = stream.asked.values().map(|asked| asked.place);
        (events, places.collect())
    }

    #[test]
    fn two_questions_that_are_sent_to_another_data_centre_at_once_are_asked_there() {
        let mut ctx = context();
        let mut stream = Stream::new(&ctx, MediaMode::Stream, Some(1_700_000_000_000));
        let (_, places) = pass(&mut stream, &mut ctx, Duration::ZERO);
        assert_eq!(places, [None, None]);
        answer(&mut stream, &mut ctx, named(4));
        answer(&mut stream, &mut ctx, named(4));
        let (events, places) = pass(&mut stream, &mut ctx, Duration::from_millis(100));
        assert!(events.is_empty(), "{events:?}");
        assert_eq!(places, [Some(4), Some(4)]);
    }

    #[test]
    fn a_data_centre_that_could_not_be_reached_is_asked_again_after_a_pause_or_if_another_is_named()
    {
        for is_renamed in [false, true] {
            let (mut stream, mut ctx) = asking();
            ctx.stream_is_at(Some(4));
            answer(&mut stream, &mut ctx, Err(Failure::Lost));
            pass(&mut stream, &mut ctx, Duration::from_secs(1));
            answer(&mut stream, &mut ctx, named(4));
            let (_, places) = pass(&mut stream, &mut ctx, Duration::from_secs(2));
            assert!(places.is_empty(), "{places:?}");
            if is_renamed {
                ctx.stream_is_at(Some(2));
                let (_, places) = pass(&mut stream, &mut ctx, Duration::ZERO);
                assert_eq!(places, [Some(2)]);
            } else {
                let (events, places) = pass(&mut stream, &mut ctx, REST);
                assert!(events.is_empty(), "it is told of once");
                assert_eq!(places, [Some(4)]);
            }
        }
    }

    #[test]
    fn data_centres_that_name_each_other_are_asked_with_pauses_and_lead_to_no_rejoin() {
        let mut ctx = context();
        let mut stream = Stream::new(&ctx, MediaMode::Stream, Some(1_700_000_000_000));
        let mut asked = 0;
        for _ in 0..600 {
            let (_, places) = pass(&mut stream, &mut ctx, Duration::from_millis(100));
            asked += places.len();
            for place in places {
                let other = if place == Some(4) { 5 } else { 4 };
                answer(&mut stream, &mut ctx, named(other));
            }
        }
        assert!((4..=30).contains(&asked), "{asked} in a minute");
    }
}
