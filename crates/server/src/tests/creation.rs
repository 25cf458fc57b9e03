use confcall_join::api::{CreateConferenceCall, InviteLink};
use confcall_join::policy::ConferenceCreation;
use confcall_state::KvHash;

use super::*;

fn joined(scene: &mut Scene, random_id: i32, attempt: &JoinBlock) -> CreateConferenceCall {
    let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut scene.rng);
    CreateConferenceCall {
        muted: true,
        video_stopped: true,
        random_id,
        public_key: Some(attempt.public_key()),
        block: Some(attempt.block().bytes().to_vec()),
        params: Some(payload.to_params()),
    }
}

fn unjoined(random_id: i32) -> CreateConferenceCall {
    ConferenceCreation {
        random_id,
        join: None,
    }
    .into_request()
}

fn first(scene: &mut Scene, user: UserId) -> JoinBlock {
    JoinBlock::first(Joiner::new(user), &mut scene.rng).unwrap()
}

#[test]
fn creating_with_a_join_answers_like_a_join() {
    let mut scene = Scene::empty();
    let attempt = first(&mut scene, BOB);
    let request = joined(&mut scene, 5, &attempt);
    let updates = scene.send(BOB, request).unwrap();
    let blocks = items(&updates, SubChain::Blocks);
    assert_eq!(blocks.blocks, [attempt.block().to_server()]);
    assert_eq!(
        (
            blocks.next_offset,
            items(&updates, SubChain::Broadcasts).next_offset
        ),
        (1, 0)
    );
    let call = scene.server.find(BOB, &named_call(&updates)).unwrap();
    assert_eq!((call.members().len(), call.is_empty()), (1, false));
    let shown = updates.0.iter().find_map(|update| match update {
        Update::GroupCall { call, .. } => {
            let call = call.active()?;
            Some((call.creator, call.invite_link.clone()))
        }
        _ => None,
    });
    let link = InviteLink::new(format!("https://t.me/call/{}", call.slug()));
    assert_eq!(shown, Some((true, Some(link))));
}

#[test]
fn creating_without_a_join_leaves_the_first_block_to_whoever_comes() {
    let mut scene = Scene::empty();
    let updates = scene.send(BOB, unjoined(5)).unwrap();
    assert_eq!(updates.0.len(), 1);
    scene.call = named_call(&updates).id().unwrap();
    assert!(scene.call().is_empty());
    scene.join(CAROL).unwrap();
    assert_eq!(scene.call().members().len(), 1);
}

#[test]
fn the_same_request_sent_again_gives_the_same_call() {
    let mut scene = Scene::empty();
    let attempt = first(&mut scene, BOB);
    for request in [unjoined(5), joined(&mut scene, 6, &attempt)] {
        let updates = scene.send(BOB, request.clone()).unwrap();
        let calls = scene.server.calls().len();
        assert_eq!(scene.send(BOB, request.clone()), Ok(updates.clone()));
        assert_eq!(scene.server.calls().len(), calls);
        let others = scene.send(CAROL, unjoined(request.random_id)).unwrap();
        assert_ne!(named_call(&others), named_call(&updates));
    }
}

#[test]
fn a_creation_that_is_sent_again_is_answered_from_the_first_block_on() {
    let mut scene = Scene::empty();
    let attempt = first(&mut scene, BOB);
    let request = joined(&mut scene, 5, &attempt);
    let updates = scene.send(BOB, request.clone()).unwrap();
    scene.call = named_call(&updates).id().unwrap();
    scene.join(CAROL).unwrap();
    let updates = scene.send(BOB, request).unwrap();
    assert_eq!(
        items(&updates, SubChain::Blocks).blocks,
        scene.call().blocks()
    );
}

#[test]
fn another_request_with_the_same_random_id_is_refused() {
    let mut scene = Scene::empty();
    let (attempt, other) = (first(&mut scene, BOB), first(&mut scene, BOB));
    let request = joined(&mut scene, 5, &attempt);
    scene.send(BOB, request).unwrap();
    for request in [joined(&mut scene, 5, &other), unjoined(5)] {
        let before = scene.server.clone();
        let error = scene.send(BOB, request).unwrap_err();
        assert_eq!(error, RpcError::new(500, "RANDOM_ID_DUPLICATE"));
        assert_eq!(scene.server, before);
    }
}

#[test]
fn creating_with_a_bad_block_creates_nothing() {
    let mut scene = Scene::empty();
    let attempt = first(&mut scene, BOB);
    let mut request = joined(&mut scene, 5, &attempt);
    let mut fields = attempt.block().fields().clone();
    fields.state_proof.kv_hash = KvHash::from_bytes([0; 32]);
    request.block = Some(fields.sign(attempt.private_key()).bytes().to_vec());
    scene.refused(BOB, request.clone(), "BLOCK_INVALID");
    request.block = Some(Scene::with(&[ALICE]).attempt(BOB).block().bytes().to_vec());
    scene.refused(BOB, request, "CONF_WRITE_CHAIN_INVALID_204");
}

#[test]
fn nobody_creates_more_calls_than_the_limit_for_each_user() {
    let mut scene = Scene::limited(Limits {
        calls_per_creator: 2,
        ..Limits::default()
    });
    scene.send(ALICE, unjoined(5)).unwrap();
    let before = scene.server.clone();
    let error = scene.send(ALICE, unjoined(6)).unwrap_err();
    assert_eq!(error, RpcError::new(500, "GROUPCALL_CREATE_FAILED"));
    assert_eq!(scene.server, before);
    scene.send(ALICE, unjoined(5)).unwrap();
    scene.send(BOB, unjoined(6)).unwrap();
}

#[test]
fn there_are_no_more_calls_than_the_limit() {
    let mut scene = Scene::limited(Limits {
        calls: 1,
        ..Limits::default()
    });
    let before = scene.server.clone();
    let error = scene.send(BOB, unjoined(5)).unwrap_err();
    assert_eq!(error.code, 500);
    assert!(scene.server.create_empty(ALICE).is_err());
    assert_eq!(scene.server, before);
}
