//! Lines about calls that are no conference: what they are, and what is said in them.

use std::time::{SystemTime, UNIX_EPOCH};

use confcall::api::Peer;
use confcall::join::engine::{CallInfo, Joined, MediaMode, Posted};
use confcall::{CallKind, CallMessageId, GroupMessage};

use super::super::describe;
use super::super::names::Names;
use crate::screen::{Level, Line};

/// What one should know of a call before the first word.
pub(super) fn joined(joined: &Joined, names: &Names) -> Vec<Line> {
    let (kind, listens) = match joined.kind {
        CallKind::Conference => return Vec::new(),
        kind => (kind, kind != CallKind::VideoChat),
    };
    let mut lines = vec![Line::new(
        Level::Warning,
        "open",
        format!("{kind} is NOT encrypted end to end: the server can read and hear everything"),
    )];
    let media = match joined.mode {
        MediaMode::WebRtc if listens => "you listen, and nobody but the owner is seen or heard",
        MediaMode::WebRtc => "",
        MediaMode::Stream => {
            "you hear it as a stream until you may speak; `confcall listen` can record it"
        }
        MediaMode::Rtmp => {
            "one program outside feeds it, and you watch; `confcall listen` can record it"
        }
        _ => "in a way that this command does not know",
    };
    if !media.is_empty() {
        lines.push(Line::new(Level::Info, "media", media));
    }
    if !matches!(joined.own, Peer::User(user) if names.is_us(user)) {
        let text = format!(
            "{}; what you write is of that name",
            names.of_peer(joined.own)
        );
        lines.push(Line::new(Level::Info, "as", text));
    }
    lines
}

/// A call as the server describes it, or what is other than before.
pub(super) fn info(before: Option<&CallInfo>, now: &CallInfo) -> Vec<Line> {
    let mut lines = Vec::new();
    match before {
        None => lines.push(Line::new(Level::Info, "call", described(now))),
        Some(before) if before.title != now.title => {
            let text = match &now.title {
                Some(title) => format!("the title is {title:?} now"),
                None => "the title is that of the chat again".to_owned(),
            };
            lines.push(Line::new(Level::Info, "call", text));
        }
        Some(_) => {}
    }
    let was_recorded = before.is_some_and(|before| before.recorded_since.is_some());
    match (was_recorded, now.recorded_since) {
        (false, Some(_)) => {
            let what = match now.records_video {
                true => "sound and picture",
                false => "the sound",
            };
            let text = format!("an admin has the server record {what} of this call");
            lines.push(Line::new(Level::Warning, "record", text));
        }
        (true, None) => {
            let text = "the call is recorded no more";
            lines.push(Line::new(Level::Info, "record", text));
        }
        _ => {}
    }
    let price = before.and_then(|before| before.message_price);
    if let Some(now) = now.message_price.filter(|now| Some(*now) != price) {
        let text = format!("a message costs {now} stars or more, and this command pays for none");
        lines.push(Line::new(Level::Warning, "price", text));
    }
    lines
}

fn described(info: &CallInfo) -> String {
    let title = match &info.title {
        Some(title) => format!("{title:?}"),
        None => "without a title of its own".to_owned(),
    };
    let count = match info.participants {
        1 => "1 participant".to_owned(),
        count => format!("{count} participants"),
    };
    match info.listeners_hidden {
        true => format!("{title}, {count}; those who only listen are not listed"),
        false => format!("{title}, {count}"),
    }
}

/// A call that has not begun.
pub(super) fn scheduled(info: &CallInfo, now: SystemTime) -> Vec<Line> {
    let title = info.title.as_ref();
    let what = title.map_or_else(|| info.kind.to_string(), |title| format!("{title:?}"));
    let when = info.scheduled_for.map_or_else(String::new, |date| {
        let seconds = u64::try_from(date).unwrap_or_default();
        let moment = UNIX_EPOCH + core::time::Duration::from_secs(seconds);
        format!(" for {}", describe::moment(moment, now))
    });
    let reminder = match info.start_subscribed {
        true => "you are told when it begins",
        false => "/remind on has you told of it",
    };
    let text = format!(
        "{what} is announced{when}, and you join once an admin begins it; {reminder}, /start begins it if you may"
    );
    vec![Line::new(Level::Info, "announced", text)]
}

/// A message that everyone and the server can read.
pub(super) fn message(
    from: Peer,
    message: &GroupMessage,
    posted: Option<&Posted>,
    names: &Names,
) -> Line {
    let mut marks = vec!["not encrypted".to_owned()];
    if let Some(posted) = posted {
        marks.insert(0, number(posted.id));
        marks.extend(posted.from_admin.then(|| "an admin".to_owned()));
        marks.extend(posted.paid_stars.map(|stars| format!("{stars} stars")));
    }
    let (from, marks) = (names.of_peer(from), marks.join(", "));
    let text = format!("{from} ({marks}): {}", message.text());
    Line::new(Level::Success, "message", text)
}

pub(super) fn deleted(messages: &[CallMessageId]) -> Line {
    let numbers: Vec<_> = messages.iter().map(|one| number(*one)).collect();
    let text = format!("{} by its writer or an admin", numbers.join(", "));
    Line::new(Level::Info, "deleted", text)
}

fn number(id: CallMessageId) -> String {
    format!("#{}", id.value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall::api::ActiveCall;
    use confcall::{AccessHash, CallId, CallRef};

    fn described(change: impl FnOnce(&mut ActiveCall)) -> CallInfo {
        let (id, access_hash) = (CallId::new(1), AccessHash::new(2));
        let mut call = ActiveCall::new(CallRef { id, access_hash });
        call.title = Some("A talk".to_owned());
        change(&mut call);
        CallInfo::new(CallKind::VideoChat, &call)
    }

    fn texts(lines: Vec<Line>) -> Vec<String> {
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_call_is_described_once_and_then_what_changes() {
        let first = described(|call| call.participants_count = 1);
        let more = described(|call| call.participants_count = 9);
        let recorded = described(|call| call.recorded_since = Some(1));
        let untitled = described(|call| call.title = None);
        for (before, now, says) in [
            (None, &first, vec!["\"A talk\", 1 participant"]),
            (Some(&first), &more, vec![]),
            (
                Some(&more),
                &recorded,
                vec!["an admin has the server record the sound of this call"],
            ),
            (
                Some(&recorded),
                &untitled,
                vec![
                    "the title is that of the chat again",
                    "the call is recorded no more",
                ],
            ),
        ] {
            assert_eq!(texts(info(before, now)), says);
        }
    }

    #[test]
    fn a_call_that_is_announced_says_when_it_begins_and_what_can_be_done_meanwhile() {
        let announced = described(|call| call.scheduled_for = Some(3600));
        let lines = texts(scheduled(&announced, UNIX_EPOCH));
        assert_eq!(
            lines,
            [
                "\"A talk\" is announced for 01:00:00 UTC, in 1 h 0 min, and you join once an admin begins it; /remind on has you \
              told of it, /start begins it if you may"
            ]
        );
        let reminded = described(|call| call.start_subscribed = true);
        let lines = texts(scheduled(&reminded, UNIX_EPOCH)).concat();
        assert!(lines.contains("you are told when it begins"), "{lines}");
    }
}
