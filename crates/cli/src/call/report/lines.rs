//! Reports as lines for people.

use core::time::Duration;
use std::time::SystemTime;

use confcall::UserId;
use confcall::join::engine::{Ended, Event, Joined};
use confcall::state::verification::Phase;

use super::super::exit::{self, UnwantedEnd};
use super::super::{describe, user_command};
use super::call_report::{CallReport, Emoji, RequestEnd, text};
use crate::screen::{Level, Line};

pub(super) fn lines(report: &CallReport) -> Vec<Line> {
    let one = |level, label, text: String| vec![Line::new(level, label, text)];
    match report {
        CallReport::Entering { user, target } => {
            one(Level::Info, "enter", format!("{target}, as user {user}"))
        }
        CallReport::Request(method) => one(Level::Detail, "request", method.to_string()),
        CallReport::Answer {
            method,
            answer,
            took,
        } => {
            let text = format!("{method}: {}, after {}", self::answer(answer), time(*took));
            one(Level::Detail, "answer", text)
        }
        CallReport::Event(event) => self::event(event),
        CallReport::Ended { ended, unwanted } => self::ended(ended, unwanted.as_ref()),
        CallReport::Members {
            members,
            leaving,
            added,
            removed,
            rekeyed,
            by,
        } => {
            let mut lines = changes(members, [added, removed, rekeyed], *by);
            lines.extend(self::leaving(leaving));
            lines
        }
        CallReport::Roster { connected, leaving } => {
            let mut lines = one(Level::Detail, "connected", describe::list(connected));
            lines.extend(self::leaving(leaving));
            lines
        }
        CallReport::Emoji(emoji) => self::emoji(emoji.as_ref()),
        CallReport::Link(Some(link)) => one(Level::Info, "link", link.to_string()),
        CallReport::Link(None) => one(
            Level::Warning,
            "link",
            "the server has shown none".to_owned(),
        ),
        // The writer has the message on the screen already.
        CallReport::Done { command: "message" } => Vec::new(),
        CallReport::Done { command } => one(Level::Detail, "done", (*command).to_owned()),
        CallReport::Failed {
            command, message, ..
        } => one(Level::Error, "failed", format!("{command}: {message}")),
        CallReport::NotUnderstood(why) => one(Level::Error, "error", why.clone()),
        CallReport::Sealed { packet } => one(Level::Info, "sealed", hex::encode(packet)),
        CallReport::Opened { from, seqno, frame } => {
            let text = format!("user {from}, packet {seqno}: {}", text(frame));
            one(Level::Success, "opened", text)
        }
        CallReport::ConnectionLost => {
            let text = "the server is not heard; trying again until it is".to_owned();
            one(Level::Warning, "connection", text)
        }
        CallReport::ConnectionBack => {
            let text = "the server is heard again".to_owned();
            one(Level::Success, "connection", text)
        }
        CallReport::Lagged { missed } => {
            let text = format!("{missed} events came faster than they could be shown");
            one(Level::Warning, "lagged", text)
        }
        CallReport::Leaving => {
            let text = "telling the server; again to quit at once".to_owned();
            one(Level::Info, "leaving", text)
        }
        CallReport::Help => help(),
    }
}

fn answer(answer: &RequestEnd) -> String {
    match answer {
        RequestEnd::Done => "done".to_owned(),
        RequestEnd::Refused(why) => why.clone(),
        RequestEnd::Lost(why) => format!("no answer, {why}"),
    }
}

fn event(event: &Event) -> Vec<Line> {
    let one = |level, label, text: String| vec![Line::new(level, label, text)];
    match event {
        Event::Joined(joined) => self::joined("joined", joined),
        Event::Rejoined(joined) => self::joined("rejoined", joined),
        Event::Resumed(joined) => self::joined("resumed", joined),
        Event::EpochStarted { height, hash } => one(
            Level::Info,
            "keys",
            format!("height {height}, block {hash}"),
        ),
        Event::Verification {
            height,
            phase,
            missing,
            since,
        } if *phase != Phase::End => {
            let since = time(*since);
            let text = format!(
                "height {height}, {phase}: waiting for {}, {since}",
                describe::list(missing)
            );
            one(Level::Detail, "verify", text)
        }
        Event::EmojiOverdue(overdue) => one(Level::Warning, "emoji", overdue.to_string()),
        Event::Message { from, message } => one(
            Level::Success,
            "message",
            format!("{from}: {}", message.text()),
        ),
        Event::MessageNotShown { from, why } => one(
            Level::Warning,
            "message",
            format!("{from} wrote something that cannot be shown: {why}"),
        ),
        Event::Gap(gap) => {
            let blocks = match gap.blocks {
                1 => "1 block was".to_owned(),
                blocks => format!("{blocks} blocks were"),
            };
            let text = format!("{blocks} written while you were away: compare the emoji again");
            one(Level::Info, "gap", text)
        }
        Event::Suspicious(what) => one(Level::Error, "warning", describe::suspicion(what)),
        Event::Retrying {
            why,
            pause,
            attempt,
        } => {
            let after = describe::pause(*pause, SystemTime::now());
            let text = match attempt {
                _ if pause.is_zero() => why.to_string(),
                // No block was sent yet.
                0 | 1 => format!("{why}; again after {after}"),
                _ => format!("{why}; attempt {attempt} follows after {after}"),
            };
            one(Level::Warning, "retry", text)
        }
        _ => Vec::new(),
    }
}

fn joined(label: &'static str, joined: &Joined) -> Vec<Line> {
    let source = joined.payload.ssrc();
    let text = match joined.attempts {
        0 => format!("source {source}"),
        attempts => format!("by attempt {attempts}, source {source}"),
    };
    vec![Line::new(Level::Success, label, text)]
}

fn ended(ended: &Ended, unwanted: Option<&UnwantedEnd>) -> Vec<Line> {
    let level = match unwanted {
        None => Level::Success,
        Some(_) => Level::Error,
    };
    let mut lines = vec![Line::new(level, "ended", ended.reason.to_string())];
    let next = exit::next(ended.advice);
    lines.extend(next.map(|next| Line::new(Level::Info, "next", next)));
    lines
}

fn changes(
    members: &[UserId],
    [added, removed, rekeyed]: [&[UserId]; 3],
    by: Option<UserId>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let by = by.map_or_else(String::new, |by| format!(", by user {by}"));
    for (level, label, users) in [
        (Level::Success, "came", added),
        (Level::Warning, "gone", removed),
        (Level::Warning, "new key", rekeyed),
    ] {
        if !users.is_empty() {
            lines.push(Line::new(
                level,
                label,
                format!("{}{by}", describe::list(users)),
            ));
        }
    }
    lines.push(Line::new(Level::Info, "members", describe::list(members)));
    lines
}

/// The members who have just left, if there are any.
fn leaving(users: &[UserId]) -> Option<Line> {
    let text = format!(
        "{}; can decrypt until a block removes them, in some seconds",
        describe::list(users)
    );
    (!users.is_empty()).then(|| Line::new(Level::Info, "leaving", text))
}

fn emoji(emoji: Option<&Emoji>) -> Vec<Line> {
    let Some(emoji) = emoji else {
        let text = "not yet: the newest block is not verified";
        return vec![Line::new(Level::Warning, "emoji", text)];
    };
    let four = emoji.hash.emoji().join(" ");
    let text = format!(
        "{four}  height {}; the others must see the same",
        emoji.height
    );
    let mut lines = vec![Line::new(Level::Success, "emoji", text)];
    let words = emoji.words();
    lines.extend(words.map(|words| Line::new(Level::Info, "words", words.join(" "))));
    lines
}

fn help() -> Vec<Line> {
    let lines = user_command::HELP.lines();
    lines
        .map(|line| Line::new(Level::Info, "help", line))
        .collect()
}

fn time(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
