//! Reports as objects for programs.
//!
//! Ids of 64 bits are strings, since many programs read numbers as floating point; keys and hashes are hexadecimal
//! digits, times milliseconds. None of them has a secret: no private key,
//! key of an epoch, access hash or password of the media connection.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall::UserId;
use confcall::join::api::InviteLink;
use confcall::join::engine::{Advice, EndReason, Ended, Event, Joined, Suspicion, Trouble};
use serde_json::{Value, json};

use super::super::describe;
use super::super::exit::UnwantedEnd;
use super::call_report::{CallReport, RequestEnd, text};

pub(super) fn object(report: &CallReport) -> Value {
    match report {
        CallReport::Entering { user, target } => {
            json!({"event": "entering", "user": user.to_string(), "target": target})
        }
        CallReport::Request(method) => json!({"event": "request", "method": method.name()}),
        CallReport::Answer {
            method,
            answer,
            took,
        } => {
            let (outcome, message) = match answer {
                RequestEnd::Done => ("done", None),
                RequestEnd::Refused(why) => ("refused", Some(why)),
                RequestEnd::Lost(why) => ("lost", Some(why)),
            };
            json!({"event": "answer", "method": method.name(), "outcome": outcome, "message": message, "took_ms": milliseconds(*took)})
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
        } => json!({
            "event": "members",
            "members": ids(members),
            "leaving": ids(leaving),
            "added": ids(added),
            "removed": ids(removed),
            "rekeyed": ids(rekeyed),
            "by": by.map(|by| by.to_string()),
        }),
        CallReport::Roster { connected, leaving } => {
            json!({"event": "roster", "connected": ids(connected), "leaving": ids(leaving)})
        }
        CallReport::Emoji(Some(emoji)) => json!({
            "event": "emoji",
            "height": emoji.height.value(),
            "hash": hex::encode(emoji.hash.as_bytes()),
            "emoji": emoji.hash.emoji(),
            "words": emoji.words(),
        }),
        CallReport::Emoji(None) => json!({"event": "emoji", "emoji": null}),
        CallReport::Link(link) => {
            json!({"event": "link", "link": link.as_ref().map(InviteLink::as_str)})
        }
        CallReport::Done { command } => json!({"event": "done", "command": command}),
        CallReport::Failed {
            command,
            why,
            message,
        } => json!({"event": "failed", "command": command, "why": why, "message": message}),
        CallReport::NotUnderstood(why) => json!({"event": "not_understood", "message": why}),
        CallReport::Sealed { packet } => json!({"event": "sealed", "packet": hex::encode(packet)}),
        CallReport::Opened { from, seqno, frame } => json!({
            "event": "opened",
            "from": from.to_string(),
            "seqno": seqno,
            "text": text(frame),
            "frame": hex::encode(frame),
        }),
        CallReport::ConnectionLost => json!({"event": "connection_lost"}),
        CallReport::ConnectionBack => json!({"event": "connection_back"}),
        CallReport::Lagged { missed } => json!({"event": "lagged", "missed": missed}),
        CallReport::Leaving => json!({"event": "leaving"}),
        CallReport::Help => json!({"event": "help", "text": super::super::user_command::HELP}),
    }
}

fn event(event: &Event) -> Value {
    match event {
        Event::Joined(joined) => self::joined("joined", joined),
        Event::Rejoined(joined) => self::joined("rejoined", joined),
        Event::Resumed(joined) => self::joined("resumed", joined),
        Event::Connection { presentation, .. } => {
            json!({"event": "connection", "presentation": presentation})
        }
        Event::Link(link) => json!({"event": "link", "link": link.as_str()}),
        Event::EpochStarted { height, hash } => {
            json!({"event": "keys", "height": height.value(), "hash": hash.to_string()})
        }
        Event::Verification {
            height,
            phase,
            missing,
            since,
        } => json!({
            "event": "verification",
            "height": height.value(),
            "phase": describe::phase(*phase),
            "missing": ids(missing),
            "since_ms": milliseconds(*since),
        }),
        Event::EmojiOverdue(overdue) => json!({
            "event": "emoji_overdue",
            "since_ms": milliseconds(overdue.since),
            "ended": overdue.ended,
            "writers": ids(&overdue.writers),
            "missing": ids(&overdue.missing),
            "message": describe::overdue(overdue),
        }),
        Event::Message { from, message } => json!({
            "event": "message",
            "from": from.to_string(),
            "id": message.random_id().value().to_string(),
            "text": message.text(),
        }),
        Event::MessageNotShown { from, why } => json!({
            "event": "message_not_shown",
            "from": from.to_string(),
            "why": why.to_string(),
        }),
        Event::H264 { is_permitted } => json!({"event": "h264", "permitted": is_permitted}),
        Event::Gap(gap) => json!({
            "event": "gap",
            "blocks": gap.blocks,
            "joined": ids(&gap.joined),
            "left": ids(&gap.left),
            "rekeyed": ids(&gap.rekeyed),
        }),
        Event::Suspicious(what) => json!({
            "event": "suspicious",
            "what": suspicion(what),
            "user": suspect(what).map(|user| user.to_string()),
            "message": describe::suspicion(what),
        }),
        Event::Retrying {
            why,
            pause,
            attempt,
        } => json!({
            "event": "retrying",
            "why": trouble(why),
            "message": describe::trouble(why),
            "attempt": attempt,
            "pause_ms": milliseconds(*pause),
            "until_ms": until(*pause, SystemTime::now()),
        }),
        _ => json!({"event": "other"}),
    }
}

fn joined(event: &str, joined: &Joined) -> Value {
    json!({
        "event": event,
        "call": joined.call.id.to_string(),
        "source": joined.payload.ssrc().value(),
        "link": joined.invite_link.as_ref().map(InviteLink::as_str),
        "attempts": joined.attempts,
    })
}

fn ended(ended: &Ended, unwanted: Option<&UnwantedEnd>) -> Value {
    json!({
        "event": "ended",
        "reason": reason(&ended.reason),
        "by": remover(&ended.reason).map(|by| by.to_string()),
        "message": ended.reason.to_string(),
        "advice": advice(ended.advice),
        "status": unwanted.map_or(0, UnwantedEnd::code),
    })
}

/// The member who removed us, if one did and is known.
fn remover(reason: &EndReason) -> Option<UserId> {
    match reason {
        EndReason::Removed { by } => *by,
        _ => None,
    }
}

fn reason(reason: &EndReason) -> &'static str {
    match reason {
        EndReason::Left => "left",
        EndReason::JoinedElsewhere => "joined_elsewhere",
        EndReason::KeyReplaced { .. } => "key_replaced",
        EndReason::Removed { .. } => "removed",
        EndReason::Discarded => "discarded",
        EndReason::Empty => "empty",
        EndReason::Full => "full",
        EndReason::OtherKind(_) => "other_kind",
        EndReason::NotFound(_) => "not_found",
        EndReason::Refused { .. } => "refused",
        EndReason::Raced { .. } => "raced",
        EndReason::BlockRefused { .. } => "block_refused",
        EndReason::Exhausted { .. } => "exhausted",
        EndReason::FloodWait { .. } => "flood_wait",
        EndReason::Unusable(_) => "unusable",
        EndReason::NoMembership(_) => "no_membership",
        EndReason::Swapped(_) => "swapped",
        EndReason::Block(_) | EndReason::Presend(_) | EndReason::Policy(_) => "not_sent",
        EndReason::Broken(_) => "broken",
        EndReason::ClockAhead { .. } => "clock_ahead",
        _ => "other",
    }
}

fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::Nothing => "nothing",
        Advice::JoinAgain => "join_again",
        Advice::JoinLater => "join_later",
        Advice::SetClock => "set_clock",
        Advice::AskForInvitation => "ask_for_invitation",
        Advice::LogIn => "log_in",
        Advice::Reconnect => "reconnect",
        Advice::UseOtherAccount => "use_other_account",
        Advice::UseOtherClient => "use_other_client",
        Advice::Warn => "warn",
        Advice::Report => "report",
        _ => "other",
    }
}

fn suspicion(what: &Suspicion) -> &'static str {
    match what {
        Suspicion::UnlistedMember(_) => "unlisted_member",
        Suspicion::Fork { .. } => "fork",
        Suspicion::ForeignKeys { .. } => "foreign_keys",
        Suspicion::Swapped(_) => "swapped",
        Suspicion::BadBroadcasts { .. } => "bad_broadcasts",
        Suspicion::BroadcastRefused(_) => "broadcast_refused",
        Suspicion::Endless { .. } => "endless",
        _ => "other",
    }
}

/// The member that is suspected, if it is one.
fn suspect(what: &Suspicion) -> Option<UserId> {
    match what {
        Suspicion::UnlistedMember(user) => Some(*user),
        Suspicion::ForeignKeys { by, .. } => Some(*by),
        Suspicion::BadBroadcasts { from, .. } => *from,
        _ => None,
    }
}

fn trouble(why: &Trouble) -> &'static str {
    match why {
        Trouble::Race => "race",
        Trouble::SourceTaken => "source_taken",
        Trouble::NoBlockYet => "no_block_yet",
        Trouble::WentBack => "went_back",
        Trouble::Flood { .. } => "flood",
        Trouble::Refused { .. } => "refused",
        Trouble::Unanswered { .. } => "unanswered",
        Trouble::Rejoining(_) => "rejoining",
        _ => "other",
    }
}

fn ids(users: &[UserId]) -> Vec<String> {
    users.iter().map(UserId::to_string).collect()
}

/// The end of a pause that began now, in milliseconds since 1970.
fn until(pause: Duration, now: SystemTime) -> u64 {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    milliseconds(now.saturating_add(pause))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
