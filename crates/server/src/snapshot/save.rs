use super::content::{
    Bytes, Content, SavedCall, SavedCreation, SavedInvitation, SavedMedia, SavedMember,
};
use confcall_join::api::SubChain;

use crate::call::{Call, CallMember, MediaEnd};
use crate::server::Server;

/// The content of a snapshot of a server.
pub(super) fn content(server: &Server) -> Content<'_> {
    let creations = server.creations.all();
    let invitations = server.invitations.all();
    let ended = server.calls.ended().iter();
    let people = server.people.named();
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
            .map(|(user_id, message, call)| SavedInvitation {
                user_id: user_id.value(),
                message: message.value(),
                call: call.value(),
            })
            .collect(),
        last_message: server.invitations.last(),
        ended: ended
            .map(|(id, access_hash)| (id.value(), access_hash.value()))
            .collect(),
        people: people
            .map(|(user_id, name)| (user_id.value(), name))
            .collect(),
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
        roster_version: call.roster.version(),
        kicked: call
            .access
            .kicked()
            .iter()
            .map(|user| user.value())
            .collect(),
        attended: call.attended,
        media: media(&call.media),
    }
}

fn items(items: &[Vec<u8>]) -> Vec<Bytes<'_>> {
    items.iter().map(|item| Bytes(item)).collect()
}

fn member(member: &CallMember) -> SavedMember {
    SavedMember {
        user_id: member.user_id().value(),
        source: member.source(),
        video: member.video().to_vec(),
        muted: member.muted(),
    }
}

fn media(media: &MediaEnd) -> SavedMedia<'_> {
    SavedMedia {
        ufrag: media.credentials.ufrag(),
        pwd: media.credentials.pwd(),
        fingerprint: Bytes(media.fingerprint.as_bytes()),
    }
}
