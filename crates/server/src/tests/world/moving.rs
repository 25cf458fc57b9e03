//! What becomes of a call while it goes on.

use confcall_join::api::{ChatId, GetFullChat};

use super::*;

#[test]
fn the_call_of_a_group_goes_on_in_its_supergroup() {
    let mut stage = Stage::with(14, &[ALICE, BOB]);
    let call = stage.reference(14);
    let channel = stage.server.migrate_chat(ChatId::new(14)).unwrap();
    let pushed = stage.pushed();
    assert!(pushed.iter().all(|(_, update)| matches!(
        update,
        Update::GroupCall { peer: Some(Peer::Channel(id)), .. } if *id == channel
    )));
    assert!(pushed.iter().any(|(to, _)| *to == BOB));
    let chat = ChatId::new(14);
    stage.refused(BOB, GetFullChat { chat }, 400, "PEER_ID_INVALID");
    assert_eq!(stage.reference(14), call);
    assert!(stage.call(14).member(BOB).is_some());
    assert_eq!(stage.server.migrate_chat(chat), None);
}

#[test]
fn participants_of_a_call_that_is_fed_by_rtmp_become_viewers() {
    let mut stage = Stage::with(11, &[ALICE, BOB]);
    let call = stage.call(11).id();
    assert!(stage.server.convert_to_rtmp(call));
    let pushed = stage.pushed();
    assert!(
        pushed
            .iter()
            .all(|(_, one)| shown(core::slice::from_ref(one)).rtmp_stream)
    );
    assert_eq!(
        params(&stage.join(BOB, 11)),
        r#"{"stream":true,"rtmp":true}"#
    );
}

#[test]
fn a_participant_without_a_connection_is_dropped_and_one_of_the_world_is_not() {
    let mut stage = Stage::with(11, &[ALICE, BOB]);
    let call = stage.call(11).id();
    let connected: Vec<_> = stage.server.connected().collect();
    assert_eq!(connected, [(call, ALICE), (call, BOB)]);
    stage.server.drop_member(call, BOB).unwrap();
    assert!(entry(&[stage.pushed().remove(0).1]).left);
    assert!(stage.call(11).member(DORA).is_some());
}
