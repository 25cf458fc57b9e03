use confcall_join::api::{
    CheckGroupCall, DataJson, EditGroupCallParticipant, GroupCallParticipant,
    JoinGroupCallPresentation, LeaveGroupCallPresentation, VideoLayers,
};
use confcall_join::joining::Answer;

use super::*;

impl Scene {
    /// A payload for a screen.
    fn screen(&mut self) -> JoinPayload {
        let layers = Some(VideoLayers::One);
        JoinPayload::generate(Fingerprint::sha256([8; 32]), layers, &mut self.rng)
    }

    pub(super) fn sharing(&mut self) -> (JoinGroupCallPresentation, JoinPayload) {
        let payload = self.screen();
        let request = JoinGroupCallPresentation {
            call: self.call().reference(),
            params: payload.to_params(),
        };
        (request, payload)
    }

    pub(super) fn unsharing(&self) -> LeaveGroupCallPresentation {
        let call = self.call().reference();
        LeaveGroupCallPresentation { call }
    }
}

#[track_caller]
fn entry(update: &Update) -> &GroupCallParticipant {
    match &roster(update).participants[..] {
        [entry] => entry,
        other => panic!("{other:?}"),
    }
}

fn source_of(scene: &Scene, user: UserId) -> Ssrc {
    scene.call().member(user).unwrap().source()
}

#[test]
fn a_screen_has_a_connection_of_its_own_and_a_place_in_the_roster() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let (request, payload) = scene.sharing();
    let answer = scene.send(BOB, request).unwrap();
    let [Update::Connection(connection), update] = &answer.0[..] else {
        panic!("{answer:?}")
    };
    assert!(connection.presentation);
    let Ok(Answer::Connect(offered)) = Answer::from_json(connection.params.as_str()) else {
        panic!("{connection:?}")
    };
    // The sound has the parameters of the main connection.
    assert_eq!(offered.audio, None);
    let pushed = scene.pushed();
    assert_eq!((pushed.len(), pushed[0].0), (1, ALICE));
    for update in [update, &pushed[0].1] {
        assert_eq!(roster(update).version, 3);
        let entry = entry(update);
        assert!(entry.versioned && !entry.just_joined);
        let screen = entry.presentation.as_ref().unwrap();
        assert_eq!(
            Some(&screen.endpoint),
            offered.video.as_ref().unwrap().endpoint.as_ref()
        );
        assert_eq!(screen.source_groups, payload.ssrc_groups());
        assert_eq!(
            (screen.audio_source, screen.paused),
            (Some(payload.ssrc()), false)
        );
    }
}

#[test]
fn a_check_knows_the_sources_of_the_main_connection_and_of_the_screen() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let (request, payload) = scene.sharing();
    scene.send(BOB, request).unwrap();
    let sources = vec![source_of(&scene, BOB), payload.ssrc()];
    let check = CheckGroupCall {
        call: scene.call().reference(),
        sources: sources.clone(),
    };
    let joined = scene.ask(BOB, check.clone()).unwrap();
    assert_eq!(joined.into_sources(), Ok(sources.clone()));
    let request = scene.unsharing();
    scene.send(BOB, request).unwrap();
    let joined = scene.ask(BOB, check).unwrap();
    assert_eq!(joined.into_sources(), Ok(vec![sources[0]]));
}

#[test]
fn the_sources_of_a_screen_are_nobody_elses() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let duplicate = "GROUPCALL_SSRC_DUPLICATE_MUCH";
    for owner in [ALICE, BOB] {
        let (request, payload) = scene.sharing();
        let payload = JoinPayload::new(
            source_of(&scene, owner),
            payload.credentials().clone(),
            payload.fingerprints().to_vec(),
            Vec::new(),
        );
        let params = payload.unwrap().to_params();
        scene.refused(
            BOB,
            JoinGroupCallPresentation { params, ..request },
            duplicate,
        );
    }
    let (request, _) = scene.sharing();
    scene.send(ALICE, request.clone()).unwrap();
    scene.refused(BOB, request.clone(), duplicate);
    // The own screen again, after an answer that was lost.
    scene.send(ALICE, request.clone()).unwrap();
    let unshare = scene.unsharing();
    scene.send(ALICE, unshare).unwrap();
    scene.send(BOB, request).unwrap();
}

#[test]
fn a_screen_that_is_paused_stays_in_the_roster() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let (request, _) = scene.sharing();
    scene.send(BOB, request).unwrap();
    for paused in [true, false] {
        let call = scene.call().reference();
        let request = EditGroupCallParticipant {
            presentation_paused: Some(paused),
            ..EditGroupCallParticipant::new(call, InputPeer::SelfUser)
        };
        let answer = scene.send(BOB, request).unwrap();
        let screen = entry(&answer.0[0]).presentation.as_ref();
        assert_eq!(screen.map(|screen| screen.paused), Some(paused));
    }
}

#[test]
fn a_screen_ends_when_its_user_says_so_leaves_or_joins_again() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let is_sharing = |scene: &Scene| scene.call().member(BOB).is_some_and(|one| one.is_sharing());
    let (request, _) = scene.sharing();
    scene.send(BOB, request.clone()).unwrap();
    scene.pushed();
    let unshare = scene.unsharing();
    scene.send(BOB, unshare.clone()).unwrap();
    let pushed = scene.pushed();
    assert_eq!(entry(&pushed[0].1).presentation, None);
    assert!(!is_sharing(&scene));
    // Once more, which changes nothing.
    scene.send(BOB, unshare).unwrap();
    assert_eq!(scene.pushed(), []);

    scene.send(BOB, request.clone()).unwrap();
    scene.leave(BOB);
    scene.join(BOB).unwrap();
    assert!(!is_sharing(&scene));
    scene.send(BOB, request).unwrap();
    scene.join(BOB).unwrap();
    assert!(!is_sharing(&scene));
}

#[test]
fn only_members_who_may_speak_share_a_screen() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let (request, _) = scene.sharing();
    scene.refused_with(403, CAROL, request.clone(), "PARTICIPANT_JOIN_MISSING");
    let unshare = scene.unsharing();
    scene.refused_with(403, CAROL, unshare, "GROUPCALL_FORBIDDEN");
    let silence = EditGroupCallParticipant {
        muted: Some(true),
        ..EditGroupCallParticipant::new(
            scene.call().reference(),
            InputPeer::User {
                id: BOB,
                access_hash: confcall_join::api::AccessHash::new(0),
            },
        )
    };
    scene.send(ALICE, silence).unwrap();
    scene.refused_with(403, BOB, request.clone(), "GROUPCALL_FORBIDDEN");
    let nothing = JoinGroupCallPresentation {
        params: DataJson::new("{}"),
        ..request
    };
    scene.refused(ALICE, nothing, "GROUPCALL_SSRC_DUPLICATE_MUCH");
}

#[test]
fn sound_camera_and_screen_have_no_more_sources_than_the_limit() {
    let mut scene = Scene::limited(Limits {
        sources: 3,
        ..Limits::default()
    });
    scene.join(ALICE).unwrap();
    let (request, payload) = scene.sharing();
    assert!(payload.sources().count() > 2);
    scene.refused(ALICE, request, "DATA_JSON_INVALID");
}
