//! A transport that writes down what goes over it, without who and where it is about.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use confcall::api::{FilePart, Response, Update};

use confcall::{CallError, CheckedRequest, Method, Transport, UpdateStream, UserId};

use crate::guesses::{Seen, Verdicts};

/// A transport over another one, with the notes of what came.
pub(crate) struct Observed<T> {
    transport: T,
    notes: Arc<Mutex<Notes>>,
}

/// The trace, and what it says of the guesses.
pub(crate) struct Notes {
    trace: File,
    begin: Instant,
    verdicts: Verdicts,
    asked: BTreeMap<Method, usize>,
}

impl Notes {
    /// Notes that go into a file.
    pub(crate) fn new(trace: File) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            trace,
            begin: Instant::now(),
            verdicts: Verdicts::default(),
            asked: BTreeMap::new(),
        }))
    }

    /// A line for each guess.
    pub(crate) fn verdicts(&self) -> Vec<String> {
        self.verdicts.lines().collect()
    }

    /// Notes an update that was pushed.
    pub(crate) fn pushed(&mut self, update: &Update) {
        self.verdicts.look(Seen::Update(update));
        self.write(&format!("pushed {}", of_update(update)));
    }

    fn write(&mut self, line: &str) {
        let at = self.begin.elapsed().as_millis();
        // A disk that is full ends the trace and not the call.
        let _ = writeln!(self.trace, "{at:>8} ms  {line}");
    }
}

impl<T> Observed<T> {
    pub(crate) fn new(transport: T, notes: Arc<Mutex<Notes>>) -> Self {
        Self { transport, notes }
    }
}

impl<T: Transport> Transport for Observed<T> {
    async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
        let (method, asked) = (request.method(), request.request().clone());
        let elsewhere = request.data_centre().is_some();
        let outcome = self.transport.call(request).await;
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = notes.asked.entry(method).or_default();
        let before = std::mem::replace(before, before.saturating_add(1));
        let answer = match &outcome {
            Ok(answer) => Some(Ok(answer)),
            Err(CallError::Rpc(error)) => Some(Err(error)),
            Err(_) => None,
        };
        if let Some(answer) = answer {
            let request = &asked;
            notes.verdicts.look(Seen::Answer {
                request,
                answer,
                before,
            });
            if let Ok(Response::Updates(updates)) = answer {
                let updates = updates.0.iter();
                updates.for_each(|update| notes.verdicts.look(Seen::Update(update)));
            }
        }
        let said = match &outcome {
            Ok(answer) => of_answer(answer),
            Err(CallError::Rpc(error)) => error.to_string(),
            Err(CallError::OtherDataCentre { .. }) => {
                "a data centre that was not reached".to_owned()
            }
            Err(_) => "no answer".to_owned(),
        };
        let place = if elsewhere { " elsewhere" } else { "" };
        notes.write(&format!("{method}{place}: {said}"));
        outcome
    }

    fn updates(&self) -> UpdateStream {
        self.transport.updates()
    }

    fn own_user(&self) -> Option<UserId> {
        self.transport.own_user()
    }
}

/// An answer by its shape.
fn of_answer(answer: &Response) -> String {
    match answer {
        Response::Updates(updates) => {
            let updates: Vec<_> = updates.0.iter().map(of_update).collect();
            updates.join(", ")
        }
        Response::GroupCall(info) => {
            let listed = info.participants.len();
            let more = info.next_offset.is_some();
            format!("{}, {listed} listed, more: {more}", of_call(&info.call))
        }
        Response::Participants(page) => format!("{} listed", page.participants.len()),
        Response::StreamChannels(channels) => format!("{channels:?}"),
        Response::FilePart(FilePart::Bytes(part)) => format!("{} bytes", part.len()),
        answer => answer.kind().to_string(),
    }
}

/// An update by its shape.
fn of_update(update: &Update) -> String {
    match update {
        Update::GroupCall {
            call, live_story, ..
        } => format!("{}, live story: {live_story}", of_call(call)),
        Update::Participants(change) => {
            let one = |one: &confcall::api::GroupCallParticipant| {
                format!(
                    "own: {} min: {} left: {} muted: {} can unmute: {} hand: {} video: {}",
                    one.own,
                    one.min,
                    one.left,
                    one.muted,
                    one.can_self_unmute,
                    one.raise_hand_rating.is_some(),
                    one.video.is_some(),
                )
            };
            let participants: Vec<_> = change.participants.iter().map(one).collect();
            format!("participants [{}]", participants.join("; "))
        }
        Update::Connection(connection) => format!("a connection, {connection:?}"),
        update => {
            let whole = format!("{update:?}");
            whole
                .split(['(', ' ', '{'])
                .next()
                .unwrap_or("an update")
                .to_owned()
        }
    }
}

fn of_call(call: &confcall::api::GroupCall) -> String {
    let Some(call) = call.active() else {
        return "a call that is over".to_owned();
    };
    format!(
        "a call of {} version {} conference: {} rtmp: {} min: {} creator: {} scheduled: {} recorded: {} hidden: {} dc: {:?} settings: {:?}",
        call.participants_count,
        call.version,
        call.conference,
        call.rtmp_stream,
        call.min,
        call.creator,
        call.scheduled_for.is_some(),
        call.recorded_since.is_some(),
        call.listeners_hidden,
        call.stream_dc,
        call.settings,
    )
}
