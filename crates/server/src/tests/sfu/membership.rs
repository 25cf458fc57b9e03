use confcall_join::api::{DiscardGroupCall, Removal};

use super::*;

#[test]
fn who_leaves_is_said_goodbye_and_neither_heard_nor_sent_anything() {
    let mut stage = Stage::of_three();
    let heard = stage.speak(BOB, 3);
    let leaving = stage.scene.leaving(BOB);
    stage.send(BOB, leaving);
    stage.run(20);
    assert!(stage.client(BOB).is_closed);
    assert_eq!(stage.sfu.counters().connections, 2);
    stage.speak(ALICE, 3);
    stage.client(BOB).heard.clear();
    stage.run(100);
    assert!(stage.client(BOB).heard.is_empty());
    let source = stage.client(BOB).sound;
    assert_eq!(stage.client(CAROL).payloads(source), heard);
}

#[test]
fn a_member_who_is_removed_hears_nothing_more_although_it_goes_on() {
    let mut stage = Stage::of_three();
    let request = stage.scene.removal(ALICE, Removal::Kick, &[CAROL]);
    // The goodbye does not reach it, and it goes on.
    stage.client(CAROL).is_reachable = false;
    stage.send(ALICE, request);
    stage.run(20);
    stage.client(CAROL).is_reachable = true;
    stage.speak(ALICE, 3);
    stage.speak(CAROL, 3);
    assert!(stage.client(CAROL).heard.is_empty());
    let source = stage.client(CAROL).sound;
    assert!(stage.client(ALICE).payloads(source).is_empty());
    assert!(stage.sfu.counters().strangers > 0);
}

#[test]
fn who_joins_again_has_another_connection_and_the_old_one_is_over() {
    let mut stage = Stage::of_three();
    stage.join(BOB, &[]);
    stage.run(300);
    assert!(stage.client(BOB).is_closed);
    assert_eq!(stage.sfu.counters().connections, 3);
    stage.expect_sounds();
    let spoken = stage.speak(ALICE, 3);
    let source = stage.client(ALICE).sound;
    assert_eq!(stage.clients.last().unwrap().payloads(source), spoken);
}

#[test]
fn a_call_that_is_over_and_a_member_who_was_silent_have_no_connections() {
    let mut stage = Stage::of_three();
    let call = stage.scene.call;
    stage.scene.server.drop_member(call, CAROL).unwrap();
    stage.sfu.follow(&stage.scene.server, stage.now);
    assert_eq!(stage.sfu.counters().connections, 2);
    let call = stage.scene.call().reference();
    stage.send(ALICE, DiscardGroupCall { call });
    stage.run(20);
    assert_eq!(stage.sfu.counters().connections, 0);
    assert!(stage.clients.iter().all(|client| client.is_closed));
    assert!(stage.sfu.poll_timeout().is_none());
}

#[test]
fn an_address_that_does_not_answer_any_more_is_sent_nothing_after_fifteen_seconds() {
    let mut stage = Stage::of_three();
    stage.speak(ALICE, 3);
    stage.client(BOB).is_reachable = false;
    stage.run(16_000);
    let (sent, bob) = (stage.astray.len(), stage.client(BOB).address);
    let forwarded = stage.sfu.counters().sent_bytes;
    stage.speak(ALICE, 3);
    assert!(stage.sfu.counters().without_consent >= 3);
    // Checks only, which are small and seldom.
    let later = stage.astray[sent..].iter().filter(|to| **to == bob).count();
    assert!(later <= 3, "{later}");
    assert!(stage.sfu.counters().sent_bytes > forwarded);
}
