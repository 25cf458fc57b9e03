//! Who may speak.

use super::*;

fn muted(mut edit: EditGroupCallParticipant, muted: bool) -> EditGroupCallParticipant {
    edit.muted = Some(muted);
    edit
}

fn hand(mut edit: EditGroupCallParticipant, raised: bool) -> EditGroupCallParticipant {
    edit.raise_hand = Some(raised);
    edit
}

#[test]
fn an_admin_mutes_by_force_and_allows_to_speak_without_unmuting() {
    let mut stage = Stage::with(11, &[ALICE, BOB, CAROL]);
    let edit = muted(stage.edit(11, user(BOB)), true);
    let silenced = entry(&stage.send(ALICE, edit));
    assert!(silenced.muted && !silenced.can_self_unmute);
    assert_eq!(stage.pushed().len(), 2);
    // Its wish to speak is not granted, and the answer shows that.
    let edit = muted(stage.edit(11, InputPeer::SelfUser), false);
    assert!(entry(&stage.send(BOB, edit.clone())).muted);
    let allow = muted(stage.edit(11, user(BOB)), false);
    let allowed = entry(&stage.send(ALICE, allow));
    assert!(allowed.muted && allowed.can_self_unmute);
    assert!(!entry(&stage.send(BOB, edit)).muted);
}

#[test]
fn another_admin_who_is_muted_may_speak_again_by_itself() {
    let anonymous = UserId::new(4);
    let mut stage = Stage::with(11, &[ALICE, anonymous]);
    let edit = muted(stage.edit(11, user(anonymous)), true);
    let entry = entry(&stage.send(ALICE, edit));
    assert!(entry.muted && entry.can_self_unmute);
}

#[test]
fn who_is_no_admin_mutes_for_itself_alone() {
    let mut stage = Stage::with(11, &[ALICE, BOB, CAROL]);
    let edit = muted(stage.edit(11, user(CAROL)), true);
    let shown = entry(&stage.send(BOB, edit));
    assert!(shown.muted_by_you && shown.can_self_unmute);
    assert_eq!(stage.pushed(), []);
}

#[test]
fn hands_are_raised_by_those_who_may_not_speak_and_the_first_is_the_highest() {
    let mut stage = Stage::with(11, &[ALICE, BOB, CAROL]);
    let raise = hand(stage.edit(11, InputPeer::SelfUser), true);
    stage.refused(BOB, raise.clone(), 400, "RAISE_HAND_FORBIDDEN");
    for user_id in [BOB, CAROL] {
        let edit = muted(stage.edit(11, user(user_id)), true);
        stage.send(ALICE, edit);
    }
    let first = entry(&stage.send(BOB, raise.clone()))
        .raise_hand_rating
        .unwrap();
    let second = entry(&stage.send(CAROL, raise.clone()))
        .raise_hand_rating
        .unwrap();
    assert!(first > second);
    // Again is no other place.
    assert_eq!(
        entry(&stage.send(BOB, raise)).raise_hand_rating,
        Some(first)
    );
    let of_carol = hand(stage.edit(11, user(CAROL)), false);
    stage.refused(BOB, of_carol.clone(), 400, "RAISE_HAND_FORBIDDEN");
    assert_eq!(entry(&stage.send(ALICE, of_carol)).raise_hand_rating, None);
    // Who may speak needs no hand any more.
    let allow = muted(stage.edit(11, user(BOB)), false);
    assert_eq!(entry(&stage.send(ALICE, allow)).raise_hand_rating, None);
}

#[test]
fn a_volume_is_set_by_an_admin_for_all_and_by_others_for_themselves() {
    let mut stage = Stage::with(11, &[ALICE, BOB, CAROL]);
    let mut edit = stage.edit(11, user(DORA));
    edit.volume = Some(5000);
    let by_admin = entry(&stage.send(ALICE, edit.clone()));
    assert_eq!(
        (by_admin.volume, by_admin.volume_by_admin),
        (Some(5000), true)
    );
    let pushed = stage.pushed();
    assert!(
        pushed
            .iter()
            .all(|(_, one)| !entry(core::slice::from_ref(one)).versioned)
    );
    edit.volume = Some(7000);
    let own = entry(&stage.send(BOB, edit.clone()));
    assert_eq!((own.volume, own.volume_by_admin), (Some(7000), false));
    edit.volume = Some(20_001);
    stage.refused(BOB, edit, 400, "USER_VOLUME_INVALID");
}

#[test]
fn an_edit_is_of_a_participant_by_a_participant() {
    let mut stage = Stage::with(11, &[ALICE]);
    let edit = muted(stage.edit(11, user(BOB)), true);
    stage.refused(ALICE, edit, 403, "PARTICIPANT_JOIN_MISSING");
    let edit = muted(stage.edit(11, user(ALICE)), true);
    stage.refused(BOB, edit, 403, "GROUPCALL_FORBIDDEN");
}

#[test]
fn who_speaks_is_shown_to_the_others_by_a_change_that_does_not_count() {
    let mut stage = Stage::with(11, &[ALICE, BOB]);
    let call = stage.call(11).id();
    stage.server.note_speaking(call, BOB).unwrap();
    let (to, update) = stage.pushed().remove(0);
    let shown = entry(&[update]);
    assert_eq!(
        (to, shown.active_date, shown.versioned),
        (ALICE, Some(1_000_000), false)
    );
}
