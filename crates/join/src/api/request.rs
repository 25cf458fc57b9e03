use confcall_state::tl::{ReadError, ReadErrorKind, Writer};

use super::codec::{Fields, decode};
use super::{
    CheckGroupCall, CreateConferenceCall, DeclineConferenceCallInvite,
    DeleteConferenceCallParticipants, DiscardCall, DiscardGroupCall, EditGroupCallParticipant,
    GetAppConfig, GetGroupCall, GetGroupCallChainBlocks, GetGroupParticipants, InputGroupCall,
    InviteConferenceCallParticipant, JoinGroupCall, JoinGroupCallPresentation, LeaveGroupCall,
    LeaveGroupCallPresentation, Method, SendConferenceCallBroadcast, SendGroupCallEncryptedMessage,
    ToggleGroupCallSettings,
};

/// Defines the requests by one table, and how each is written and read.
macro_rules! requests {
    ($($(#[$doc:meta])* $variant:ident($request:ident),)*) => {
        /// A request to the conference service, one variant for each [`Method`].
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Request {
            $($(#[$doc])* $variant($request),)*
        }

        impl Request {
            /// The method that the request calls.
            pub fn method(&self) -> Method {
                match self {
                    $(Self::$variant(_) => $request::METHOD,)*
                }
            }

            /// True for the constructor of one of these requests.
            pub(crate) fn is_function(constructor: u32) -> bool {
                [$($request::ID,)*].contains(&constructor)
            }

            /// Writes the request as the server reads it.
            pub fn to_tl(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(request) => request.to_tl(),)*
                }
            }

            /// Reads a request that takes the whole input.
            ///
            /// # Errors
            ///
            /// [`ReadError`] with the place, also for a method that is none of these, for an unknown flag and
            /// for trailing bytes.
            pub fn from_tl(bytes: &[u8]) -> Result<Self, ReadError> {
                // Strict throughout: these bytes are what the policy looks at before they are sent.
                let what = "a conference request";
                decode(bytes, what, |reader| match reader.u32(what)? {
                    $($request::ID => $request::read_fields(reader).map(Self::$variant),)*
                    found => {
                        let kind = ReadErrorKind::UnexpectedConstructor { what, found };
                        Err(reader.error_before(4, kind))
                    }
                })
            }
        }

        $(
            impl $request {
                /// Writes the request as the server reads it.
                pub fn to_tl(&self) -> Vec<u8> {
                    Writer::encode(|writer| {
                        writer.u32(Self::ID);
                        self.write_fields(writer);
                    })
                }

                /// Reads a request that takes the whole input.
                ///
                /// # Errors
                ///
                /// [`ReadError`] with the place, also for an unknown flag and for trailing bytes.
                pub fn from_tl(bytes: &[u8]) -> Result<Self, ReadError> {
                    let name = Self::METHOD.name();
                    decode(bytes, name, |reader| {
                        reader.constructor(Self::ID, name)?;
                        Self::read_fields(reader)
                    })
                }
            }

            impl From<$request> for Request {
                fn from(request: $request) -> Self {
                    Self::$variant(request)
                }
            }
        )*
    };
}

requests! {
    /// Creates a conference.
    Create(CreateConferenceCall),
    /// Joins a call.
    Join(JoinGroupCall),
    /// Reads a subchain.
    ChainBlocks(GetGroupCallChainBlocks),
    /// Sends a broadcast of the verification.
    Broadcast(SendConferenceCallBroadcast),
    /// Removes participants by a block.
    Remove(DeleteConferenceCallParticipants),
    /// Invites a user.
    Invite(InviteConferenceCallParticipant),
    /// Declines an invitation.
    DeclineInvite(DeclineConferenceCallInvite),
    /// Sends an encrypted message to the call.
    Message(SendGroupCallEncryptedMessage),
    /// Looks up a call.
    GroupCall(GetGroupCall),
    /// Reads the roster of a call.
    Participants(GetGroupParticipants),
    /// Asks which sources are still joined.
    Check(CheckGroupCall),
    /// Leaves a call.
    Leave(LeaveGroupCall),
    /// Ends a call for all.
    Discard(DiscardGroupCall),
    /// Changes the settings of a call.
    Settings(ToggleGroupCallSettings),
    /// Changes the state of a participant.
    EditParticipant(EditGroupCallParticipant),
    /// Begins to share a screen.
    JoinPresentation(JoinGroupCallPresentation),
    /// Ends the sharing of a screen.
    LeavePresentation(LeaveGroupCallPresentation),
    /// Ends a call between two users.
    DiscardCall(DiscardCall),
    /// Reads the configuration of the server.
    AppConfig(GetAppConfig),
}

impl Request {
    /// The group call that the request names, if it names one.
    pub(crate) fn call_mut(&mut self) -> Option<&mut InputGroupCall> {
        Some(match self {
            Self::Create(_)
            | Self::DeclineInvite(_)
            | Self::DiscardCall(_)
            | Self::AppConfig(_) => return None,
            Self::Join(request) => &mut request.call,
            Self::ChainBlocks(request) => &mut request.call,
            Self::Broadcast(request) => &mut request.call,
            Self::Remove(request) => &mut request.call,
            Self::Invite(request) => &mut request.call,
            Self::Message(request) => &mut request.call,
            Self::GroupCall(request) => &mut request.call,
            Self::Participants(request) => &mut request.call,
            Self::Check(request) => &mut request.call,
            Self::Leave(request) => &mut request.call,
            Self::Discard(request) => &mut request.call,
            Self::Settings(request) => &mut request.call,
            Self::EditParticipant(request) => &mut request.call,
            Self::JoinPresentation(request) => &mut request.call,
            Self::LeavePresentation(request) => &mut request.call,
        })
    }
}

#[cfg(test)]
mod tests;
