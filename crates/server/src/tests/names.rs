use confcall_join::api::{
    GetGroupCall, GetGroupParticipants, PeerLabel, SendGroupCallEncryptedMessage,
};

use super::*;

fn names(labels: &[PeerLabel]) -> Vec<&str> {
    labels.iter().map(|label| &*label.name).collect()
}

/// The names at the head of updates, each time with the kind of the update after them.
#[track_caller]
fn introduced(updates: &Updates) -> Vec<&str> {
    match &updates.0[..] {
        [Update::Labels(labels), _, ..] => names(labels),
        other => panic!("{other:?}"),
    }
}

#[test]
fn whoever_joins_gets_the_names_of_all_and_all_get_its_name() {
    let mut scene = Scene::with(&[ALICE]);
    scene.server.set_name(BOB, "Bob Smith");
    let attempt = scene.attempt(BOB);
    let request = scene.request(&attempt);
    let answer = scene.ask(BOB, request).unwrap().into_updates().unwrap();
    assert_eq!(introduced(&answer), ["User 1", "Bob Smith"]);
    // The block is about nobody, the change of the roster about the new member.
    let (to, block) = scene.server.poll_push().unwrap();
    assert_eq!((to, block.0.len()), (ALICE, 1));
    let (_, change) = scene.server.poll_push().unwrap();
    assert_eq!(introduced(&change), ["Bob Smith"]);
    assert!(roster(&change.0[1]).participants[0].just_joined);
}

#[test]
fn a_stranger_who_has_the_link_reads_the_names_of_those_who_are_in() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    scene.server.set_name(ALICE, "Alice");
    let call = InputGroupCall::Slug(scene.call().slug().clone());
    let look = GetGroupCall { call, limit: 10 };
    let info = scene.ask(CAROL, look).unwrap().into_group_call().unwrap();
    assert_eq!(names(&info.labels), ["Alice", "User 2"]);
    let page = GetGroupParticipants::page(scene.call().reference(), "", 1);
    let page = scene.ask(ALICE, page).unwrap();
    assert_eq!(names(&page.into_participants().unwrap().labels), ["Alice"]);
}

#[test]
fn a_message_carries_the_name_that_its_sender_has_by_then() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    for name in ["Bob", "Robert"] {
        scene.server.set_name(BOB, name);
        let message = SendGroupCallEncryptedMessage {
            call: scene.call().reference(),
            encrypted_message: vec![1],
        };
        scene.ask(BOB, message).unwrap();
        let (to, updates) = scene.server.poll_push().unwrap();
        assert_eq!((to, introduced(&updates)), (ALICE, vec![name]));
    }
}
