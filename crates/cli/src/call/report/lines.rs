//! Reports as lines for people.

use core::time::Duration;
use std::time::SystemTime;

use confcall::join::api::{CallSettings, InviteLink};
use confcall::join::engine::{EndReason, Ended, Event, Joined};
use confcall::state::verification::Phase;
use confcall::{CallKind, UserId};

use super::super::exit::UnwantedEnd;
use super::super::names::Names;
use super::super::{describe, user_command};
use super::call_report::{CallReport, Emoji, RequestEnd, text};
use super::{description, participants};
use crate::screen::{Level, Line};

/// The room between the emoji of a banner.
const BANNER_SPACE: &str = "    ";

pub(super) fn lines(report: &CallReport, names: &Names) -> Vec<Line> {
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
        CallReport::Event(event) => self::event(event, names),
        CallReport::Ended { ended, unwanted } => self::ended(ended, unwanted.as_ref(), names),
        CallReport::Members {
            members,
            leaving,
            added,
            removed,
            rekeyed,
            by,
        } => {
            let mut lines = changes(members, [added, removed, rekeyed], *by, names);
            lines.extend(self::leaving(leaving, names));
            lines
        }
        CallReport::Who { people } => {
            let lines = people.iter().map(|one| participants::presence(one, names));
            lines.collect()
        }
        CallReport::Settings { before, now } => settings(before.as_ref(), now, names)
            .map(|text| one(Level::Info, "settings", text))
            .unwrap_or_default(),
        CallReport::Call { before, now } => description::changes(before.as_ref(), now),
        CallReport::Scheduled { now } => description::announced(now),
        CallReport::OwnState { before, now } => participants::own(before.as_ref(), now, names)
            .into_iter()
            .collect(),
        CallReport::Roster { connected, leaving } => {
            let mut lines = one(Level::Detail, "connected", names.list(connected));
            lines.extend(self::leaving(leaving, names));
            lines
        }
        CallReport::Emoji(emoji) => self::emoji(emoji.as_ref()),
        CallReport::Link(link) => vec![self::link(link.as_ref())],
        CallReport::Done { command } => one(Level::Success, "done", format!("✓ /{command}")),
        CallReport::Sent { echo } => {
            let sent = |text| Line::new(Level::Success, "you", format!("✓ {text}"));
            echo.iter().map(sent).collect()
        }
        CallReport::Failed { command, words, .. } => {
            one(Level::Error, "failed", format!("{command}: {words}"))
        }
        CallReport::NotUnderstood(why) => one(Level::Error, "error", why.clone()),
        CallReport::Sealed { packet } => one(Level::Info, "sealed", hex::encode(packet)),
        CallReport::Opened { from, seqno, frame } => {
            let (from, frame) = (names.of(*from), text(frame));
            one(
                Level::Success,
                "opened",
                format!("{from}, packet {seqno}: {frame}"),
            )
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

/// The change of a setting, if it is one.
fn settings(before: Option<&CallSettings>, now: &CallSettings, names: &Names) -> Option<String> {
    // That messages can be written is what everyone expects.
    let before = before.is_none_or(|before| before.messages_enabled);
    match (before, now.messages_enabled) {
        (true, false) => {
            let ruler = names.ruler();
            Some(format!("no messages can be written now, as {ruler} wants"))
        }
        (false, true) => Some("messages can be written again".to_owned()),
        _ => None,
    }
}

fn answer(answer: &RequestEnd) -> String {
    match answer {
        RequestEnd::Done => "done".to_owned(),
        RequestEnd::Refused(why) => why.clone(),
        RequestEnd::Lost(why) => format!("no answer, {why}"),
    }
}

fn event(event: &Event, names: &Names) -> Vec<Line> {
    let one = |level, label, text: String| vec![Line::new(level, label, text)];
    match event {
        Event::Joined(joined) => self::joined("joined", joined),
        Event::Rejoined(joined) => self::joined("rejoined", joined),
        Event::Resumed(joined) => self::joined("resumed", joined),
        Event::EpochStarted { height, hash } => one(
            Level::Detail,
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
                names.list(missing)
            );
            one(Level::Detail, "verify", text)
        }
        Event::EmojiOverdue(overdue) => one(Level::Warning, "emoji", overdue.to_string()),
        Event::Invitation(invitation) => participants::invitation(invitation, names),
        Event::ParticipantsChanged { changed, .. } => {
            let lines = changed
                .iter()
                .map(|change| participants::changes(change, names));
            lines.flatten().collect()
        }
        // Where the server shows us our own, we have read them already.
        Event::Message { from, .. } if from.user().is_some_and(|user| names.is_us(user)) => {
            Vec::new()
        }
        Event::Message {
            from,
            message,
            posted,
            ..
        } => {
            let stars = posted.and_then(|posted| posted.paid_stars);
            let stars = stars.map_or_else(String::new, |stars| format!(" ({stars} stars)"));
            let (from, text) = (names.of_peer(*from), message.text());
            one(Level::Success, "message", format!("{from}{stars}: {text}"))
        }
        Event::MessagesDeleted { messages } => {
            let text = match messages.len() {
                1 => "a message was deleted".to_owned(),
                count => format!("{count} messages were deleted"),
            };
            one(Level::Info, "deleted", text)
        }
        Event::Stream(state) => one(Level::Warning, "stream", state.to_string()),
        Event::MessageNotShown { from, why } => one(
            Level::Warning,
            "message",
            format!(
                "{} wrote something that cannot be shown: {why}",
                names.of(*from)
            ),
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
    let attempt = match joined.attempts {
        0 | 1 => String::new(),
        attempts => format!(", by attempt {attempts}"),
    };
    let place = match joined.kind {
        CallKind::Conference => "the call".to_owned(),
        kind => format!("{kind}, in which the server reads and hears everything"),
    };
    let text =
        format!("you are in {place}{attempt}; a line is a message, and /help shows the commands");
    let source = joined.payload.ssrc().to_string();
    vec![
        Line::new(Level::Success, label, text),
        Line::new(Level::Detail, "source", source),
    ]
}

fn link(link: Option<&InviteLink>) -> Line {
    match link {
        Some(link) => Line::new(Level::Info, "link", link.to_string()),
        None => Line::new(Level::Warning, "link", "the server has shown none"),
    }
}

/// The end, and what to do after it, in one sentence.
fn ended(ended: &Ended, unwanted: Option<&UnwantedEnd>, names: &Names) -> Vec<Line> {
    let (level, text) = match (unwanted, &ended.reason) {
        (None, reason) => (Level::Success, reason.to_string()),
        (Some(unwanted), EndReason::Removed { by: Some(by) }) => {
            let what = format!("removed from the call by {}", names.of(*by));
            (Level::Error, unwanted.said(&what))
        }
        (Some(unwanted), _) => (Level::Error, unwanted.to_string()),
    };
    vec![Line::new(level, "ended", text)]
}

fn changes(
    members: &[UserId],
    [added, removed, rekeyed]: [&[UserId]; 3],
    by: Option<UserId>,
    names: &Names,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for (level, label, users) in [
        (Level::Success, "came", added),
        (Level::Warning, "gone", removed),
        (Level::Warning, "new key", rekeyed),
    ] {
        // One who comes by a block of its own needs no mention.
        let by = by.filter(|by| !users.contains(by));
        let by = by.map_or_else(String::new, |by| format!(" (by {})", names.of(by)));
        if !users.is_empty() {
            lines.push(Line::new(
                level,
                label,
                format!("{}{by}", names.list(users)),
            ));
        }
    }
    lines.push(Line::new(Level::Info, "members", names.list(members)));
    lines
}

/// The members who have just left, if there are any.
fn leaving(users: &[UserId], names: &Names) -> Option<Line> {
    let text = format!(
        "{}; can decrypt until a block removes them, in some seconds",
        names.list(users)
    );
    (!users.is_empty()).then(|| Line::new(Level::Info, "leaving", text))
}

fn emoji(emoji: Option<&Emoji>) -> Vec<Line> {
    let Some(emoji) = emoji else {
        let text = "not yet: the newest block is not verified";
        return vec![Line::new(Level::Warning, "emoji", text)];
    };
    let four = emoji.hash.emoji();
    let text = format!(
        "{}  height {}; the others must see the same",
        four.join(" "),
        emoji.height
    );
    let banner = format!(
        "{}     the others must see the same",
        four.join(BANNER_SPACE)
    );
    let mut lines = vec![Line::new(Level::Success, "emoji", text).with_banner(banner)];
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
