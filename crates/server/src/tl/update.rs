use confcall_join::api::{
    CallConnection, CallMessage, ChainBlocks, EncryptedMessage, GroupCall, Invitation,
    InvitationState, MessageId, MigratedCall, Participants, Peer, Update,
};
use confcall_join::message::{Entity, EntityKind};
use grammers_tl_types::{Identifiable as _, Serializable as _, enums, types};

use super::{Layer, Occasion, call, participant};

/// Writes one update; `None` for names, which stand beside the updates, and for what the layer does not have.
pub(super) fn write(update: &Update, occasion: Occasion) -> Option<Vec<u8>> {
    let layer = occasion.layer;
    Some(match update {
        Update::ChainBlocks(items) => layer.bytes(&chain_blocks(items)),
        Update::Connection(media) => layer.bytes(&connection(media)),
        Update::Participants(change) => participants(change, layer),
        Update::GroupCall {
            call,
            peer,
            live_story,
        } => group_call(call, *peer, *live_story, layer),
        Update::Message(_) | Update::MessagesDeleted { .. } | Update::EncryptedMessage(_)
            if layer == Layer::Of214 =>
        {
            return None;
        }
        Update::Message(message) => layer.bytes(&call_message(message)),
        Update::MessagesDeleted { call, messages } => {
            layer.bytes(&types::UpdateDeleteGroupCallMessages {
                call: call::reference(call),
                messages: messages.iter().map(|message| message.value()).collect(),
            })
        }
        Update::EncryptedMessage(message) => layer.bytes(&encrypted_message(message)),
        Update::Invitation(invitation) => message(invitation, occasion).to_bytes(),
        Update::Deleted(messages) => layer.bytes(&deleted(messages)),
        Update::Migrated(call) => layer.bytes(&migrated(call)),
        _ => return None,
    })
}

fn chain_blocks(items: &ChainBlocks) -> types::UpdateGroupCallChainBlocks {
    types::UpdateGroupCallChainBlocks {
        call: call::reference(&items.call),
        sub_chain_id: items.sub_chain.value(),
        blocks: items.blocks.clone(),
        next_offset: items.next_offset,
    }
}

fn connection(media: &CallConnection) -> types::UpdateGroupCallConnection {
    types::UpdateGroupCallConnection {
        presentation: media.presentation,
        params: enums::DataJson::Json(types::DataJson {
            data: media.params.as_str().to_owned(),
        }),
    }
}

fn participants(change: &Participants, layer: Layer) -> Vec<u8> {
    let mut bytes = types::UpdateGroupCallParticipants::CONSTRUCTOR_ID.to_bytes();
    call::reference(&change.call).serialize(&mut bytes);
    participant::write_all(&change.participants, layer, &mut bytes);
    change.version.serialize(&mut bytes);
    bytes
}

fn group_call(call: &GroupCall, peer: Option<Peer>, live_story: bool, layer: Layer) -> Vec<u8> {
    let mut bytes = layer.id(types::UpdateGroupCall::CONSTRUCTOR_ID).to_bytes();
    match layer {
        Layer::Of214 => {
            let number = peer.and_then(|peer| match peer {
                Peer::User(_) => None,
                Peer::Chat(id) => Some(id.value()),
                Peer::Channel(id) => Some(id.value()),
            });
            u32::from(number.is_some()).serialize(&mut bytes);
            number.inspect(|number| number.serialize(&mut bytes));
        }
        Layer::Of227 | Layer::Newest => {
            let flags = u32::from(peer.is_some()) << 1 | u32::from(live_story) << 2;
            flags.serialize(&mut bytes);
            peer.inspect(|peer| participant::peer(*peer).serialize(&mut bytes));
        }
    }
    call::write(call, layer, &mut bytes);
    bytes
}

fn call_message(message: &CallMessage) -> types::UpdateGroupCallMessage {
    types::UpdateGroupCallMessage {
        call: call::reference(&message.call),
        message: types::GroupCallMessage {
            from_admin: message.from_admin,
            id: message.id.value(),
            from_id: participant::peer(message.from),
            date: message.date,
            message: types::TextWithEntities {
                text: message.text.text.clone(),
                entities: message.text.entities.iter().map(entity).collect(),
            }
            .into(),
            paid_message_stars: message.paid_stars,
        }
        .into(),
    }
}

/// The API counts places in a text in 32 bits.
fn entity(entity: &Entity) -> enums::MessageEntity {
    let [offset, length] =
        [entity.offset, entity.length].map(|place| i32::try_from(place).unwrap_or(i32::MAX));
    match entity.kind {
        EntityKind::Italic => types::MessageEntityItalic { offset, length }.into(),
        EntityKind::Underline => types::MessageEntityUnderline { offset, length }.into(),
        EntityKind::Strike => types::MessageEntityStrike { offset, length }.into(),
        EntityKind::Spoiler => types::MessageEntitySpoiler { offset, length }.into(),
        EntityKind::Code => types::MessageEntityCode { offset, length }.into(),
        EntityKind::CustomEmoji { document_id } => types::MessageEntityCustomEmoji {
            offset,
            length,
            document_id: document_id.value(),
        }
        .into(),
        _ => types::MessageEntityBold { offset, length }.into(),
    }
}

fn encrypted_message(message: &EncryptedMessage) -> types::UpdateGroupCallEncryptedMessage {
    types::UpdateGroupCallEncryptedMessage {
        call: call::reference(&message.call),
        from_id: participant::peer(message.from),
        encrypted_message: message.encrypted_message.clone(),
    }
}

/// An invitation as a message: a new one while it is pending, and the edit of an older one afterwards.
///
/// Every invitation begins pending, and the server writes each later state into the message that the users have.
fn message(invitation: &Invitation, occasion: Occasion) -> enums::Update {
    let message = service_message(invitation, occasion).into();
    let (pts, pts_count) = (0, 0);
    match invitation.state {
        InvitationState::Pending => types::UpdateNewMessage {
            message,
            pts,
            pts_count,
        }
        .into(),
        InvitationState::Active | InvitationState::Missed | InvitationState::Over { .. } => {
            types::UpdateEditMessage {
                message,
                pts,
                pts_count,
            }
            .into()
        }
    }
}

/// A service message stands in the chat of the two users, which each sees under the other's name.
fn service_message(invitation: &Invitation, occasion: Occasion) -> types::MessageService {
    let out = invitation.from == occasion.viewer;
    let other = if out { invitation.to } else { invitation.from };
    types::MessageService {
        out,
        mentioned: false,
        media_unread: false,
        reactions_are_possible: false,
        silent: false,
        post: false,
        legacy: false,
        id: invitation.message.value(),
        from_id: Some(participant::peer(Peer::User(invitation.from))),
        peer_id: participant::peer(Peer::User(other)),
        saved_peer_id: None,
        reply_to: None,
        date: invitation.date,
        action: action(invitation).into(),
        reactions: None,
        ttl_period: None,
    }
}

fn action(invitation: &Invitation) -> types::MessageActionConferenceCall {
    let duration = match invitation.state {
        InvitationState::Over { duration } => Some(duration),
        InvitationState::Pending | InvitationState::Active | InvitationState::Missed => None,
    };
    types::MessageActionConferenceCall {
        missed: invitation.state == InvitationState::Missed,
        active: invitation.state == InvitationState::Active,
        video: invitation.video,
        call_id: invitation.call_id.value(),
        duration,
        other_participants: None,
    }
}

fn deleted(messages: &[MessageId]) -> types::UpdateDeleteMessages {
    types::UpdateDeleteMessages {
        messages: messages.iter().map(|message| message.value()).collect(),
        pts: 0,
        pts_count: 0,
    }
}

fn migrated(call: &MigratedCall) -> types::UpdatePhoneCall {
    let slug = call.slug.to_string();
    let reason = types::PhoneCallDiscardReasonMigrateConferenceCall { slug };
    types::UpdatePhoneCall {
        phone_call: enums::PhoneCall::Discarded(types::PhoneCallDiscarded {
            need_rating: false,
            need_debug: false,
            video: call.video,
            id: call.phone_call.value(),
            reason: Some(reason.into()),
            duration: None,
        }),
    }
}
