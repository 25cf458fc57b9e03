//! A client of the second act: its node in the world, and what must outlive its engine.

use confcall::UserId;
use confcall::join::engine::{Config, Event, Joined};
use confcall::state::verification::RoundCounts;
use confcall_simulator::{Node, NodeId};

use super::super::broken::DidNotHold;
use super::super::frame::Voice;
use super::disk::Disk;

/// One client of a user, also across a restart.
pub(super) struct Client {
    pub(super) node: NodeId,
    pub(super) config: Config,
    pub(super) disk: Disk,
    /// The number of its events that are on the screen.
    pub(super) shown: usize,
}

impl Client {
    pub(super) fn user_id(&self) -> UserId {
        self.config.joiner.user_id
    }
}

/// The newest entry into the call.
pub(in super::super) fn joined(node: &Node) -> Option<&Joined> {
    node.events.iter().rev().find_map(|event| match event {
        Event::Joined(joined) | Event::Rejoined(joined) | Event::Resumed(joined) => Some(joined),
        _ => None,
    })
}

/// The user who removed another one from the chain.
pub(super) fn remover_of(node: &Node, user_id: UserId) -> Option<UserId> {
    node.events.iter().find_map(|event| match event {
        Event::MembersChanged { removed, by, .. } if removed.contains(&user_id) => *by,
        _ => None,
    })
}

/// The means by which a client seals and opens frames, once it is in the call.
pub(super) fn voice(node: &Node) -> Result<Voice<'_>, DidNotHold> {
    let user_id = node.user;
    let cryptor = node.cryptor.as_ref();
    let cryptor = cryptor.ok_or(DidNotHold::InTheCall(user_id))?;
    Ok(Voice { user_id, cryptor })
}

/// The progress of a client in verifying the newest block.
pub(super) fn counts(node: &Node) -> Result<&RoundCounts, DidNotHold> {
    let membership = node.engine.membership();
    let membership = membership.ok_or(DidNotHold::InTheCall(node.user))?;
    Ok(membership.verification())
}
