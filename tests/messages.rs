//! Messages between the members of a call, as other clients write them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use confcall::UserId;
use confcall::join::api::{EncryptedMessage, Peer, Update};
use confcall::join::engine::{Config, Event, Input};
use confcall::join::message::MessageError;
use confcall::join::trace::{Trace, replay};
use confcall::media::ChannelId;
use confcall_simulator::{NodeId, World, media};

/// A call of two, the second of which is recorded.
fn world() -> (World, NodeId) {
    let mut world = World::with_call(1);
    let media = media(world.rng());
    let joiner = confcall::Joiner::new(UserId::new(2));
    let config = Config::new(world.link(), joiner, media);
    let node = world.start_recorded(config);
    world.converge();
    (world, node)
}

/// Lets the first user write a plaintext; gives the events of the second one.
fn write(world: &mut World, node: NodeId, plaintext: &str) -> Vec<Event> {
    let (now, before) = (world.moment(), world.nodes[node].events.len());
    let cryptor = world.nodes[0].cryptor.clone().unwrap();
    let packet = cryptor.seal(now, ChannelId::MAIN, 0, plaintext.as_bytes(), world.rng());
    let message = EncryptedMessage {
        call: world.nodes[node].engine.call().unwrap().into(),
        from: Peer::User(world.nodes[0].user),
        encrypted_message: packet.unwrap(),
    };
    world.input(node, Input::Update(Update::EncryptedMessage(message)));
    world.nodes[node].events[before..].to_vec()
}

fn text(random_id: &str, text: &str) -> String {
    format!(
        r#"{{"_":"groupCallMessage","random_id":{random_id},"message":{{"_":"textWithEntities","text":"{text}"}}}}"#
    )
}

#[test]
fn a_message_that_opens_and_cannot_be_shown_is_announced_with_its_sender() {
    let (mut world, node) = world();
    let long = "x".repeat(129);
    for (plaintext, expected) in [
        ("{}".to_owned(), MessageError::UnknownKind),
        (text("1", &long), MessageError::TextTooLong { length: 129 }),
        (text("1", ""), MessageError::Empty),
        (text("null", "a"), MessageError::RandomId),
    ] {
        let events = write(&mut world, node, &plaintext);
        let [Event::MessageNotShown { from, why }] = events.as_slice() else {
            panic!("{plaintext}: {events:?}");
        };
        assert_eq!((*from, *why), (world.nodes[0].user, expected));
    }
    // A trace says so as well, and comes to the same again.
    let trace = world.nodes[node].take_trace();
    assert_eq!(trace.matches("not_shown\":{\"from\"").count(), 4);
    assert!(replay(&Trace::read(trace.as_bytes()).unwrap()).is_ok());
}

#[test]
fn messages_without_a_number_of_their_own_are_all_shown_and_copies_are_not() {
    let (mut world, node) = world();
    let mut shown = |random_id| {
        let events = write(&mut world, node, &text(random_id, "Hello!"));
        let messages = events.iter();
        messages
            .filter(|event| matches!(event, Event::Message { .. }))
            .count()
    };
    assert_eq!([shown("0"), shown("0"), shown("\"0\"")], [1, 1, 1]);
    assert_eq!([shown("7"), shown("7"), shown("\"7\"")], [1, 0, 0]);
}
