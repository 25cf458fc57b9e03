use confcall_state::tl::{ReadError, ReadErrorKind, Writer};

use super::codec::{Fields, decode};
use super::{
    CheckGroupCall, CreateConferenceCall, CreateGroupCall, DeclineConferenceCallInvite,
    DeleteConferenceCallParticipants, DeleteGroupCallMessages, DeleteGroupCallParticipantMessages,
    DiscardCall, DiscardGroupCall, EditGroupCallParticipant, EditGroupCallTitle,
    ExportGroupCallInvite, GetAppConfig, GetFile, GetFullChannel, GetFullChat, GetGroupCall,
    GetGroupCallChainBlocks, GetGroupCallJoinAs, GetGroupCallStreamChannels,
    GetGroupCallStreamRtmpUrl, GetGroupParticipants, GetPeerStories, GetStoriesById,
    InputGroupCall, InviteConferenceCallParticipant, InviteToGroupCall, JoinGroupCall,
    JoinGroupCallPresentation, LeaveGroupCall, LeaveGroupCallPresentation, Method, ResolveUsername,
    SaveDefaultGroupCallJoinAs, SendConferenceCallBroadcast, SendGroupCallEncryptedMessage,
    SendGroupCallMessage, StartScheduledGroupCall, ToggleGroupCallRecord, ToggleGroupCallSettings,
    ToggleGroupCallStartSubscription,
};

/// Defines the requests by one table, and how each is written and read.
macro_rules! requests {
    ($($(#[$doc:meta])* $variant:ident($request:ident),)*) => {
        /// A request about group calls, one variant for each [`Method`].
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

            /// The method of one of these requests, by its constructor.
            pub(crate) fn method_of(constructor: u32) -> Option<Method> {
                let mut methods = [$(($request::ID, $request::METHOD),)*].into_iter();
                let found = methods.find(|(id, _)| *id == constructor);
                found.map(|(_, method)| method)
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
                let what = "a request about group calls";
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
    /// Finds the peer of a public name.
    ResolveUsername(ResolveUsername),
    /// Reads a channel or supergroup.
    FullChannel(GetFullChannel),
    /// Reads a basic group.
    FullChat(GetFullChat),
    /// Reads the active stories of a peer.
    PeerStories(GetPeerStories),
    /// Reads stories of a peer.
    StoriesById(GetStoriesById),
    /// Reads as whom we may join.
    JoinAs(GetGroupCallJoinAs),
    /// Saves as whom we join.
    SaveJoinAs(SaveDefaultGroupCallJoinAs),
    /// Creates the call of a group or channel.
    CreateInChat(CreateGroupCall),
    /// Begins a call that was announced.
    StartScheduled(StartScheduledGroupCall),
    /// Asks to be told when a call begins.
    SubscribeStart(ToggleGroupCallStartSubscription),
    /// Changes the title of a call.
    Title(EditGroupCallTitle),
    /// Begins or ends the recording of a call.
    Record(ToggleGroupCallRecord),
    /// Asks members of a chat to its call.
    InviteToCall(InviteToGroupCall),
    /// Asks for the link of a call in a public chat.
    ExportInvite(ExportGroupCallInvite),
    /// Sends a message without encryption to a call.
    PlainMessage(SendGroupCallMessage),
    /// Deletes messages of a call.
    DeleteMessages(DeleteGroupCallMessages),
    /// Deletes all messages of a participant.
    DeleteMessagesOf(DeleteGroupCallParticipantMessages),
    /// Reads the channels of a stream.
    StreamChannels(GetGroupCallStreamChannels),
    /// Asks where to publish a stream.
    RtmpUrl(GetGroupCallStreamRtmpUrl),
    /// Reads a part of a stream.
    File(GetFile),
}

/// Borrows the call that a request names, or returns none.
macro_rules! named_call {
    ($request:expr, $($borrow:tt)+) => {
        match $request {
            Self::Create(_)
            | Self::DeclineInvite(_)
            | Self::DiscardCall(_)
            | Self::AppConfig(_)
            | Self::ResolveUsername(_)
            | Self::FullChannel(_)
            | Self::FullChat(_)
            | Self::PeerStories(_)
            | Self::StoriesById(_)
            | Self::JoinAs(_)
            | Self::SaveJoinAs(_)
            | Self::CreateInChat(_)
            | Self::RtmpUrl(_) => return None,
            Self::Join(request) => $($borrow)+ request.call,
            Self::ChainBlocks(request) => $($borrow)+ request.call,
            Self::Broadcast(request) => $($borrow)+ request.call,
            Self::Remove(request) => $($borrow)+ request.call,
            Self::Invite(request) => $($borrow)+ request.call,
            Self::Message(request) => $($borrow)+ request.call,
            Self::GroupCall(request) => $($borrow)+ request.call,
            Self::Participants(request) => $($borrow)+ request.call,
            Self::Check(request) => $($borrow)+ request.call,
            Self::Leave(request) => $($borrow)+ request.call,
            Self::Discard(request) => $($borrow)+ request.call,
            Self::Settings(request) => $($borrow)+ request.call,
            Self::EditParticipant(request) => $($borrow)+ request.call,
            Self::JoinPresentation(request) => $($borrow)+ request.call,
            Self::LeavePresentation(request) => $($borrow)+ request.call,
            Self::StartScheduled(request) => $($borrow)+ request.call,
            Self::SubscribeStart(request) => $($borrow)+ request.call,
            Self::Title(request) => $($borrow)+ request.call,
            Self::Record(request) => $($borrow)+ request.call,
            Self::InviteToCall(request) => $($borrow)+ request.call,
            Self::ExportInvite(request) => $($borrow)+ request.call,
            Self::PlainMessage(request) => $($borrow)+ request.call,
            Self::DeleteMessages(request) => $($borrow)+ request.call,
            Self::DeleteMessagesOf(request) => $($borrow)+ request.call,
            Self::StreamChannels(request) => $($borrow)+ request.call,
            Self::File(request) => $($borrow)+ request.call,
        }
    };
}

impl Request {
    /// The group call that the request names, if it names one.
    pub fn call(&self) -> Option<&InputGroupCall> {
        Some(named_call!(self, &))
    }

    /// The group call that the request names, to be changed.
    pub(crate) fn call_mut(&mut self) -> Option<&mut InputGroupCall> {
        Some(named_call!(self, &mut))
    }
}

#[cfg(test)]
mod tests;
