//! The reports of `listen`, for people and for programs.

use std::path::PathBuf;

use confcall::join::stream::Track;
use confcall::{CallInfo, CallKind, Ended, Event, Joined, UserId};
use serde_json::{Value, json};

use super::super::exit::UnwantedEnd;
use super::byte_size::ByteSize;
use super::progress::Progress;
use crate::screen::{Level, Line, Report};

/// What happens while one listens.
pub(super) enum ListenReport {
    /// The start.
    Entering { user: UserId, target: String },
    /// We are in the call.
    Joined(Box<Joined>),
    /// The call is described, or otherwise than before.
    Call(CallInfo),
    /// A part came.
    Part(PartReport),
    /// How much has come so far.
    Progress(Progress),
    /// Parts came faster than they were taken.
    Missed { parts: u64 },
    /// The recording is over, and why; the call is left.
    Full(ByteSize),
    /// The call comes over WebRTC from now on, and is left.
    StreamOver { may_speak: bool, is_recorded: bool },
    /// An event that is reported as it is.
    Event(Box<Event>),
    /// We leave, as the user or a limit wants.
    Leaving,
    /// The end.
    Ended {
        ended: Ended,
        unwanted: Option<UnwantedEnd>,
        progress: Progress,
        recording: Option<Summary>,
    },
}

/// A part, and what became of it.
pub(super) struct PartReport {
    pub(super) track: Track,
    pub(super) time_ms: i64,
    pub(super) duration_ms: i64,
    pub(super) bytes: usize,
    pub(super) outcome: PartOutcome,
}

/// What became of a part.
pub(super) enum PartOutcome {
    /// It was heard, and is not recorded.
    Heard,
    /// It is the file of this name.
    File(String),
    /// There is nothing in it.
    Silence,
    /// It was passed over.
    PassedOver(String),
}

/// What there is of a recording.
pub(super) struct Summary {
    pub(super) written: ByteSize,
    pub(super) play_lists: Vec<PathBuf>,
}

impl Report for ListenReport {
    fn lines(&self) -> Vec<Line> {
        match self {
            Self::Entering { user, target } => {
                vec![info("enter", format!("{target}, as user {user}"))]
            }
            Self::Joined(joined) => self::joined(joined),
            Self::Call(info) => vec![call(info)],
            Self::Part(part) => vec![part.line()],
            Self::Progress(progress) => vec![info("heard", progress.to_string())],
            Self::Missed { parts } => {
                let text = format!("{parts} parts came faster than they could be taken");
                vec![Line::new(Level::Warning, "missed", text)]
            }
            Self::Full(limit) => {
                let text = format!("the recording has reached its limit of {limit}");
                vec![Line::new(Level::Warning, "full", text)]
            }
            Self::StreamOver {
                may_speak,
                is_recorded,
            } => {
                let why = match may_speak {
                    true => "you may speak now: the call comes over WebRTC",
                    false => "the call comes over WebRTC now",
                };
                let then = match is_recorded {
                    true => "and the recording ends",
                    false => "and there is no stream to hear any more",
                };
                vec![info("over", format!("{why}, {then}"))]
            }
            Self::Event(event) => match &**event {
                Event::Suspicious(what) => {
                    vec![Line::new(Level::Error, "warning", what.to_string())]
                }
                Event::Retrying { why, .. } => {
                    vec![Line::new(Level::Warning, "retry", why.to_string())]
                }
                Event::Stream(state) => {
                    vec![Line::new(Level::Warning, "stream", state.to_string())]
                }
                event => vec![Line::new(Level::Detail, "event", event.to_string())],
            },
            Self::Leaving => vec![info("leaving", "telling the server; again to quit at once")],
            Self::Ended {
                ended,
                unwanted,
                progress,
                recording,
            } => {
                let mut lines = vec![info("heard", progress.to_string())];
                if let Some(recording) = recording {
                    lines.extend(recording.lines());
                }
                lines.push(match unwanted {
                    Some(unwanted) => Line::new(Level::Error, "ended", unwanted.to_string()),
                    None => Line::new(Level::Success, "ended", ended.to_string()),
                });
                lines
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Entering { user, target } => {
                json!({"event": "entering", "user": user.to_string(), "target": target})
            }
            // Nothing in an event fails to serialise.
            Self::Joined(joined) => of_value("joined", serde_json::to_value(joined)),
            Self::Call(info) => of_value("call", serde_json::to_value(info)),
            Self::Part(part) => part.json(),
            Self::Progress(progress) => {
                let mut object = progress.json();
                name(&mut object, "progress");
                object
            }
            Self::Missed { parts } => json!({"event": "missed", "parts": parts}),
            Self::Full(limit) => json!({"event": "full", "limit": limit.0}),
            Self::StreamOver { may_speak, .. } => {
                json!({"event": "stream_over", "may_speak": may_speak})
            }
            Self::Event(event) => serde_json::to_value(event).unwrap_or_default(),
            Self::Leaving => json!({"event": "leaving"}),
            Self::Ended {
                ended,
                unwanted,
                progress,
                recording,
            } => {
                let mut object = of_value("ended", serde_json::to_value(ended));
                if let Some(object) = object.as_object_mut() {
                    let status = unwanted.as_ref().map_or(0, UnwantedEnd::code);
                    object.insert("status".to_owned(), status.into());
                    object.insert("heard".to_owned(), progress.json());
                    let recorded = recording.as_ref().map(Summary::json);
                    object.insert("recording".to_owned(), recorded.into());
                }
                object
            }
        }
    }
}

/// A serialised value as the object of an event.
fn of_value(event: &'static str, value: serde_json::Result<Value>) -> Value {
    let mut object = value.unwrap_or_default();
    name(&mut object, event);
    object
}

fn name(object: &mut Value, event: &'static str) {
    if let Some(object) = object.as_object_mut() {
        object.insert("event".to_owned(), event.into());
    }
}

fn info(label: &'static str, text: impl Into<String>) -> Line {
    Line::new(Level::Info, label, text)
}

fn joined(joined: &Joined) -> Vec<Line> {
    let text = format!("you listen to {}, which is not encrypted", joined.kind);
    vec![Line::new(Level::Success, "joined", text)]
}

fn call(call: &CallInfo) -> Line {
    let title = call.title.as_ref();
    let title = title.map_or_else(
        || "without a title of its own".to_owned(),
        |title| format!("{title:?}"),
    );
    let count = call.participants;
    let text = match call.kind {
        CallKind::RtmpViewer => format!("{title}, {count} watch"),
        _ => format!("{title}, {count} in it"),
    };
    Line::new(Level::Detail, "call", text)
}

impl PartReport {
    fn line(&self) -> Line {
        let bytes = ByteSize(self.bytes as u64);
        let what = match &self.track {
            Track::Unified => "sound and picture",
            Track::Sound => "sound",
            Track::Picture(_) => "picture",
        };
        let what = format!("{what} at {} ms, {bytes}", self.time_ms);
        match &self.outcome {
            PartOutcome::Heard => Line::new(Level::Detail, "part", what),
            PartOutcome::File(name) => Line::new(Level::Detail, "part", format!("{what}: {name}")),
            PartOutcome::Silence => Line::new(Level::Detail, "part", format!("{what}: silence")),
            PartOutcome::PassedOver(why) => {
                Line::new(Level::Warning, "part", format!("{what}: {why}"))
            }
        }
    }

    /// The fields of the library's event, and what became of the part.
    fn json(&self) -> Value {
        let (file, why) = match &self.outcome {
            PartOutcome::File(name) => (Some(name), None),
            PartOutcome::PassedOver(why) => (None, Some(why)),
            PartOutcome::Heard | PartOutcome::Silence => (None, None),
        };
        let (track, video) = match &self.track {
            Track::Unified => ("unified", None),
            Track::Sound => ("sound", None),
            Track::Picture(video) => ("picture", Some(video)),
        };
        json!({
            "event": "stream_part",
            "track": track,
            "endpoint": video.map(|video| &video.endpoint),
            "quality": video.map(|video| video.quality),
            "time_ms": self.time_ms,
            "duration_ms": self.duration_ms,
            "bytes": self.bytes,
            "file": file,
            "passed_over": why,
        })
    }
}

impl Summary {
    fn lines(&self) -> Vec<Line> {
        let first = match self.play_lists.is_empty() {
            true => Line::new(Level::Warning, "record", "nothing came that could be kept"),
            false => info("record", format!("{} written", self.written)),
        };
        let lists = self.play_lists.iter();
        let lists = lists.map(|list| info("play", format!("ffplay {}", list.display())));
        core::iter::once(first).chain(lists).collect()
    }

    fn json(&self) -> Value {
        json!({"bytes": self.written.0, "play_lists": self.play_lists})
    }
}
