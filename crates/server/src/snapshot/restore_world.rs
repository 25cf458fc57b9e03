use confcall_join::api::{AccessHash, CallId, CallRef, Peer, StoryId, StreamKey};
use confcall_join::joining::InviteHash;
use confcall_state::UserId;

use super::content::{SavedChat, SavedHostedCall, SavedWorld};
use super::error::{SnapshotError, wrong};
use super::restore_room::{peer, room};
use crate::limits;
use crate::names::Names;
use crate::options::Limits;
use crate::world::{
    Chat, ChatKind, Host, HostedCall, Messages, Person, Recording, Schedule, StreamOf, World,
};

/// What belongs to groups and channels.
pub(super) fn world(
    saved: &SavedWorld<'_>,
    seed: u64,
    limits: &Limits,
) -> Result<World, SnapshotError> {
    let mut world = World::empty(Names::resume(seed, saved.drawn));
    let users = saved.users.iter().map(|user| {
        let person = Person {
            username: user.username.map(str::to_owned),
            stars: user.stars,
        };
        (UserId::new(user.id), person)
    });
    world.peers.users = users.collect();
    for saved in &saved.chats {
        let chat = chat(saved)?;
        if world.peers.chats.insert(chat.peer, chat).is_some() {
            return Err(wrong("two chats have one id"));
        }
    }
    for saved in &saved.calls {
        let call = call(saved, limits)?;
        if world.calls.insert(call.id(), call).is_some() {
            return Err(wrong("two calls of chats have one id"));
        }
    }
    check_hosts(&world)?;
    let ended = saved.ended.iter().map(|(id, access_hash)| CallRef {
        id: CallId::new(*id),
        access_hash: AccessHash::new(*access_hash),
    });
    let surplus = ended.len().saturating_sub(limits::ENDED_CALLS);
    world.ended = ended.skip(surplus).collect();
    world.residents = ids(&saved.residents);
    for (user, random_id, call) in &saved.creations {
        let call = CallId::new(*call);
        let call = world
            .call(call)
            .ok_or(wrong("a call is named that is not there"))?;
        let creation = (UserId::new(*user), *random_id);
        world.creations.insert(creation, call.id());
    }
    let keys = saved.keys.iter().map(|(of, is_story, key)| {
        let stream = StreamOf {
            peer: peer(*of),
            is_story: *is_story,
        };
        (stream, StreamKey::new(*key))
    });
    world.keys = keys.collect();
    Ok(world)
}

/// Checks that each chat has the call that says so, and no other.
fn check_hosts(world: &World) -> Result<(), SnapshotError> {
    let of_chats = world.calls().filter(|call| call.story().is_none());
    let mut calls = of_chats.map(|call| {
        let chat = world.peers.chats.get(&call.peer());
        chat.is_some_and(|chat| chat.call == Some(call.id()))
    });
    let mut chats = world.peers.chats.values().map(|chat| {
        let call = chat.call.map(|call| world.call(call));
        call.is_none_or(|call| {
            call.is_some_and(|call| call.peer() == chat.peer && call.story().is_none())
        })
    });
    match calls.all(|is_right| is_right) && chats.all(|is_right| is_right) {
        true => Ok(()),
        false => Err(wrong("a chat and its call do not name each other")),
    }
}

fn chat(saved: &SavedChat<'_>) -> Result<Chat, SnapshotError> {
    let peer_of = peer(saved.peer);
    let kind = match (peer_of, saved.is_broadcast) {
        (Peer::Chat(_), false) => ChatKind::Group,
        (Peer::Channel(_), false) => ChatKind::Supergroup,
        (Peer::Channel(_), true) => ChatKind::Channel,
        _ => return Err(wrong("a chat is none")),
    };
    let join_as = saved.join_as.iter();
    Ok(Chat {
        peer: peer_of,
        kind,
        title: saved.title.to_owned(),
        username: saved.username.map(str::to_owned),
        is_open: saved.is_open,
        members: ids(&saved.members),
        owner: saved.owner.map(UserId::new),
        admins: ids(&saved.admins),
        anonymous: ids(&saved.anonymous),
        join_as: join_as
            .map(|(user, own)| (UserId::new(*user), peer(*own)))
            .collect(),
        call: saved.call.map(CallId::new),
    })
}

fn call(saved: &SavedHostedCall<'_>, limits: &Limits) -> Result<HostedCall, SnapshotError> {
    let (count, limit) = (saved.room.members.len(), limits.hosted_participants);
    if count > limit {
        let what = "participants of a call";
        return Err(SnapshotError::OverLimit { what, count, limit });
    }
    let invite_hash = saved.invite_hash.map(InviteHash::new).transpose();
    let invite_hash = invite_hash.map_err(|_| wrong("the hash of an invitation is none"))?;
    let schedule = saved.schedule.as_ref();
    Ok(HostedCall {
        room: room(&saved.room, |_| Ok(None))?,
        host: Host {
            peer: peer(saved.peer),
            story: saved.story.map(StoryId::new),
        },
        creator: saved.creator.map(UserId::new),
        title: saved.title.map(str::to_owned),
        rtmp: saved.rtmp,
        is_published: saved.is_published,
        join_muted: saved.join_muted,
        invite_hash,
        schedule: schedule.map(|(date, subscribers)| Schedule {
            date: *date,
            subscribers: ids(subscribers),
        }),
        recording: saved
            .recording
            .map(|(since, has_video)| Recording { since, has_video }),
        price: saved.price,
        messages: Messages::after(saved.last_message),
        stream_above: saved.stream_above,
        invited: ids(&saved.invited),
    })
}

fn ids<T: FromIterator<UserId>>(users: &[i64]) -> T {
    users.iter().copied().map(UserId::new).collect()
}
