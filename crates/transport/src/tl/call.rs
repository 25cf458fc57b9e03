use confcall_join::Slug;
use confcall_join::api::{
    AccessHash, CallId, ChannelId, ChatId, GroupCall, InputGroupCall, InviteLink, MessageId, Peer,
};
use confcall_state::UserId;
use grammers_tl_types::enums;

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
        enums::GroupCall::Call(call) => GroupCall::Active {
            id: CallId::new(call.id),
            access_hash: AccessHash::new(call.access_hash),
            conference: call.conference,
            creator: call.creator,
            participants_count: call.participants_count,
            invite_link: call.invite_link.clone().map(InviteLink::new),
            version: call.version,
        },
        enums::GroupCall::Discarded(call) => GroupCall::Discarded {
            id: CallId::new(call.id),
            access_hash: AccessHash::new(call.access_hash),
            duration: call.duration,
        },
    }
}

/// Somebody whom the API shows.
pub(super) fn read_peer(peer: &enums::Peer) -> Peer {
    match peer {
        enums::Peer::User(peer) => Peer::User(UserId::new(peer.user_id)),
        enums::Peer::Chat(peer) => Peer::Chat(ChatId::new(peer.chat_id)),
        enums::Peer::Channel(peer) => Peer::Channel(ChannelId::new(peer.channel_id)),
    }
}
