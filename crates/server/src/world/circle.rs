use confcall_join::api::{Peer, StoryId};
use confcall_state::UserId;

use super::chat::{Chat, Standing};
use super::description::ChatKind;

/// The place of a call: a chat, or a story of a user or chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) peer: Peer,
    pub(crate) story: Option<StoryId>,
}

/// The people around a call: those of its chat, or of the user whose story it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circle<'a> {
    pub(super) host: Host,
    /// `None` for the story of a user.
    pub(super) chat: Option<&'a Chat>,
}

impl<'a> Circle<'a> {
    pub(super) fn standing(&self, user_id: UserId) -> Standing {
        match self.chat {
            Some(chat) => chat.standing(user_id),
            None if self.host.peer == Peer::User(user_id) => Standing::Admin,
            None => Standing::Guest,
        }
    }

    pub(super) fn is_admin(&self, user_id: UserId) -> bool {
        self.standing(user_id) == Standing::Admin
    }

    /// Those who learn of the call without taking part in it.
    pub(super) fn members(&self) -> impl Iterator<Item = UserId> + use<'a> {
        self.chat
            .into_iter()
            .flat_map(|chat| &chat.members)
            .copied()
    }

    /// True if one side speaks to many.
    pub(super) fn is_broadcast(&self) -> bool {
        self.host.story.is_some() || self.chat.is_some_and(|chat| chat.kind == ChatKind::Channel)
    }
}
