//! The history of a world, in words.

use std::time::Duration;

use confcall_join::engine::Event;
use confcall_server::Server;

use crate::node::Node;

/// The members on the server, and the events of all clients.
pub(crate) fn history(now: Duration, server: &Server, nodes: &[Node]) -> String {
    let mut text = format!("at {now:?}\n");
    for call in server.calls() {
        let connected: Vec<_> = call.members().map(|member| member.user_id()).collect();
        let members = call.chain_state().group_state().participants.iter();
        let members: Vec<_> = members.map(|member| member.user_id).collect();
        text += &format!("connected {connected:?}, in the chain {members:?}\n");
    }
    for node in nodes {
        let (user, requests) = (node.user, node.requests.len());
        text += &format!("user {user}: {requests} requests\n");
        for event in &node.events {
            match event {
                Event::Joined(_) | Event::Rejoined(_) => text += "    joined\n",
                event => text += &format!("    {event:?}\n"),
            }
        }
    }
    text
}
