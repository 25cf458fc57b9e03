//! Reports as lines for people.

use core::time::Duration;
use std::time::SystemTime;

use confcall::join::api::{CallSettings, InviteLink, Peer};
use confcall::join::engine::{EndReason, Ended, Event, Joined};
use confcall::state::verification::Phase;
use confcall::{CallKind, UserId};

use super::super::aside::{self, ME};
use super::super::exit::UnwantedEnd;
use super::super::names::Names;
use super::super::{describe, kinds};
use super::call_report::{CallReport, Emoji, OwnPeer, RequestEnd, text};
use super::{group_call, participants};
use crate::printable::printable;
use crate::screen::{Level, Line};

/// The room between the emoji of a banner.
const BANNER_SPACE: &str = "    ";

pub(super) fn lines(report: &CallReport, names: &Names, kind: Option<CallKind>) -> Vec<Line> {
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
        CallReport::Event(event) => self::event(event, names, kind),
        CallReport::Call { before, now } => group_call::info(before.as_ref(), now),
        CallReport::Scheduled(info) => group_call::scheduled(info, SystemTime::now()),
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
        CallReport::Who { people, unlisted } => {
            let lines = people
                .iter()
                .map(|one| participants::presence(one, names, kind));
            let more = (*unlisted > 0).then(|| format!("{unlisted} more, who are not listed"));
            lines
                .chain(more.map(|text| Line::new(Level::Info, "who", text)))
                .collect()
        }
        CallReport::Settings { before, now } => settings(before.as_ref(), now, kind)
            .map(|text| one(Level::Info, "settings", text))
            .unwrap_or_default(),
        CallReport::OwnState { before, now } => participants::own(before.as_ref(), now, kind)
            .into_iter()
            .collect(),
        CallReport::Roster { connected, leaving } => {
            let mut lines = one(Level::Detail, "connected", names.list(connected));
            lines.extend(self::leaving(leaving, names));
            lines
        }
        CallReport::Emoji(emoji) => self::emoji(emoji.as_ref()),
        CallReport::Link(link) => vec![self::link(link.as_ref())],
        CallReport::OwnPeers { peers } => peers
            .iter()
            .map(|one| Line::new(Level::Info, "as", own_peer(one, names)))
            .collect(),
        CallReport::StreamKey(address) => vec![
            Line::new(Level::Info, "publish", printable(&address.url)),
            Line::new(Level::Warning, "key", printable(address.key.as_str())),
        ],
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
        CallReport::Help { kind } => help(*kind),
    }
}

/// The change of a setting, if it is one.
fn settings(
    before: Option<&CallSettings>,
    now: &CallSettings,
    kind: Option<CallKind>,
) -> Option<String> {
    // That messages can be written is what everyone expects.
    let before = before.is_none_or(|before| before.messages_enabled);
    match (before, now.messages_enabled) {
        (true, false) => {
            let admin = kinds::admin(kind);
            Some(format!("no messages can be written now, as {admin} wants"))
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

fn event(event: &Event, names: &Names, kind: Option<CallKind>) -> Vec<Line> {
    let one = |level, label, text: String| vec![Line::new(level, label, text)];
    match event {
        Event::Joined(joined) => self::joined("joined", joined, names),
        Event::Rejoined(joined) => self::joined("rejoined", joined, names),
        Event::Resumed(joined) => self::joined("resumed", joined, names),
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
        Event::ParticipantsChanged {
            joined,
            left,
            changed,
            more,
        } => {
            // Where there is a chain, it says who came.
            let moves = kind.is_some_and(kinds::is_open);
            let moves = moves.then(|| participants::came_and_left(joined, left, *more, names));
            let lines = changed
                .iter()
                .map(|change| participants::changes(change, names));
            moves.into_iter().chain(lines).flatten().collect()
        }
        Event::Message {
            from,
            encrypted: false,
            message,
            posted,
        } => vec![group_call::message(*from, message, posted.as_ref(), names)],
        Event::Message { from, message, .. } => one(
            Level::Success,
            "message",
            format!("{}: {}", names.of_peer(*from), message.text()),
        ),
        Event::MessagesDeleted { messages } => vec![group_call::deleted(messages)],
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

fn joined(label: &'static str, joined: &Joined, names: &Names) -> Vec<Line> {
    let attempt = match joined.attempts {
        0 | 1 => String::new(),
        attempts => format!(", by attempt {attempts}"),
    };
    let what = match joined.kind {
        CallKind::Conference => "the call".to_owned(),
        kind => kind.to_string(),
    };
    let text =
        format!("you are in {what}{attempt}; a line is a message, and /help shows the commands");
    let mut lines = vec![Line::new(Level::Success, label, text)];
    lines.extend(group_call::joined(joined, names));
    let source = joined.payload.ssrc().to_string();
    lines.push(Line::new(Level::Detail, "source", source));
    lines
}

fn own_peer(one: &OwnPeer, names: &Names) -> String {
    match one.peer {
        Peer::User(user) if names.is_us(user) => format!("/as {ME}: yourself"),
        peer => format!("/as {}: {}", aside::number_of(peer), printable(&one.name)),
    }
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

fn help(kind: Option<CallKind>) -> Vec<Line> {
    let lines = kinds::help(kind).into_iter();
    lines
        .map(|line| Line::new(Level::Info, "help", line))
        .collect()
}

fn time(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
