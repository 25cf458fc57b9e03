//! The stream of a call whose media comes in parts: the questions of its clock, and the parts for the client.

use std::collections::BTreeMap;

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

/// The stream of a call.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Stream {
    clock: StreamClock,
    asked: BTreeMap<Ticket, (AskId, Purpose)>,
    /// True once the server's time is known, which only a video chat needs.
    is_timed: bool,
    /// The data centre that has the parts and cannot be reached.
    unreachable: Option<i32>,
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
            unreachable: None,
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
        while self.unreachable.is_none() {
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
                    break;
                }
            }
        }
        Ok(())
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
        self.asked.insert(ticket, (id, purpose));
    }

    /// Takes the answer to a question.
    pub(in crate::engine) fn answered(&mut self, ctx: &mut Context, answer: Answer) {
        let Some((id, purpose)) = self.asked.remove(&answer.ticket) else {
            return;
        };
        if let Err(Failure::Refused(error)) = &answer.result {
            self.look_elsewhere(ctx, error);
        }
        match purpose {
            Purpose::StreamChannels => {
                let answer = channels(answer.result);
                self.clock.handle_channels(ctx.now, id, answer);
            }
            _ => self.clock.handle_part(ctx.now, id, part(answer.result)),
        }
    }

    /// Follows the server to the data centre that has the parts; one that could not be reached just now is told of.
    fn look_elsewhere(&mut self, ctx: &mut Context, error: &RpcError) {
        let number = error.message.strip_prefix(ELSEWHERE);
        let Some(data_centre) = number.and_then(|number| number.parse().ok()) else {
            return;
        };
        if ctx.stream_place() == Some(data_centre) {
            if self.unreachable.replace(data_centre).is_none() {
                ctx.event(Event::Stream(StreamState::Unreachable { data_centre }));
            }
        } else {
            ctx.stream_is_at(Some(data_centre));
        }
    }

    /// Gives up what is asked; a stream that goes on in another membership asks again.
    pub(in crate::engine) fn close(&mut self, ctx: &mut Context) {
        for (ticket, (id, purpose)) in core::mem::take(&mut self.asked) {
            ctx.abandon(ticket);
            match purpose {
                Purpose::StreamChannels => {
                    let answer = ChannelsAnswer::Failed;
                    self.clock.handle_channels(ctx.now, id, answer);
                }
                _ => self.clock.handle_part(ctx.now, id, PartAnswer::NotYet),
            }
        }
        ctx.timers.cancel(Timer::Stream);
    }
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

    fn answer(stream: &mut Stream, ctx: &mut Context, result: Result<Response, Failure>) {
        let ticket = *stream.asked.keys().next().unwrap();
        let (purpose, method) = (Purpose::StreamChannels, crate::api::Method::GetFile);
        let answer = Answer {
            purpose,
            ticket,
            method,
            sent: ctx.now,
            waited: core::time::Duration::ZERO,
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
        let named = || Err(Failure::Refused(RpcError::new(303, "FILE_MIGRATE_4")));
        answer(&mut stream, &mut ctx, named());
        assert_eq!(ctx.stream_place(), Some(4));
        ctx.now = ctx.now + core::time::Duration::from_secs(1);
        assert_eq!(stream.run(&mut ctx, CALL), Ok(()));
        outputs(&mut ctx);
        answer(&mut stream, &mut ctx, named());
        let unreachable = StreamState::Unreachable { data_centre: 4 };
        let (_, events) = outputs(&mut ctx);
        assert!(matches!(&events[..], [Event::Stream(state)] if *state == unreachable));
        assert_eq!(stream.run(&mut ctx, CALL), Ok(()));
        assert!(outputs(&mut ctx).0.is_empty());
    }
}
