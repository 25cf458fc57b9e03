//! Video chats: who may speak, whose hand is up, and who is there as whom, in every order.

use std::collections::BTreeMap;

use confcall::UserId;
use confcall::join::api::{InputPeer, Peer};
use confcall::join::engine::Command;
use confcall_server::{CallMember, Server, ServerOptions};
use confcall_simulator::{Node, neighbourhood, own_channel};

use crate::assert_ends;
use crate::laws::Broken;
use crate::network::{ALWAYS, Network};
use crate::script::{Order, Place, Script, When, user, video_chat};
use crate::search::{Effort, State, search};
use crate::{LEFT, leave};

/// True for a client that sees the video chat as the server has it, and is itself as it wants to be or as it must.
pub(crate) fn has_settled(server: &Server, node: &Node) -> bool {
    let call = video_chat(server);
    let (Some(own), Some(member)) = (node.engine.own_state(), call.member(node.user)) else {
        return false;
    };
    let seen = node.engine.participants().into_iter();
    let seen: BTreeMap<_, _> = seen.map(|one| (one.peer, one.source)).collect();
    let members = call.members().map(|one| (one.peer(), Some(one.source())));
    seen == members.collect::<BTreeMap<_, _>>()
        && node.unanswered.is_empty()
        && own.confirmed.muted == member.muted()
        && own.wanted.muted == own.confirmed.muted
}

/// The voice of a client that is in the call, in words.
pub(crate) fn voice(node: &Node) -> String {
    let voice = match node.engine.own_state() {
        None => "out",
        Some(own) if !own.confirmed.muted => "speaks",
        Some(own) if own.can_unmute => "muted",
        Some(_) => "silenced",
    };
    let mut seen = node.engine.participants().into_iter();
    match seen.any(|one| one.own && one.raised_hand.is_some()) {
        true => format!("{voice}, with a hand"),
        false => voice.to_owned(),
    }
}

/// Checks a state in which a run has come to rest: who has ended is not in the call.
pub(crate) fn check_end(network: &Network, state: &State) -> Result<(), Broken> {
    let call = video_chat(network.servers.of(state.worlds[0].server));
    let members: Vec<UserId> = call.members().map(CallMember::user_id).collect();
    for line in &state.lines {
        let node = &network.clients.of(line.client).node;
        if node.ended.is_some() && members.contains(&node.user) {
            return Err(format!("user {} has left and is in the call", node.user));
        }
    }
    Ok(())
}

/// A video chat of its admin and another user, who wants these things at any moment.
fn script(orders: Vec<Order>) -> Script {
    Script {
        place: Place::VideoChat,
        members: 2,
        joiners: 0,
        orders,
        overtakes: vec![ALWAYS; 2],
        slow: 1,
        lies: 0,
    }
}

fn wants(client: usize, command: Command) -> Order {
    let when = When::Anytime;
    Order {
        client,
        command,
        when,
    }
}

#[test]
fn who_unmutes_itself_while_an_admin_mutes_it_is_silent() {
    let peer = Peer::User(user(1));
    let mute = wants(0, Command::Mute { peer, muted: true });
    let unmute = wants(1, Command::SetMuted { muted: false });
    let found = search(
        "mute against unmute",
        &script(vec![mute, unmute]),
        Effort::Full,
    );
    assert_ends(&found, &[&["muted", "silenced"]]);
}

#[test]
fn who_leaves_while_it_raises_a_hand_is_out() {
    let hand = wants(1, Command::RaiseHand { raised: true });
    let found = search(
        "hand against leave",
        &script(vec![hand, leave(1)]),
        Effort::Full,
    );
    assert_ends(&found, &[&["muted", LEFT]]);
}

#[test]
fn who_leaves_while_it_becomes_another_peer_is_out() {
    let mut server = neighbourhood(ServerOptions::default());
    let channel = own_channel(&mut server, user(1)).expect("it has a channel");
    for peer in [channel, InputPeer::SelfUser] {
        let orders = vec![wants(1, Command::JoinAs { peer }), leave(1)];
        let found = search("another peer against leave", &script(orders), Effort::Full);
        assert_ends(&found, &[&["muted", LEFT]]);
    }
}
