#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use broken::DidNotHold;

/// Runs a test with the members of the call, before they have sent anything.
fn with_people(test: impl AsyncFnOnce(&mut People, &mut ChaCha20Rng, &mut Show<'_, Vec<u8>>)) {
    let seed = [7; 32];
    let (mut rng, mut out) = (ChaCha20Rng::from_seed(seed), Vec::new());
    let show = &mut Show::new(&mut out, Pace::AtOnce);
    runtime().unwrap().block_on(async {
        let mut people = meet(seed, &mut rng, show).await.unwrap();
        test(&mut people, &mut rng, show).await;
    });
}

#[test]
fn no_member_sees_emoji_while_a_member_is_silent() {
    with_people(async |people, _, show| {
        let silent = people.others.last_mut().unwrap();
        drop(silent.membership.take_outbound());
        let error = verification::verify(people, show).await.unwrap_err();
        let error = error.downcast::<DidNotHold>().unwrap();
        assert!(matches!(error, DidNotHold::Emoji { missing: 1, .. }));
    });
}

#[test]
fn a_member_who_gets_another_frame_than_was_sent_is_named() {
    with_people(async |people, rng, _| {
        let ([from, to], [sent, other]) = (
            people.speakers().unwrap(),
            [frame::Frame::opus(rng), frame::Frame::opus(rng)],
        );
        let packet = sent.seal(from.voice(), NOW, rng).unwrap();
        let error = other
            .check_opened(&packet, from.user_id(), to.voice(), NOW)
            .unwrap_err();
        let error = error.downcast::<DidNotHold>().unwrap();
        assert!(matches!(error, DidNotHold::SameFrame(user) if user == to.user_id()));
    });
}

#[test]
fn a_removed_member_who_still_has_the_key_is_named() {
    with_people(async |people, rng, _| {
        let [from, to] = people.speakers().unwrap();
        let packet = frame::Frame::opus(rng)
            .seal(from.voice(), NOW, rng)
            .unwrap();
        let error = removal::check_no_key(&packet, from.user_id(), to.voice(), NOW).unwrap_err();
        assert!(matches!(error, DidNotHold::NoKey(user) if user == to.user_id()));
    });
}
