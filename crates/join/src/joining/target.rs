//! What a caller wants to join.

use thiserror::Error;

use crate::api::{AccessHash, CallId, InputGroupCall, MessageId, Peer, Slug};
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

    /// Whether somebody invited to the call, so that an empty chain may only be not begun yet.
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

/// An invitation to a conference: the service message `messageActionConferenceCall` (`spec/protocol.md`, 12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConferenceInvitation {
    /// The message that invites.
    pub message: MessageId,
    /// The call; requests name it by the message.
    pub call_id: CallId,
    /// Whether nobody answered the invitation.
    pub missed: bool,
    /// Whether the user is in the call.
    pub active: bool,
    /// Whether the invitation is to a call with video.
    pub video: bool,
    /// How long the user was in the call, in seconds, once that is over.
    pub duration: Option<i32>,
    /// Who else is in the call.
    pub other_participants: Vec<Peer>,
}

impl ConferenceInvitation {
    /// What accepting the invitation means to join.
    pub fn target(&self) -> Target {
        Target::Invitation(self.message)
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
        let invitation = ConferenceInvitation {
            message,
            call_id: CallId::new(1),
            missed: false,
            active: false,
            video: true,
            duration: None,
            other_participants: vec![],
        };
        let target = invitation.target();
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
