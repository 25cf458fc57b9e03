//! The places at which a call that is no conference is found.

use crate::api::{CallRef, InputPeer, StoryId};
use crate::joining::{InviteHash, Username};

/// A call that is no conference, by the place at which it is found (`spec/group-calls.md`).
///
/// The kind of the call is what the server says of it: a place that leads to a conference is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupCallTarget {
    place: CallPlace,
    invite_hash: Option<InviteHash>,
}

/// The place at which a call is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallPlace {
    /// The call of a group or channel.
    Chat(InputPeer),
    /// The call of the group or channel with a public name.
    Name(Username),
    /// The call itself, as a service message holds it.
    Call(CallRef),
    /// A live story.
    Story {
        /// The user or channel whose story it is.
        peer: InputPeer,
        /// The story; without one any that is live.
        story: Option<StoryId>,
    },
    /// The live story of the user or channel with a public name.
    StoryOfName(Username),
}

impl GroupCallTarget {
    /// The call at a place.
    pub fn new(place: CallPlace) -> Self {
        Self {
            place,
            invite_hash: None,
        }
    }

    /// The call of a group or channel.
    pub fn chat(peer: InputPeer) -> Self {
        Self::new(CallPlace::Chat(peer))
    }

    /// The call of the group or channel with a public name.
    pub fn name(name: Username) -> Self {
        Self::new(CallPlace::Name(name))
    }

    /// A call by its id, as a service message holds it.
    pub fn call(call: CallRef) -> Self {
        Self::new(CallPlace::Call(call))
    }

    /// The live story of a user or channel; without a story any that is live.
    pub fn story(peer: InputPeer, story: Option<StoryId>) -> Self {
        Self::new(CallPlace::Story { peer, story })
    }

    /// The live story of the user or channel with a public name.
    pub fn story_of_name(name: Username) -> Self {
        Self::new(CallPlace::StoryOfName(name))
    }

    /// The same, by an invitation that lets one speak where newcomers are muted; live stories have none.
    #[must_use]
    pub fn with_invite_hash(self, hash: Option<InviteHash>) -> Self {
        Self {
            invite_hash: hash,
            ..self
        }
    }

    /// The place.
    pub fn place(&self) -> &CallPlace {
        &self.place
    }

    /// The hash of the invitation.
    pub fn invite_hash(&self) -> Option<&InviteHash> {
        self.invite_hash.as_ref()
    }

    /// True for a live story.
    pub fn is_story(&self) -> bool {
        matches!(
            self.place,
            CallPlace::Story { .. } | CallPlace::StoryOfName(_)
        )
    }
}
