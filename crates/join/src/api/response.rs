use core::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    AppConfig, FilePart, FullChat, GroupCall, GroupCallParticipant, InviteLink, JoinAsPeers,
    LiveStories, PeerLabel, ResolvedPeer, RtmpUrl, StreamChannel, Updates,
};
use crate::api::Ssrc;

/// The answer to a request, by its type in the API (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Updates, the answer to everything that changes a call and to the reading of a subchain.
    Updates(Updates),
    /// True if a message was taken.
    Bool(bool),
    /// The sources that are still joined.
    Sources(Vec<Ssrc>),
    /// A call with the first page of its roster.
    GroupCall(GroupCallInfo),
    /// A page of a roster.
    Participants(ParticipantsPage),
    /// The configuration of the server.
    AppConfig(AppConfig),
    /// The peer of a public name.
    ResolvedPeer(ResolvedPeer),
    /// A group or channel.
    FullChat(FullChat),
    /// The live stories among those that were asked for.
    LiveStories(LiveStories),
    /// Those as whom we may join.
    JoinAsPeers(JoinAsPeers),
    /// The link of a call.
    InviteLink(#[serde(with = "super::traced::one_link")] InviteLink),
    /// The channels of a stream.
    StreamChannels(Vec<StreamChannel>),
    /// The address at which to publish a stream.
    RtmpUrl(RtmpUrl),
    /// A part of a stream.
    FilePart(FilePart),
}

/// A call with the first page of its roster, the API's `phone.groupCall`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCallInfo {
    /// The call.
    pub call: GroupCall,
    /// The first participants.
    pub participants: Vec<GroupCallParticipant>,
    /// The start of the next page; `None` after the last one.
    pub next_offset: Option<String>,
    /// The names of the participants.
    #[serde(default)]
    pub labels: Vec<PeerLabel>,
}

/// A page of a roster, the API's `phone.groupParticipants`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantsPage {
    /// The number of participants in the whole roster.
    pub count: i32,
    /// The participants of this page.
    pub participants: Vec<GroupCallParticipant>,
    /// The start of the next page; `None` after the last one.
    pub next_offset: Option<String>,
    /// The number of the roster.
    pub version: i32,
    /// The names of the participants.
    #[serde(default)]
    pub labels: Vec<PeerLabel>,
}

/// The types of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ResponseKind {
    /// [`Response::Updates`]
    Updates,
    /// [`Response::Bool`]
    Bool,
    /// [`Response::Sources`]
    Sources,
    /// [`Response::GroupCall`]
    GroupCall,
    /// [`Response::Participants`]
    Participants,
    /// [`Response::AppConfig`]
    AppConfig,
    /// [`Response::ResolvedPeer`]
    ResolvedPeer,
    /// [`Response::FullChat`]
    FullChat,
    /// [`Response::LiveStories`]
    LiveStories,
    /// [`Response::JoinAsPeers`]
    JoinAsPeers,
    /// [`Response::InviteLink`]
    InviteLink,
    /// [`Response::StreamChannels`]
    StreamChannels,
    /// [`Response::RtmpUrl`]
    RtmpUrl,
    /// [`Response::FilePart`]
    FilePart,
}

impl fmt::Display for ResponseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Updates => "updates",
            Self::Bool => "a truth value",
            Self::Sources => "sources",
            Self::GroupCall => "a call",
            Self::Participants => "a page of participants",
            Self::AppConfig => "a configuration",
            Self::ResolvedPeer => "a peer",
            Self::FullChat => "a chat",
            Self::LiveStories => "stories",
            Self::JoinAsPeers => "peers to join as",
            Self::InviteLink => "a link",
            Self::StreamChannels => "the channels of a stream",
            Self::RtmpUrl => "the address of a stream",
            Self::FilePart => "a part of a stream",
        })
    }
}

/// An answer has another type than the request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the answer is {found}, not {expected}")]
pub struct WrongResponse {
    /// The type that the request asks for.
    pub expected: ResponseKind,
    /// The type that came.
    pub found: ResponseKind,
}

/// Defines for each type of answer how it is wrapped and taken out again.
macro_rules! responses {
    ($($(#[$doc:meta])* $into:ident: $kind:ident($value:ty);)*) => {
        impl Response {
            /// The type of the answer.
            pub fn kind(&self) -> ResponseKind {
                match self {
                    $(Self::$kind(_) => ResponseKind::$kind,)*
                }
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// [`WrongResponse`] if the answer has another type.
                pub fn $into(self) -> Result<$value, WrongResponse> {
                    match self {
                        Self::$kind(value) => Ok(value),
                        other => Err(WrongResponse {
                            expected: ResponseKind::$kind,
                            found: other.kind(),
                        }),
                    }
                }
            )*
        }

        $(
            impl From<$value> for Response {
                fn from(value: $value) -> Self {
                    Self::$kind(value)
                }
            }
        )*
    };
}

impl Response {
    /// The sources, if the answer is some.
    pub(crate) fn sources(&self) -> Option<&[Ssrc]> {
        match self {
            Self::Sources(sources) => Some(sources),
            _ => None,
        }
    }
}

responses! {
    /// The updates.
    into_updates: Updates(Updates);
    /// The truth value.
    into_bool: Bool(bool);
    /// The sources.
    into_sources: Sources(Vec<Ssrc>);
    /// The call.
    into_group_call: GroupCall(GroupCallInfo);
    /// The page of participants.
    into_participants: Participants(ParticipantsPage);
    /// The configuration.
    into_app_config: AppConfig(AppConfig);
    /// The peer of a public name.
    into_resolved_peer: ResolvedPeer(ResolvedPeer);
    /// A group or channel.
    into_full_chat: FullChat(FullChat);
    /// The live stories among those that were asked for.
    into_live_stories: LiveStories(LiveStories);
    /// Those as whom we may join.
    into_join_as_peers: JoinAsPeers(JoinAsPeers);
    /// The link of a call.
    into_invite_link: InviteLink(InviteLink);
    /// The channels of a stream.
    into_stream_channels: StreamChannels(Vec<StreamChannel>);
    /// The address at which to publish a stream.
    into_rtmp_url: RtmpUrl(RtmpUrl);
    /// A part of a stream.
    into_file_part: FilePart(FilePart);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_type_says_both_types() {
        let error = Response::from(true).into_updates().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the answer is a truth value, not updates"
        );
        assert_eq!(Response::from(true).into_bool(), Ok(true));
    }
}
