use std::collections::{BTreeMap, BTreeSet};

use confcall_join::api::{CallId, Peer};
use confcall_state::UserId;

use super::description::ChatKind;

/// A group or channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chat {
    pub(crate) peer: Peer,
    pub(crate) kind: ChatKind,
    pub(crate) title: String,
    pub(crate) username: Option<String>,
    /// True if everyone is a member who asks for the chat.
    pub(crate) is_open: bool,
    /// Everyone, the admins too.
    pub(crate) members: BTreeSet<UserId>,
    pub(crate) owner: Option<UserId>,
    pub(crate) admins: BTreeSet<UserId>,
    /// The admins who may join as the chat.
    pub(crate) anonymous: BTreeSet<UserId>,
    /// As whom members join calls, as they saved it.
    pub(crate) join_as: BTreeMap<UserId, Peer>,
    /// The call that goes on, or is announced.
    pub(crate) call: Option<CallId>,
}

/// The standing of a user in a chat; each has what those before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// A stranger to a private chat.
    Barred,
    /// A stranger to a public chat, or to one that is open to everyone.
    Guest,
    Member,
    /// A member who may manage calls.
    Admin,
}

impl Chat {
    pub(super) fn standing(&self, user_id: UserId) -> Standing {
        if self.admins.contains(&user_id) {
            return Standing::Admin;
        }
        let is_findable = self.username.is_some() || self.is_open;
        match (self.members.contains(&user_id), is_findable) {
            (true, _) => Standing::Member,
            (false, true) => Standing::Guest,
            (false, false) => Standing::Barred,
        }
    }

    /// Makes a user a member who asks for an open chat, up to so many.
    pub(super) fn admit(&mut self, user_id: UserId, limit: usize) {
        if self.is_open && self.members.len() < limit {
            self.members.insert(user_id);
        }
    }

    /// True if a user may join as the chat itself.
    pub(super) fn may_be(&self, user_id: UserId) -> bool {
        let is_channel = self.kind == ChatKind::Channel && self.admins.contains(&user_id);
        is_channel || self.anonymous.contains(&user_id)
    }
}
