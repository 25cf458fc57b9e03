//! The way out of a call whose join fails, and the way into one that was left for a new membership.

use core::time::Duration;

use confcall::join::api::{
    AccessHash, ActiveCall, ChannelId, FullChat, GroupCallParticipant, InputPeer, Peer, Request,
    Ssrc, Update, Updates,
};
use confcall::join::engine::{Command, CommandFailure, EndReason, Event, Outcome, Suspicion};
use confcall::join::joining::{AnswerFault, GroupCallTarget, JoinPayload};
use confcall::join::policy::CallKind;

use super::desk::{
    Asked, CALL, CHANNEL, CONNECT, Desk, RTMP, US, config, connection, label, roster,
};

const OTHER: InputPeer = InputPeer::Channel {
    id: ChannelId::new(77),
    access_hash: AccessHash::new(9),
};

/// The join of a participant who asks to be in the call as another peer.
fn join_as_another(desk: &mut Desk) -> Asked {
    let peer = OTHER;
    desk.command(Command::JoinAs { peer });
    desk.wait(Duration::from_millis(50));
    desk.take_join()
}

/// The source that the request to leave names.
fn left(desk: &mut Desk) -> Option<Ssrc> {
    match desk.take(|one| matches!(one, Request::Leave(_))).body {
        Request::Leave(leave) => leave.source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_membership_is_left_in_whose_place_there_is_no_other() {
    let cases = [
        (400, "GROUPCALL_PARTICIPANTS_TOO_MUCH"),
        (420, "FLOOD_WAIT_100000"),
        (420, "FROZEN_METHOD_INVALID"),
    ];
    for (code, name) in cases {
        let mut desk = Desk::joined();
        let before = desk.source();
        let join = join_as_another(&mut desk);
        desk.refuse(&join, code, name);
        assert!(desk.end().is_some(), "{name}: {:?}", desk.events);
        assert_eq!(left(&mut desk), Some(before), "{name}");
    }
}

#[test]
fn who_leaves_while_a_join_is_refused_leaves_the_membership_before() {
    let mut desk = Desk::joined();
    let before = desk.source();
    let join = join_as_another(&mut desk);
    desk.command(Command::Leave);
    desk.refuse(&join, 400, "JOIN_AS_PEER_INVALID");
    assert_eq!(left(&mut desk), Some(before));

    // A join that waits for the server's time to pass is not sent any more.
    let mut desk = Desk::joined();
    let before = desk.source();
    let join = join_as_another(&mut desk);
    desk.refuse(&join, 420, "FLOOD_WAIT_5");
    desk.command(Command::Leave);
    assert_eq!(left(&mut desk), Some(before));
}

#[test]
fn a_join_that_may_have_been_carried_out_is_left_by_its_source_and_several_by_none() {
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::new(CALL));
    let first = desk.take_join();
    desk.answer(&first, Outcome::Lost);
    desk.wait(Duration::from_secs(1));
    let again = desk.take_join();
    desk.refuse(&again, 400, "GROUPCALL_PARTICIPANTS_TOO_MUCH");
    assert_eq!(desk.end(), Some(&EndReason::Full));
    assert!(left(&mut desk).is_some());

    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::new(CALL));
    let first = desk.take_join();
    desk.answer(&first, Outcome::Lost);
    desk.wait(Duration::from_secs(1));
    let again = desk.take_join();
    desk.refuse(&again, 400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
    desk.wait(Duration::from_secs(1));
    let other = desk.take_join();
    assert_ne!(first.body, other.body);
    desk.command(Command::Leave);
    desk.answer(&other, Outcome::Lost);
    assert_eq!(left(&mut desk), None);
}

#[test]
fn who_was_silenced_cannot_unmute_while_the_call_is_entered_again() {
    let mut desk = Desk::joined();
    let silenced = desk.entry(true, false);
    desk.push(roster(2, vec![silenced]));
    desk.command(Command::Rejoin);
    desk.command(Command::SetMuted { muted: false });
    assert_eq!(desk.outcome(), Some(CommandFailure::Silenced));
    desk.command(Command::SetVideo { on: true });
    assert_eq!(desk.outcome(), Some(CommandFailure::Silenced));
    desk.wait(Duration::from_millis(50));
    let Request::Join(join) = desk.take_join().body else {
        panic!();
    };
    assert!(join.muted && join.video_stopped);
}

#[test]
fn who_only_listens_cannot_unmute_while_the_call_is_entered_again() {
    let rtmp = ActiveCall {
        rtmp_stream: true,
        ..ActiveCall::new(CALL)
    };
    let mut desk = Desk::joined_by(config(GroupCallTarget::chat(CHANNEL)), rtmp, RTMP);
    desk.command(Command::Rejoin);
    desk.command(Command::SetMuted { muted: false });
    let kind = CallKind::RtmpViewer;
    assert_eq!(desk.outcome(), Some(CommandFailure::NotInThisKind(kind)));
}

#[test]
fn a_call_whose_media_comes_by_rtmp_is_that_of_viewers_whatever_it_is_shown_as() {
    let mut desk = Desk::new(config(GroupCallTarget::chat(CHANNEL)));
    desk.answer_found();
    desk.answer_call(ActiveCall::new(CALL));
    desk.answer_join(ActiveCall::new(CALL), RTMP, Vec::new());
    assert!(!desk.is_in());
    let join = desk.answer_join(ActiveCall::new(CALL), RTMP, Vec::new());
    assert_eq!(join.kind, CallKind::RtmpViewer);
    // What contradicts itself to the end is left.
    let to = CallKind::VideoChat;
    assert_eq!(desk.end(), Some(&EndReason::Converted { to }));
    assert!(left(&mut desk).is_some());
}

/// The call as an update shows it.
fn shown(call: ActiveCall, live_story: bool) -> Update {
    Update::GroupCall {
        call: call.into(),
        peer: None,
        live_story,
    }
}

#[test]
fn nothing_is_sent_in_a_call_that_may_be_a_live_story_and_nobody_is_there_as_another() {
    let target = GroupCallTarget::call(CALL);
    let mut as_another = config(target);
    as_another.join_as = Some(OTHER);
    let mut desk = Desk::new(as_another);
    desk.answer_call(ActiveCall::new(CALL));
    let first = desk.take_join();
    let Request::Join(join) = &first.body else {
        panic!();
    };
    assert!(join.muted && join.video_stopped);
    let story = shown(ActiveCall::new(CALL), true);
    desk.done(&first, Updates(vec![connection(CONNECT), story.clone()]));
    let second = desk.take_join();
    desk.done(&second, Updates(vec![connection(CONNECT), story]));
    assert!(
        desk.saw(|event| matches!(event, Event::Joined(joined) if joined.own == Peer::User(US)))
    );
    assert!(!desk.asks(|one| matches!(one, Request::EditParticipant(_))));

    // A video chat is one where the microphone is turned on after that.
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::new(CALL));
    desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    let edit = desk.take(|one| matches!(one, Request::EditParticipant(_)));
    let Request::EditParticipant(edit) = edit.body else {
        panic!();
    };
    assert_eq!(edit.muted, Some(false));
}

#[test]
fn an_update_that_shows_a_live_story_has_it_joined_as_one_at_once() {
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.push(shown(ActiveCall::new(CALL), true));
    desk.answer_call(ActiveCall::new(CALL));
    assert_eq!(desk.take_join().kind, CallKind::LiveStoryListener);
}

/// What a channel shows of its call, with the peer as whom the account joins by itself.
fn found(default_join_as: Option<Peer>) -> FullChat {
    FullChat {
        call: Some(CALL),
        default_join_as,
        labels: Vec::new(),
    }
}

#[test]
fn a_saved_peer_that_cannot_be_named_is_no_reason_to_join_as_oneself() {
    let mut desk = Desk::new(config(GroupCallTarget::chat(CHANNEL)));
    let full = desk.take(|one| matches!(one, Request::FullChannel(_)));
    let saved = Peer::Channel(ChannelId::new(78));
    desk.done(&full, found(Some(saved)));
    let fault = AnswerFault::UnnamedSelf(saved);
    assert_eq!(desk.end(), Some(&EndReason::Unusable(fault)));
}

/// A participant whose reference to the call is stale, and found again with another peer saved meanwhile.
fn found_again() -> Desk {
    let mut desk = Desk::joined();
    desk.command(Command::SetTitle {
        title: "other".to_owned(),
    });
    let title = desk.take(|one| matches!(one, Request::Title(_)));
    desk.refuse(&title, 400, "GROUPCALL_INVALID");
    desk.wait(Duration::from_millis(50));
    let full = desk.take(|one| matches!(one, Request::FullChannel(_)));
    desk.push(Update::Labels(vec![label(
        Peer::Channel(ChannelId::new(77)),
        "Ours",
    )]));
    desk.done(&full, found(Some(Peer::Channel(ChannelId::new(77)))));
    desk
}

#[test]
fn who_comes_back_by_a_new_reference_is_the_one_who_was_there() {
    let mut desk = found_again();
    desk.answer_call(ActiveCall::new(CALL));
    let Request::Join(join) = desk.take_join().body else {
        panic!();
    };
    assert_eq!(join.join_as, InputPeer::SelfUser);
}

#[test]
fn a_call_that_is_of_another_kind_when_it_is_entered_again_is_told_of() {
    let from = CallKind::VideoChat;
    let mut desk = found_again();
    desk.answer_call(ActiveCall::conference(CALL));
    assert!(desk.saw(|event| matches!(
        event,
        Event::Suspicious(Suspicion::KindChanged { from: f }) if *f == from
    )));
    assert_eq!(desk.end(), Some(&EndReason::KindChanged { from }));

    let mut desk = found_again();
    desk.answer_call(ActiveCall {
        rtmp_stream: true,
        ..ActiveCall::new(CALL)
    });
    let to = CallKind::RtmpViewer;
    assert_eq!(desk.end(), Some(&EndReason::Converted { to }));
    assert!(left(&mut desk).is_some());

    // It was announced as a video chat.
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall {
        scheduled_for: Some(1),
        ..ActiveCall::new(CALL)
    });
    desk.wait(Duration::from_secs(60));
    desk.answer_call(ActiveCall::conference(CALL));
    assert_eq!(desk.end(), Some(&EndReason::KindChanged { from }));
}

#[test]
fn a_late_entry_with_a_source_that_was_sent_before_is_ours() {
    let mut desk = Desk::new(config(GroupCallTarget::chat(CHANNEL)));
    desk.answer_found();
    desk.answer_call(ActiveCall::new(CALL));
    let first = desk.take_join();
    let Request::Join(join) = &first.body else {
        panic!();
    };
    let sent = JoinPayload::from_json(join.params.as_str()).unwrap().ssrc();
    desk.answer(&first, Outcome::Lost);
    desk.wait(Duration::from_secs(1));
    let again = desk.take_join();
    desk.refuse(&again, 400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
    desk.wait(Duration::from_secs(1));
    desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    let late = GroupCallParticipant {
        source: Some(sent),
        ..desk.entry(false, true)
    };
    desk.push(roster(2, vec![late]));
    assert!(desk.is_in(), "{:?}", desk.end());
}

#[test]
fn a_call_that_begins_while_an_older_state_is_read_is_looked_at_again_soon() {
    let announced = |version| ActiveCall {
        scheduled_for: Some(1),
        version,
        ..ActiveCall::new(CALL)
    };
    let mut desk = Desk::new(config(GroupCallTarget::chat(CHANNEL)));
    desk.answer_found();
    desk.answer_call(announced(1));
    desk.wait(Duration::from_secs(60));
    let begun = ActiveCall {
        version: 2,
        ..ActiveCall::new(CALL)
    };
    desk.push(shown(begun.clone(), false));
    desk.answer_call(announced(1));
    desk.command(Command::StartScheduled);
    assert!(desk.asks(|one| matches!(one, Request::StartScheduled(_))));
    desk.wait(Duration::from_secs(1));
    desk.answer_call(begun.clone());
    desk.answer_join(begun, CONNECT, Vec::new());
    assert!(desk.is_in());
}
