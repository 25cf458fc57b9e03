//! The values of the API that updates and answers are made of, as ours.

use confcall_join::api::{
    AccessHash, ActiveCall, CallId, CallMessage, CallMessageId, CallRef, CallSettings, CallText,
    ChannelId, ChatId, GroupCall, GroupCallParticipant, InputGroupCall, Invitation,
    InvitationState, InviteLink, MessageId, MigratedCall, ParticipantVideo, Peer, PhoneCallId,
    SsrcGroup,
};
use confcall_join::message::{DocumentId, Entity, EntityKind};
use confcall_join::{Slug, Ssrc};
use confcall_state::UserId;
use grammers_tl_types::types::{
    GroupCallParticipantVideo, GroupCallParticipantVideoSourceGroup as Group,
};
use grammers_tl_types::{enums, types};

/// The reference to a call; `None` for a slug that no link can hold.
pub(super) fn read_reference(call: &enums::InputGroupCall) -> Option<InputGroupCall> {
    Some(match call {
        enums::InputGroupCall::Call(call) => InputGroupCall::Id {
            id: CallId::new(call.id),
            access_hash: AccessHash::new(call.access_hash),
        },
        enums::InputGroupCall::Slug(call) => InputGroupCall::Slug(Slug::new(&call.slug).ok()?),
        enums::InputGroupCall::InviteMessage(call) => {
            InputGroupCall::InviteMessage(MessageId::new(call.msg_id))
        }
    })
}

/// A call as the server shows it.
pub(super) fn read_call(call: &enums::GroupCall) -> GroupCall {
    match call {
        enums::GroupCall::Call(call) => read_active(call).into(),
        enums::GroupCall::Discarded(call) => GroupCall::Discarded {
            id: CallId::new(call.id),
            access_hash: AccessHash::new(call.access_hash),
            duration: call.duration,
        },
    }
}

fn read_active(call: &types::GroupCall) -> ActiveCall {
    ActiveCall {
        id: CallId::new(call.id),
        access_hash: AccessHash::new(call.access_hash),
        conference: call.conference,
        rtmp_stream: call.rtmp_stream,
        creator: call.creator,
        participants_count: call.participants_count,
        invite_link: call.invite_link.clone().map(InviteLink::new),
        version: call.version,
        settings: read_settings(call),
        min: call.min,
        title: call.title.clone(),
        stream_dc: call.stream_dc_id,
        recorded_since: call.record_start_date,
        records_video: call.record_video_active,
        scheduled_for: call.schedule_date,
        start_subscribed: call.schedule_start_subscribed,
        can_start_video: call.can_start_video,
        video_count: call.unmuted_video_count,
        video_limit: call.unmuted_video_limit,
        joined_order: call.join_date_asc,
        listeners_hidden: call.listeners_hidden,
        message_price: call.send_paid_messages_stars,
        default_send_as: call.default_send_as.as_ref().map(read_peer),
    }
}

fn read_settings(call: &types::GroupCall) -> CallSettings {
    CallSettings {
        join_muted: call.join_muted,
        can_change_join_muted: call.can_change_join_muted,
        messages_enabled: call.messages_enabled,
        can_change_messages_enabled: call.can_change_messages_enabled,
    }
}

/// A user, group or channel that the API shows.
pub(super) fn read_peer(peer: &enums::Peer) -> Peer {
    match peer {
        enums::Peer::User(peer) => Peer::User(UserId::new(peer.user_id)),
        enums::Peer::Chat(peer) => Peer::Chat(ChatId::new(peer.chat_id)),
        enums::Peer::Channel(peer) => Peer::Channel(ChannelId::new(peer.channel_id)),
    }
}

/// Participants of a roster, or changes of them.
pub(super) fn read_participants(
    participants: &[enums::GroupCallParticipant],
) -> Vec<GroupCallParticipant> {
    participants.iter().map(read_participant).collect()
}

fn read_participant(participant: &enums::GroupCallParticipant) -> GroupCallParticipant {
    let enums::GroupCallParticipant::Participant(participant) = participant;
    GroupCallParticipant {
        peer: read_peer(&participant.peer),
        date: participant.date,
        source: Ssrc::from_signed(participant.source),
        video: participant.video.as_ref().map(read_video),
        presentation: participant.presentation.as_ref().map(read_video),
        own: participant.is_self,
        muted: participant.muted,
        can_self_unmute: participant.can_self_unmute,
        muted_by_you: participant.muted_by_you,
        volume: participant.volume,
        volume_by_admin: participant.volume_by_admin,
        raise_hand_rating: participant.raise_hand_rating,
        active_date: participant.active_date,
        video_joined: participant.video_joined,
        about: participant.about.clone(),
        just_joined: participant.just_joined,
        left: participant.left,
        versioned: participant.versioned,
        min: participant.min,
    }
}

fn read_video(video: &enums::GroupCallParticipantVideo) -> ParticipantVideo {
    let enums::GroupCallParticipantVideo::Video(GroupCallParticipantVideo {
        paused,
        endpoint,
        source_groups,
        audio_source,
    }) = video;
    ParticipantVideo {
        paused: *paused,
        endpoint: endpoint.clone(),
        source_groups: source_groups.iter().filter_map(read_group).collect(),
        audio_source: audio_source.and_then(Ssrc::from_signed),
    }
}

/// A group of sources; `None` if the sources cannot be one, or if its semantics are unknown to us.
fn read_group(group: &enums::GroupCallParticipantVideoSourceGroup) -> Option<SsrcGroup> {
    let enums::GroupCallParticipantVideoSourceGroup::Group(Group { semantics, sources }) = group;
    let sources = sources.iter().map(|&source| Ssrc::from_signed(source));
    let sources = sources.collect::<Option<Vec<_>>>()?;
    SsrcGroup::try_from((semantics.clone(), sources)).ok()
}

/// A message to a call without encryption; `None` if its call is named by a slug that no link can hold.
pub(super) fn read_call_message(update: &types::UpdateGroupCallMessage) -> Option<CallMessage> {
    let enums::GroupCallMessage::Message(message) = &update.message;
    Some(CallMessage {
        call: read_reference(&update.call)?,
        id: CallMessageId::new(message.id),
        from: read_peer(&message.from_id),
        date: message.date,
        text: read_text(&message.message),
        from_admin: message.from_admin,
        paid_stars: message.paid_message_stars,
    })
}

/// A text with the entities that we show; those outside it are left out as well.
fn read_text(text: &enums::TextWithEntities) -> CallText {
    let enums::TextWithEntities::Entities(with) = text;
    let entities = with.entities.iter().filter_map(read_entity);
    let entities = entities.filter(|entity| entity.bytes_in(&with.text).is_some());
    CallText {
        entities: entities.collect(),
        text: with.text.clone(),
    }
}

fn read_entity(entity: &enums::MessageEntity) -> Option<Entity> {
    use enums::MessageEntity as Theirs;
    let (kind, offset, length) = match entity {
        Theirs::Bold(one) => (EntityKind::Bold, one.offset, one.length),
        Theirs::Italic(one) => (EntityKind::Italic, one.offset, one.length),
        Theirs::Underline(one) => (EntityKind::Underline, one.offset, one.length),
        Theirs::Strike(one) => (EntityKind::Strike, one.offset, one.length),
        Theirs::Spoiler(one) => (EntityKind::Spoiler, one.offset, one.length),
        Theirs::Code(one) => (EntityKind::Code, one.offset, one.length),
        Theirs::CustomEmoji(one) => {
            let document_id = DocumentId::new(one.document_id);
            let kind = EntityKind::CustomEmoji { document_id };
            (kind, one.offset, one.length)
        }
        _ => return None,
    };
    Some(Entity {
        kind,
        offset: usize::try_from(offset).ok()?,
        length: usize::try_from(length).ok()?,
    })
}

/// A call by its id; `None` for one that is named otherwise.
pub(super) fn read_named(call: &enums::InputGroupCall) -> Option<CallRef> {
    CallRef::of(&read_reference(call)?)
}

/// The invitation that a message is (`spec/protocol.md`, 12), as the user `own` gets it; `None` for every other message.
pub(super) fn read_invitation(message: &enums::Message, own: UserId) -> Option<Invitation> {
    let enums::Message::Service(message) = message else {
        return None;
    };
    let enums::MessageAction::ConferenceCall(call) = &message.action else {
        return None;
    };
    let (from, to) = sides(message, own)?;
    Some(Invitation {
        message: MessageId::new(message.id),
        call_id: CallId::new(call.call_id),
        from,
        to,
        video: call.video,
        date: message.date,
        state: read_state(call),
    })
}

/// The state of an invitation. What comes later in its life counts, if the server says more than one thing.
fn read_state(call: &types::MessageActionConferenceCall) -> InvitationState {
    match (call.duration, call.missed, call.active) {
        (Some(duration), ..) => InvitationState::Over { duration },
        (None, true, _) => InvitationState::Missed,
        (None, false, true) => InvitationState::Active,
        (None, false, false) => InvitationState::Pending,
    }
}

/// The sender and the receiver of a message of a private chat.
///
/// Such a message is in the chat with the other user, and names its sender only sometimes.
fn sides(message: &types::MessageService, own: UserId) -> Option<(UserId, UserId)> {
    let enums::Peer::User(other) = &message.peer_id else {
        return None;
    };
    let other = UserId::new(other.user_id);
    Some(if message.out {
        (own, other)
    } else {
        (other, own)
    })
}

/// The conference as which a call between two users goes on; `None` for every other change of such a call.
pub(super) fn read_migration(call: &enums::PhoneCall) -> Option<MigratedCall> {
    let enums::PhoneCall::Discarded(call) = call else {
        return None;
    };
    let enums::PhoneCallDiscardReason::MigrateConferenceCall(reason) = call.reason.as_ref()? else {
        return None;
    };
    Some(MigratedCall {
        phone_call: PhoneCallId::new(call.id),
        slug: Slug::new(&reason.slug).ok()?,
        video: call.video,
    })
}
