use core::fmt;

use serde::{Serialize, Serializer};

/// Defines the methods, their list and their names in one table.
macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {
        /// A method of the API that a client of a group call calls (`spec/protocol.md`, 11.1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Method {
            $($(#[$doc])* $name,)*
        }

        impl Method {
            /// All methods.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name of the method in the API.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $wire,)*
                }
            }
        }
    };
}

methods! {
    /// Creates a conference, joining it or not.
    CreateConferenceCall = "phone.createConferenceCall";
    /// Joins a call.
    JoinGroupCall = "phone.joinGroupCall";
    /// Reads a subchain.
    GetGroupCallChainBlocks = "phone.getGroupCallChainBlocks";
    /// Sends a broadcast of the verification.
    SendConferenceCallBroadcast = "phone.sendConferenceCallBroadcast";
    /// Removes participants by a block.
    DeleteConferenceCallParticipants = "phone.deleteConferenceCallParticipants";
    /// Invites a user.
    InviteConferenceCallParticipant = "phone.inviteConferenceCallParticipant";
    /// Declines an invitation.
    DeclineConferenceCallInvite = "phone.declineConferenceCallInvite";
    /// Sends an encrypted message to the call.
    SendGroupCallEncryptedMessage = "phone.sendGroupCallEncryptedMessage";
    /// Looks up a call.
    GetGroupCall = "phone.getGroupCall";
    /// Reads the roster of a call.
    GetGroupParticipants = "phone.getGroupParticipants";
    /// Asks which sources are still joined.
    CheckGroupCall = "phone.checkGroupCall";
    /// Leaves a call.
    LeaveGroupCall = "phone.leaveGroupCall";
    /// Ends a call for all.
    DiscardGroupCall = "phone.discardGroupCall";
    /// Changes the settings of a call.
    ToggleGroupCallSettings = "phone.toggleGroupCallSettings";
    /// Changes the state of a participant, our own or another's.
    EditGroupCallParticipant = "phone.editGroupCallParticipant";
    /// Begins to share a screen.
    JoinGroupCallPresentation = "phone.joinGroupCallPresentation";
    /// Ends the sharing of a screen.
    LeaveGroupCallPresentation = "phone.leaveGroupCallPresentation";
    /// Ends a call between two users, or moves it to a conference.
    DiscardCall = "phone.discardCall";
    /// Reads the configuration of the server.
    GetAppConfig = "help.getAppConfig";
    /// Finds the peer of a public name.
    ResolveUsername = "contacts.resolveUsername";
    /// Reads a channel or supergroup.
    GetFullChannel = "channels.getFullChannel";
    /// Reads a basic group.
    GetFullChat = "messages.getFullChat";
    /// Reads the active stories of a peer.
    GetPeerStories = "stories.getPeerStories";
    /// Reads stories of a peer.
    GetStoriesById = "stories.getStoriesByID";
    /// Reads as whom we may join.
    GetGroupCallJoinAs = "phone.getGroupCallJoinAs";
    /// Saves as whom we join.
    SaveDefaultGroupCallJoinAs = "phone.saveDefaultGroupCallJoinAs";
    /// Creates the call of a group or channel.
    CreateGroupCall = "phone.createGroupCall";
    /// Begins a call that was announced.
    StartScheduledGroupCall = "phone.startScheduledGroupCall";
    /// Asks to be told when a call begins.
    ToggleGroupCallStartSubscription = "phone.toggleGroupCallStartSubscription";
    /// Changes the title of a call.
    EditGroupCallTitle = "phone.editGroupCallTitle";
    /// Begins or ends the recording of a call.
    ToggleGroupCallRecord = "phone.toggleGroupCallRecord";
    /// Asks members of a chat to its call.
    InviteToGroupCall = "phone.inviteToGroupCall";
    /// Asks for the link of a call in a public chat.
    ExportGroupCallInvite = "phone.exportGroupCallInvite";
    /// Sends a message without encryption to a call.
    SendGroupCallMessage = "phone.sendGroupCallMessage";
    /// Deletes messages of a call.
    DeleteGroupCallMessages = "phone.deleteGroupCallMessages";
    /// Deletes all messages of a participant.
    DeleteGroupCallParticipantMessages = "phone.deleteGroupCallParticipantMessages";
    /// Reads the channels of a stream.
    GetGroupCallStreamChannels = "phone.getGroupCallStreamChannels";
    /// Asks where to publish a stream.
    GetGroupCallStreamRtmpUrl = "phone.getGroupCallStreamRtmpUrl";
    /// Reads a part of a stream.
    GetFile = "upload.getFile";
}

impl Method {
    /// True for a method of group calls; the others are of use to a client for much else.
    pub fn is_of_calls(self) -> bool {
        self.name().starts_with("phone.")
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
