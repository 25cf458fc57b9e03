use confcall_join::api::CheckGroupCall;

use super::*;
use crate::Refusal;

fn check(scene: &Scene, sources: Vec<Ssrc>) -> CheckGroupCall {
    let call = scene.call().reference();
    CheckGroupCall { call, sources }
}

fn source_of(scene: &Scene, user: UserId) -> Ssrc {
    scene.call().member(user).unwrap().source()
}

#[test]
fn whoever_leaves_is_gone_from_the_roster_and_still_in_the_chain() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let request = scene.leaving(BOB);
    let answer = scene.send(BOB, request).unwrap();
    let left = roster(&answer.0[0]);
    assert_eq!((answer.0.len(), left.version), (1, 4));
    assert!(left.participants[0].left && left.participants[0].own);
    let call = scene.call();
    assert_eq!((call.members().len(), call.member(BOB)), (2, None));
    assert!(call.chain_state().group_state().by_user(BOB).is_some());
}

#[test]
fn the_others_are_pushed_who_left() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let request = scene.leaving(BOB);
    scene.send(BOB, request).unwrap();
    let pushed = scene.pushed();
    assert_eq!(pushed.len(), 2);
    for ((to, update), viewer) in pushed.iter().zip([ALICE, CAROL]) {
        let left = roster(update);
        assert_eq!((*to, left.version), (viewer, 4));
        let [one] = &left.participants[..] else {
            panic!("{left:?}")
        };
        assert_eq!((one.user_id(), one.own), (Some(BOB), false));
        assert!(one.left && one.versioned);
    }
}

#[test]
fn leaving_twice_or_by_an_older_source_is_refused() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let old = scene.leaving(BOB);
    scene.join(BOB).unwrap();
    scene.refused(BOB, old, "GROUPCALL_JOIN_MISSING");
    let request = scene.leaving(BOB);
    scene.leave(BOB);
    scene.refused(BOB, request, "GROUPCALL_JOIN_MISSING");
}

#[test]
fn a_leave_takes_out_the_device_whose_source_it_names_and_no_other_of_the_account() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let phone = scene.leaving(BOB);
    // The same account joins on another device, which takes its place in the call.
    scene.join(BOB).unwrap();
    let laptop = source_of(&scene, BOB);
    scene.refused(BOB, phone, "GROUPCALL_JOIN_MISSING");
    let mut other = scene.leaving(BOB);
    other.source = Some(source_of(&scene, ALICE));
    scene.refused(BOB, other, "GROUPCALL_JOIN_MISSING");
    assert_eq!(source_of(&scene, BOB), laptop);
    scene.leave(BOB);
    assert_eq!(scene.call().member(BOB), None);
}

#[test]
fn source_zero_leaves_with_whatever_this_user_joined_and_with_nobody_elses() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let zero = LeaveGroupCall {
        source: None,
        ..scene.leaving(BOB)
    };
    assert!(zero.to_tl().ends_with(&[0; 4]));
    scene.refused(CAROL, zero.clone(), "GROUPCALL_JOIN_MISSING");
    let answer = scene.send(BOB, zero.clone()).unwrap();
    assert!(roster(&answer.0[0]).participants[0].left);
    assert_eq!(scene.call().member(BOB), None);
    assert!(scene.call().member(ALICE).is_some());
    scene.refused(BOB, zero, "GROUPCALL_JOIN_MISSING");
}

#[test]
fn whoever_left_can_join_again_and_its_source_is_free() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let source = source_of(&scene, BOB);
    scene.leave(BOB);
    let attempt = scene.attempt(CAROL);
    let request = with_source(scene.request(&attempt), source);
    scene.send(CAROL, request).unwrap();
    scene.join(BOB).unwrap();
    assert_eq!(scene.call().members().len(), 3);
}

#[test]
fn a_check_names_the_own_sources_that_are_joined() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let (own, other) = (source_of(&scene, ALICE), source_of(&scene, BOB));
    let request = check(&scene, vec![other, own]);
    let joined = scene.ask(ALICE, request.clone()).unwrap();
    assert_eq!(joined.into_sources(), Ok(vec![own]));
    scene.refused(CAROL, request.clone(), "GROUPCALL_JOIN_MISSING");
    scene.leave(ALICE);
    scene.refused(ALICE, request, "GROUPCALL_JOIN_MISSING");
}

#[test]
fn a_member_who_is_dropped_left() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let call = scene.call;
    assert_eq!(scene.server.drop_member(call, BOB), Ok(()));
    let pushed = scene.pushed();
    assert!(roster(&pushed[0].1).participants[0].left);
    let before = scene.server.clone();
    let again = scene.server.drop_member(call, BOB);
    assert_eq!(again, Err(Refusal::NotAMember(BOB)));
    let nowhere = scene.server.drop_member(CallId::new(0), ALICE);
    assert_eq!(nowhere, Err(Refusal::UnknownCall));
    assert_eq!(scene.server, before);
}
