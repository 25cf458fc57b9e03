//! What happens, in lines for people.

use core::time::Duration;

use confcall::UserId;
use confcall::join::engine::{Ended, Event, Joined};
use confcall::state::verification::Phase;

use super::super::exit::{self, EndedBadly};
use super::super::{typed, words};
use super::{Answer, Told, text};
use crate::screen::{Line, Mood};

pub(super) fn lines(told: &Told) -> Vec<Line> {
    let one = |mood, label, text: String| vec![Line::new(mood, label, text)];
    match told {
        Told::Entering { user, target } => {
            one(Mood::Plain, "enter", format!("{target}, as user {user}"))
        }
        Told::Request(method) => one(Mood::Faint, "request", method.to_string()),
        Told::Answer {
            method,
            answer,
            took,
        } => {
            let text = format!("{method}: {}, after {}", self::answer(answer), time(*took));
            one(Mood::Faint, "answer", text)
        }
        Told::Event(event) => self::event(event),
        Told::Ended { ended, badly } => self::ended(ended, badly.as_ref()),
        Told::Members {
            members,
            added,
            removed,
            by,
        } => changes(members, added, removed, *by),
        Told::Roster(connected) => one(Mood::Faint, "connected", list(connected)),
        Told::Emoji(emoji) => self::emoji(emoji.as_ref()),
        Told::Link(Some(link)) => one(Mood::Plain, "link", link.to_string()),
        Told::Link(None) => one(Mood::Doubt, "link", "the server has told none".to_owned()),
        // Who writes sees what it wrote.
        Told::Done { command: "message" } => Vec::new(),
        Told::Done { command } => one(Mood::Faint, "done", (*command).to_owned()),
        Told::Failed {
            command, message, ..
        } => one(Mood::Bad, "failed", format!("{command}: {message}")),
        Told::NotUnderstood(why) => one(Mood::Bad, "error", why.clone()),
        Told::Sealed { packet } => one(Mood::Plain, "sealed", hex::encode(packet)),
        Told::Opened { from, seqno, frame } => {
            let text = format!("user {from}, packet {seqno}: {}", text(frame));
            one(Mood::Good, "opened", text)
        }
        Told::Dropped {
            messages,
            suspicions,
        } => {
            let text = format!(
                "{messages} messages and {suspicions} warnings came faster than they could be shown"
            );
            one(Mood::Doubt, "dropped", text)
        }
        Told::Leaving => {
            let text = "telling the server; again to quit at once".to_owned();
            one(Mood::Plain, "leaving", text)
        }
        Told::Help => help(),
    }
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::Refused(why) => why.clone(),
        Answer::Lost(why) => format!("no answer, {why}"),
    }
}

fn event(event: &Event) -> Vec<Line> {
    let one = |mood, label, text: String| vec![Line::new(mood, label, text)];
    match event {
        Event::Joined(joined) => self::joined("joined", joined),
        Event::Rejoined(joined) => self::joined("rejoined", joined),
        Event::Resumed(joined) => self::joined("resumed", joined),
        Event::Link(link) => one(Mood::Plain, "link", link.to_string()),
        Event::EpochStarted { height, hash } => one(
            Mood::Plain,
            "keys",
            format!("height {height}, block {hash}"),
        ),
        Event::Verification {
            height,
            phase,
            missing,
            since,
        } if *phase != Phase::End => {
            let (phase, since) = (words::phase(*phase), time(*since));
            let text = format!(
                "height {height}, {phase}: waiting for {}, {since}",
                list(missing)
            );
            one(Mood::Faint, "verify", text)
        }
        Event::Message { from, message } => {
            one(Mood::Good, "message", format!("{from}: {}", message.text()))
        }
        Event::Suspicious(what) => one(Mood::Bad, "warning", words::suspicion(what)),
        Event::Retrying {
            why,
            pause,
            attempt,
        } => {
            let (why, after) = (words::trouble(why), time(*pause));
            let text = match attempt {
                _ if pause.is_zero() => why,
                // No block was sent yet.
                0 | 1 => format!("{why}; again after {after}"),
                _ => format!("{why}; attempt {attempt} follows after {after}"),
            };
            one(Mood::Doubt, "retry", text)
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
    let mut lines = vec![Line::new(Mood::Good, label, text)];
    let link = joined.invite_link.as_ref();
    lines.extend(link.map(|link| Line::new(Mood::Plain, "link", link.to_string())));
    lines
}

fn ended(ended: &Ended, badly: Option<&EndedBadly>) -> Vec<Line> {
    let mood = match badly {
        None => Mood::Good,
        Some(_) => Mood::Bad,
    };
    let mut lines = vec![Line::new(mood, "ended", ended.reason.to_string())];
    let next = exit::next(ended.advice);
    lines.extend(next.map(|next| Line::new(Mood::Plain, "next", next)));
    lines
}

fn changes(
    members: &[UserId],
    added: &[UserId],
    removed: &[UserId],
    by: Option<UserId>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let by = by.map_or_else(String::new, |by| format!(", by user {by}"));
    for (mood, label, users) in [(Mood::Good, "came", added), (Mood::Doubt, "gone", removed)] {
        if !users.is_empty() {
            lines.push(Line::new(mood, label, format!("{}{by}", list(users))));
        }
    }
    lines.push(Line::new(Mood::Plain, "members", list(members)));
    lines
}

fn emoji(emoji: Option<&super::Emoji>) -> Vec<Line> {
    let Some(emoji) = emoji else {
        let text = "not yet: the newest block is not verified";
        return vec![Line::new(Mood::Doubt, "emoji", text)];
    };
    let four = emoji.hash.emoji().join(" ");
    let text = format!(
        "{four}  height {}; the others must see the same",
        emoji.height
    );
    let mut lines = vec![Line::new(Mood::Good, "emoji", text)];
    let words = emoji.words();
    lines.extend(words.map(|words| Line::new(Mood::Plain, "words", words.join(" "))));
    lines
}

fn help() -> Vec<Line> {
    let lines = typed::HELP.lines();
    lines
        .map(|line| Line::new(Mood::Plain, "help", line))
        .collect()
}

/// Users in a line.
fn list(users: &[UserId]) -> String {
    let users: Vec<_> = users.iter().map(UserId::to_string).collect();
    match users.is_empty() {
        true => "nobody".to_owned(),
        false => users.join(" "),
    }
}

fn time(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
