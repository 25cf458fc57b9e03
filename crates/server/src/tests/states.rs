//! What participants and the creator change of the roster, and who sees it how.

use confcall_join::api::{
    AccessHash, ChannelId, EditGroupCallParticipant, GetGroupParticipants, GroupCallParticipant,
};

use super::media::with_video;
use super::*;
use crate::Refusal;

fn of(user_id: UserId) -> InputPeer {
    let access_hash = AccessHash::new(0);
    InputPeer::User {
        id: user_id,
        access_hash,
    }
}

fn edit(scene: &Scene, participant: InputPeer) -> EditGroupCallParticipant {
    EditGroupCallParticipant::new(scene.call().reference(), participant)
}

fn muting(scene: &Scene, participant: InputPeer, muted: bool) -> EditGroupCallParticipant {
    EditGroupCallParticipant {
        muted: Some(muted),
        ..edit(scene, participant)
    }
}

fn volume(scene: &Scene, participant: InputPeer, volume: i32) -> EditGroupCallParticipant {
    EditGroupCallParticipant {
        volume: Some(volume),
        ..edit(scene, participant)
    }
}

/// The only entry of an update, and the version beside it.
#[track_caller]
fn entry(update: &Update) -> (&GroupCallParticipant, i32) {
    let change = roster(update);
    match &change.participants[..] {
        [entry] => (entry, change.version),
        other => panic!("{other:?}"),
    }
}

/// The entry of one user as another one reads it in the roster.
fn shown(scene: &mut Scene, user_id: UserId, viewer: UserId) -> GroupCallParticipant {
    let request = GetGroupParticipants {
        ids: vec![of(user_id)],
        ..GetGroupParticipants::page(scene.call().reference(), "", 1)
    };
    let page = scene.ask(viewer, request).unwrap();
    page.into_participants().unwrap().participants.remove(0)
}

fn voice(entry: &GroupCallParticipant) -> (bool, bool) {
    (entry.muted, entry.can_self_unmute)
}

/// Three users, of whom Bob joined with a camera that is on.
fn with_camera() -> Scene {
    let mut scene = Scene::with(&[ALICE]);
    let attempt = scene.attempt(BOB);
    let mut request = scene.request(&attempt);
    request.video_stopped = false;
    let sources = [900, 901].map(|source| Ssrc::new(source).unwrap());
    let request = with_video(request, sources.to_vec());
    scene.send(BOB, request).unwrap();
    scene.join(CAROL).unwrap();
    scene.pushed();
    scene
}

#[test]
fn whoever_unmutes_itself_is_shown_so_to_all_by_the_next_version() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let request = muting(&scene, InputPeer::SelfUser, false);
    let answer = scene.send(BOB, request).unwrap();
    let (own, version) = entry(&answer.0[0]);
    assert_eq!((own.own, own.versioned, version), (true, true, 4));
    assert_eq!(voice(own), (false, true));
    let pushed = scene.pushed();
    let to: Vec<_> = pushed.iter().map(|(to, _)| *to).collect();
    assert_eq!(to, [ALICE, CAROL]);
    for (_, update) in &pushed {
        let (entry, version) = entry(update);
        assert_eq!((entry.own, entry.versioned, version), (false, true, 4));
        assert_eq!(voice(entry), (false, true));
    }
}

#[test]
fn whoever_edits_itself_may_name_itself_in_any_form() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    for (own, muted) in own_forms(BOB).into_iter().zip([false, true, false]) {
        let request = muting(&scene, own, muted);
        let answer = scene.send(BOB, request).unwrap();
        let (own, _) = entry(&answer.0[0]);
        assert_eq!((own.own, own.muted, own.versioned), (true, muted, true));
    }
}

#[test]
fn what_changes_nothing_is_answered_with_the_entry_and_counts_for_nobody() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let request = muting(&scene, InputPeer::SelfUser, true);
    let answer = scene.send(BOB, request).unwrap();
    let (own, version) = entry(&answer.0[0]);
    assert_eq!((own.muted, own.versioned, version), (true, false, 2));
    assert_eq!(scene.pushed(), []);
}

#[test]
fn the_creator_silences_a_participant_who_speaks_again_when_both_want_it() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let unmute = muting(&scene, InputPeer::SelfUser, false);
    scene.send(BOB, unmute.clone()).unwrap();
    scene.pushed();
    let silence = muting(&scene, of(BOB), true);
    scene.send(ALICE, silence.clone()).unwrap();
    let pushed = scene.pushed();
    let (own, version) = entry(&pushed[0].1);
    assert_eq!((voice(own), own.own, version), ((true, false), true, 4));
    // Again, which changes nothing.
    let answer = scene.send(ALICE, silence).unwrap();
    assert!(!entry(&answer.0[0]).0.versioned);
    // Bob cannot undo it, and is shown that.
    let answer = scene.send(BOB, unmute.clone()).unwrap();
    assert_eq!(voice(entry(&answer.0[0]).0), (true, false));
    assert_eq!(scene.pushed(), []);
    // Nor does the creator unmute: it lets Bob do so.
    let allow = muting(&scene, of(BOB), false);
    let answer = scene.send(ALICE, allow).unwrap();
    let (entry_of_bob, version) = entry(&answer.0[0]);
    assert_eq!((voice(entry_of_bob), version), ((true, true), 5));
    let answer = scene.send(BOB, unmute).unwrap();
    assert_eq!(voice(entry(&answer.0[0]).0), (false, true));
}

#[test]
fn nobody_gets_the_right_to_speak_back_by_joining_again() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let silence = muting(&scene, of(BOB), true);
    scene.send(ALICE, silence).unwrap();
    scene.leave(BOB);
    let attempt = scene.attempt(BOB);
    let mut request = scene.request(&attempt);
    request.muted = false;
    scene.send(BOB, request).unwrap();
    assert_eq!(voice(&shown(&mut scene, BOB, ALICE)), (true, false));
}

#[test]
fn the_creator_keeps_the_right_to_speak() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let request = muting(&scene, InputPeer::SelfUser, true);
    scene.send(ALICE, request).unwrap();
    let request = muting(&scene, of(ALICE), true);
    scene.send(BOB, request).unwrap();
    assert_eq!(voice(&shown(&mut scene, ALICE, BOB)), (true, true));
}

#[test]
fn others_mute_and_set_a_volume_for_themselves_alone() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let unmute = muting(&scene, InputPeer::SelfUser, false);
    scene.send(CAROL, unmute).unwrap();
    scene.pushed();
    let request = EditGroupCallParticipant {
        muted: Some(true),
        ..volume(&scene, of(CAROL), 7000)
    };
    let answer = scene.send(BOB, request).unwrap();
    let (for_bob, version) = entry(&answer.0[0]);
    assert_eq!((for_bob.muted, for_bob.muted_by_you), (false, true));
    assert_eq!(
        (for_bob.volume, for_bob.volume_by_admin),
        (Some(7000), false)
    );
    assert_eq!((for_bob.versioned, version), (false, 4));
    assert_eq!(scene.pushed(), []);
    for viewer in [ALICE, CAROL] {
        let entry = shown(&mut scene, CAROL, viewer);
        assert_eq!((entry.muted_by_you, entry.volume), (false, None));
    }
    let request = muting(&scene, of(CAROL), false);
    scene.send(BOB, request).unwrap();
    let entry = shown(&mut scene, CAROL, BOB);
    assert_eq!((entry.muted_by_you, entry.volume), (false, Some(7000)));
}

#[test]
fn a_volume_that_the_creator_sets_holds_for_all_who_chose_none() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let request = volume(&scene, of(CAROL), 7000);
    scene.send(BOB, request).unwrap();
    let request = volume(&scene, of(CAROL), 3000);
    let answer = scene.send(ALICE, request).unwrap();
    let (entry_of_carol, version) = entry(&answer.0[0]);
    // A volume has no place among the versions.
    assert_eq!((entry_of_carol.versioned, version), (false, 3));
    let pushed = scene.pushed();
    let volumes = pushed.iter().map(|(to, update)| {
        let (entry, _) = entry(update);
        (*to, entry.volume, entry.volume_by_admin)
    });
    let expected = [(BOB, Some(7000), false), (CAROL, Some(3000), true)];
    assert_eq!(volumes.collect::<Vec<_>>(), expected);
}

#[test]
fn a_volume_is_of_another_and_in_its_range() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    for wrong in [0, -1, 20001, i32::MIN] {
        let request = volume(&scene, of(BOB), wrong);
        scene.refused(ALICE, request, "USER_VOLUME_INVALID");
    }
    let request = volume(&scene, InputPeer::SelfUser, 10000);
    scene.refused(BOB, request, "USER_VOLUME_INVALID");
    for right in [1, 20000] {
        let request = volume(&scene, of(BOB), right);
        scene.send(ALICE, request).unwrap();
    }
}

#[test]
fn a_camera_that_is_stopped_is_not_in_the_roster_and_one_that_is_paused_is() {
    let mut scene = with_camera();
    let camera = |scene: &mut Scene| {
        let entry = shown(scene, BOB, CAROL);
        entry.video.map(|video| video.paused)
    };
    assert_eq!(camera(&mut scene), Some(false));
    for (stopped, paused, expected) in [
        (None, Some(true), Some(true)),
        (None, Some(false), Some(false)),
        (Some(true), None, None),
        (Some(false), Some(true), Some(true)),
        (Some(true), None, None),
        (Some(false), None, Some(false)),
    ] {
        let request = EditGroupCallParticipant {
            video_stopped: stopped,
            video_paused: paused,
            ..edit(&scene, InputPeer::SelfUser)
        };
        scene.send(BOB, request).unwrap();
        assert_eq!(camera(&mut scene), expected, "{stopped:?} {paused:?}");
        assert_eq!(scene.pushed().len(), 2);
    }
}

#[test]
fn a_camera_that_was_off_at_the_join_is_turned_on_later() {
    let mut scene = Scene::with(&[ALICE]);
    let attempt = scene.attempt(BOB);
    let sources = [900, 901].map(|source| Ssrc::new(source).unwrap());
    let request = with_video(scene.request(&attempt), sources.to_vec());
    scene.send(BOB, request).unwrap();
    assert_eq!(shown(&mut scene, BOB, ALICE).video, None);
    let request = EditGroupCallParticipant {
        video_stopped: Some(false),
        ..edit(&scene, InputPeer::SelfUser)
    };
    scene.send(BOB, request).unwrap();
    let video = shown(&mut scene, BOB, ALICE).video.unwrap();
    assert_eq!(video.source_groups[0].sources(), sources);
}

#[test]
fn pictures_that_are_not_there_or_not_ones_own_are_neither_stopped_nor_paused() {
    let mut scene = with_camera();
    let stop = |stopped, participant: InputPeer, scene: &Scene| EditGroupCallParticipant {
        video_stopped: Some(stopped),
        ..edit(scene, participant)
    };
    let pause = |participant: InputPeer, scene: &Scene| EditGroupCallParticipant {
        video_paused: Some(true),
        ..edit(scene, participant)
    };
    let pause_screen = |participant: InputPeer, scene: &Scene| EditGroupCallParticipant {
        presentation_paused: Some(true),
        ..edit(scene, participant)
    };
    for (from, request, expected) in [
        (ALICE, stop(true, of(BOB), &scene), "VIDEO_STOP_FORBIDDEN"),
        (ALICE, pause(of(BOB), &scene), "VIDEO_PAUSE_FORBIDDEN"),
        (
            ALICE,
            pause_screen(of(BOB), &scene),
            "VIDEO_PAUSE_FORBIDDEN",
        ),
        (
            CAROL,
            stop(false, InputPeer::SelfUser, &scene),
            "VIDEO_STOP_FORBIDDEN",
        ),
        (
            CAROL,
            pause(InputPeer::SelfUser, &scene),
            "VIDEO_PAUSE_FORBIDDEN",
        ),
        (
            BOB,
            pause_screen(InputPeer::SelfUser, &scene),
            "VIDEO_PAUSE_FORBIDDEN",
        ),
    ] {
        scene.refused(from, request, expected);
    }
    // To say again that there is no camera is no mistake: clients do so after a join.
    let request = stop(true, InputPeer::SelfUser, &scene);
    scene.send(CAROL, request).unwrap();
    let request = muting(&scene, of(BOB), true);
    scene.send(ALICE, request).unwrap();
    let request = stop(false, InputPeer::SelfUser, &scene);
    scene.refused(BOB, request, "VIDEO_STOP_FORBIDDEN");
}

#[test]
fn no_hand_is_raised_in_a_conference() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    for (from, participant) in [(BOB, InputPeer::SelfUser), (ALICE, of(BOB))] {
        let request = EditGroupCallParticipant {
            raise_hand: Some(true),
            ..edit(&scene, participant)
        };
        scene.refused(from, request, "RAISE_HAND_FORBIDDEN");
    }
}

#[test]
fn only_members_change_and_only_members_are_changed() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let request = muting(&scene, of(BOB), true);
    scene.refused_with(403, CAROL, request, "GROUPCALL_FORBIDDEN");
    let channel = InputPeer::Channel {
        id: ChannelId::new(2),
        access_hash: AccessHash::new(0),
    };
    for nobody in [of(CAROL), channel, InputPeer::Empty] {
        let request = muting(&scene, nobody, true);
        scene.refused_with(403, ALICE, request, "PARTICIPANT_JOIN_MISSING");
    }
}

#[test]
fn the_roster_says_when_each_came_and_last_spoke() {
    let mut scene = Scene::with(&[ALICE]);
    scene.server.set_time(1_700_000_000);
    scene.join(BOB).unwrap();
    scene.pushed();
    let entry_of_bob = shown(&mut scene, BOB, ALICE);
    assert_eq!(
        (entry_of_bob.date, entry_of_bob.active_date),
        (1_700_000_000, None)
    );
    // Until the time was set, it was not known.
    assert_eq!(shown(&mut scene, ALICE, BOB).date, 0);
    scene.server.set_time(1_700_000_060);
    scene.server.note_speaking(scene.call, BOB).unwrap();
    let pushed = scene.pushed();
    let (entry_of_bob, _) = entry(&pushed[0].1);
    assert_eq!(entry_of_bob.active_date, Some(1_700_000_060));
    assert!(!entry_of_bob.versioned);
    let refused = scene.server.note_speaking(scene.call, CAROL);
    assert_eq!(refused, Err(Refusal::NotAMember(CAROL)));
}
