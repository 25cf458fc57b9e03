//! The entries of a time line.

use std::time::Duration;

use confcall::join::api::{Response, Update};
use confcall::join::engine::{Command, Input, Outcome};
use confcall::join::trace::{Trace, TracedOutput};
use confcall::media::Moment;
use serde::Serialize;
use serde_json::Value;

use super::items;

/// The direction of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EntryDirection {
    Request,
    Server,
    Command,
    Event,
}

/// An input or an output of the engine.
#[derive(Debug, Serialize)]
pub(super) struct TimelineEntry {
    /// The number of the line in the trace.
    pub(super) line: usize,
    /// Nanoseconds since the beginning.
    pub(super) at: u64,
    pub(super) direction: EntryDirection,
    pub(super) text: String,
    /// Lines that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) details: Vec<String>,
}

impl TimelineEntry {
    /// All entries, without the ticks and wake-ups.
    pub(super) fn all(trace: &Trace) -> Vec<Self> {
        let mut entries = Vec::new();
        for step in &trace.steps {
            let at = nanoseconds(step.at, trace.header.start());
            let input = step.input.as_ref().and_then(input);
            let outputs = step.outputs.iter().filter_map(|(line, shown)| {
                let (direction, text) = output(shown)?;
                Some((*line, (direction, text, Vec::new())))
            });
            let all = input
                .map(|input| (step.line, input))
                .into_iter()
                .chain(outputs);
            entries.extend(all.map(|(line, (direction, text, details))| Self {
                line,
                at,
                direction,
                text,
                details,
            }));
        }
        entries
    }
}

fn nanoseconds(at: Moment, start: Moment) -> u64 {
    let since: Duration = at.since(start);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn input(input: &Input) -> Option<(EntryDirection, String, Vec<String>)> {
    Some(match input {
        // A tick changes nothing by itself; its consequences have entries of their own.
        Input::Tick => return None,
        Input::Answer { request, outcome } => {
            let (text, details) = answer(outcome);
            (
                EntryDirection::Server,
                format!("to #{request}: {text}"),
                details,
            )
        }
        Input::Update(update) => {
            let mut details = Vec::new();
            let text = self::update(update, &mut details);
            (EntryDirection::Server, text, details)
        }
        Input::Command { command, .. } => {
            (EntryDirection::Command, self::command(command), Vec::new())
        }
        Input::Missed => {
            let text = "updates may have been missed".to_owned();
            (EntryDirection::Server, text, Vec::new())
        }
        _ => (EntryDirection::Server, format!("{input:?}"), Vec::new()),
    })
}

fn answer(outcome: &Outcome) -> (String, Vec<String>) {
    let mut details = Vec::new();
    let text = match outcome {
        Outcome::Lost => "no answer".to_owned(),
        Outcome::Refused(error) => error.to_string(),
        Outcome::Done(Response::Updates(updates)) => {
            let all = updates.0.iter().map(|one| update(one, &mut details));
            let all = all.collect::<Vec<_>>().join("; ");
            match all.is_empty() {
                true => "done".to_owned(),
                false => all,
            }
        }
        Outcome::Done(Response::Bool(taken)) => taken.to_string(),
        Outcome::Done(Response::Sources(sources)) => format!("{} sources joined", sources.len()),
        Outcome::Done(Response::GroupCall(info)) => {
            let id = Update::from(info.call.clone());
            format!(
                "{}, {} shown",
                update(&id, &mut details),
                info.participants.len()
            )
        }
        Outcome::Done(Response::Participants(page)) => {
            let (shown, count, version) = (page.participants.len(), page.count, page.version);
            format!("{shown} of {count} participants, roster {version}")
        }
        Outcome::Done(other) => format!("{other:?}"),
    };
    (text, details)
}

fn update(update: &Update, details: &mut Vec<String>) -> String {
    use confcall::join::api::GroupCall;
    match update {
        Update::ChainBlocks(items) => {
            details.extend(items.blocks.iter().map(|item| items::explain(item)));
            let (count, next) = (items.blocks.len(), items.next_offset);
            format!(
                "{count} items of subchain {}, next {next}",
                items.sub_chain.value()
            )
        }
        Update::Connection(connection) => match connection.presentation {
            true => "how to connect the shared screen".to_owned(),
            false => "how to connect the media".to_owned(),
        },
        Update::Participants(change) => {
            details.extend(change.participants.iter().map(|one| {
                let what = if one.left { "left" } else { "is connected" };
                let user = one
                    .user_id()
                    .map_or_else(|| "a chat".to_owned(), |user| format!("user {user}"));
                format!("{user} {what}")
            }));
            format!(
                "{} participants, roster {}",
                change.participants.len(),
                change.version
            )
        }
        Update::GroupCall { call, .. } => match call {
            GroupCall::Active(call) => {
                let (id, count) = (call.id, call.participants_count);
                format!("call {id} with {count} participants")
            }
            GroupCall::Discarded { id, .. } => format!("call {id} is over"),
        },
        Update::EncryptedMessage(message) => {
            format!(
                "an encrypted message, {} bytes",
                message.encrypted_message.len()
            )
        }
        Update::Invitation(invitation) => {
            format!(
                "user {} invites by message {}",
                invitation.from, invitation.message
            )
        }
        other => format!("{other:?}"),
    }
}

fn command(command: &Command) -> String {
    match command {
        Command::Send(message) => format!("send {} characters", message.text().chars().count()),
        Command::Kick { users } => {
            let users: Vec<_> = users.iter().map(ToString::to_string).collect();
            format!("kick {}", users.join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn output(output: &TracedOutput) -> Option<(EntryDirection, String)> {
    match output {
        TracedOutput::Request { id, method, tl } => {
            let text = format!("#{id} {method}, {} bytes", tl.len());
            Some((EntryDirection::Request, text))
        }
        TracedOutput::Event(event) => Some((EntryDirection::Event, self::event(event))),
        TracedOutput::Wake(_) => None,
    }
}

/// The name of an event in words, with its fields.
fn event(event: &Value) -> String {
    let fields = event.as_object().and_then(|event| event.iter().next());
    let Some((name, what)) = fields else {
        return event.to_string();
    };
    let name = name.replace('_', " ");
    match what {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields = fields
                .map(|(name, value)| format!("{} {}", name.replace('_', " "), words(name, value)));
            let fields: Vec<_> = fields.collect();
            format!("{name}: {}", fields.join(", "))
                .trim_end_matches([':', ' '])
                .to_owned()
        }
        other => format!("{name}: {}", words("", other)),
    }
}

fn words(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) if name == "hash" => {
            items::emoji(text).unwrap_or_else(|| items::short(text))
        }
        Value::String(text) => text.clone(),
        Value::Array(all) => {
            let all: Vec<_> = all.iter().map(|one| words("", one)).collect();
            format!("[{}]", all.join(" "))
        }
        Value::Number(number) if matches!(name, "since" | "pause") => {
            let time = Duration::from_nanos(number.as_u64().unwrap_or_default());
            format!("{:.3} s", time.as_secs_f64())
        }
        other => other.to_string(),
    }
}
