use confcall_join::api::{CallRef, StoryId};
use confcall_join::joining::InviteHash;
use confcall_state::UserId;

use super::content::{SavedChat, SavedHostedCall, SavedPerson, SavedWorld};
use super::save_room::{peer, room};
use crate::world::{Chat, ChatKind, HostedCall, World};

/// What belongs to groups and channels.
pub(super) fn world(world: &World) -> SavedWorld<'_> {
    let ended = world.ended.iter();
    let creations = world.creations.iter();
    let keys = world.keys.iter();
    let users = world.peers.users.iter();
    SavedWorld {
        drawn: world.names.drawn(),
        users: users
            .map(|(id, person)| SavedPerson {
                id: id.value(),
                username: person.username.as_deref(),
                stars: person.stars,
            })
            .collect(),
        chats: world.peers.chats.values().map(chat).collect(),
        calls: world.calls().map(call).collect(),
        ended: ended
            .map(|CallRef { id, access_hash }| (id.value(), access_hash.value()))
            .collect(),
        residents: ids(&world.residents),
        creations: creations
            .map(|((user, random_id), call)| (user.value(), *random_id, call.value()))
            .collect(),
        keys: keys
            .map(|(stream, key)| (peer(stream.peer), stream.is_story, key.as_str()))
            .collect(),
    }
}

fn chat(chat: &Chat) -> SavedChat<'_> {
    let join_as = chat.join_as.iter();
    SavedChat {
        peer: peer(chat.peer),
        is_broadcast: chat.kind == ChatKind::Channel,
        title: &chat.title,
        username: chat.username.as_deref(),
        is_open: chat.is_open,
        members: ids(&chat.members),
        owner: chat.owner.map(UserId::value),
        admins: ids(&chat.admins),
        anonymous: ids(&chat.anonymous),
        join_as: join_as
            .map(|(user, own)| (user.value(), peer(*own)))
            .collect(),
        call: chat.call.map(|call| call.value()),
    }
}

fn call(call: &HostedCall) -> SavedHostedCall<'_> {
    let schedule = call.schedule.as_ref();
    SavedHostedCall {
        room: room(&call.room),
        peer: peer(call.host.peer),
        story: call.host.story.map(StoryId::value),
        creator: call.creator.map(UserId::value),
        title: call.title.as_deref(),
        rtmp: call.rtmp,
        is_published: call.is_published,
        join_muted: call.join_muted,
        invite_hash: call.invite_hash.as_ref().map(InviteHash::as_str),
        schedule: schedule.map(|schedule| (schedule.date, ids(&schedule.subscribers))),
        recording: call
            .recording
            .map(|recording| (recording.since, recording.has_video)),
        price: call.price,
        last_message: call.messages.last(),
        stream_above: call.stream_above,
        invited: ids(&call.invited),
    }
}

fn ids<'a>(users: impl IntoIterator<Item = &'a UserId>) -> Vec<i64> {
    users.into_iter().map(|user| user.value()).collect()
}
