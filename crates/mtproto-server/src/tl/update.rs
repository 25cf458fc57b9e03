use confcall_join::api::{
    CallConnection, ChainBlocks, EncryptedMessage, GroupCall, Invitation, Participants, Peer,
    Update,
};
use grammers_tl_types::{enums, types};

use super::occasion::Occasion;
use super::{call, participant};

/// One update; `None` for one that this layer has no bytes for.
pub(super) fn write(update: &Update, occasion: Occasion) -> Option<enums::Update> {
    Some(match update {
        Update::ChainBlocks(items) => chain_blocks(items).into(),
        Update::Connection(media) => connection(media).into(),
        Update::Participants(change) => participants(change).into(),
        Update::GroupCall(call) => group_call(call).into(),
        Update::EncryptedMessage(message) => encrypted_message(message).into(),
        Update::Invitation(invitation) => new_message(invitation, occasion).into(),
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

fn participants(change: &Participants) -> types::UpdateGroupCallParticipants {
    types::UpdateGroupCallParticipants {
        call: call::reference(&change.call),
        participants: participant::write_all(&change.participants),
        version: change.version,
    }
}

fn group_call(call: &GroupCall) -> types::UpdateGroupCall {
    types::UpdateGroupCall {
        live_story: false,
        // A conference belongs to no chat.
        peer: None,
        call: call::write(call),
    }
}

fn encrypted_message(message: &EncryptedMessage) -> types::UpdateGroupCallEncryptedMessage {
    types::UpdateGroupCallEncryptedMessage {
        call: call::reference(&message.call),
        from_id: participant::peer(message.from),
        encrypted_message: message.encrypted_message.clone(),
    }
}

/// An invitation is a service message in the chat of the two users, which each sees under the other's name.
fn new_message(invitation: &Invitation, occasion: Occasion) -> types::UpdateNewMessage {
    let out = invitation.from == occasion.viewer;
    let other = if out { invitation.to } else { invitation.from };
    let message = types::MessageService {
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
        date: occasion.date,
        action: action(invitation).into(),
        reactions: None,
        ttl_period: None,
    };
    types::UpdateNewMessage {
        message: message.into(),
        pts: 0,
        pts_count: 0,
    }
}

fn action(invitation: &Invitation) -> types::MessageActionConferenceCall {
    types::MessageActionConferenceCall {
        missed: false,
        active: false,
        video: invitation.video,
        call_id: invitation.call_id.value(),
        duration: None,
        other_participants: None,
    }
}
