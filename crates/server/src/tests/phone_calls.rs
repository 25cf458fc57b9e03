use confcall_join::api::{
    AccessHash, DiscardCall, DiscardReason, GetGroupCall, InputPhoneCall, MigratedCall, PhoneCallId,
};

use super::*;

fn discard(peer: InputPhoneCall, reason: DiscardReason) -> DiscardCall {
    DiscardCall {
        video: true,
        peer,
        duration: 30,
        reason,
        connection_id: 1,
    }
}

#[test]
fn a_call_between_two_goes_on_as_a_conference_that_the_other_side_finds() {
    let mut scene = Scene::with(&[ALICE]);
    let [of_alice, of_bob] = scene.server.phone_call(ALICE, BOB);
    assert_eq!(of_alice.id, of_bob.id);
    assert_ne!(of_alice.access_hash, of_bob.access_hash);
    let slug = scene.call().slug().clone();
    let request = discard(of_alice, DiscardReason::Migrate(slug.clone()));
    let answer = scene.send(ALICE, request.clone()).unwrap();
    let migrated = Update::Migrated(MigratedCall {
        phone_call: of_bob.id,
        slug: slug.clone(),
        video: true,
    });
    assert_eq!(answer.0, std::slice::from_ref(&migrated));
    assert_eq!(scene.pushed(), [(BOB, migrated)]);
    let call = InputGroupCall::Slug(slug);
    let found = scene.ask(BOB, GetGroupCall { call, limit: 1 }).unwrap();
    let found = found.into_group_call().unwrap().call.reference();
    assert_eq!(found, scene.call().reference());
    // Once more, after an answer that was lost: nobody is moved twice.
    assert_eq!(scene.send(ALICE, request), Ok(answer));
    assert_eq!(scene.pushed(), []);
}

#[test]
fn for_any_other_reason_a_call_between_two_just_ends() {
    let mut scene = Scene::with(&[ALICE]);
    for reason in [
        DiscardReason::Missed,
        DiscardReason::Disconnect,
        DiscardReason::Hangup,
        DiscardReason::Busy,
    ] {
        let [_, of_bob] = scene.server.phone_call(ALICE, BOB);
        let answer = scene.send(BOB, discard(of_bob, reason));
        assert_eq!(answer, Ok(Updates::default()));
        assert_eq!(scene.pushed(), []);
    }
}

#[test]
fn a_reference_is_of_use_to_its_own_side_alone() {
    let mut scene = Scene::with(&[ALICE]);
    let [of_alice, of_bob] = scene.server.phone_call(ALICE, BOB);
    let other_hash = InputPhoneCall {
        access_hash: AccessHash::new(0),
        ..of_alice
    };
    let other_call = InputPhoneCall {
        id: PhoneCallId::new(0),
        ..of_alice
    };
    for (from, peer) in [
        (CAROL, of_alice),
        (BOB, of_alice),
        (ALICE, of_bob),
        (ALICE, other_hash),
        (ALICE, other_call),
    ] {
        scene.refused(
            from,
            discard(peer, DiscardReason::Hangup),
            "CALL_PEER_INVALID",
        );
    }
}
