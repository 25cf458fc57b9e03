use std::collections::{BTreeMap, BTreeSet};

use confcall_join::Slug;
use confcall_join::api::{AccessHash, CallId, MessageId};
use confcall_join::joining::{Fingerprint, IceCredentials};
use confcall_state::{PublicKey, UserId};

use super::SnapshotError;
use super::content::{Content, SavedCall, SavedCreation, SavedInvitation, SavedMedia, SavedMember};
use crate::broadcasts::Broadcasts;
use crate::call::{Attendance, Call};
use crate::connection::MediaEnd;
use crate::creation::Creation;
use crate::invitations::Invitations;
use crate::ledger::Ledger;
use crate::member::Member;
use crate::names::{CallNames, Names};
use crate::options::{Limits, ServerOptions};
use crate::roster::Roster;
use crate::server::Server;

/// The server that a content describes.
pub(super) fn server(content: &Content<'_>, limits: Limits) -> Result<Server, SnapshotError> {
    let seed = content.seed;
    let mut server = Server::new(ServerOptions { seed, limits });
    server.names = Names::resume(seed, content.drawn);
    check_limits(content, &limits)?;
    for saved in &content.calls {
        add_call(&mut server, saved, &limits)?;
    }
    server.creations = creations(&server, &content.creations)?;
    server.invitations = invitations(&server, &content.invitations, content.last_message)?;
    let surplus = content.ended.len().saturating_sub(limits.calls);
    let ended = content.ended.iter().skip(surplus);
    let ended = ended.map(|(id, hash)| (CallId::new(*id), AccessHash::new(*hash)));
    server.ended = ended.collect();
    Ok(server)
}

fn check_limits(content: &Content<'_>, limits: &Limits) -> Result<(), SnapshotError> {
    let items = content.calls.iter().flat_map(SavedCall::items);
    let counts = [
        ("calls", content.calls.len(), limits.calls),
        ("invitations", content.invitations.len(), limits.invitations),
        (
            "bytes of blocks and broadcasts",
            items.map(|item| item.as_ref().len()).sum(),
            limits.bytes,
        ),
    ];
    match counts.into_iter().find(|(_, count, limit)| count > limit) {
        Some((what, count, limit)) => Err(SnapshotError::OverLimit { what, count, limit }),
        None => Ok(()),
    }
}

fn add_call(
    server: &mut Server,
    saved: &SavedCall<'_>,
    limits: &Limits,
) -> Result<(), SnapshotError> {
    let call = call(saved, limits)?;
    let (id, slug) = (call.id(), call.slug().clone());
    let is_new = server.slugs.insert(slug, id).is_none() && server.calls.insert(id, call).is_none();
    if is_new {
        Ok(())
    } else {
        Err(wrong("two calls have one name"))
    }
}

fn call(saved: &SavedCall<'_>, limits: &Limits) -> Result<Call, SnapshotError> {
    let id = CallId::new(saved.id);
    let slug = Slug::new(saved.slug).map_err(|_| wrong("the slug of a call is none"))?;
    let mut call = Call {
        names: CallNames {
            id,
            access_hash: AccessHash::new(saved.access_hash),
            slug,
        },
        creator: saved.creator.map(UserId::new),
        ledger: Ledger::new(),
        broadcasts: Broadcasts::new(),
        roster: Roster::default(),
        kicked: saved.kicked.iter().copied().map(UserId::new).collect(),
        media: media(&saved.media)?,
        attendance: match saved.attended {
            true => Attendance::Attended,
            false => Attendance::Unattended,
        },
    };
    call.broadcasts.start_at(saved.dropped);
    let items = call.load_blocks(&saved.blocks, limits);
    let items = items.and_then(|()| call.load_broadcasts(&saved.broadcasts, limits));
    items.map_err(|error| SnapshotError::Call { call: id, error })?;
    call.roster = roster(&call, &saved.members)?;
    call.roster.resume_at(saved.roster_version);
    Ok(call)
}

/// The members, each with the key that the chain has for it.
fn roster(call: &Call, saved: &[SavedMember]) -> Result<Roster, SnapshotError> {
    let group = call.chain_state().group_state();
    let mut roster = Roster::default();
    for saved in saved {
        let user_id = UserId::new(saved.user_id);
        let participant = group.by_user(user_id);
        let participant = participant.ok_or(wrong("a member is not in the chain"))?;
        if call.kicked.contains(&user_id) {
            return Err(wrong("a member was kicked"));
        }
        let member = Member {
            user_id,
            public_key: participant.public_key,
            source: saved.source,
            video: saved.video.clone(),
            muted: saved.muted,
        };
        if roster.member(user_id).is_some() || roster.clash(&member).is_some() {
            return Err(wrong("two members have one source, or are one user"));
        }
        roster.enter(member);
    }
    Ok(roster)
}

fn media(saved: &SavedMedia<'_>) -> Result<MediaEnd, SnapshotError> {
    let wrong = || wrong("the media end of a call is none");
    let digest = saved.fingerprint.as_ref().try_into();
    Ok(MediaEnd {
        credentials: IceCredentials::new(saved.ufrag, saved.pwd).map_err(|_| wrong())?,
        fingerprint: Fingerprint::sha256(digest.map_err(|_| wrong())?),
    })
}

fn creations(
    server: &Server,
    saved: &[SavedCreation],
) -> Result<BTreeMap<(UserId, i32), Creation>, SnapshotError> {
    let mut made = BTreeSet::new();
    let creation = |saved: &SavedCreation| {
        let call = known(server, saved.call)?;
        if !made.insert(call) {
            return Err(wrong("a call was created twice"));
        }
        let joined_with = saved.joined_with.map(PublicKey::from_bytes);
        let number = (UserId::new(saved.creator), saved.random_id);
        Ok((number, Creation { call, joined_with }))
    };
    saved.iter().map(creation).collect()
}

fn invitations(
    server: &Server,
    saved: &[SavedInvitation],
    last: i32,
) -> Result<Invitations, SnapshotError> {
    let invitation = |saved: &SavedInvitation| {
        let call = known(server, saved.call)?;
        Ok((
            UserId::new(saved.user_id),
            MessageId::new(saved.message),
            call,
        ))
    };
    let all: Vec<_> = saved.iter().map(invitation).collect::<Result<_, _>>()?;
    Invitations::resume(all, last).ok_or(wrong("the invitations do not follow on each other"))
}

/// A call that is there.
fn known(server: &Server, call: i64) -> Result<CallId, SnapshotError> {
    let call = CallId::new(call);
    let found = server.call(call).map(Call::id);
    found.ok_or(wrong("a call is named that is not there"))
}

fn wrong(what: &'static str) -> SnapshotError {
    SnapshotError::Content { what }
}
