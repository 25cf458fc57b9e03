use confcall_join::api::Peer;

use super::content::{
    Bytes, SavedCamera, SavedChoice, SavedMedia, SavedMember, SavedPeer, SavedRoom, SavedScreen,
    SavedVoices,
};
use crate::room::{CallMember, Listeners, MediaEnd, Room, Voices};

/// The participants of a call.
pub(super) fn room(room: &Room) -> SavedRoom<'_> {
    SavedRoom {
        id: room.call.id.value(),
        access_hash: room.call.access_hash.value(),
        members: room.roster.members().map(member).collect(),
        roster_version: room.roster.version(),
        hides_listeners: room.roster.listeners() == Listeners::Hidden,
        voices: voices(room.roster.voices()),
        media: media(&room.media),
        screens: media(&room.screens),
        messages_enabled: room.messages_enabled,
        created: room.created,
    }
}

pub(super) fn peer(peer: Peer) -> SavedPeer {
    match peer {
        Peer::User(id) => SavedPeer::User(id.value()),
        Peer::Chat(id) => SavedPeer::Chat(id.value()),
        Peer::Channel(id) => SavedPeer::Channel(id.value()),
    }
}

fn member(member: &CallMember) -> SavedMember {
    let screen = member.screen.as_ref();
    SavedMember {
        user_id: member.user_id.value(),
        peer: peer(member.peer),
        source: member.source,
        muted: member.muted,
        hand: member.hand,
        camera: SavedCamera {
            groups: member.camera.groups.clone(),
            is_stopped: member.camera.is_stopped,
            is_paused: member.camera.is_paused,
        },
        screen: screen.map(|screen| SavedScreen {
            source: screen.source,
            groups: screen.groups.clone(),
            is_paused: screen.is_paused,
        }),
        date: member.date,
        active_date: member.active_date,
    }
}

fn voices(voices: &Voices) -> SavedVoices {
    let volumes = voices.volumes().iter();
    let choices = voices.choices();
    SavedVoices {
        silenced: voices.silenced().iter().map(|user| user.value()).collect(),
        volumes: volumes
            .map(|(user_id, volume)| (user_id.value(), *volume))
            .collect(),
        choices: choices
            .map(|(viewer, user_id, choice)| SavedChoice {
                viewer: viewer.value(),
                user_id: user_id.value(),
                muted: choice.muted,
                volume: choice.volume,
            })
            .collect(),
    }
}

fn media(media: &MediaEnd) -> SavedMedia<'_> {
    SavedMedia {
        ufrag: media.credentials.ufrag(),
        pwd: media.credentials.pwd(),
        fingerprint: Bytes(media.fingerprint.as_bytes()),
    }
}
