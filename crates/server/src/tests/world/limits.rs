use confcall_join::Ssrc;
use confcall_join::api::{
    CallText, DeleteGroupCallMessages, DiscardGroupCall, EditGroupCallTitle, SendGroupCallMessage,
};

use super::super::media::with_video;
use super::*;
use crate::{Limits, limits};

/// The test's world with other limits.
fn limited(limits: Limits) -> Stage {
    let options = ServerOptions {
        limits,
        ..ServerOptions::default()
    };
    let described = WorldDescription::from_toml(WORLD).unwrap();
    let server = Server::with_world(options, &described).unwrap();
    let rng = ChaCha20Rng::seed_from_u64(3);
    Stage { server, rng }
}

#[test]
fn a_full_call_of_a_chat_takes_nobody_but_participants_who_join_again() {
    let mut stage = limited(Limits {
        hosted_participants: 2,
        ..Limits::default()
    });
    stage.join(ALICE, 11);
    let request = stage.joining(11);
    stage.refused(BOB, request, 400, "GROUPCALL_PARTICIPANTS_TOO_MUCH");
    stage.join(ALICE, 11);
}

#[test]
fn an_open_chat_admits_no_more_members_than_the_limit() {
    let described = WorldDescription::example();
    let options = ServerOptions {
        limits: Limits {
            chat_members: 2,
            ..Limits::default()
        },
        ..ServerOptions::default()
    };
    let server = Server::with_world(options, &described).unwrap();
    let rng = ChaCha20Rng::seed_from_u64(3);
    let mut stage = Stage { server, rng };
    for user in [BOB, CAROL, EVE] {
        stage.channel(user, "walkers");
    }
    let title = EditGroupCallTitle {
        call: stage.reference(501),
        title: "Home".to_owned(),
    };
    stage.send(ALICE, title);
    let users: Vec<_> = stage.pushed().iter().map(|(to, _)| *to).collect();
    assert_eq!(users, [BOB]);
}

#[test]
fn so_many_messages_can_be_deleted_and_older_ones_are_forgotten() {
    let mut stage = Stage::with(11, &[BOB]);
    let mut ids = Vec::new();
    for random_id in 0..=i64::try_from(limits::CALL_MESSAGES).unwrap() {
        let request = SendGroupCallMessage {
            call: stage.reference(11),
            random_id,
            message: CallText {
                text: "Hello".to_owned(),
                entities: Vec::new(),
            },
            allow_paid_stars: None,
            send_as: None,
        };
        match &stage.send(BOB, request)[..] {
            [Update::Message(message)] => ids.push(message.id),
            other => panic!("{other:?}"),
        }
    }
    let delete = |id| DeleteGroupCallMessages {
        report_spam: false,
        call: stage.reference(11),
        messages: vec![id],
    };
    let [oldest, second] = [ids[0], ids[1]].map(delete);
    stage.refused(BOB, oldest, 400, "MESSAGE_ID_INVALID");
    stage.send(BOB, second);
}

#[test]
fn so_many_calls_that_ended_are_remembered() {
    let mut stage = Stage::new();
    let mut ended = Vec::new();
    for random_id in 0..=i32::try_from(limits::ENDED_CALLS).unwrap() {
        let request = confcall_join::api::CreateGroupCall {
            rtmp_stream: false,
            peer: stage.channel(ALICE, "quiet"),
            random_id,
            title: None,
            schedule_date: None,
        };
        stage.send(ALICE, request);
        let call = stage.reference(15);
        stage.send(ALICE, DiscardGroupCall { call: call.clone() });
        ended.push(call);
    }
    let [oldest, second] = [0, 1].map(|place| DiscardGroupCall {
        call: ended[place].clone(),
    });
    stage.refused(ALICE, oldest, 400, "GROUPCALL_INVALID");
    stage.refused(ALICE, second, 400, "GROUPCALL_ALREADY_DISCARDED");
}

#[test]
fn so_many_participants_show_a_picture_and_no_more() {
    let mut stage = Stage {
        server: filmed(29),
        rng: ChaCha20Rng::seed_from_u64(3),
    };
    let filmed = |stage: &mut Stage, first: u32| {
        let sources = [first, first + 1].map(|source| Ssrc::new(source).unwrap());
        let request = with_video(stage.joining(11), sources.to_vec());
        JoinGroupCall {
            video_stopped: false,
            ..request
        }
    };
    let request = filmed(&mut stage, 10);
    let thirtieth = stage.send(BOB, request);
    assert!(entry(&thirtieth).video.is_some());
    assert!(!shown(&thirtieth).can_start_video);
    // The join is carried out, and the camera stays off.
    let request = filmed(&mut stage, 20);
    assert!(entry(&stage.send(ALICE, request)).video.is_none());
    let turn = |stage: &Stage, is_stopped| EditGroupCallParticipant {
        video_stopped: Some(is_stopped),
        ..stage.edit(11, InputPeer::SelfUser)
    };
    let on = turn(&stage, false);
    stage.refused(ALICE, on.clone(), 400, "VIDEO_STOP_FORBIDDEN");
    // Who is among the thirty says so again, and makes room by turning the camera off.
    stage.send(BOB, on.clone());
    let off = turn(&stage, true);
    stage.send(BOB, off);
    assert!(entry(&stage.send(ALICE, on.clone())).video.is_some());
    stage.refused(BOB, on, 400, "VIDEO_STOP_FORBIDDEN");
}

/// A call in which so many show a picture.
fn filmed(count: i64) -> Server {
    let users: Vec<_> = (901..901 + count).collect();
    let chat = "[[chat]]\nkind = \"supergroup\"\nid = 11\ntitle = \"Walkers\"\nopen = true";
    let call = format!("call.speakers = {users:?}\ncall.cameras = {users:?}");
    let described = WorldDescription::from_toml(&format!("{chat}\n{call}")).unwrap();
    let mut server = Server::with_world(ServerOptions::default(), &described).unwrap();
    server.set_time(1_000_000);
    server
}
