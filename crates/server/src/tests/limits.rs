//! Bounds that keep a server small against any clients.

use confcall_join::api::{CreateConferenceCall, Semantics, SsrcGroup};

use super::*;
use crate::LoadError;

const NO_SPACE: &str = "GROUPCALL_ADD_PARTICIPANTS_FAILED";

/// A call that two users have joined, on a server that is full by it.
fn full() -> Scene {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let items = scene.call().blocks().iter().map(Vec::len);
    scene.server.options.limits.bytes = items.sum();
    scene
}

#[test]
fn a_server_that_is_full_takes_neither_block_nor_broadcast() {
    let mut scene = full();
    let attempt = scene.attempt(CAROL);
    let request = scene.request(&attempt);
    scene.refused_with(500, CAROL, request, NO_SPACE);
    let removal = scene.removal(ALICE, confcall_join::api::Removal::Kick, &[BOB]);
    scene.refused_with(500, ALICE, removal, NO_SPACE);
    let commit = scene.commit(ALICE);
    let broadcast = scene.broadcast(&commit);
    scene.refused_with(500, ALICE, broadcast, NO_SPACE);
    let create = creation(&mut scene);
    scene.refused_with(500, CAROL, create, NO_SPACE);
    let blocks = scene.call().blocks().to_vec();
    let loaded = scene.server.load_recorded(&blocks, &Vec::<Vec<u8>>::new());
    assert!(matches!(loaded, Err(LoadError::NoSpace(_))), "{loaded:?}");
}

#[test]
fn a_call_that_ends_leaves_its_space_to_others() {
    let mut scene = full();
    let create = creation(&mut scene);
    [ALICE, BOB].into_iter().for_each(|user| scene.leave(user));
    (0..2).for_each(|_| drop(scene.server.discard_idle()));
    scene.send(CAROL, create).unwrap();
}

/// Creates a call that its creator joins.
fn creation(scene: &mut Scene) -> CreateConferenceCall {
    let first = JoinBlock::first(Joiner::new(CAROL), &mut scene.rng).unwrap();
    let joined = scene.request(&first);
    CreateConferenceCall {
        muted: true,
        video_stopped: true,
        random_id: 1,
        public_key: joined.public_key,
        block: joined.block,
        params: Some(joined.params),
    }
}

#[test]
fn a_member_has_no_more_sources_than_the_limit() {
    let mut scene = Scene::empty();
    let attempt = scene.attempt(ALICE);
    let mut request = scene.request(&attempt);
    let sources = |count: u32| (1..=count).filter_map(Ssrc::new).collect();
    let with_video = |request: &JoinGroupCall, count| {
        let group = SsrcGroup::new(Semantics::Simulcast, sources(count)).unwrap();
        let bare = JoinPayload::from_json(request.params.as_str()).unwrap();
        let fingerprints = bare.fingerprints().to_vec();
        let credentials = bare.credentials().clone();
        JoinPayload::new(bare.ssrc(), credentials, fingerprints, vec![group])
            .unwrap()
            .to_params()
    };
    request.params = with_video(&request, 32);
    scene.refused(ALICE, request.clone(), "DATA_JSON_INVALID");
    request.params = with_video(&request, 31);
    scene.send(ALICE, request).unwrap();
}

#[test]
fn a_call_is_discarded_when_nobody_was_in_it_for_a_whole_interval() {
    let mut scene = Scene::with(&[ALICE]);
    assert_eq!(scene.server.discard_idle(), []);
    scene.leave(ALICE);
    assert_eq!(scene.server.discard_idle(), []);
    scene.join(BOB).unwrap();
    scene.leave(BOB);
    assert_eq!(scene.server.discard_idle(), []);
    let reference = scene.call().reference();
    assert_eq!(scene.server.discard_idle(), [scene.call]);
    assert_eq!(scene.server.calls().len(), 0);
    let discard = confcall_join::api::DiscardGroupCall { call: reference };
    scene.refused(ALICE, discard, "GROUPCALL_ALREADY_DISCARDED");
}
