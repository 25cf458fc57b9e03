//! Rules of `spec/group-calls.md` that the life of one participant does not show by itself.

use confcall::join::api::{
    ActiveCall, CallConnection, GroupCallParticipant, Request, RtmpUrl, Ssrc, StreamKey, Update,
    Updates,
};
use confcall::join::engine::{
    Command, CommandFailure, CommandId, EndReason, Event, Input, MediaMode, Trouble,
};
use confcall::join::joining::{GroupCallTarget, InviteHash};

use crate::desk::{BOB, CALL, CHANNEL, CONNECT, Desk, STREAM, config, connection, roster};

fn rejoin(desk: &mut Desk) {
    desk.command(Command::Rejoin);
    desk.wait(core::time::Duration::from_secs(9));
}

#[test]
fn the_answer_to_every_join_says_anew_how_the_media_comes() {
    let mut desk = Desk::joined();
    assert_eq!(desk.mode(), Some(MediaMode::WebRtc));
    for (params, expected) in [(STREAM, MediaMode::Stream), (CONNECT, MediaMode::WebRtc)] {
        rejoin(&mut desk);
        desk.answer_join(ActiveCall::new(CALL), params, Vec::new());
        assert_eq!(desk.mode(), Some(expected));
    }
}

#[test]
fn an_invitation_is_handed_over_whenever_the_call_is_joined() {
    let hash = Some(InviteHash::new("h-1").unwrap());
    let target = GroupCallTarget::chat(CHANNEL).with_invite_hash(hash);
    let mut desk = Desk::joined_by(config(target), ActiveCall::new(CALL), CONNECT);
    rejoin(&mut desk);
    let join = desk.take_join();
    assert!(
        matches!(&join.body, Request::Join(join) if join.invite_hash.as_deref() == Some("h-1"))
    );
}

#[test]
fn no_camera_is_turned_on_where_the_call_has_no_room_for_one() {
    let mut desk = Desk::joined();
    let full = ActiveCall {
        version: 2,
        can_start_video: true,
        video_count: Some(3),
        video_limit: 3,
        ..ActiveCall::new(CALL)
    };
    desk.push(confcall::join::api::GroupCall::from(full).into());
    desk.asked.clear();
    desk.command(Command::SetVideo { on: true });
    assert_eq!(desk.outcome(), Some(CommandFailure::NoVideo));
    assert!(desk.asked.is_empty());
}

#[test]
fn the_key_of_a_stream_is_not_printed() {
    let url = RtmpUrl {
        url: "rtmps://example.org/s/".to_owned(),
        key: StreamKey::new("a-secret-key"),
    };
    assert!(!format!("{url:?}").contains("a-secret-key"));
    assert!(
        !serde_json::to_string(&url)
            .unwrap()
            .contains("a-secret-key")
    );
}

#[test]
fn a_call_that_is_shown_as_over_is_over_whatever_came_before() {
    let mut desk = Desk::joined();
    let newer = ActiveCall {
        version: 900,
        ..ActiveCall::new(CALL)
    };
    desk.push(confcall::join::api::GroupCall::from(newer).into());
    let over = confcall::join::api::GroupCall::Discarded {
        id: CALL.id,
        access_hash: CALL.access_hash,
        duration: 5,
    };
    desk.push(over.into());
    assert_eq!(desk.end(), Some(&EndReason::Discarded));
}

#[test]
fn an_own_entry_that_left_has_the_server_asked_whether_we_are_in() {
    let mut desk = Desk::joined();
    let left = GroupCallParticipant {
        left: true,
        ..desk.entry(true, true)
    };
    desk.asked.clear();
    desk.push(roster(2, vec![left]));
    assert!(!desk.saw(|event| matches!(
        event,
        Event::Retrying {
            why: Trouble::Rejoining(_),
            ..
        }
    )));
    let check = desk.take(|one| matches!(one, Request::Check(_)));
    desk.done(&check, Vec::<Ssrc>::new());
    desk.wait(core::time::Duration::from_millis(100));
    desk.take_join();
}

#[test]
fn parameters_of_a_connection_that_are_pushed_are_of_no_call() {
    let mut desk = Desk::joined();
    let before = desk.events.len();
    desk.push(connection(STREAM));
    desk.push(Update::Connection(CallConnection {
        presentation: true,
        params: confcall::join::api::DataJson::new(CONNECT),
    }));
    assert_eq!(desk.events.len(), before);
}

#[test]
fn nothing_is_sent_for_a_command_that_comes_after_a_leave_but_what_ends() {
    let mut desk = Desk::joined();
    desk.command(Command::Leave);
    let leave = desk.take(|one| matches!(one, Request::Leave(_)));
    for (id, command) in (100..).zip([
        Command::RaiseHand { raised: true },
        Command::SetMuted { muted: false },
        Command::Mute {
            peer: BOB.into(),
            muted: true,
        },
    ]) {
        let id = CommandId::new(id);
        desk.input(Input::Command { id, command });
    }
    assert!(!desk.asks(|one| matches!(one, Request::EditParticipant(_))));
    desk.done(&leave, Updates(Vec::new()));
    assert_eq!(desk.end(), Some(&EndReason::Left));
}
