//! The API's requests with their exact bytes, and the typed form of its answers.
//!
//! A request is a plain value: every field that the wire carries, nothing decided. What a kind of call
//! allows is decided by [`crate::policy`]. Answers are typed only: the adapter that speaks to the
//! server turns what it got into a [`Response`] or an [`RpcError`].
//!
//! ```text
//! Request ──to_tl──▶ bytes ──Service::handle──▶ Response or RpcError
//!    ▲                 │
//!    └────from_tl──────┘
//! ```
//!
//! Implements `spec/protocol.md`, 11.1. Here a vector of the API is boxed, while the chain's are bare.

mod app_config;
mod call;
mod call_message;
mod call_ref;
mod chat;
mod check_group_call;
mod codec;
mod create_conference_call;
mod delete_participants;
mod edit_participant;
mod ending;
mod get_chain_blocks;
mod get_group_call;
mod get_participants;
mod group_call;
mod hosting;
mod ids;
mod invitation;
mod join_as;
mod join_group_call;
mod label;
mod method;
mod participant;
mod peer;
mod phone_call;
mod presentation;
pub mod reaction;
pub(crate) mod redact;
mod request;
mod response;
mod rpc_error;
mod send_broadcast;
mod send_message;
mod service;
mod settings;
mod slug;
mod ssrc;
mod ssrc_group;
mod starting;
mod stream;
pub(crate) mod traced;
mod update;
mod user;
mod words;

pub use app_config::{AppConfig, GetAppConfig};
pub use call::InputGroupCall;
pub use call_message::{
    CallMessage, CallText, DeleteGroupCallMessages, DeleteGroupCallParticipantMessages,
    SendGroupCallMessage,
};
pub use call_ref::CallRef;
pub use chat::{
    FullChat, GetFullChannel, GetFullChat, GetPeerStories, GetStoriesById, LiveStories, LiveStory,
    ResolveUsername, ResolvedPeer,
};
pub use check_group_call::CheckGroupCall;
pub use create_conference_call::CreateConferenceCall;
pub use delete_participants::{DeleteConferenceCallParticipants, Removal};
pub use edit_participant::EditGroupCallParticipant;
pub use ending::{DiscardGroupCall, LeaveGroupCall};
pub use get_chain_blocks::{GetGroupCallChainBlocks, SubChain};
pub use get_group_call::GetGroupCall;
pub use get_participants::GetGroupParticipants;
pub use group_call::{ActiveCall, CallSettings, GroupCall};
pub use hosting::{
    EditGroupCallTitle, ExportGroupCallInvite, InviteToGroupCall, ToggleGroupCallRecord,
};
pub use ids::{
    AccessHash, CallId, CallMessageId, ChannelId, ChatId, DataJson, InviteLink, MessageId,
    PhoneCallId, StoryId, StreamKey,
};
pub use invitation::{DeclineConferenceCallInvite, InviteConferenceCallParticipant};
pub use join_as::{GetGroupCallJoinAs, JoinAsPeers, SaveDefaultGroupCallJoinAs};
pub use join_group_call::JoinGroupCall;
pub use label::{PeerLabel, PeerPhoto};
pub(crate) use label::{cut as cut_label, weight as label_weight};
pub use method::Method;
pub use participant::{GroupCallParticipant, ParticipantVideo};
pub use peer::{InputPeer, Peer};
pub use phone_call::{DiscardCall, DiscardReason, InputPhoneCall};
pub use presentation::{JoinGroupCallPresentation, LeaveGroupCallPresentation};
pub use request::Request;
pub use response::{GroupCallInfo, ParticipantsPage, Response, ResponseKind, WrongResponse};
pub use rpc_error::RpcError;
pub use send_broadcast::SendConferenceCallBroadcast;
pub use send_message::SendGroupCallEncryptedMessage;
pub use service::Service;
pub use settings::ToggleGroupCallSettings;
pub(crate) use slug::is_slug_character;
pub use slug::{Slug, SlugError};
pub use ssrc::Ssrc;
pub use ssrc_group::{Semantics, SsrcGroup, SsrcGroupError, VideoLayers};
pub use starting::{CreateGroupCall, StartScheduledGroupCall, ToggleGroupCallStartSubscription};
pub use stream::{
    FilePart, GetFile, GetGroupCallStreamChannels, GetGroupCallStreamRtmpUrl, RtmpUrl,
    StreamChannel, StreamVideo,
};
pub use update::{
    CallConnection, ChainBlocks, EncryptedMessage, Invitation, InvitationState, MigratedCall,
    Participants, Update, Updates,
};
pub use user::InputUser;
pub(crate) use words::words;
