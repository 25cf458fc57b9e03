use confcall_join::api::GetGroupCallChainBlocks;
use serde_json::Value;

use super::*;
use crate::LoadError;

/// The recorded call with most blocks, and among those with most members at the end.
pub(super) struct Recording {
    blocks: Vec<Vec<u8>>,
    broadcasts: Vec<Vec<u8>>,
    members: Vec<i64>,
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

pub(super) fn longest() -> Recording {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/call/transcripts.json"
    );
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let recordings = file["cases"].as_array().unwrap().iter().map(|case| {
        let events = case["events"].as_array().unwrap();
        let of = |kind: &'static str| events.iter().filter(move |event| event["type"] == kind);
        let messages = of("verification").flat_map(|event| event["messages"].as_array().unwrap());
        let members = of("block").next_back().unwrap()["members"]
            .as_array()
            .unwrap();
        Recording {
            blocks: of("block").map(|event| bytes(&event["block"])).collect(),
            broadcasts: messages.map(|message| bytes(&message["message"])).collect(),
            members: members.iter().map(|user| user.as_i64().unwrap()).collect(),
        }
    });
    recordings
        .max_by_key(|one| (one.blocks.len(), one.members.len()))
        .unwrap()
}

pub(super) fn load(recording: &Recording) -> Scene {
    let mut scene = Scene::empty();
    scene.call = scene
        .server
        .load_recorded(&recording.blocks, &recording.broadcasts)
        .unwrap();
    scene
}

#[test]
fn a_recorded_call_is_loaded_with_its_members_and_items() {
    let recording = longest();
    let scene = load(&recording);
    let call = scene.call();
    let members: Vec<_> = call
        .members()
        .map(|member| member.user_id().value())
        .collect();
    let mut expected = recording.members.clone();
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(call.blocks(), recording.blocks);
    assert_eq!(call.broadcasts(), recording.broadcasts);
}

#[test]
fn a_new_user_joins_a_recorded_call() {
    let recording = longest();
    let mut scene = load(&recording);
    let updates = scene.join(ALICE).unwrap();
    let length = i32::try_from(recording.blocks.len()).unwrap();
    assert_eq!(
        items(&updates, SubChain::Blocks).first_offset(),
        Some(length)
    );
    let broadcasts = items(&updates, SubChain::Broadcasts);
    assert_eq!(broadcasts.blocks.len(), 0);
    assert_eq!(
        usize::try_from(broadcasts.next_offset),
        Ok(recording.broadcasts.len())
    );
    assert_eq!(scene.call().members().len(), recording.members.len() + 1);
}

#[test]
fn the_broadcasts_of_a_call_are_for_members_only() {
    let recording = longest();
    let mut scene = load(&recording);
    let mut request = GetGroupCallChainBlocks::tip(scene.call().reference());
    (request.sub_chain, request.offset, request.limit) = (SubChain::Broadcasts, 0, 100);
    let end = i32::try_from(recording.broadcasts.len()).unwrap();
    for (user, expected) in [
        (ALICE, 0),
        (
            UserId::new(recording.members[0]),
            recording.broadcasts.len(),
        ),
    ] {
        let updates = scene.send(user, request.clone()).unwrap();
        let broadcasts = items(&updates, SubChain::Broadcasts);
        assert_eq!(
            (broadcasts.blocks.len(), broadcasts.next_offset),
            (expected, end)
        );
    }
}

#[test]
fn a_recording_with_a_bad_item_loads_nothing() {
    let recording = longest();
    let mut scene = Scene::empty();
    let before = scene.server.clone();
    let none: [&[u8]; 0] = [];
    let error = scene
        .server
        .load_recorded(&recording.blocks[1..], &none)
        .unwrap_err();
    assert!(
        matches!(error, LoadError::Chain { index: 0, .. }),
        "{error}"
    );
    let local = Block::from_server(&recording.blocks[0]).unwrap();
    let error = scene
        .server
        .load_recorded(&[local.bytes()], &none)
        .unwrap_err();
    assert!(
        matches!(error, LoadError::Block { index: 0, .. }),
        "{error}"
    );
    let error = scene
        .server
        .load_recorded(&recording.blocks, &[[0; 3]])
        .unwrap_err();
    assert!(
        matches!(error, LoadError::Broadcast { index: 0, .. }),
        "{error}"
    );
    assert_eq!(scene.server, before);
}
