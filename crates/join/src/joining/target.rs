//! The call that a caller wants to join.

use core::str::FromStr;

use crate::api::{AccessHash, CallId, InputGroupCall, MessageId, Slug};
use crate::joining::{Link, LinkError};

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
    /// The video chat, livestream or live story of a link, which is no conference.
    ///
    /// An engine asks the server nothing about it, and ends as with every call of
    /// [another kind](crate::engine::EndReason::OtherKind).
    OtherKind,
}

impl Target {
    /// The reference to the call; `None` for one that is to be created, or that is not entered.
    pub fn reference(&self) -> Option<InputGroupCall> {
        match self {
            Self::Call { id, access_hash } => Some(InputGroupCall::Id {
                id: *id,
                access_hash: *access_hash,
            }),
            Self::Slug(slug) => Some(InputGroupCall::Slug(slug.clone())),
            Self::Invitation(message) => Some(InputGroupCall::InviteMessage(*message)),
            Self::Create | Self::OtherKind => None,
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
            Link::VideoChat { .. } | Link::LiveStory { .. } => Self::OtherKind,
        }
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

    #[test]
    fn a_text_or_link_names_a_conference_or_a_call_of_another_kind() {
        let slug = Slug::new("abc").unwrap();
        let target = Target::try_from("t.me/call/abc").unwrap();
        assert_eq!(target, Target::Slug(slug.clone()));
        assert_eq!(target.reference(), Some(InputGroupCall::Slug(slug)));

        for text in ["t.me/some?videochat=h", "t.me/some/s/live"] {
            let target = Target::from(Link::parse(text).unwrap());
            assert_eq!(target, Target::OtherKind, "{text}");
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
