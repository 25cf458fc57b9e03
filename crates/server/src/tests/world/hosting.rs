use confcall_join::api::{
    CreateGroupCall, DiscardGroupCall, EditGroupCallTitle, ExportGroupCallInvite, GetGroupCall,
    GroupCall, InputUser, InviteToGroupCall, StartScheduledGroupCall, ToggleGroupCallRecord,
    ToggleGroupCallSettings, ToggleGroupCallStartSubscription,
};

use super::*;
use crate::WorldError;

fn creation(stage: &mut Stage, user: UserId) -> CreateGroupCall {
    CreateGroupCall {
        rtmp_stream: false,
        peer: stage.channel(user, "quiet"),
        random_id: 5,
        title: Some("Tea".to_owned()),
        schedule_date: None,
    }
}

#[test]
fn an_admin_creates_a_call_that_its_chat_then_has() {
    let mut stage = Stage::new();
    let request = creation(&mut stage, ALICE);
    let call = shown(&stage.send(ALICE, request.clone()));
    assert_eq!((call.title.as_deref(), call.creator), (Some("Tea"), true));
    let pushed = stage.pushed();
    let users: Vec<_> = pushed.iter().map(|(to, _)| *to).collect();
    assert_eq!(users, [BOB, CAROL]);
    let theirs = shown(core::slice::from_ref(&pushed[0].1));
    assert!(theirs.min && !theirs.creator && !theirs.settings.can_change_messages_enabled);
    let quiet = stage.channel(EVE, "quiet");
    assert_eq!(stage.full(EVE, &quiet), Some(call.named()));
    // The same request again is answered with the same call.
    assert_eq!(shown(&stage.send(ALICE, request)).id, call.id);
    let request = creation(&mut stage, BOB);
    stage.refused(BOB, request, 400, "CHAT_ADMIN_REQUIRED");
}

#[test]
fn the_number_of_a_creation_is_that_of_one_chat() {
    let mut stage = Stage::new();
    let request = creation(&mut stage, ALICE);
    let quiet = shown(&stage.send(ALICE, request.clone())).named();
    let walkers = stage.channel(ALICE, "walkers");
    let before = stage.full(ALICE, &walkers);
    let elsewhere = CreateGroupCall {
        peer: walkers.clone(),
        ..request.clone()
    };
    stage.refused(ALICE, elsewhere, 500, "RANDOM_ID_DUPLICATE");
    // The call that was there goes on, and the first request still means its own.
    assert_eq!(stage.full(ALICE, &walkers), before);
    assert_eq!(shown(&stage.send(ALICE, request)).named(), quiet);
}

#[test]
fn a_new_call_ends_the_old_one_of_its_chat() {
    let mut stage = Stage::with(11, &[BOB]);
    let old = stage.reference(11);
    let request = CreateGroupCall {
        peer: stage.channel(ALICE, "walkers"),
        ..creation(&mut stage, ALICE)
    };
    stage.send(ALICE, request);
    let pushed = stage.pushed();
    let ended = pushed.iter().filter(|(_, update)| {
        matches!(
            update,
            Update::GroupCall {
                call: GroupCall::Discarded { .. },
                ..
            }
        )
    });
    let ended: Vec<_> = ended.map(|(to, _)| *to).collect();
    assert_eq!(ended, [BOB, CAROL, UserId::new(4)]);
    stage.refused(
        ALICE,
        DiscardGroupCall { call: old },
        400,
        "GROUPCALL_ALREADY_DISCARDED",
    );
}

#[test]
fn a_call_is_announced_for_a_time_and_begins_when_an_admin_says_so() {
    let mut stage = Stage::new();
    for date in [0, 1_000_009, 1_000_000 + 8 * 86400 + 1] {
        let mut request = creation(&mut stage, ALICE);
        request.schedule_date = Some(date);
        stage.refused(ALICE, request, 400, "SCHEDULE_DATE_INVALID");
    }
    let mut request = creation(&mut stage, ALICE);
    request.schedule_date = Some(1_000_010);
    let call = shown(&stage.send(ALICE, request));
    assert_eq!(call.scheduled_for, Some(1_000_010));
    let call = InputGroupCall::from(call.named());
    let joining = stage.joining(15);
    stage.refused(BOB, joining, 403, "GROUPCALL_FORBIDDEN");
    let subscription = ToggleGroupCallStartSubscription {
        call: call.clone(),
        subscribed: true,
    };
    assert!(shown(&stage.send(BOB, subscription.clone())).start_subscribed);
    let start = StartScheduledGroupCall { call };
    stage.refused(BOB, start.clone(), 400, "CHAT_ADMIN_REQUIRED");
    assert_eq!(shown(&stage.send(ALICE, start.clone())).scheduled_for, None);
    stage.join(BOB, 15);
    stage.refused(ALICE, start, 403, "GROUPCALL_ALREADY_STARTED");
    stage.refused(BOB, subscription, 403, "GROUPCALL_ALREADY_STARTED");
}

#[test]
fn a_described_call_is_announced_from_the_first_moment_of_the_server() {
    let described = |call: &str| {
        let chat = "[[chat]]\nkind = \"supergroup\"\nid = 11\ntitle = \"Choir\"\nadmins = [1]\n";
        let described = WorldDescription::from_toml(&format!("{chat}{call}")).unwrap();
        Server::with_world(ServerOptions::default(), &described)
    };
    let mut server = described("call.starts_in = 60").unwrap();
    server.set_time(1_000_000);
    server.set_time(1_000_001);
    let rng = ChaCha20Rng::seed_from_u64(3);
    let mut stage = Stage { server, rng };
    let call = stage.reference(11);
    let look = GetGroupCall {
        call: call.clone(),
        limit: 0,
    };
    let answer = stage.ask(ALICE, look).unwrap().into_group_call().unwrap();
    let active = answer.call.active().unwrap();
    assert_eq!(active.scheduled_for, Some(1_000_060));
    let start = StartScheduledGroupCall { call };
    assert_eq!(shown(&stage.send(ALICE, start)).scheduled_for, None);
    stage.join(ALICE, 11);
    for wrong in [
        "call.starts_in = 9",
        "call.starts_in = 691201",
        "call.starts_in = 60\ncall.speakers = [9]",
    ] {
        assert_eq!(described(wrong).unwrap_err(), WorldError::Announced(11));
    }
}

#[test]
fn title_recording_and_settings_are_an_admins_and_shown_to_all() {
    let mut stage = Stage::with(11, &[ALICE, BOB]);
    let call = stage.reference(11);
    let title = |title: &str| EditGroupCallTitle {
        call: call.clone(),
        title: title.to_owned(),
    };
    stage.refused(BOB, title("Mine"), 400, "CHAT_ADMIN_REQUIRED");
    assert_eq!(
        shown(&stage.send(ALICE, title("Home"))).title.as_deref(),
        Some("Home")
    );
    let pushed = stage.pushed();
    let [(to, update), onlookers @ ..] = &pushed[..] else {
        panic!("{pushed:?}")
    };
    // Who takes part sees the call as it is for it; the others of the chat in part.
    assert_eq!(
        (*to, shown(core::slice::from_ref(update)).min),
        (BOB, false)
    );
    assert!(
        onlookers
            .iter()
            .all(|(_, one)| shown(core::slice::from_ref(one)).min)
    );
    assert_eq!(onlookers.len(), 2);
    assert_eq!(shown(&stage.send(ALICE, title(""))).title, None);
    let record = |start| ToggleGroupCallRecord {
        start,
        call: call.clone(),
        title: None,
        video_portrait: start.then_some(true),
    };
    let running = shown(&stage.send(ALICE, record(true)));
    assert_eq!(
        (running.recorded_since, running.records_video),
        (Some(1_000_000), true)
    );
    stage.refused(ALICE, record(true), 400, "GROUPCALL_NOT_MODIFIED");
    assert_eq!(
        shown(&stage.send(ALICE, record(false))).recorded_since,
        None
    );
    let mut settings = ToggleGroupCallSettings::nothing(call);
    stage.refused(ALICE, settings.clone(), 400, "GROUPCALL_NOT_MODIFIED");
    settings.messages_enabled = Some(false);
    stage.refused(BOB, settings.clone(), 400, "CHAT_ADMIN_REQUIRED");
    assert!(
        !shown(&stage.send(ALICE, settings))
            .settings
            .messages_enabled
    );
}

#[test]
fn only_public_chats_have_links() {
    let mut stage = Stage::new();
    let export = ExportGroupCallInvite {
        call: stage.reference(13),
        can_self_unmute: false,
    };
    stage.refused(ALICE, export, 403, "PUBLIC_CHANNEL_MISSING");
}

#[test]
fn members_of_the_chat_are_invited_once_by_those_who_joined_as_themselves() {
    let mut stage = Stage::with(11, &[ALICE, UserId::new(4)]);
    let invite = |user| InviteToGroupCall {
        call: stage.reference(11),
        users: vec![InputUser::User {
            id: user,
            access_hash: AccessHash::new(0),
        }],
    };
    let [bob, eve, alice] = [BOB, EVE, ALICE].map(invite);
    assert_eq!(stage.send(ALICE, bob.clone()), []);
    stage.refused(ALICE, bob.clone(), 400, "USER_ALREADY_INVITED");
    stage.refused(ALICE, eve, 403, "USER_NOT_PARTICIPANT");
    stage.refused(ALICE, alice, 400, "USER_ALREADY_PARTICIPANT");
    let anonymous = UserId::new(4);
    let mut request = stage.joining(11);
    request.join_as = stage.channel(anonymous, "walkers");
    stage.send(anonymous, request);
    stage.refused(anonymous, bob, 400, "INVITE_FORBIDDEN_WITH_JOINAS");
}

#[test]
fn an_admin_ends_a_call_for_all() {
    let mut stage = Stage::with(11, &[ALICE, BOB]);
    let discard = DiscardGroupCall {
        call: stage.reference(11),
    };
    stage.refused(BOB, discard.clone(), 400, "CHAT_ADMIN_REQUIRED");
    stage.send(ALICE, discard);
    assert_eq!(stage.pushed().len(), 3);
    let walkers = stage.channel(EVE, "walkers");
    assert_eq!(stage.full(EVE, &walkers), None);
}
