//! The rules of each kind of group call for a request to join it.
//!
//! The types [`ConferenceJoin`], [`VideoChatJoin`], [`RtmpJoin`] and [`LiveStoryJoin`] have no field for what
//! their kind forbids. A request that arrives ready-made is checked against the same table by [`check`],
//! [`check_creation`] or, as bytes, by [`check_bytes`]; what adapters send is a [`CheckedRequest`], or,
//! where a client has no other network for what it wants of the server, a [`ClientRequest`]. Implements `spec/protocol.md`, 14.

mod checked;
mod client_request;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod join;
mod kind;
mod row;
// Its columns are aligned.
#[rustfmt::skip]
mod table;
mod violation;

pub use checked::CheckedRequest;
pub use client_request::{ClientRequest, ClientRequestError};
pub use join::{
    ConferenceCreation, ConferenceJoin, FirstJoin, LiveStoryJoin, Media, RtmpJoin, VideoChatJoin,
};
pub use kind::CallKind;
pub use violation::PolicyViolation;

use self::row::{Presence, Row};
use self::table::{INVITE_HASH, KEY_AND_BLOCK, MUTED, OTHER_JOIN_AS, SSRC_GROUPS, VIDEO_STOPPED};
use crate::api::{
    CreateConferenceCall, EditGroupCallParticipant, InputPeer, JoinGroupCall, Request,
    SendGroupCallMessage, ToggleGroupCallSettings,
};
use crate::joining::JoinPayload;

/// Checks a ready-made request to join a call of this kind.
///
/// # Errors
///
/// The first rule that the request breaks, in the order of the table; a payload that is not valid comes
/// after the fields and before its groups.
pub fn check(kind: CallKind, request: &JoinGroupCall) -> Result<(), PolicyViolation> {
    let never = |row: Row| row.of(kind) == Presence::Never;
    let required = |row: Row| row.of(kind) == Presence::Required;
    let (key, block) = (&request.public_key, &request.block);
    let rules = [
        (
            never(OTHER_JOIN_AS) && request.join_as != InputPeer::SelfUser,
            PolicyViolation::JoinAsNotSelf(kind),
        ),
        (
            never(INVITE_HASH) && request.invite_hash.is_some(),
            PolicyViolation::InviteHashForbidden(kind),
        ),
        (
            required(KEY_AND_BLOCK) && key.is_none(),
            PolicyViolation::KeyMissing(kind),
        ),
        (
            required(KEY_AND_BLOCK) && block.is_none(),
            PolicyViolation::BlockMissing(kind),
        ),
        (
            never(KEY_AND_BLOCK) && key.is_some(),
            PolicyViolation::KeyForbidden(kind),
        ),
        (
            never(KEY_AND_BLOCK) && block.is_some(),
            PolicyViolation::BlockForbidden(kind),
        ),
        (
            required(MUTED) && !request.muted,
            PolicyViolation::NotMuted(kind),
        ),
        (
            required(VIDEO_STOPPED) && !request.video_stopped,
            PolicyViolation::VideoNotStopped(kind),
        ),
    ];
    if let Some((_, violation)) = rules.into_iter().find(|(broken, _)| *broken) {
        return Err(violation);
    }
    // Last, because reading JSON is the dearest of the checks.
    let payload = JoinPayload::from_json(request.params.as_str())?;
    if never(SSRC_GROUPS) && !payload.ssrc_groups().is_empty() {
        return Err(PolicyViolation::SsrcGroupsForbidden(kind));
    }
    Ok(())
}

/// Checks a ready-made request to create a conference: it joins with key, block and payload, or with none.
///
/// # Errors
///
/// The first of the three that is missing, or [`PolicyViolation::Payload`].
pub fn check_creation(request: &CreateConferenceCall) -> Result<(), PolicyViolation> {
    let kind = CallKind::Conference;
    match (&request.public_key, &request.block, &request.params) {
        (None, None, None) => Ok(()),
        (None, _, _) => Err(PolicyViolation::KeyMissing(kind)),
        (_, None, _) => Err(PolicyViolation::BlockMissing(kind)),
        (_, _, None) => Err(PolicyViolation::PayloadMissing(kind)),
        (Some(_), Some(_), Some(params)) => {
            JoinPayload::from_json(params.as_str())?;
            Ok(())
        }
    }
}

/// Reads a ready-made request about a call of this kind and checks it, whichever it is.
///
/// A removal has exactly one of its two flags; any other cannot be read.
///
/// # Errors
///
/// [`PolicyViolation::Unreadable`] for bytes that are no conference request, and those of [`check_request`].
pub fn check_bytes(kind: CallKind, bytes: &[u8]) -> Result<Request, PolicyViolation> {
    let request = Request::from_tl(bytes)?;
    check_request(kind, &request)?;
    Ok(request)
}

/// Checks a request about a call of this kind, whichever it is.
///
/// # Errors
///
/// [`PolicyViolation::NotAConference`] for one that only conferences have, those of [`check`] and [`check_creation`], and
/// those for edits of participants, screens and settings.
pub fn check_request(kind: CallKind, request: &Request) -> Result<(), PolicyViolation> {
    match request {
        // Every kind joins by this request, so its table is asked before the kind is.
        Request::Join(join) => check(kind, join)?,
        request if kind != CallKind::Conference && is_of_conferences(request) => {
            return Err(PolicyViolation::NotAConference(kind));
        }
        Request::Create(create) => check_creation(create)?,
        Request::EditParticipant(edit) => check_edit(kind, edit)?,
        Request::JoinPresentation(join) => {
            check_publishes(kind)?;
            JoinPayload::from_json(join.params.as_str())?;
        }
        Request::LeavePresentation(_) => check_publishes(kind)?,
        Request::Settings(settings) => check_settings(kind, settings)?,
        Request::PlainMessage(message) => check_plain_message(kind, message)?,
        request if !may_have(kind, request) => return Err(PolicyViolation::OnlyInChats(kind)),
        _ => {}
    }
    Ok(())
}

/// Checks that participants of this kind of call publish more than their sound.
fn check_publishes(kind: CallKind) -> Result<(), PolicyViolation> {
    match kind {
        CallKind::Conference | CallKind::VideoChat => Ok(()),
        CallKind::RtmpViewer | CallKind::LiveStoryListener => {
            Err(PolicyViolation::NotForPublishers(kind))
        }
    }
}

fn check_edit(kind: CallKind, edit: &EditGroupCallParticipant) -> Result<(), PolicyViolation> {
    check_publishes(kind)?;
    if kind == CallKind::Conference && edit.raise_hand.is_some() {
        return Err(PolicyViolation::HandForbidden(kind));
    }
    match edit.volume {
        Some(volume) if !EditGroupCallParticipant::VOLUMES.contains(&volume) => {
            Err(PolicyViolation::VolumeOutOfRange(volume))
        }
        _ => Ok(()),
    }
}

/// Checks a message without encryption, which a conference never has.
fn check_plain_message(
    kind: CallKind,
    message: &SendGroupCallMessage,
) -> Result<(), PolicyViolation> {
    if kind == CallKind::Conference {
        return Err(PolicyViolation::OnlyInChats(kind));
    }
    // Elsewhere the writer is the one as whom we joined, and a message costs nothing.
    if kind != CallKind::LiveStoryListener && message.send_as.is_some() {
        return Err(PolicyViolation::SendAsForbidden(kind));
    }
    if kind != CallKind::LiveStoryListener && message.allow_paid_stars.is_some() {
        return Err(PolicyViolation::PaymentForbidden(kind));
    }
    Ok(())
}

/// True unless calls of this kind have nothing of what the request is about.
fn may_have(kind: CallKind, request: &Request) -> bool {
    match request {
        Request::DeleteMessages(_)
        | Request::DeleteMessagesOf(_)
        | Request::StreamChannels(_)
        | Request::File(_) => kind != CallKind::Conference,
        Request::JoinAs(_)
        | Request::SaveJoinAs(_)
        | Request::CreateInChat(_)
        | Request::StartScheduled(_)
        | Request::SubscribeStart(_)
        | Request::Title(_)
        | Request::Record(_)
        | Request::InviteToCall(_)
        | Request::ExportInvite(_) => matches!(kind, CallKind::VideoChat | CallKind::RtmpViewer),
        Request::RtmpUrl(_) => kind != CallKind::Conference,
        _ => true,
    }
}

/// Checks that calls of this kind have the settings.
pub(crate) fn check_settings(
    kind: CallKind,
    settings: &ToggleGroupCallSettings,
) -> Result<(), PolicyViolation> {
    if kind == CallKind::LiveStoryListener && settings.reset_invite_hash {
        return Err(PolicyViolation::InviteHashForbidden(kind));
    }
    if kind != CallKind::VideoChat && settings.join_muted.is_some() {
        return Err(PolicyViolation::JoinMutedForbidden(kind));
    }
    if kind != CallKind::LiveStoryListener && settings.send_paid_messages_stars.is_some() {
        return Err(PolicyViolation::PriceForbidden(kind));
    }
    Ok(())
}

/// True for a request that exists for conferences alone, because only they have a chain.
fn is_of_conferences(request: &Request) -> bool {
    matches!(
        request,
        Request::Create(_)
            | Request::ChainBlocks(_)
            | Request::Broadcast(_)
            | Request::Remove(_)
            | Request::Invite(_)
            | Request::DeclineInvite(_)
            | Request::Message(_)
    )
}

#[cfg(test)]
mod tests;
