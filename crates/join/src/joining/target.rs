//! The call that a caller wants to join.

use thiserror::Error;

use crate::api::{AccessHash, CallId, InputGroupCall, MessageId, Slug};
use crate::joining::Link;

/// The conference that a caller wants to be in (`spec/protocol.md`, 6 and 12).
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
}

/// A link leads to a call that is no conference.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{link} does not lead to a conference")]
pub struct NotAConference {
    /// The link.
    pub link: Link,
}

impl Target {
    /// The reference to the call; `None` for one that is to be created.
    pub fn reference(&self) -> Option<InputGroupCall> {
        match self {
            Self::Call { id, access_hash } => Some(InputGroupCall::Id {
                id: *id,
                access_hash: *access_hash,
            }),
            Self::Slug(slug) => Some(InputGroupCall::Slug(slug.clone())),
            Self::Invitation(message) => Some(InputGroupCall::InviteMessage(*message)),
            Self::Create => None,
        }
    }

    /// True for a call to which an invitation led: an empty chain of it may only be not begun yet.
    pub fn is_invited(&self) -> bool {
        matches!(self, Self::Invitation(_))
    }
}

impl TryFrom<Link> for Target {
    type Error = NotAConference;

    fn try_from(link: Link) -> Result<Self, NotAConference> {
        match link {
            Link::Conference(slug) => Ok(Self::Slug(slug)),
            link => Err(NotAConference { link }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conference_link_is_a_target_and_a_video_chat_link_is_not() {
        let link = Link::parse("t.me/call/abc").unwrap();
        let slug = Slug::new("abc").unwrap();
        let target = Target::try_from(link).unwrap();
        assert_eq!(target, Target::Slug(slug.clone()));
        assert_eq!(target.reference(), Some(InputGroupCall::Slug(slug)));

        let link = Link::parse("t.me/some?videochat=h").unwrap();
        let error = Target::try_from(link.clone()).unwrap_err();
        assert_eq!(error, NotAConference { link });
        assert_eq!(
            error.to_string(),
            "https://t.me/some?videochat=h does not lead to a conference"
        );
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
