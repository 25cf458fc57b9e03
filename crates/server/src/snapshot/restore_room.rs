use std::collections::BTreeSet;

use confcall_join::api::{
    AccessHash, CallId, CallRef, ChannelId, ChatId, EditGroupCallParticipant, Peer,
};
use confcall_join::joining::{Fingerprint, IceCredentials};
use confcall_state::{PublicKey, UserId};

use super::content::{SavedMedia, SavedMember, SavedPeer, SavedRoom, SavedVoices};
use super::error::{SnapshotError, wrong};
use crate::room::{CallMember, Camera, Choice, Listeners, MediaEnd, Room, Roster, Screen, Voices};

/// The participants of a call, each with the key that `key` has for it.
pub(super) fn room(
    saved: &SavedRoom<'_>,
    key: impl Fn(UserId) -> Result<Option<PublicKey>, SnapshotError>,
) -> Result<Room, SnapshotError> {
    let members = saved.members.iter().map(|saved| member(saved, &key));
    let members: Vec<_> = members.collect::<Result<_, _>>()?;
    let voices = voices(&saved.voices, &members)?;
    let listeners = match saved.hides_listeners {
        true => Listeners::Hidden,
        false => Listeners::Listed,
    };
    let roster = Roster::restore(members, voices, listeners, saved.roster_version);
    Ok(Room {
        call: CallRef {
            id: CallId::new(saved.id),
            access_hash: AccessHash::new(saved.access_hash),
        },
        roster: roster.ok_or(wrong("two members have one source, or are one user"))?,
        media: media(&saved.media)?,
        screens: media(&saved.screens)?,
        messages_enabled: saved.messages_enabled,
        created: saved.created,
    })
}

pub(super) fn peer(saved: SavedPeer) -> Peer {
    match saved {
        SavedPeer::User(id) => Peer::User(UserId::new(id)),
        SavedPeer::Chat(id) => Peer::Chat(ChatId::new(id)),
        SavedPeer::Channel(id) => Peer::Channel(ChannelId::new(id)),
    }
}

fn member(
    saved: &SavedMember,
    key: impl Fn(UserId) -> Result<Option<PublicKey>, SnapshotError>,
) -> Result<CallMember, SnapshotError> {
    let user_id = UserId::new(saved.user_id);
    let screen = saved.screen.as_ref();
    Ok(CallMember {
        user_id,
        peer: peer(saved.peer),
        public_key: key(user_id)?,
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
        hand: saved.hand,
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
