use std::collections::BTreeSet;

use chacha20::ChaCha20Rng;
use confcall_join::Ssrc;
use confcall_join::api::{ChannelId, ChatId, Peer, Semantics, SsrcGroup, StoryId};
use confcall_join::joining::Username;
use confcall_state::UserId;

use super::chat::Chat;
use super::circle::Host;
use super::description::{
    ChatKind, DescribedCall, DescribedChat, DescribedStory, WorldDescription, WorldError,
};
use super::hosted_call::HostedCall;
use super::peers::Person;
use super::schedule::{SCHEDULE, Schedule};
use super::state::World;
use crate::names::Names;
use crate::room::CallMember;

/// Makes a world of its description.
pub(crate) fn build(described: &WorldDescription, names: Names) -> Result<World, WorldError> {
    let mut world = World::empty(names);
    check_names(described)?;
    for user in &described.user {
        let person = Person {
            username: user.username.clone(),
            stars: user.stars,
        };
        let id = UserId::new(user.id);
        if world.peers.users.insert(id, person).is_some() {
            return Err(twice("user", user.id));
        }
    }
    for chat in &described.chat {
        add_chat(&mut world, chat)?;
    }
    for story in &described.story {
        add_story(&mut world, story)?;
    }
    Ok(world)
}

fn check_names(described: &WorldDescription) -> Result<(), WorldError> {
    let users = described.user.iter().map(|user| &user.username);
    let chats = described.chat.iter().map(|chat| &chat.username);
    let mut seen = BTreeSet::new();
    for name in users.chain(chats).flatten() {
        // Names that differ by case only are one.
        if Username::new(name).is_err() || !seen.insert(name.to_ascii_lowercase()) {
            return Err(WorldError::Username(name.clone()));
        }
    }
    Ok(())
}

fn add_chat(world: &mut World, described: &DescribedChat) -> Result<(), WorldError> {
    let is_basic = described.kind == ChatKind::Group;
    if is_basic && described.username.is_some() {
        return Err(WorldError::BasicGroup(described.id));
    }
    let peer = match described.kind {
        ChatKind::Group => Peer::Chat(ChatId::new(described.id)),
        ChatKind::Supergroup | ChatKind::Channel => Peer::Channel(ChannelId::new(described.id)),
    };
    let users = |ids: &[i64]| -> BTreeSet<_> { ids.iter().copied().map(UserId::new).collect() };
    let mut admins = users(&described.admins);
    let anonymous = users(&described.anonymous);
    admins.extend(&anonymous);
    let mut members = users(&described.members);
    members.extend(&admins);
    let host = Host { peer, story: None };
    let owner = described.admins.first().copied().map(UserId::new);
    let call = described.call.as_ref();
    if call.is_some_and(|call| !is_possible(call)) {
        return Err(WorldError::Announced(described.id));
    }
    let call = call
        .map(|call| begin(world, host, owner, call))
        .transpose()?;
    let chat = Chat {
        peer,
        kind: described.kind,
        title: described.title.clone(),
        username: described.username.clone(),
        is_open: described.open,
        members,
        owner,
        admins,
        anonymous,
        join_as: Default::default(),
        call: call.as_ref().map(HostedCall::id),
    };
    if world.peers.chats.insert(peer, chat).is_some() {
        return Err(twice("chat", described.id));
    }
    world.calls.extend(call.map(|call| (call.id(), call)));
    Ok(())
}

/// False for a call that is announced for no time for which calls can be, or has participants before.
fn is_possible(described: &DescribedCall) -> bool {
    described
        .starts_in
        .is_none_or(|seconds| SCHEDULE.contains(&seconds) && described.speakers.is_empty())
}

fn begin(
    world: &mut World,
    host: Host,
    owner: Option<UserId>,
    described: &DescribedCall,
) -> Result<HostedCall, WorldError> {
    let mut rng = world.names.fresh();
    let mut call = HostedCall::new(host, owner, &mut rng, 0);
    call.title = described.title.clone();
    call.rtmp = described.rtmp;
    call.join_muted = described.join_muted;
    // The time is added once there is one.
    call.schedule = described.starts_in.map(Schedule::new);
    call.stream_above = described.stream_above.unwrap_or(call.stream_above);
    call.hide_listeners(described.listeners_hidden);
    let mut taken = Vec::new();
    for id in &described.speakers {
        let user = UserId::new(*id);
        if call.member(user).is_some() {
            return Err(twice("speaker", *id));
        }
        let mut speaker = CallMember::new(user, source(&mut taken, &mut rng), 0);
        if described.cameras.contains(id) {
            speaker.camera.groups = pictures(&mut taken, &mut rng);
        }
        call.room.roster.enter(speaker);
        world.residents.insert(user);
    }
    Ok(call)
}

fn add_story(world: &mut World, described: &DescribedStory) -> Result<(), WorldError> {
    let wrong = || WorldError::Story(described.id);
    let peer = match (described.owner(), described.chat) {
        (Some(user), _) => Peer::User(user),
        (None, Some(chat)) if described.user.is_none() => {
            let peer = Peer::Channel(ChannelId::new(chat));
            world
                .peers
                .chats
                .contains_key(&peer)
                .then_some(peer)
                .ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    let story = Some(StoryId::new(described.id));
    // One at a time for each peer.
    let is_other = |call: &HostedCall| call.host.peer == peer && call.host.story.is_some();
    if world.calls().any(is_other) {
        return Err(wrong());
    }
    let owner = described
        .owner()
        .or_else(|| world.peers.chats.get(&peer)?.owner);
    let mut rng = world.names.fresh();
    let mut call = HostedCall::new(Host { peer, story }, owner, &mut rng, 0);
    call.rtmp = described.rtmp;
    call.price = described.price;
    call.hide_listeners(true);
    if let (Some(owner), false) = (owner, described.rtmp) {
        let mut taken = Vec::new();
        let mut publisher = CallMember::new(owner, source(&mut taken, &mut rng), 0);
        publisher.peer = peer;
        publisher.camera.groups = pictures(&mut taken, &mut rng);
        call.room.roster.enter(publisher);
        world.residents.insert(owner);
    }
    world.calls.insert(call.id(), call);
    Ok(())
}

/// A source that nobody has.
fn source(taken: &mut Vec<Ssrc>, rng: &mut ChaCha20Rng) -> Ssrc {
    let source = Ssrc::generate_besides(taken, rng);
    taken.push(source);
    source
}

/// The sources of a camera with two layers, each with its repetition.
fn pictures(taken: &mut Vec<Ssrc>, rng: &mut ChaCha20Rng) -> Vec<SsrcGroup> {
    let [first, again, second, once_more] = [(); 4].map(|()| source(taken, rng));
    let groups = [
        (Semantics::Simulcast, vec![first, second]),
        (Semantics::FlowIdentification, vec![first, again]),
        (Semantics::FlowIdentification, vec![second, once_more]),
    ];
    let groups = groups.into_iter();
    groups
        .filter_map(|(semantics, sources)| SsrcGroup::new(semantics, sources).ok())
        .collect()
}

fn twice(what: &'static str, id: i64) -> WorldError {
    WorldError::Twice { what, id }
}
