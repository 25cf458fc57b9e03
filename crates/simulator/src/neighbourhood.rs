//! Groups and channels with a call of each kind.

use confcall_join::api::{InputPeer, Peer, ResolveUsername};
use confcall_join::joining::{GroupCallTarget, Link};
use confcall_server::{HostedCall, Server, ServerOptions, WorldDescription};
use confcall_state::UserId;

/// The owner and admin of every chat is user 1; users 2 and 3 have a channel as which they may join.
///
/// In `walkers` all may speak; in `stage` newcomers are muted, and from the fourth participant on they are served a stream.
const DESCRIBED: &str = r#"
    [[chat]]
    kind = "supergroup"
    id = 501
    title = "The Walkers"
    username = "walkers"
    open = true
    admins = [1]
    call.title = "Where to next"

    [[chat]]
    kind = "supergroup"
    id = 502
    title = "The Stage"
    username = "stage"
    open = true
    admins = [1]
    anonymous = [1]
    call.join_muted = true
    call.stream_above = 3

    [[chat]]
    kind = "channel"
    id = 503
    title = "The News"
    username = "thenews"
    open = true
    admins = [1]
    call.rtmp = true

    [[chat]]
    kind = "group"
    id = 504
    title = "The Family"
    admins = [1]
    members = [2, 3, 4, 5, 6]
    call = {}

    [[chat]]
    kind = "supergroup"
    id = 505
    title = "A Quiet Place"
    username = "quiet"
    open = true
    admins = [1]

    [[chat]]
    kind = "channel"
    id = 506
    title = "The Second"
    username = "second"
    admins = [2]

    [[chat]]
    kind = "channel"
    id = 507
    title = "The Third"
    username = "third"
    admins = [3]

    [[user]]
    id = 901
    name = "Fay"
    username = "fay"

    [[story]]
    id = 7
    user = 901

    [[story]]
    id = 8
    chat = 503
    rtmp = true
"#;

/// A server with groups and channels that have a call of each kind; user 1 is the admin of all.
///
/// # Panics
///
/// Never: the description is a fixed one.
pub fn neighbourhood(options: ServerOptions) -> Server {
    let described = WorldDescription::from_toml(DESCRIBED).expect("it is a description");
    Server::with_world(options, &described).expect("it describes a world")
}

/// A user's own channel, as which it may join; `None` for one who has none.
pub fn own_channel(server: &mut Server, user: UserId) -> Option<InputPeer> {
    let username = match user.value() {
        1 => "thenews",
        2 => "second",
        3 => "third",
        _ => return None,
    };
    peer_of_name(server, user, username)
}

/// A channel with a public name, as a user names it in requests.
pub(crate) fn peer_of_name(server: &mut Server, user: UserId, username: &str) -> Option<InputPeer> {
    let username = username.to_owned();
    let found = server.answer(user, &ResolveUsername { username }.into());
    let found = found.ok()?.into_resolved_peer().ok()?;
    let (Peer::Channel(id), label) = (found.peer, found.labels.first()?) else {
        return None;
    };
    let access_hash = label.access_hash?;
    Some(InputPeer::Channel { id, access_hash })
}

/// The place at which a call is found: by its link, or in its chat if that has no public name.
pub fn place(server: &Server, call: &HostedCall) -> Option<GroupCallTarget> {
    match (server.hosted_link(call.id()), call.peer()) {
        (Some(Link::VideoChat { username, .. }), _) => Some(GroupCallTarget::name(username)),
        (Some(Link::LiveStory { username }), _) => Some(GroupCallTarget::story_of_name(username)),
        (_, Peer::Chat(id)) => Some(GroupCallTarget::chat(InputPeer::Chat(id))),
        _ => None,
    }
}
