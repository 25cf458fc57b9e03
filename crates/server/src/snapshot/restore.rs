use core::time::Duration;
use std::collections::BTreeSet;

use confcall_join::Slug;
use confcall_join::api::{
    AccessHash, CallId, CallRef, EditGroupCallParticipant, MessageId, Peer, PhoneCallId,
};
use confcall_join::joining::{Fingerprint, IceCredentials};
use confcall_state::{PublicKey, UserId};

use super::content::{
    Content, SavedCall, SavedCreation, SavedInvitation, SavedMedia, SavedMember, SavedPhoneCall,
    SavedVoices,
};
use super::error::SnapshotError;
use crate::call::{Access, Call, Subchains};
use crate::creations::{Creation, Creations};
use crate::invitations::{Invitations, InviteMessage};
use crate::names::Names;
use crate::options::{Limits, ServerOptions};
use crate::people::People;
use crate::phone_calls::{PhoneCall, PhoneCalls};
use crate::room::{CallMember, Camera, Choice, Listeners, MediaEnd, Room, Roster, Screen, Voices};
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
    let id = CallId::new(saved.id);
    let slug = Slug::new(saved.slug).map_err(|_| wrong("the slug of a call is none"))?;
    let (blocks, broadcasts) = (&saved.blocks, &saved.broadcasts);
    let subchains = Subchains::load(blocks, saved.dropped, broadcasts, limits);
    let subchains = subchains.map_err(|error| SnapshotError::Call { call: id, error })?;
    let kicked = saved.kicked.iter().copied().map(UserId::new);
    let access = Access::new(saved.creator.map(UserId::new), kicked);
    Ok(Call {
        slug,
        room: Room {
            call: CallRef {
                id,
                access_hash: AccessHash::new(saved.access_hash),
            },
            roster: roster(saved, &subchains, &access)?,
            media: media(&saved.media)?,
            screens: media(&saved.screens)?,
            messages_enabled: saved.messages_enabled,
            created: saved.created,
        },
        access,
        subchains,
        attended: saved.attended,
    })
}

fn roster(
    saved: &SavedCall<'_>,
    subchains: &Subchains,
    access: &Access,
) -> Result<Roster, SnapshotError> {
    let member = |saved| member(saved, subchains, access);
    let members = saved.members.iter().map(member);
    let members: Vec<_> = members.collect::<Result<_, _>>()?;
    let voices = voices(&saved.voices, &members)?;
    let roster = Roster::restore(members, voices, Listeners::Listed, saved.roster_version);
    roster.ok_or(wrong("two members have one source, or are one user"))
}

/// A member, with the key that the chain has for it.
fn member(
    saved: &SavedMember,
    subchains: &Subchains,
    access: &Access,
) -> Result<CallMember, SnapshotError> {
    let user_id = UserId::new(saved.user_id);
    let participant = subchains.state().group_state().by_user(user_id);
    let participant = participant.ok_or(wrong("a member is not in the chain"))?;
    if access.kicked().contains(&user_id) {
        return Err(wrong("a member was kicked"));
    }
    let screen = saved.screen.as_ref();
    Ok(CallMember {
        user_id,
        peer: Peer::User(user_id),
        public_key: Some(participant.public_key),
        source: saved.source,
        muted: saved.muted,
        camera: Camera {
            groups: saved.camera.groups.clone(),
            is_stopped: saved.camera.is_stopped,
            is_paused: saved.camera.is_paused,
        },
        screen: screen.map(|screen| Screen {
            source: screen.source,
            groups: screen.groups.clone(),
            is_paused: screen.is_paused,
        }),
        hand: None,
        date: saved.date,
        active_date: saved.active_date,
    })
}

/// The volumes and choices of members, about members.
fn voices(saved: &SavedVoices, members: &[CallMember]) -> Result<Voices, SnapshotError> {
    let members: BTreeSet<_> = members.iter().map(CallMember::user_id).collect();
    let is_member = |id: i64| members.contains(&UserId::new(id));
    let is_volume = |volume: i32| EditGroupCallParticipant::VOLUMES.contains(&volume);
    let mut volumes = saved.volumes.iter();
    let mut choices = saved.choices.iter();
    let is_right = volumes.all(|(id, volume)| is_member(*id) && is_volume(*volume))
        && choices.all(|choice| {
            let is_choice = choice.muted || choice.volume.is_some();
            is_choice
                && is_member(choice.viewer)
                && is_member(choice.user_id)
                && choice.volume.is_none_or(is_volume)
        });
    if !is_right {
        return Err(wrong("a volume is none, or not about members"));
    }
    let silenced = saved.silenced.iter().copied().map(UserId::new);
    let volumes = saved.volumes.iter();
    let choices = saved.choices.iter().map(|saved| {
        let (viewer, user_id) = (UserId::new(saved.viewer), UserId::new(saved.user_id));
        let choice = Choice {
            muted: saved.muted,
            volume: saved.volume,
        };
        (viewer, user_id, choice)
    });
    let volumes = volumes.map(|(id, volume)| (UserId::new(*id), *volume));
    Ok(Voices::new(silenced, volumes, choices))
}

fn media(saved: &SavedMedia<'_>) -> Result<MediaEnd, SnapshotError> {
    let wrong = || wrong("the media end of a call is none");
    let digest = saved.fingerprint.as_ref().try_into();
    Ok(MediaEnd {
        credentials: IceCredentials::new(saved.ufrag, saved.pwd).map_err(|_| wrong())?,
        fingerprint: Fingerprint::sha256(digest.map_err(|_| wrong())?),
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

fn wrong(what: &'static str) -> SnapshotError {
    SnapshotError::Content { what }
}
