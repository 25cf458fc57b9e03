use confcall_join::api::{CallId, Invitation, MessageId};
use confcall_state::UserId;
use grammers_tl_types::{enums, types};

/// The invitation that a new message is (`spec/protocol.md`, 12), as the user `own` gets it.
///
/// `None` for every other message, and for one that tells of a call that nobody answered or that the user is in
/// already.
pub(super) fn read_invitation(message: &enums::Message, own: UserId) -> Option<Invitation> {
    let enums::Message::Service(message) = message else {
        return None;
    };
    let enums::MessageAction::ConferenceCall(call) = &message.action else {
        return None;
    };
    if call.missed || call.active {
        return None;
    }
    let (from, to) = sides(message, own)?;
    Some(Invitation {
        message: MessageId::new(message.id),
        call_id: CallId::new(call.call_id),
        from,
        to,
        video: call.video,
    })
}

/// Who wrote a message of a private chat, and to whom.
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
