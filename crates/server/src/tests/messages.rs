use confcall_join::api::{Peer, SendGroupCallEncryptedMessage};

use super::*;

fn message(scene: &Scene, encrypted_message: Vec<u8>) -> SendGroupCallEncryptedMessage {
    SendGroupCallEncryptedMessage {
        call: scene.call().reference(),
        encrypted_message,
    }
}

#[test]
fn a_message_reaches_the_other_members_as_it_was_sent() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let request = message(&scene, vec![1, 2, 3]);
    let answer = scene.ask(BOB, request).unwrap();
    assert_eq!(answer.into_bool(), Ok(true));
    let pushed = scene.pushed();
    assert_eq!(pushed.len(), 2);
    for ((to, update), viewer) in pushed.into_iter().zip([ALICE, CAROL]) {
        let Update::EncryptedMessage(message) = update else {
            panic!("{update:?}")
        };
        assert_eq!((to, message.from), (viewer, Peer::User(BOB)));
        assert_eq!(message.call, scene.call().reference());
        assert_eq!(message.encrypted_message, [1, 2, 3]);
    }
}

#[test]
fn a_message_of_a_stranger_or_of_no_or_too_much_content_is_refused() {
    let mut scene = Scene::with(&[ALICE]);
    let request = message(&scene, vec![1]);
    scene.refused_with(403, BOB, request, "GROUPCALL_FORBIDDEN");
    let limit = Limits::default().block_size;
    for size in [0, limit + 1] {
        let request = message(&scene, vec![1; size]);
        scene.refused(ALICE, request, "ENCRYPTED_MESSAGE_INVALID");
    }
    let request = message(&scene, vec![1; limit]);
    scene.ask(ALICE, request).unwrap();
}
