use core::time::Duration;

use confcall_join::Slug;
use confcall_join::api::{AccessHash, CallId, MessageId, PhoneCallId};
use confcall_state::{PublicKey, UserId};

use super::content::{Content, SavedCall, SavedCreation, SavedInvitation, SavedPhoneCall};
use super::error::{SnapshotError, wrong};
use super::restore_room::room;
use super::restore_world;
use crate::call::{Access, Call, Subchains};
use crate::creations::{Creation, Creations};
use crate::invitations::{Invitations, InviteMessage};
use crate::names::Names;
use crate::options::{Limits, ServerOptions};
use crate::people::People;
use crate::phone_calls::{PhoneCall, PhoneCalls};
use crate::server::Server;

/// The server that a content describes.
pub(super) fn server(content: &Content<'_>, limits: Limits) -> Result<Server, SnapshotError> {
    let seed = content.seed;
    let names = Names::resume(seed, content.drawn);
    let (seconds, nanoseconds) = content.ring_timeout;
    // Fewer than a second, since more would be carried into the seconds.
    if nanoseconds >= 1_000_000_000 {
        return Err(wrong("the time for which invitations ring is none"));
    }
    let options = ServerOptions {
        seed,
        limits,
        ring_timeout: Duration::new(seconds, nanoseconds),
    };
    let mut server = Server::with_names(names, options);
    server.now = content.now;
    // Before any block is applied, which is the costly part.
    check_limits(content, &limits)?;
    for saved in &content.calls {
        match server.calls.restore(call(saved, &limits)?) {
            true => {}
            false => return Err(wrong("two calls have one name")),
        }
    }
    server.creations = creations(&server, &content.creations)?;
    server.invitations = invitations(&server, &content.invitations, content.last_message)?;
    server.phone_calls = phone_calls(&content.phone_calls)?;
    let ended = content.ended.iter();
    let ended = ended.map(|(id, hash)| (CallId::new(*id), AccessHash::new(*hash)));
    server.calls.restore_ended(ended.collect(), limits.calls);
    server.world = restore_world::world(&content.world, seed, &limits)?;
    let people = content.people.iter();
    server.people = People::new(people.map(|(id, name)| (UserId::new(*id), (*name).to_owned())));
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

fn call(saved: &SavedCall<'_>, limits: &Limits) -> Result<Call, SnapshotError> {
    let id = CallId::new(saved.room.id);
    let slug = Slug::new(saved.slug).map_err(|_| wrong("the slug of a call is none"))?;
    let (blocks, broadcasts) = (&saved.blocks, &saved.broadcasts);
    let subchains = Subchains::load(blocks, saved.dropped, broadcasts, limits);
    let subchains = subchains.map_err(|error| SnapshotError::Call { call: id, error })?;
    let kicked = saved.kicked.iter().copied().map(UserId::new);
    let access = Access::new(saved.creator.map(UserId::new), kicked);
    let key = |user_id| {
        let participant = subchains.state().group_state().by_user(user_id);
        let participant = participant.ok_or(wrong("a member is not in the chain"))?;
        match access.kicked().contains(&user_id) {
            true => Err(wrong("a member was kicked")),
            false => Ok(Some(participant.public_key)),
        }
    };
    Ok(Call {
        slug,
        room: room(&saved.room, key)?,
        access,
        subchains,
        attended: saved.attended,
    })
}

fn creations(server: &Server, saved: &[SavedCreation]) -> Result<Creations, SnapshotError> {
    let creation = |saved: &SavedCreation| {
        let call = known(server, saved.call)?;
        let joined_with = saved.joined_with.map(PublicKey::from_bytes);
        let creation = Creation { call, joined_with };
        Ok((UserId::new(saved.creator), saved.random_id, creation))
    };
    let all: Vec<_> = saved.iter().map(creation).collect::<Result<_, _>>()?;
    Creations::restore(all).ok_or(wrong("a call was created twice"))
}

fn invitations(
    server: &Server,
    saved: &[SavedInvitation],
    last: i32,
) -> Result<Invitations, SnapshotError> {
    let invitation = |saved: &SavedInvitation| {
        Ok(InviteMessage {
            call: known(server, saved.call)?,
            from: UserId::new(saved.from),
            to: UserId::new(saved.to),
            received: MessageId::new(saved.received),
            sent: saved.sent.map(MessageId::new),
            video: saved.video,
            date: saved.date,
            state: saved.state,
        })
    };
    let all: Vec<_> = saved.iter().map(invitation).collect::<Result<_, _>>()?;
    Invitations::resume(all, last).ok_or(wrong("the invitations do not follow on each other"))
}

fn phone_calls(saved: &[SavedPhoneCall]) -> Result<PhoneCalls, SnapshotError> {
    let side = |(user_id, hash)| (UserId::new(user_id), AccessHash::new(hash));
    let calls = saved.iter().map(|saved| PhoneCall {
        id: PhoneCallId::new(saved.id),
        sides: saved.sides.map(side),
        is_over: saved.is_over,
    });
    PhoneCalls::restore(calls).ok_or(wrong("two calls between users have one id"))
}

/// A call that is there.
fn known(server: &Server, call: i64) -> Result<CallId, SnapshotError> {
    let call = CallId::new(call);
    let found = server.call(call).map(Call::id);
    found.ok_or(wrong("a call is named that is not there"))
}
