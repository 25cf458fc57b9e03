use confcall_join::api::{DataJson, Semantics, SsrcGroup};

use super::*;

const DUPLICATE: &str = "GROUPCALL_SSRC_DUPLICATE_MUCH";

/// The same request with a group of video sources.
pub(super) fn with_video(mut request: JoinGroupCall, sources: Vec<Ssrc>) -> JoinGroupCall {
    let payload = JoinPayload::from_json(request.params.as_str()).unwrap();
    let groups = vec![SsrcGroup::new(Semantics::FlowIdentification, sources).unwrap()];
    let (ssrc, credentials) = (payload.ssrc(), payload.credentials().clone());
    let fingerprints = payload.fingerprints().to_vec();
    let payload = JoinPayload::new(ssrc, credentials, fingerprints, groups).unwrap();
    request.params = payload.to_params();
    request
}

fn source(value: u32) -> Ssrc {
    Ssrc::new(value).unwrap()
}

#[test]
fn a_missing_source_is_answered_as_a_duplicate() {
    let mut scene = Scene::empty();
    let attempt = scene.attempt(ALICE);
    let mut request = scene.request(&attempt);
    request.params = DataJson::new(r#"{"ufrag":"abcd"}"#);
    scene.refused(ALICE, request, DUPLICATE);
}

#[test]
fn a_payload_that_is_not_one_is_refused() {
    let mut scene = Scene::empty();
    for text in [
        "",
        "[]",
        r#"{"ssrc":0}"#,
        r#"{"ssrc":4294967295}"#,
        r#"{"ssrc":1}"#,
    ] {
        let attempt = scene.attempt(ALICE);
        let mut request = scene.request(&attempt);
        request.params = DataJson::new(text);
        scene.refused(ALICE, request, "DATA_JSON_INVALID");
    }
}

#[test]
fn a_source_of_another_member_is_refused_and_the_own_one_is_not() {
    let mut scene = Scene::with(&[ALICE]);
    let taken = scene.call().member(ALICE).unwrap().source();
    let attempt = scene.attempt(BOB);
    let request = with_source(scene.request(&attempt), taken);
    scene.refused(BOB, request, DUPLICATE);
    let attempt = scene.attempt(ALICE);
    let request = with_source(scene.request(&attempt), taken);
    scene.send(ALICE, request).unwrap();
}

#[test]
fn sources_of_sound_and_video_clash_with_each_other() {
    let mut scene = Scene::empty();
    let attempt = scene.attempt(ALICE);
    let request = with_source(scene.request(&attempt), source(1));
    let request = with_video(request, vec![source(2), source(3)]);
    scene.send(ALICE, request).unwrap();
    let video = scene.call().member(ALICE).unwrap().video();
    assert_eq!(video[0].sources(), [source(2), source(3)]);
    for (sound, video) in [(3, 9), (9, 1), (9, 2)] {
        let attempt = scene.attempt(BOB);
        let request = with_source(scene.request(&attempt), source(sound));
        let request = with_video(request, vec![source(video), source(8)]);
        scene.refused(BOB, request, DUPLICATE);
    }
    scene.join(BOB).unwrap();
}
