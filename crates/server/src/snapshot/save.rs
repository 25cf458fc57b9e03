use super::content::{Bytes, Content, SavedCall, SavedCreation, SavedInvitation, SavedPhoneCall};
use super::save_room::room;
use super::save_world;
use confcall_join::api::{MessageId, SubChain};

use crate::call::Call;
use crate::phone_calls::PhoneCall;
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
        world: save_world::world(&server.world),
    }
}

fn call(call: &Call) -> SavedCall<'_> {
    let broadcasts = call.subchains.items(SubChain::Broadcasts);
    SavedCall {
        slug: call.slug().as_str(),
        room: room(&call.room),
        creator: call.creator().map(|user| user.value()),
        blocks: items(call.blocks()),
        dropped: broadcasts.dropped(),
        broadcasts: items(broadcasts.items()),
        kicked: call
            .access
            .kicked()
            .iter()
            .map(|user| user.value())
            .collect(),
        attended: call.attended,
    }
}

fn items(items: &[Vec<u8>]) -> Vec<Bytes<'_>> {
    items.iter().map(|item| Bytes(item)).collect()
}

fn phone_call(call: &PhoneCall) -> SavedPhoneCall {
    let sides = call.sides;
    SavedPhoneCall {
        id: call.id.value(),
        sides: sides.map(|(user_id, access_hash)| (user_id.value(), access_hash.value())),
        is_over: call.is_over,
    }
}
