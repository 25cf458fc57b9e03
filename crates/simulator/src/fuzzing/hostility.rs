//! Answers and updates of a server that is hostile.

use arbitrary::{Result, Unstructured};
use confcall_join::api::reaction::{ErrorName, ROWS};
use confcall_join::api::{
    AccessHash, ActiveCall, CallConnection, CallId, CallRef, CallSettings, ChainBlocks, ChannelId,
    ChatId, DataJson, EncryptedMessage, GroupCall, GroupCallInfo, GroupCallParticipant,
    InputGroupCall, Invitation, InvitationState, InviteLink, MessageId, MigratedCall,
    ParticipantVideo, Participants, ParticipantsPage, Peer, PeerLabel, PhoneCallId, Response,
    RpcError, SubChain, Update, Updates,
};
use confcall_join::{Slug, Ssrc};
use confcall_state::UserId;

use super::people::user;
use confcall_server::Call;
use confcall_server::Server;

/// Numbers at which arithmetic goes wrong.
const EDGES: [i32; 9] = [i32::MIN, -1, 0, 1, 2, 50, 300, i32::MAX - 1, i32::MAX];

/// As often is a text repeated that is longer than any is.
const LONG: usize = 50_000;

pub(super) fn edge(u: &mut Unstructured<'_>) -> Result<i32> {
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
        0 => group_call(u, server)?.into(),
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
        4 | 5 => Update::ChainBlocks(items(u, server)?),
        _ => of_people(u, server)?,
    })
}

/// An update about people: their names, who invites them, calls of two.
fn of_people(u: &mut Unstructured<'_>, server: &Server) -> Result<Update> {
    let message = MessageId::new(u.int_in_range(0..=3)?);
    Ok(match u.int_in_range(0..=5)? {
        0 => Update::Deleted(vec![message; u.int_in_range(0..=3)?]),
        1 => Update::Migrated(MigratedCall {
            phone_call: PhoneCallId::new(1),
            slug: Slug::new("abc").expect("it is a slug"),
            video: u.arbitrary()?,
        }),
        2 | 3 => Update::Invitation(Invitation {
            message,
            call_id: match server.calls().next() {
                Some(call) if u.ratio(3, 4)? => call.id(),
                _ => CallId::new(7),
            },
            from: user(u)?,
            to: user(u)?,
            video: u.arbitrary()?,
            date: edge(u)?,
            state: *u.choose(&[
                InvitationState::Pending,
                InvitationState::Active,
                InvitationState::Missed,
                InvitationState::Over { duration: -1 },
            ])?,
        }),
        _ => {
            let labels = (0..u.int_in_range(0..=3)?).map(|_| label(u));
            Update::Labels(labels.collect::<Result<_>>()?)
        }
    })
}

pub(super) fn label(u: &mut Unstructured<'_>) -> Result<PeerLabel> {
    Ok(PeerLabel {
        peer: peer(u)?,
        name: text(u)?,
        username: u.arbitrary::<bool>()?.then(|| text(u)).transpose()?,
        access_hash: u.arbitrary::<bool>()?.then_some(AccessHash::new(1)),
        photo: None,
    })
}

/// A text that is empty, that moves a terminal's cursor, that is written from right to left, or that is longer than any is.
pub(super) fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let texts = [
        "",
        "Bob",
        "\u{1b}[2J\u{7}\0",
        "\u{202e}\u{200b}boB",
        "\u{1f980}",
    ];
    let text = *u.choose(&texts)?;
    Ok(match u.ratio(1, 8)? {
        true => text.repeat(LONG),
        false => text.to_owned(),
    })
}

/// A user, or a group or channel, which no participant of a conference is.
pub(super) fn peer(u: &mut Unstructured<'_>) -> Result<Peer> {
    let id = u.int_in_range(0..=6)?;
    Ok(match u.int_in_range(0..=7)? {
        0 => Peer::Chat(ChatId::new(id)),
        1 => Peer::Channel(ChannelId::new(id)),
        _ => Peer::User(UserId::new(id)),
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
        _ => GroupCall::from(ActiveCall {
            conference: u.ratio(7, 8)?,
            creator: u.arbitrary()?,
            participants_count: edge(u)?,
            invite_link: Some(InviteLink::new(*u.choose(&links)?)),
            version: edge(u)?,
            settings: CallSettings {
                join_muted: u.arbitrary()?,
                can_change_join_muted: u.arbitrary()?,
                messages_enabled: u.arbitrary()?,
                can_change_messages_enabled: u.arbitrary()?,
            },
            min: u.ratio(1, 4)?,
            ..ActiveCall::new(CallRef { id, access_hash })
        }),
    })
}

pub(super) fn participants(u: &mut Unstructured<'_>) -> Result<Vec<GroupCallParticipant>> {
    let count = u.int_in_range(0..=6)?;
    let one = |u: &mut Unstructured<'_>| {
        let (peer, date) = (peer(u)?, edge(u)?);
        let source = Ssrc::new(u.int_in_range(0..=4)?);
        Ok(GroupCallParticipant {
            date,
            own: u.ratio(1, 4)?,
            muted: u.arbitrary()?,
            just_joined: u.arbitrary()?,
            left: u.ratio(1, 3)?,
            versioned: u.arbitrary()?,
            min: u.arbitrary()?,
            can_self_unmute: u.arbitrary()?,
            muted_by_you: u.arbitrary()?,
            volume: u.arbitrary::<bool>()?.then(|| edge(u)).transpose()?,
            volume_by_admin: u.arbitrary()?,
            raise_hand_rating: u.ratio(1, 4)?.then_some(i64::MIN),
            video: picture(u)?,
            presentation: picture(u)?,
            about: u.ratio(1, 4)?.then(|| text(u)).transpose()?,
            ..GroupCallParticipant::new(peer, source)
        })
    };
    (0..count).map(|_| one(u)).collect()
}

fn picture(u: &mut Unstructured<'_>) -> Result<Option<ParticipantVideo>> {
    if u.ratio(2, 3)? {
        return Ok(None);
    }
    Ok(Some(ParticipantVideo {
        paused: u.arbitrary()?,
        endpoint: text(u)?,
        source_groups: Vec::new(),
        audio_source: Ssrc::new(u.int_in_range(0..=4)?),
    }))
}

pub(super) fn sources(u: &mut Unstructured<'_>) -> Result<Vec<Ssrc>> {
    let sources: Vec<u32> = u.arbitrary()?;
    Ok(sources.into_iter().filter_map(Ssrc::new).collect())
}

pub(super) fn offset(u: &mut Unstructured<'_>) -> Result<Option<String>> {
    let offsets = [None, None, Some(""), Some("0"), Some("1"), Some("x")];
    Ok(u.choose(&offsets)?.map(str::to_owned))
}
