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
