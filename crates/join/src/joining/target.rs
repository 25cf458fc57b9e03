//! The call that a caller wants to join.

use core::str::FromStr;

use crate::api::{AccessHash, CallId, InputGroupCall, MessageId, Slug};
use crate::joining::{CallPlace, GroupCallTarget, Link, LinkError};

/// The call that a caller wants to be in (`spec/protocol.md`, 6 and 12).
///
/// A text is read as a [`Link`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A call that is known by its id.
    Call {
        /// The id of the call.
        id: CallId,
        /// The access hash for it.
        access_hash: AccessHash,
    },
    /// The call of a link.
    Slug(Slug),
    /// The call that a message invites to.
    ///
    /// The message can be older than the call's first block.
    Invitation(MessageId),
    /// A new call.
    Create,
    /// A video chat, a livestream or a live story, which is no conference.
    Group(GroupCallTarget),
}

impl Target {
    /// The reference to the call; `None` for one that is to be created, and for one that is to be found first.
    pub fn reference(&self) -> Option<InputGroupCall> {
        match self {
            Self::Call { id, access_hash } => Some(InputGroupCall::Id {
                id: *id,
                access_hash: *access_hash,
            }),
            Self::Slug(slug) => Some(InputGroupCall::Slug(slug.clone())),
            Self::Invitation(message) => Some(InputGroupCall::InviteMessage(*message)),
            Self::Group(target) => match target.place() {
                CallPlace::Call(call) => Some((*call).into()),
                _ => None,
            },
            Self::Create => None,
        }
    }

    /// True for a call to which an invitation led: an empty chain of it may only be not begun yet.
    pub fn is_invited(&self) -> bool {
        matches!(self, Self::Invitation(_))
    }
}

impl From<Link> for Target {
    fn from(link: Link) -> Self {
        match link {
            Link::Conference(slug) => Self::Slug(slug),
            Link::VideoChat {
                username,
                invite_hash,
                ..
            } => Self::Group(GroupCallTarget::name(username).with_invite_hash(invite_hash)),
            Link::LiveStory { username } => Self::Group(GroupCallTarget::story_of_name(username)),
        }
    }
}

impl From<GroupCallTarget> for Target {
    fn from(target: GroupCallTarget) -> Self {
        Self::Group(target)
    }
}

impl FromStr for Target {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        Link::parse(text).map(Self::from)
    }
}

impl TryFrom<&str> for Target {
    type Error = LinkError;

    fn try_from(text: &str) -> Result<Self, LinkError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::joining::{InviteHash, Username};

    #[test]
    fn a_text_or_link_names_a_conference_or_a_call_of_another_kind() {
        let slug = Slug::new("abc").unwrap();
        let target = Target::try_from("t.me/call/abc").unwrap();
        assert_eq!(target, Target::Slug(slug.clone()));
        assert_eq!(target.reference(), Some(InputGroupCall::Slug(slug)));

        let name = Username::new("some").unwrap();
        let hash = Some(InviteHash::new("h").unwrap());
        let chat = GroupCallTarget::name(name.clone()).with_invite_hash(hash);
        let story = GroupCallTarget::story_of_name(name);
        for (text, expected) in [("t.me/some?videochat=h", chat), ("t.me/some/s/live", story)] {
            let target = Target::from(Link::parse(text).unwrap());
            assert_eq!(target, Target::Group(expected), "{text}");
            assert_eq!(target.reference(), None);
        }
        assert!("hello".parse::<Target>().is_err());
    }

    #[test]
    fn an_invitation_is_joined_by_its_message() {
        let message = MessageId::new(7);
        let target = Target::Invitation(message);
        assert!(target.is_invited());
        assert_eq!(
            target.reference(),
            Some(InputGroupCall::InviteMessage(message))
        );
    }

    #[test]
    fn a_new_call_has_no_reference() {
        assert_eq!(Target::Create.reference(), None);
        assert!(!Target::Create.is_invited());
    }
}
