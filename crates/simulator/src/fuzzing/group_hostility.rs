//! Answers and updates of a server that is hostile to those in the calls of groups, channels and stories.

use arbitrary::{Result, Unstructured};
use confcall_join::api::{
    AccessHash, ActiveCall, CallConnection, CallId, CallMessage, CallMessageId, CallRef,
    CallSettings, CallText, ChainBlocks, DataJson, EncryptedMessage, FilePart, FullChat, GroupCall,
    GroupCallInfo, GroupCallParticipant, InputGroupCall, InviteLink, JoinAsPeers, LiveStories,
    LiveStory, Participants, ParticipantsPage, ResolvedPeer, Response, StoryId, StreamChannel,
    SubChain, Update, Updates,
};
use confcall_server::{HostedCall, Server};

use super::hostility::{edge, label, offset, participants, peer, sources, text};

/// Parameters of a media connection: of every mode, of none, and of all at once.
const CONNECTIONS: [&str; 6] = [
    "{}",
    "",
    r#"{"stream":true}"#,
    r#"{"stream":true,"rtmp":true}"#,
    r#"{"rtmp":true}"#,
    r#"{"stream":true,"rtmp":true,"transport":{}}"#,
];

/// An answer of any type, of true and untrue parts.
pub(super) fn answer(u: &mut Unstructured<'_>, server: &Server) -> Result<Response> {
    Ok(match u.int_in_range(0..=15)? {
        0 => Response::Bool(u.arbitrary()?),
        1 => Response::Sources(sources(u)?),
        2..=4 => GroupCallInfo {
            call: group_call(u, server)?,
            participants: entries(u, server)?,
            next_offset: offset(u)?,
            labels: Vec::new(),
        }
        .into(),
        5 => ParticipantsPage {
            count: edge(u)?,
            participants: entries(u, server)?,
            next_offset: offset(u)?,
            version: edge(u)?,
            labels: Vec::new(),
        }
        .into(),
        6 => ResolvedPeer {
            peer: peer(u)?,
            labels: vec![label(u)?],
        }
        .into(),
        7 => FullChat {
            call: u
                .arbitrary::<bool>()?
                .then(|| named(u, server))
                .transpose()?,
            default_join_as: u.arbitrary::<bool>()?.then(|| peer(u)).transpose()?,
            labels: vec![label(u)?],
        }
        .into(),
        8 => LiveStories {
            live: vec![LiveStory {
                id: StoryId::new(7),
                call: named(u, server)?,
                rtmp_stream: u.arbitrary()?,
            }],
            labels: Vec::new(),
        }
        .into(),
        9 => JoinAsPeers {
            peers: vec![peer(u)?],
            labels: Vec::new(),
        }
        .into(),
        10 => InviteLink::new(text(u)?).into(),
        11 => channels(u)?.into(),
        12 => part(u)?.into(),
        _ => {
            let updates = (0..u.int_in_range(0..=4)?).map(|_| update(u, server));
            Updates(updates.collect::<Result<_>>()?).into()
        }
    })
}

/// An honest answer, of which one part is another.
pub(super) fn twisted(
    u: &mut Unstructured<'_>,
    server: &Server,
    honest: Response,
) -> Result<Response> {
    Ok(match honest {
        Response::Updates(Updates(mut updates)) if !updates.is_empty() => {
            let at = u.choose_index(updates.len())?;
            match u.int_in_range(0..=3)? {
                0 => drop(updates.remove(at)),
                1 => updates[at] = update(u, server)?,
                2 => updates.push(updates[at].clone()),
                _ => bend(u, &mut updates[at])?,
            }
            Updates(updates).into()
        }
        Response::GroupCall(mut info) => {
            if let GroupCall::Active(call) = &mut info.call {
                bend_call(u, call)?;
            }
            info.next_offset = offset(u)?;
            info.into()
        }
        Response::Participants(mut page) => {
            page.next_offset = offset(u)?;
            page.version = edge(u)?;
            page.into()
        }
        Response::StreamChannels(_) => channels(u)?.into(),
        Response::FilePart(_) => part(u)?.into(),
        other => other,
    })
}

fn bend(u: &mut Unstructured<'_>, update: &mut Update) -> Result<()> {
    match update {
        Update::GroupCall {
            call: GroupCall::Active(call),
            ..
        } => bend_call(u, call)?,
        Update::Participants(change) => {
            if let Some(last) = change.participants.last_mut() {
                bend_entry(u, last)?;
            }
        }
        Update::Connection(connection) => {
            connection.params = DataJson::new(*u.choose(&CONNECTIONS)?);
        }
        _ => {}
    }
    Ok(())
}

/// Changes what decides of a call what it is.
fn bend_call(u: &mut Unstructured<'_>, call: &mut ActiveCall) -> Result<()> {
    match u.int_in_range(0..=5)? {
        0 => call.conference = !call.conference,
        1 => call.rtmp_stream = !call.rtmp_stream,
        2 => call.scheduled_for = call.scheduled_for.xor(Some(edge(u)?)),
        3 => call.version = edge(u)?,
        4 => call.id = CallId::new(edge(u)?.into()),
        _ => call.can_start_video = !call.can_start_video,
    }
    Ok(())
}

/// Changes what decides of an entry whether it may speak, and whose it is.
fn bend_entry(u: &mut Unstructured<'_>, entry: &mut GroupCallParticipant) -> Result<()> {
    match u.int_in_range(0..=4)? {
        0 => entry.muted = !entry.muted,
        1 => entry.can_self_unmute = !entry.can_self_unmute,
        2 => entry.left = !entry.left,
        3 => entry.peer = peer(u)?,
        _ => entry.own = !entry.own,
    }
    Ok(())
}

/// An update without a reason.
pub(super) fn update(u: &mut Unstructured<'_>, server: &Server) -> Result<Update> {
    Ok(match u.int_in_range(0..=11)? {
        0..=2 => Update::GroupCall {
            call: group_call(u, server)?,
            peer: u.arbitrary::<bool>()?.then(|| peer(u)).transpose()?,
            live_story: u.ratio(1, 4)?,
        },
        3..=5 => Update::Participants(Participants {
            call: reference(u, server)?,
            participants: entries(u, server)?,
            version: version(u, server)?,
        }),
        6 => Update::Connection(CallConnection {
            presentation: u.arbitrary()?,
            params: DataJson::new(*u.choose(&CONNECTIONS)?),
        }),
        7 | 8 => Update::Message(CallMessage {
            call: reference(u, server)?,
            id: CallMessageId::new(edge(u)?),
            from: peer(u)?,
            date: edge(u)?,
            text: CallText {
                text: text(u)?,
                entities: Vec::new(),
            },
            from_admin: u.arbitrary()?,
            paid_stars: u.arbitrary()?,
        }),
        9 => Update::MessagesDeleted {
            call: reference(u, server)?,
            messages: vec![CallMessageId::new(edge(u)?); u.int_in_range(0..=3_000)?],
        },
        // Of conferences alone.
        10 => match u.arbitrary()? {
            true => Update::EncryptedMessage(EncryptedMessage {
                call: reference(u, server)?,
                from: peer(u)?,
                encrypted_message: vec![1; u.int_in_range(0..=300)?],
            }),
            false => Update::ChainBlocks(ChainBlocks {
                call: reference(u, server)?,
                sub_chain: *u.choose(&[SubChain::Blocks, SubChain::Broadcasts])?,
                next_offset: edge(u)?,
                blocks: vec![vec![7; 148]; u.int_in_range(0..=3)?],
            }),
        },
        _ => Update::Labels(vec![label(u)?]),
    })
}

/// True entries of a call, some of them bent, or such as nobody has.
fn entries(u: &mut Unstructured<'_>, server: &Server) -> Result<Vec<GroupCallParticipant>> {
    let known = server.hosted_calls().flat_map(HostedCall::members);
    let known: Vec<_> = known
        .map(|member| GroupCallParticipant::new(member.peer(), Some(member.source())))
        .collect();
    if known.is_empty() || u.ratio(1, 3)? {
        return participants(u);
    }
    let count = u.int_in_range(0..=3)?;
    let entry = |u: &mut Unstructured<'_>| {
        let mut entry = known[u.choose_index(known.len())?].clone();
        bend_entry(u, &mut entry)?;
        Ok(entry)
    };
    (0..count).map(|_| entry(u)).collect()
}

fn version(u: &mut Unstructured<'_>, server: &Server) -> Result<i32> {
    // Near the true ones, so that some are the next.
    let most = 2 * server.hosted_calls().len() as i32 + 8;
    match u.ratio(3, 4)? {
        true => u.int_in_range(0..=most),
        false => edge(u),
    }
}

/// A call of this server, or another one.
fn named(u: &mut Unstructured<'_>, server: &Server) -> Result<CallRef> {
    let calls: Vec<_> = server.hosted_calls().collect();
    let other = CallRef {
        id: CallId::new(edge(u)?.into()),
        access_hash: AccessHash::new(0),
    };
    if calls.is_empty() || u.ratio(1, 6)? {
        return Ok(other);
    }
    let call = calls[u.choose_index(calls.len())?];
    Ok(CallRef::of(&call.reference()).unwrap_or(other))
}

fn reference(u: &mut Unstructured<'_>, server: &Server) -> Result<InputGroupCall> {
    named(u, server).map(InputGroupCall::from)
}

fn group_call(u: &mut Unstructured<'_>, server: &Server) -> Result<GroupCall> {
    let call = named(u, server)?;
    Ok(match u.int_in_range(0..=15)? {
        0 => GroupCall::Discarded {
            id: call.id,
            access_hash: call.access_hash,
            duration: edge(u)?,
        },
        _ => GroupCall::from(ActiveCall {
            conference: u.ratio(1, 8)?,
            rtmp_stream: u.ratio(1, 4)?,
            creator: u.arbitrary()?,
            participants_count: edge(u)?,
            version: version(u, server)?,
            settings: CallSettings {
                join_muted: u.arbitrary()?,
                can_change_join_muted: u.arbitrary()?,
                messages_enabled: u.arbitrary()?,
                can_change_messages_enabled: u.arbitrary()?,
            },
            min: u.ratio(1, 4)?,
            title: u.ratio(1, 4)?.then(|| text(u)).transpose()?,
            stream_dc: u.ratio(1, 4)?.then(|| edge(u)).transpose()?,
            recorded_since: u.ratio(1, 4)?.then(|| edge(u)).transpose()?,
            scheduled_for: u.ratio(1, 8)?.then(|| edge(u)).transpose()?,
            can_start_video: u.arbitrary()?,
            video_count: u.ratio(1, 4)?.then(|| edge(u)).transpose()?,
            video_limit: edge(u)?,
            listeners_hidden: u.arbitrary()?,
            default_send_as: u.ratio(1, 4)?.then(|| peer(u)).transpose()?,
            ..ActiveCall::new(call)
        }),
    })
}

fn channels(u: &mut Unstructured<'_>) -> Result<Vec<StreamChannel>> {
    let channel = |u: &mut Unstructured<'_>| {
        Ok(StreamChannel {
            channel: u.int_in_range(-1..=2)?,
            scale: *u.choose(&[0, 0, 1, -5, 31, -31, i32::MAX, i32::MIN])?,
            last_timestamp_ms: *u.choose(&[0, -1, 1_000, 12_345, i64::MAX, i64::MIN])?,
        })
    };
    (0..u.int_in_range(0..=3)?).map(|_| channel(u)).collect()
}

fn part(u: &mut Unstructured<'_>) -> Result<FilePart> {
    Ok(match u.ratio(1, 8)? {
        true => FilePart::Redirected,
        false => FilePart::Bytes(vec![0x81; *u.choose(&[0, 1, 300, 131_072, 131_073])?]),
    })
}
