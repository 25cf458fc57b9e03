use confcall_state::UserId;
use serde::{Deserialize, Serialize};

use super::traced;
use super::{
    CallId, CallMessage, CallMessageId, DataJson, GroupCall, GroupCallParticipant, InputGroupCall,
    MessageId, Peer, PeerLabel, PhoneCallId, Slug, SubChain,
};

/// The updates that a request was answered with, in the order of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updates(pub Vec<Update>);

/// A change of a call that the server reports, in an answer or pushed (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// Items of a subchain, `updateGroupCallChainBlocks`.
    ChainBlocks(ChainBlocks),
    /// The parameters of the media connection, `updateGroupCallConnection`.
    Connection(CallConnection),
    /// Changes of the roster, `updateGroupCallParticipants`.
    Participants(Participants),
    /// The call itself, `updateGroupCall`.
    GroupCall {
        /// The call.
        call: GroupCall,
        /// The group or channel of the call, or whose story it is.
        #[serde(default)]
        peer: Option<Peer>,
        /// True if the call is a live story.
        #[serde(default)]
        live_story: bool,
    },
    /// A message to the call, `updateGroupCallEncryptedMessage`.
    EncryptedMessage(EncryptedMessage),
    /// An invitation, a message with `messageActionConferenceCall` that is new or was edited.
    Invitation(Invitation),
    /// A message to a call without encryption, `updateGroupCallMessage`.
    Message(CallMessage),
    /// Messages to such a call that were deleted, `updateDeleteGroupCallMessages`.
    MessagesDeleted {
        /// The call.
        call: InputGroupCall,
        /// The messages.
        messages: Vec<CallMessageId>,
    },
    /// Messages that were deleted, invitations perhaps among them, `updateDeleteMessages`.
    Deleted(Vec<MessageId>),
    /// A call between us and another user that goes on as a conference, `updatePhoneCall`.
    Migrated(MigratedCall),
    /// The names of those whom the updates beside it are about.
    Labels(Vec<PeerLabel>),
}

impl From<GroupCall> for Update {
    /// The change of a call that belongs to no chat.
    fn from(call: GroupCall) -> Self {
        Self::GroupCall {
            call,
            peer: None,
            live_story: false,
        }
    }
}

/// Items of one subchain, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainBlocks {
    /// The call.
    pub call: InputGroupCall,
    /// The list that the items are of.
    pub sub_chain: SubChain,
    /// The items in server form (`spec/protocol.md`, 1.3).
    #[serde(with = "traced::byte_strings")]
    pub blocks: Vec<Vec<u8>>,
    /// The offset after the last item.
    pub next_offset: i32,
}

impl ChainBlocks {
    /// The offset of the first item, or `None` if more items came than the offset leaves room for.
    pub fn first_offset(&self) -> Option<i32> {
        // The API names where the items end; the start follows, unless the server made the numbers up.
        let count = i32::try_from(self.blocks.len()).ok()?;
        let first = self.next_offset.checked_sub(count)?;
        (first >= 0).then_some(first)
    }
}

/// The parameters of the media connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallConnection {
    /// True if this is about the screen that is shared and not about the main connection.
    pub presentation: bool,
    /// The JSON that [`crate::joining::Answer::from_json`] reads.
    #[serde(with = "traced::params")]
    pub params: DataJson,
}

/// Changes of the roster of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participants {
    /// The call.
    pub call: InputGroupCall,
    /// The participants that changed.
    pub participants: Vec<GroupCallParticipant>,
    /// The number of the roster after the change.
    pub version: i32,
}

/// An encrypted message to the call (`spec/protocol.md`, 9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptedMessage {
    /// The call.
    pub call: InputGroupCall,
    /// The sender, as the server says.
    pub from: Peer,
    /// A packet on channel 0 without a prefix.
    #[serde(with = "traced::bytes")]
    pub encrypted_message: Vec<u8>,
}

/// A service message that invites to a conference (`spec/protocol.md`, 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The message, by which the invited user can join and decline.
    pub message: MessageId,
    /// The call.
    pub call_id: CallId,
    /// The user who invites.
    #[serde(with = "traced::user")]
    pub from: UserId,
    /// The user who is invited.
    #[serde(with = "traced::user")]
    pub to: UserId,
    /// True if the invitation is shown as one to a video call.
    pub video: bool,
    /// The time of the message, in seconds since 1970; zero if it is not known.
    #[serde(default)]
    pub date: i32,
    /// The state of the invitation, which the server writes into the message by editing it.
    #[serde(default)]
    pub state: InvitationState,
}

/// The state of an invitation to a conference (`spec/protocol.md`, 12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// It rings.
    #[default]
    Pending,
    /// The call is running, and the invitation answered, on this device or on another one.
    Active,
    /// It was missed or declined.
    Missed,
    /// The call is over.
    Over {
        /// Its duration, in seconds.
        duration: i32,
    },
}

/// A call between two users that goes on as a conference (`spec/protocol.md`, 12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigratedCall {
    /// The call between the two users, which is over.
    pub phone_call: PhoneCallId,
    /// The slug of the conference's link.
    #[serde(with = "traced::slug")]
    pub slug: Slug,
    /// True if a side had video.
    pub video: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(count: usize, next_offset: i32) -> ChainBlocks {
        ChainBlocks {
            call: InputGroupCall::Slug(Slug::new("a").unwrap()),
            sub_chain: SubChain::Blocks,
            blocks: vec![vec![]; count],
            next_offset,
        }
    }

    #[test]
    fn the_first_offset_is_the_next_one_less_the_items() {
        assert_eq!(items(3, 7).first_offset(), Some(4));
        assert_eq!(items(0, 7).first_offset(), Some(7));
    }

    #[test]
    fn more_items_than_the_offset_leaves_room_for_have_no_first_offset() {
        assert_eq!(items(3, 2).first_offset(), None);
        assert_eq!(items(1, i32::MIN).first_offset(), None);
        assert_eq!(items(0, -1).first_offset(), None);
    }
}
