//! The reports of `listen`.

use std::sync::Arc;

use confcall::{CallKind, Ended, Event, MediaMode, StreamPart, UserId};
use serde_json::{Value, json};

use super::super::exit::UnwantedEnd;
use super::keeper::{Kept, Summary};
use crate::screen::{Level, Line, Report};

/// What happens while one listens.
pub(super) enum ListenReport {
    /// The start.
    Entering { user: UserId, target: String },
    /// We are in the call.
    Joined { kind: CallKind, mode: MediaMode },
    /// A part came.
    Part { part: Arc<StreamPart>, kept: Kept },
    /// Parts came faster than they were kept.
    Missed { parts: u64 },
    /// An event that is reported as it is.
    Event(Box<Event>),
    /// The end.
    Ended {
        ended: Ended,
        unwanted: Option<UnwantedEnd>,
        recorded: Option<Summary>,
    },
}

impl Report for ListenReport {
    fn lines(&self) -> Vec<Line> {
        match self {
            Self::Entering { target, .. } => vec![info("entering", target)],
            Self::Joined { kind, mode } => {
                let text = match mode.is_stream() {
                    true => format!("{kind}, shown as a stream"),
                    false => {
                        format!("{kind}; its media comes by a connection, and not as a stream")
                    }
                };
                vec![Line::new(Level::Success, "joined", text)]
            }
            Self::Part { part, kept } => vec![of_part(part, kept)],
            Self::Missed { parts } => {
                let text = format!("{parts} parts came faster than they were kept");
                vec![Line::new(Level::Warning, "missed", text)]
            }
            Self::Event(event) => {
                let level = match **event {
                    Event::Stream(_) | Event::Retrying { .. } => Level::Warning,
                    _ => Level::Detail,
                };
                vec![Line::new(level, "event", event.to_string())]
            }
            Self::Ended {
                ended, recorded, ..
            } => {
                let recorded = recorded.iter().map(|recorded| {
                    let folder = recorded.folder.display();
                    info("recorded", format!("{} bytes in {folder}", recorded.bytes))
                });
                let mut lines: Vec<_> = recorded.collect();
                lines.push(info("ended", ended.to_string()));
                lines
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Entering { user, target } => {
                json!({"event": "entering", "user": user.to_string(), "target": target})
            }
            Self::Joined { kind, mode } => json!({"event": "joined", "kind": kind, "mode": mode}),
            Self::Part { part, kept } => {
                let event = Event::StreamPart(StreamPart::clone(part));
                let mut object = serde_json::to_value(event).unwrap_or_default();
                if let Some(object) = object.as_object_mut() {
                    let file = match kept {
                        Kept::File(name) => Some(name.as_str()),
                        Kept::Nothing | Kept::Full => None,
                    };
                    object.insert("file".to_owned(), file.into());
                    object.insert("is_full".to_owned(), (*kept == Kept::Full).into());
                }
                object
            }
            Self::Missed { parts } => json!({"event": "missed", "parts": parts}),
            // Nothing in an event fails to serialise.
            Self::Event(event) => serde_json::to_value(event).unwrap_or_default(),
            Self::Ended {
                ended,
                unwanted,
                recorded,
            } => {
                let mut object = serde_json::to_value(ended).unwrap_or_default();
                if let Some(object) = object.as_object_mut() {
                    let status = unwanted.as_ref().map_or(0, UnwantedEnd::code);
                    object.insert("event".to_owned(), "ended".into());
                    object.insert("status".to_owned(), status.into());
                    let recorded = recorded.as_ref().map(
                        |recorded| json!({"folder": recorded.folder, "bytes": recorded.bytes}),
                    );
                    object.insert("recorded".to_owned(), recorded.into());
                }
                object
            }
        }
    }
}

fn info(label: &'static str, text: impl Into<String>) -> Line {
    Line::new(Level::Info, label, text)
}

fn of_part(part: &StreamPart, kept: &Kept) -> Line {
    let seconds = part.time_ms / 1000;
    let bytes = part.bytes.len();
    match kept {
        Kept::File(name) => info("part", format!("{seconds} s: {bytes} bytes in {name}")),
        Kept::Nothing => info("part", format!("{seconds} s: {bytes} bytes")),
        Kept::Full => Line::new(
            Level::Warning,
            "full",
            "the recording has its limit, and ends",
        ),
    }
}
