//! Answers and updates of a server that is hostile.

use arbitrary::{Result, Unstructured};
use confcall_join::Ssrc;
use confcall_join::api::reaction::{ErrorName, ROWS};
use confcall_join::api::{
    AccessHash, CallConnection, CallId, CallSettings, ChainBlocks, DataJson, EncryptedMessage,
    GroupCall, GroupCallInfo, GroupCallParticipant, InputGroupCall, InviteLink, Participants,
    ParticipantsPage, Peer, Response, RpcError, SubChain, Update, Updates,
};
use confcall_state::UserId;

use super::people::user;
use confcall_server::Call;
use confcall_server::Server;

/// Numbers at which arithmetic goes wrong.
const EDGES: [i32; 9] = [i32::MIN, -1, 0, 1, 2, 50, 300, i32::MAX - 1, i32::MAX];

fn edge(u: &mut Unstructured<'_>) -> Result<i32> {
    u.choose(&EDGES).copied()
}

/// A refusal that a client knows, or does not.
pub(super) fn refusal(u: &mut Unstructured<'_>) -> Result<RpcError> {
    let row = u.choose(ROWS)?;
    let seconds = [
        "0",
        "1",
        "30",
        "2147483647",
        "18446744073709551615",
        "x",
        "",
    ];
    let name = match row.name {
        ErrorName::Exact(name) | ErrorName::Prefix(name) => name.to_owned(),
        ErrorName::Seconds(name) => format!("{name}{}", u.choose(&seconds)?),
        _ => "WORKER_BUSY_TOO_LONG_RETRY".to_owned(),
    };
    let code = match u.ratio(7, 8)? {
        true => row.code.unwrap_or(500),
        false => edge(u)?,
    };
    Ok(RpcError::new(code, name))
}

/// An answer of any type, of true and untrue parts.
pub(super) fn answer(u: &mut Unstructured<'_>, server: &Server) -> Result<Response> {
    Ok(match u.int_in_range(0..=7)? {
        0 => Response::Bool(u.arbitrary()?),
        1 => Response::Sources(sources(u)?),
        2 => GroupCallInfo {
            call: group_call(u, server)?,
            participants: participants(u)?,
            next_offset: offset(u)?,
            labels: Vec::new(),
        }
        .into(),
        3 => ParticipantsPage {
            count: edge(u)?,
            participants: participants(u)?,
            next_offset: offset(u)?,
            version: edge(u)?,
            labels: Vec::new(),
        }
        .into(),
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
                _ => {
                    if let Update::ChainBlocks(items) = &mut updates[at] {
                        bend_items(u, items)?;
                    }
                }
            }
            Updates(updates).into()
        }
        Response::Participants(mut page) => {
            page.next_offset = offset(u)?;
            page.version = edge(u)?;
            page.into()
        }
        other => other,
    })
}

fn bend_items(u: &mut Unstructured<'_>, items: &mut ChainBlocks) -> Result<()> {
    match (u.int_in_range(0..=4)?, items.blocks.last().cloned()) {
        (0, _) => items.next_offset = edge(u)?,
        (1, _) => drop(items.blocks.pop()),
        (2, Some(last)) => items.blocks.push(last),
        (3, Some(_)) => items.blocks.reverse(),
        (_, Some(mut last)) => {
            let at = u.choose_index(last.len().max(1))?;
            if let Some(byte) = last.get_mut(at) {
                *byte ^= 1 << u.int_in_range(0..=7)?;
            }
            items.blocks.push(last);
            items.next_offset = items.next_offset.wrapping_add(1);
        }
        _ => items.blocks.push(vec![7; u.int_in_range(0..=200)?]),
    }
    Ok(())
}

/// An update without a reason.
pub(super) fn update(u: &mut Unstructured<'_>, server: &Server) -> Result<Update> {
    Ok(match u.int_in_range(0..=6)? {
        0 => Update::GroupCall(group_call(u, server)?),
        1 => Update::Participants(Participants {
            call: reference(u, server)?,
            participants: participants(u)?,
            version: edge(u)?,
        }),
        2 => Update::EncryptedMessage(EncryptedMessage {
            call: reference(u, server)?,
            from: Peer::User(user(u)?),
            encrypted_message: vec![1; u.int_in_range(0..=300)?],
        }),
        3 => Update::Connection(CallConnection {
            presentation: u.arbitrary()?,
            params: DataJson::new(*u.choose(&["{}", "", "{\"stream\":true}"])?),
        }),
        _ => Update::ChainBlocks(items(u, server)?),
    })
}

fn items(u: &mut Unstructured<'_>, server: &Server) -> Result<ChainBlocks> {
    let calls = server.calls();
    let known: Vec<_> = calls
        .flat_map(|call| [call.blocks(), call.broadcasts()].concat())
        .collect();
    let count = u.int_in_range(0..=3)? * u.int_in_range(0..=20)?;
    let item = |u: &mut Unstructured<'_>| {
        Ok(match u.int_in_range(0..=7)? {
            0 => Vec::new(),
            1 => vec![7; u.int_in_range(0..=200)?],
            _ if known.is_empty() => vec![7; 148],
            _ => known[u.choose_index(known.len())?].clone(),
        })
    };
    let blocks: Vec<_> = (0..count).map(|_| item(u)).collect::<Result<_>>()?;
    Ok(ChainBlocks {
        call: reference(u, server)?,
        sub_chain: *u.choose(&[SubChain::Blocks, SubChain::Broadcasts])?,
        next_offset: match u.ratio(3, 4)? {
            true => u.int_in_range(0..=30)?,
            false => edge(u)?,
        },
        blocks,
    })
}

fn reference(u: &mut Unstructured<'_>, server: &Server) -> Result<InputGroupCall> {
    let known = server.calls().next().map(Call::reference);
    let call = known.filter(|_| u.ratio(5, 6).unwrap_or_default());
    Ok(call.unwrap_or(InputGroupCall::Id {
        id: CallId::new(edge(u)?.into()),
        access_hash: AccessHash::new(0),
    }))
}

fn group_call(u: &mut Unstructured<'_>, server: &Server) -> Result<GroupCall> {
    let InputGroupCall::Id { id, access_hash } = reference(u, server)? else {
        return group_call_of(u, CallId::new(0), AccessHash::new(0));
    };
    group_call_of(u, id, access_hash)
}

fn group_call_of(
    u: &mut Unstructured<'_>,
    id: CallId,
    access_hash: AccessHash,
) -> Result<GroupCall> {
    let links = ["", "t.me/call/a", "https://t.me/call/abc", "no link"];
    Ok(match u.int_in_range(0..=15)? {
        0 => GroupCall::Discarded {
            id,
            access_hash,
            duration: edge(u)?,
        },
        _ => GroupCall::Active {
            id,
            access_hash,
            conference: u.ratio(7, 8)?,
            rtmp_stream: false,
            creator: u.arbitrary()?,
            participants_count: edge(u)?,
            invite_link: Some(InviteLink::new(*u.choose(&links)?)),
            version: edge(u)?,
            settings: CallSettings::default(),
            min: false,
        },
    })
}

fn participants(u: &mut Unstructured<'_>) -> Result<Vec<GroupCallParticipant>> {
    let count = u.int_in_range(0..=6)?;
    let one = |u: &mut Unstructured<'_>| {
        let peer = Peer::User(UserId::new(u.int_in_range(0..=6)?));
        let date = edge(u)?;
        let source = Ssrc::new(u.int_in_range(0..=4)?);
        Ok(GroupCallParticipant {
            date,
            own: u.ratio(1, 4)?,
            muted: u.arbitrary()?,
            just_joined: u.arbitrary()?,
            left: u.ratio(1, 3)?,
            versioned: u.arbitrary()?,
            min: u.arbitrary()?,
            ..GroupCallParticipant::new(peer, source)
        })
    };
    (0..count).map(|_| one(u)).collect()
}

fn sources(u: &mut Unstructured<'_>) -> Result<Vec<Ssrc>> {
    let sources: Vec<u32> = u.arbitrary()?;
    Ok(sources.into_iter().filter_map(Ssrc::new).collect())
}

fn offset(u: &mut Unstructured<'_>) -> Result<Option<String>> {
    let offsets = [None, None, Some(""), Some("0"), Some("1"), Some("x")];
    Ok(u.choose(&offsets)?.map(str::to_owned))
}
