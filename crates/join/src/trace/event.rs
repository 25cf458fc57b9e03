//! Events as a trace shows them. Nothing is read back: a replayed engine's are written in the same way and compared.

use core::time::Duration;

use confcall_state::UserId;
use confcall_state::verification::Phase;
use serde_json::{Value, json};

use crate::api::{Peer, redact};
use crate::engine::{
    CallInfo, CommandFailure, CommandKind, Ended, Event, Joined, MediaConnection, Suspicion,
    Trouble,
};
use crate::message;
use crate::stream::Track;

/// An object with one field, which has the event's name.
pub(super) fn form(event: &Event) -> Value {
    match event {
        Event::Joined(joined) => json!({"joined": membership(joined)}),
        Event::Rejoined(joined) => json!({"rejoined": membership(joined)}),
        Event::Resumed(joined) => json!({"resumed": membership(joined)}),
        Event::CheckpointDue => json!({"checkpoint_due": {}}),
        // The parameters stand in the update that brought them.
        Event::Connection { connection, .. } => {
            let presentation = *connection == MediaConnection::Presentation;
            json!({"connection": {"presentation": presentation}})
        }
        Event::Link(link) => json!({"link": redact::link(link.as_str())}),
        Event::EpochStarted { height, hash } => {
            json!({"epoch_started": {"height": height.value(), "hash": hash.to_string()}})
        }
        Event::MembersChanged {
            added,
            removed,
            rekeyed,
            by,
        } => json!({"members_changed": {
            "added": ids(added),
            "removed": ids(removed),
            "rekeyed": ids(rekeyed),
            "by": by.map(UserId::value),
        }}),
        Event::Gap(gap) => json!({"gap": {
            "blocks": gap.blocks,
            "joined": ids(&gap.joined),
            "left": ids(&gap.left),
            "rekeyed": ids(&gap.rekeyed),
        }}),
        Event::H264 { is_permitted } => json!({"h264": is_permitted}),
        Event::OwnState(state) => json!({"own_state": state}),
        Event::PayloadWanted {
            connection,
            why,
            within,
        } => json!({"payload_wanted": {
            "connection": connection,
            "why": why,
            "within": nanoseconds(*within),
        }}),
        Event::Settings(settings) => json!({"settings": settings}),
        Event::Invitation(invitation) => json!({"invitation": {
            "message": invitation.message,
            "change": invitation.change,
        }}),
        // Their values stand in the updates and pages that brought them.
        Event::ParticipantsChanged {
            joined,
            left,
            changed,
            more,
        } => json!({"participants_changed": {
            "joined": joined.iter().map(|one| one.peer).collect::<Vec<_>>(),
            "left": left.iter().map(|one| one.peer).collect::<Vec<_>>(),
            "changed": changed.iter().map(|one| (one.now.peer, one.fields())).collect::<Vec<_>>(),
            "more": more,
        }}),
        Event::Verification {
            height,
            phase,
            missing,
            since,
        } => json!({"verification": {
            "height": height.value(),
            "phase": phase_word(*phase),
            "missing": ids(missing),
            "since": nanoseconds(*since),
        }}),
        Event::Emoji { height, hash } => {
            json!({"emoji": {"height": height.value(), "hash": hex::encode(hash.as_bytes())}})
        }
        Event::EmojiOverdue(overdue) => json!({"emoji_overdue": {
            "since": nanoseconds(overdue.since),
            "ended": overdue.ended,
            "writers": ids(&overdue.writers),
            "missing": ids(&overdue.missing),
        }}),
        Event::Message {
            from: Peer::User(from),
            message,
            posted: None,
            ..
        } => {
            // The text stays out: a trace shows that something was written, and when.
            let (id, length) = message::traced::form(message);
            json!({"message": {"from": from.value(), "id": id, "length": length}})
        }
        Event::Message {
            from,
            message,
            posted,
            ..
        } => {
            let (_, length) = message::traced::form(message);
            json!({"plain_message": {"from": from, "posted": posted, "length": length}})
        }
        Event::MessagesDeleted { messages } => json!({"messages_deleted": messages}),
        Event::Scheduled(info) => json!({"scheduled": call_info(info)}),
        Event::Call(info) => json!({"call": call_info(info)}),
        Event::MessageNotShown { from, why } => {
            json!({"message_not_shown": {"from": from.value(), "why": why}})
        }
        Event::StreamPart(part) => json!({"stream_part": {
            "track": match &part.track {
                Track::Unified => "unified".to_owned(),
                Track::Sound => "sound".to_owned(),
                Track::Picture(video) => video.endpoint.clone(),
            },
            "time_ms": part.time_ms,
            "bytes": part.bytes.len(),
        }}),
        Event::Stream(state) => json!({"stream": state}),
        Event::Suspicious(suspicion) => json!({"suspicious": suspicious(suspicion)}),
        Event::Retrying {
            why,
            pause,
            attempt,
        } => json!({"retrying": {
            "why": trouble(why),
            "pause": nanoseconds(*pause),
            "attempt": attempt,
        }}),
        Event::Done { id, command } => {
            json!({"done": {"id": id, "command": command_form(*command)}})
        }
        Event::Failed { id, command, why } => json!({"failed": {
            "id": id,
            "command": command_form(*command),
            "why": failure(why),
        }}),
        Event::Ended(ended) => json!({"ended": end(ended)}),
    }
}

fn membership(joined: &Joined) -> Value {
    let call = joined.call;
    json!({
        "call": call.id,
        "access_hash": redact::access_hash(call.access_hash).value(),
        "kind": joined.kind,
        "own": joined.own,
        "mode": joined.mode,
        "source": joined.payload.ssrc(),
        "link": joined.invite_link.as_ref().map(|link| redact::link(link.as_str())),
        "connected": joined.connection.is_some(),
        "attempts": joined.attempts,
    })
}

fn call_info(info: &CallInfo) -> Value {
    json!({
        "kind": info.kind,
        "titled": info.title.is_some(),
        "participants": info.participants,
        "recorded_since": info.recorded_since,
        "scheduled_for": info.scheduled_for,
        "start_subscribed": info.start_subscribed,
        "can_start_video": info.can_start_video,
        "video": [info.video_count, Some(info.video_limit)],
        "message_price": info.message_price,
    })
}

fn ids(users: &[UserId]) -> Vec<i64> {
    users.iter().map(|user| user.value()).collect()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Commit => "commit",
        Phase::Reveal => "reveal",
        Phase::End => "end",
    }
}

fn suspicious(suspicion: &Suspicion) -> Value {
    match suspicion {
        Suspicion::UnlistedMember(user) => json!({"unlisted_member": user.value()}),
        Suspicion::Fork { height, what } => {
            json!({"fork": {"height": height.value(), "what": what}})
        }
        Suspicion::ForeignKeys { by, users } => {
            json!({"foreign_keys": {"by": by.value(), "users": ids(users)}})
        }
        Suspicion::Swapped(broken) => json!({"swapped": broken.to_string()}),
        Suspicion::BadBroadcasts { from, count } => {
            json!({"bad_broadcasts": {"from": from.map(UserId::value), "count": count}})
        }
        Suspicion::BroadcastRefused(error) => json!({"broadcast_refused": error}),
        Suspicion::KindChanged { from } => json!({"kind_changed": from}),
        Suspicion::Endless { read } => json!({"endless": read}),
    }
}

fn trouble(why: &Trouble) -> Value {
    match why {
        Trouble::Race => json!("race"),
        Trouble::SourceTaken => json!("source_taken"),
        Trouble::NoBlockYet => json!("no_block_yet"),
        Trouble::WentBack => json!("went_back"),
        Trouble::Flood { method } => json!({"flood": method.name()}),
        Trouble::Refused { method, error } => {
            json!({"refused": {"method": method.name(), "error": error}})
        }
        Trouble::Unanswered { method } => json!({"unanswered": method.name()}),
        // Reasons are for people, and their words are compared as they are.
        Trouble::Rejoining(reason) => json!({"rejoining": reason.to_string()}),
    }
}

fn command_form(command: CommandKind) -> Value {
    match command {
        CommandKind::Kick => json!("kick"),
        CommandKind::Invite => json!("invite"),
        CommandKind::Decline => json!("decline"),
        CommandKind::RevokeLink => json!("revoke_link"),
        CommandKind::SetMessagesEnabled => json!("set_messages_enabled"),
        CommandKind::SetJoinMuted => json!("set_join_muted"),
        CommandKind::Discard => json!("discard"),
        CommandKind::Send(id) => json!({"send": id.value()}),
        CommandKind::Resolve => json!("resolve"),
        CommandKind::LoadParticipants => json!("load_participants"),
        CommandKind::Rejoin => json!("rejoin"),
        CommandKind::SetMuted => json!("set_muted"),
        CommandKind::SetVideo => json!("set_video"),
        CommandKind::SetVideoPaused => json!("set_video_paused"),
        CommandKind::SetPresentationPaused => json!("set_presentation_paused"),
        CommandKind::Mute => json!("mute"),
        CommandKind::SetVolume => json!("set_volume"),
        CommandKind::MuteForMe => json!("mute_for_me"),
        CommandKind::StartPresentation => json!("start_presentation"),
        CommandKind::StopPresentation => json!("stop_presentation"),
        CommandKind::Migrate => json!("migrate"),
        CommandKind::RaiseHand => json!("raise_hand"),
        CommandKind::LowerHand => json!("lower_hand"),
        CommandKind::SetTitle => json!("set_title"),
        CommandKind::StartRecording => json!("start_recording"),
        CommandKind::StopRecording => json!("stop_recording"),
        CommandKind::StartScheduled => json!("start_scheduled"),
        CommandKind::SubscribeStart => json!("subscribe_start"),
        CommandKind::DeleteMessages => json!("delete_messages"),
        CommandKind::DeleteMessagesOf => json!("delete_messages_of"),
        CommandKind::InviteUsers => json!("invite_users"),
        CommandKind::ExportLink => json!("export_link"),
        CommandKind::JoinAs => json!("join_as"),
    }
}

fn failure(why: &CommandFailure) -> Value {
    match why {
        CommandFailure::NotJoined => json!("not_joined"),
        CommandFailure::Refused(error) => json!({"refused": error}),
        CommandFailure::Unanswered => json!("unanswered"),
        CommandFailure::NotTaken => json!("not_taken"),
        CommandFailure::NoEffect => json!("no_effect"),
        CommandFailure::NotAMember(user) => json!({"not_a_member": user.value()}),
        CommandFailure::Block(what) => json!({"block": what}),
        CommandFailure::Message(what) => json!({"message": what}),
        CommandFailure::Busy => json!("busy"),
        CommandFailure::TooOften => json!("too_often"),
        CommandFailure::Silenced => json!("silenced"),
        CommandFailure::MessagesDisabled => json!("messages_disabled"),
        CommandFailure::NotAllowed => json!("not_allowed"),
        CommandFailure::UnknownPeer(peer) => json!({"unknown_peer": peer}),
        CommandFailure::Volume(volume) => json!({"volume": volume}),
        CommandFailure::NoPayload => json!("no_payload"),
        CommandFailure::Stopped => json!("stopped"),
        CommandFailure::NotInThisKind(kind) => json!({"not_in_this_kind": kind}),
        CommandFailure::NotAsThisPeer => json!("not_as_this_peer"),
        CommandFailure::NoVideo => json!("no_video"),
        CommandFailure::NoLink => json!("no_link"),
    }
}

fn end(ended: &Ended) -> Value {
    json!({"reason": ended.reason.to_string(), "advice": format!("{:?}", ended.advice)})
}
