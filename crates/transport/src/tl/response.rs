use confcall_join::Ssrc;
use confcall_join::api::{
    AppConfig, FilePart, FullChat, GroupCallInfo, InviteLink, JoinAsPeers, LiveStories, LiveStory,
    Method, ParticipantsPage, ResolvedPeer, Response, ResponseKind, RtmpUrl, StoryId,
    StreamChannel, StreamKey,
};
use confcall_state::UserId;
use grammers_tl_types::enums;
use thiserror::Error;

use super::labels::read_labels;
use super::read::{ReadFault, read_whole};
use super::updates::read_updates;
use super::values::{read_call, read_named, read_participants, read_peer};

/// The answer to a request is none that its method has (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Error)]
#[error("the answer to {method} cannot be read as {expected}: {fault}")]
pub struct UnexpectedAnswer {
    /// The method that was called.
    pub method: Method,
    /// The type that the answer has.
    pub expected: ResponseKind,
    /// The fault.
    pub fault: ReadFault,
}

/// Reads the answer that the user `own` got to a request: the bytes of an `rpc_result`, unpacked.
///
/// Updates that are not ours are left out, and so are sources that are zero.
///
/// # Errors
///
/// [`UnexpectedAnswer`]
pub fn read_response(
    method: Method,
    bytes: &[u8],
    own: UserId,
) -> Result<Response, UnexpectedAnswer> {
    let expected = answer_of(method);
    let read = match expected {
        ResponseKind::Bool => read_whole(bytes).map(Response::Bool),
        ResponseKind::Sources => read_whole(bytes).map(read_sources),
        ResponseKind::GroupCall => read_whole(bytes).map(read_info),
        ResponseKind::Participants => read_whole(bytes).map(read_page),
        ResponseKind::AppConfig => read_whole(bytes).map(read_app_config),
        ResponseKind::ResolvedPeer => read_whole(bytes).map(read_resolved),
        ResponseKind::FullChat => read_whole(bytes).map(read_full_chat),
        ResponseKind::LiveStories => read_stories(method, bytes),
        ResponseKind::JoinAsPeers => read_whole(bytes).map(read_join_as),
        ResponseKind::InviteLink => read_whole(bytes).map(read_link),
        ResponseKind::StreamChannels => read_whole(bytes).map(read_channels),
        ResponseKind::RtmpUrl => read_whole(bytes).map(read_rtmp_url),
        ResponseKind::FilePart => read_whole(bytes).map(read_file),
        _ => read_whole(bytes).map(|updates| read_updates(&updates, own).into()),
    };
    read.map_err(|fault| UnexpectedAnswer {
        method,
        expected,
        fault,
    })
}

/// The type of the answer to a method.
fn answer_of(method: Method) -> ResponseKind {
    match method {
        Method::SendGroupCallEncryptedMessage | Method::SaveDefaultGroupCallJoinAs => {
            ResponseKind::Bool
        }
        Method::CheckGroupCall => ResponseKind::Sources,
        Method::GetGroupCall => ResponseKind::GroupCall,
        Method::GetGroupParticipants => ResponseKind::Participants,
        Method::GetAppConfig => ResponseKind::AppConfig,
        Method::ResolveUsername => ResponseKind::ResolvedPeer,
        Method::GetFullChannel | Method::GetFullChat => ResponseKind::FullChat,
        Method::GetPeerStories | Method::GetStoriesById => ResponseKind::LiveStories,
        Method::GetGroupCallJoinAs => ResponseKind::JoinAsPeers,
        Method::ExportGroupCallInvite => ResponseKind::InviteLink,
        Method::GetGroupCallStreamChannels => ResponseKind::StreamChannels,
        Method::GetGroupCallStreamRtmpUrl => ResponseKind::RtmpUrl,
        Method::GetFile => ResponseKind::FilePart,
        _ => ResponseKind::Updates,
    }
}

fn read_sources(sources: Vec<i32>) -> Response {
    // The API writes an unsigned number as a signed one, here as in payloads.
    let sources = sources.into_iter().filter_map(Ssrc::from_signed);
    Response::Sources(sources.collect())
}

fn read_info(info: enums::phone::GroupCall) -> Response {
    let enums::phone::GroupCall::Call(info) = info;
    Response::GroupCall(GroupCallInfo {
        call: read_call(&info.call),
        participants: read_participants(&info.participants),
        next_offset: next_offset(info.participants_next_offset),
        labels: read_labels(&info.users, &info.chats),
    })
}

fn read_page(page: enums::phone::GroupParticipants) -> Response {
    let enums::phone::GroupParticipants::Participants(page) = page;
    Response::Participants(ParticipantsPage {
        count: page.count,
        participants: read_participants(&page.participants),
        next_offset: next_offset(page.next_offset),
        version: page.version,
        labels: read_labels(&page.users, &page.chats),
    })
}

fn read_resolved(answer: enums::contacts::ResolvedPeer) -> Response {
    let enums::contacts::ResolvedPeer::Peer(found) = answer;
    Response::ResolvedPeer(ResolvedPeer {
        peer: read_peer(&found.peer),
        labels: read_labels(&found.users, &found.chats),
    })
}

fn read_full_chat(answer: enums::messages::ChatFull) -> Response {
    let enums::messages::ChatFull::Full(answer) = answer;
    let (call, join_as) = match &answer.full_chat {
        enums::ChatFull::Full(chat) => (&chat.call, &chat.groupcall_default_join_as),
        enums::ChatFull::ChannelFull(chat) => (&chat.call, &chat.groupcall_default_join_as),
        enums::ChatFull::CommunityFull(_) => (&None, &None),
    };
    Response::FullChat(FullChat {
        call: call.as_ref().and_then(read_named),
        default_join_as: join_as.as_ref().map(read_peer),
        labels: read_labels(&answer.users, &answer.chats),
    })
}

/// The two requests for stories have answers of two types.
fn read_stories(method: Method, bytes: &[u8]) -> Result<Response, ReadFault> {
    let (stories, users, chats) = match method {
        Method::GetPeerStories => {
            let enums::stories::PeerStories::Stories(answer) = read_whole(bytes)?;
            let enums::PeerStories::Stories(of_peer) = answer.stories;
            (of_peer.stories, answer.users, answer.chats)
        }
        _ => {
            let enums::stories::Stories::Stories(answer) = read_whole(bytes)?;
            (answer.stories, answer.users, answer.chats)
        }
    };
    Ok(Response::LiveStories(LiveStories {
        live: stories.iter().filter_map(read_live_story).collect(),
        labels: read_labels(&users, &chats),
    }))
}

/// A story that is live; `None` for every other one.
fn read_live_story(story: &enums::StoryItem) -> Option<LiveStory> {
    let enums::StoryItem::Item(story) = story else {
        return None;
    };
    let enums::MessageMedia::VideoStream(stream) = &story.media else {
        return None;
    };
    Some(LiveStory {
        id: StoryId::new(story.id),
        call: read_named(&stream.call)?,
        rtmp_stream: stream.rtmp_stream,
    })
}

fn read_join_as(answer: enums::phone::JoinAsPeers) -> Response {
    let enums::phone::JoinAsPeers::Peers(answer) = answer;
    Response::JoinAsPeers(JoinAsPeers {
        peers: answer.peers.iter().map(read_peer).collect(),
        labels: read_labels(&answer.users, &answer.chats),
    })
}

fn read_link(answer: enums::phone::ExportedGroupCallInvite) -> Response {
    let enums::phone::ExportedGroupCallInvite::Invite(invite) = answer;
    Response::InviteLink(InviteLink::new(invite.link))
}

fn read_channels(answer: enums::phone::GroupCallStreamChannels) -> Response {
    let enums::phone::GroupCallStreamChannels::Channels(answer) = answer;
    let channels = answer.channels.iter().map(|channel| {
        let enums::GroupCallStreamChannel::Channel(channel) = channel;
        StreamChannel {
            channel: channel.channel,
            scale: channel.scale,
            last_timestamp_ms: channel.last_timestamp_ms,
        }
    });
    Response::StreamChannels(channels.collect())
}

fn read_rtmp_url(answer: enums::phone::GroupCallStreamRtmpUrl) -> Response {
    let enums::phone::GroupCallStreamRtmpUrl::Url(answer) = answer;
    Response::RtmpUrl(RtmpUrl {
        url: answer.url,
        key: StreamKey::new(answer.key),
    })
}

fn read_file(answer: enums::upload::File) -> Response {
    Response::FilePart(match answer {
        enums::upload::File::File(file) => FilePart::Bytes(file.bytes),
        enums::upload::File::CdnRedirect(_) => FilePart::Redirected,
    })
}

fn read_app_config(answer: enums::help::AppConfig) -> Response {
    let mut config = AppConfig::default();
    if let enums::help::AppConfig::Config(answer) = answer
        && let enums::Jsonvalue::JsonObject(object) = answer.config
    {
        for enums::JsonobjectValue::JsonObjectValue(field) in object.value {
            match field.key.as_str() {
                "conference_call_size_limit" => config.conference_size_limit = number(&field.value),
                "call_ring_timeout_ms" => config.ring_timeout_ms = number(&field.value),
                _ => {}
            }
        }
    }
    config.into()
}

/// A whole number that is at least zero.
fn number(value: &enums::Jsonvalue) -> Option<u32> {
    let enums::Jsonvalue::JsonNumber(number) = value else {
        return None;
    };
    let number = number.value;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole and in the range"
    )]
    is_whole.then_some(number as u32)
}

/// The start of the next page: the API writes nothing after the last one.
fn next_offset(offset: String) -> Option<String> {
    (!offset.is_empty()).then_some(offset)
}
