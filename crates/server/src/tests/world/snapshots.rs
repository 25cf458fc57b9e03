use confcall_join::api::{
    CreateGroupCall, ExportGroupCallInvite, GetGroupCallStreamRtmpUrl, InputUser,
    InviteToGroupCall, SaveDefaultGroupCallJoinAs, ToggleGroupCallRecord, ToggleGroupCallSettings,
    ToggleGroupCallStartSubscription,
};

use super::*;
use crate::{Limits, SnapshotError};

/// A world in which there is something of everything.
fn lived() -> Stage {
    let anonymous = UserId::new(4);
    let mut stage = Stage::with(11, &[ALICE, BOB, anonymous]);
    let walkers = stage.channel(anonymous, "walkers");
    let mut request = stage.joining(11);
    request.join_as = walkers.clone();
    stage.send(anonymous, request);
    let save = SaveDefaultGroupCallJoinAs {
        peer: walkers.clone(),
        join_as: walkers,
    };
    stage.ask(anonymous, save).unwrap();
    let mut edit = stage.edit(11, user(BOB));
    edit.muted = Some(true);
    stage.send(ALICE, edit);
    let mut edit = stage.edit(11, InputPeer::SelfUser);
    edit.raise_hand = Some(true);
    stage.send(BOB, edit);
    let mut edit = stage.edit(11, user(DORA));
    edit.volume = Some(7);
    stage.send(ALICE, edit);
    let call = stage.reference(11);
    let settings = ToggleGroupCallSettings {
        join_muted: Some(true),
        messages_enabled: Some(false),
        ..ToggleGroupCallSettings::nothing(call.clone())
    };
    stage.send(ALICE, settings);
    let export = ExportGroupCallInvite {
        call: call.clone(),
        can_self_unmute: true,
    };
    stage.ask(ALICE, export).unwrap();
    let record = ToggleGroupCallRecord {
        start: true,
        call: call.clone(),
        title: None,
        video_portrait: Some(true),
    };
    stage.send(ALICE, record);
    let users = vec![InputUser::User {
        id: CAROL,
        access_hash: AccessHash::new(0),
    }];
    stage.send(ALICE, InviteToGroupCall { call, users });
    let create = CreateGroupCall {
        rtmp_stream: false,
        peer: stage.channel(ALICE, "quiet"),
        random_id: 5,
        title: Some("Tea".to_owned()),
        schedule_date: Some(1_000_100),
    };
    stage.send(ALICE, create);
    let subscription = ToggleGroupCallStartSubscription {
        call: stage.reference(15),
        subscribed: true,
    };
    stage.send(BOB, subscription);
    let url = GetGroupCallStreamRtmpUrl {
        live_story: false,
        peer: stage.channel(ALICE, "harbour"),
        revoke: false,
    };
    stage.ask(ALICE, url).unwrap();
    let rtmp = stage.call(13).id();
    stage.server.set_published(rtmp, false);
    stage.join(BOB, 12);
    stage.join(BOB, 901);
    while stage.server.poll_push().is_some() {}
    stage
}

#[test]
fn a_world_goes_on_from_its_snapshot() {
    let stage = lived();
    let bytes = stage.server.to_snapshot();
    let again = Server::from_snapshot(&bytes, Limits::default()).unwrap();
    assert_eq!(again, stage.server);
}

#[test]
fn a_call_of_a_snapshot_has_no_more_participants_than_the_limit() {
    let stage = lived();
    let limits = Limits {
        hosted_participants: 3,
        ..Limits::default()
    };
    let refused = Server::from_snapshot(&stage.server.to_snapshot(), limits);
    assert!(matches!(
        refused,
        Err(SnapshotError::OverLimit { limit: 3, .. })
    ));
}
