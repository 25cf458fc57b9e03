use super::content::{
    Bytes, Content, SavedCall, SavedCamera, SavedChoice, SavedCreation, SavedInvitation,
    SavedMedia, SavedMember, SavedPhoneCall, SavedScreen, SavedVoices,
};
use confcall_join::api::{MessageId, SubChain};

use crate::call::Call;
use crate::phone_calls::PhoneCall;
use crate::room::{CallMember, MediaEnd, Voices};
use crate::server::Server;

/// The content of a snapshot of a server.
pub(super) fn content(server: &Server) -> Content<'_> {
    let creations = server.creations.all();
    let invitations = server.invitations.all();
    let ended = server.calls.ended().iter();
    let people = server.people.named();
    let ring_timeout = server.options.ring_timeout;
    Content {
        seed: server.options.seed,
        drawn: server.calls.names().drawn(),
        calls: server.calls().map(call).collect(),
        creations: creations
            .map(|(creator, random_id, creation)| SavedCreation {
                creator: creator.value(),
                random_id,
                call: creation.call.value(),
                joined_with: creation.joined_with.map(|key| *key.as_bytes()),
            })
            .collect(),
        invitations: invitations
            .map(|message| SavedInvitation {
                call: message.call.value(),
                from: message.from.value(),
                to: message.to.value(),
                received: message.received.value(),
                sent: message.sent.map(MessageId::value),
                video: message.video,
                date: message.date,
                state: message.state,
            })
            .collect(),
        last_message: server.invitations.last(),
        phone_calls: server.phone_calls.all().map(phone_call).collect(),
        ended: ended
            .map(|(id, access_hash)| (id.value(), access_hash.value()))
            .collect(),
        people: people
            .map(|(user_id, name)| (user_id.value(), name))
            .collect(),
        now: server.now,
        ring_timeout: (ring_timeout.as_secs(), ring_timeout.subsec_nanos()),
    }
}

fn call(call: &Call) -> SavedCall<'_> {
    let broadcasts = call.subchains.items(SubChain::Broadcasts);
    SavedCall {
        id: call.id().value(),
        access_hash: call.access_hash().value(),
        slug: call.slug().as_str(),
        creator: call.creator().map(|user| user.value()),
        blocks: items(call.blocks()),
        dropped: broadcasts.dropped(),
        broadcasts: items(broadcasts.items()),
        members: call.members().map(member).collect(),
        roster_version: call.room.roster.version(),
        voices: voices(call.room.roster.voices()),
        kicked: call
            .access
            .kicked()
            .iter()
            .map(|user| user.value())
            .collect(),
        attended: call.attended,
        media: media(&call.room.media),
        screens: media(&call.room.screens),
        messages_enabled: call.room.messages_enabled,
        created: call.room.created,
    }
}

fn items(items: &[Vec<u8>]) -> Vec<Bytes<'_>> {
    items.iter().map(|item| Bytes(item)).collect()
}

fn member(member: &CallMember) -> SavedMember {
    let screen = member.screen.as_ref();
    SavedMember {
        user_id: member.user_id.value(),
        source: member.source,
        muted: member.muted,
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

fn phone_call(call: &PhoneCall) -> SavedPhoneCall {
    let sides = call.sides;
    SavedPhoneCall {
        id: call.id.value(),
        sides: sides.map(|(user_id, access_hash)| (user_id.value(), access_hash.value())),
        is_over: call.is_over,
    }
}

fn media(media: &MediaEnd) -> SavedMedia<'_> {
    SavedMedia {
        ufrag: media.credentials.ufrag(),
        pwd: media.credentials.pwd(),
        fingerprint: Bytes(media.fingerprint.as_bytes()),
    }
}
