//! The way into a call.

use core::time::Duration;

use confcall::Target;
use confcall::join::api::{
    ActiveCall, ChannelId, FullChat, GroupCall, InputPeer, LiveStories, LiveStory, Peer, Request,
    ResolvedPeer, StoryId, Update, Updates,
};
use confcall::join::engine::{Command, EndReason, Event, MediaMode, OtherKind, Outcome, Suspicion};
use confcall::join::joining::{GroupCallTarget, Link};
use confcall::join::policy::CallKind;

use super::desk::{CALL, CHANNEL, CONNECT, Desk, RTMP, config, connection, label, roster};

fn target(text: &str) -> GroupCallTarget {
    match Target::from(Link::parse(text).unwrap()) {
        Target::Group(target) => target,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_link_leads_over_the_name_and_its_channel_to_the_call_and_its_hash_is_handed_over() {
    let mut desk = Desk::new(config(target("t.me/some?livestream=h-1")));
    let resolve = desk.take(|one| matches!(one, Request::ResolveUsername(_)));
    let peer = Peer::Channel(ChannelId::new(5));
    let found = ResolvedPeer {
        peer,
        labels: vec![label(peer, "Some")],
    };
    desk.done(&resolve, found);
    let full = desk.take(|one| matches!(one, Request::FullChannel(_)));
    // As whom the account joins by itself.
    let saved = Peer::Channel(ChannelId::new(77));
    desk.done(
        &full,
        FullChat {
            call: Some(CALL),
            default_join_as: Some(saved),
            labels: vec![label(saved, "Ours")],
        },
    );
    desk.answer_call(ActiveCall::new(CALL));
    let join = desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    let Request::Join(join) = join.body else {
        panic!();
    };
    assert_eq!(join.invite_hash.as_deref(), Some("h-1"));
    assert!(matches!(join.join_as, InputPeer::Channel { id, .. } if id == ChannelId::new(77)));
    let Some(Event::Joined(joined)) = desk
        .events
        .iter()
        .find(|one| matches!(one, Event::Joined(_)))
    else {
        panic!("{:?}", desk.events);
    };
    assert_eq!((joined.kind, joined.own), (CallKind::VideoChat, saved));
    assert_eq!(joined.mode, MediaMode::WebRtc);
    assert!(joined.cryptor.is_none() && joined.connection.is_some());
    assert!(desk.engine.membership().is_none());
}

#[test]
fn a_place_without_a_call_says_so_and_one_with_a_conference_is_refused() {
    let mut desk = Desk::new(config(GroupCallTarget::chat(CHANNEL)));
    let full = desk.take(|one| matches!(one, Request::FullChannel(_)));
    let none = FullChat {
        call: None,
        default_join_as: None,
        labels: Vec::new(),
    };
    desk.done(&full, none);
    assert_eq!(desk.end(), Some(&EndReason::NoCallNow));

    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::conference(CALL));
    let other = EndReason::OtherKind(OtherKind::Conference);
    assert_eq!(desk.end(), Some(&other));
    assert!(desk.asked.is_empty());
}

#[test]
fn the_kind_is_what_the_server_says_and_the_join_has_its_rules() {
    let rtmp = ActiveCall {
        rtmp_stream: true,
        stream_dc: Some(4),
        ..ActiveCall::new(CALL)
    };
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(rtmp.clone());
    let join = desk.answer_join(rtmp, RTMP, Vec::new());
    assert_eq!(join.kind, CallKind::RtmpViewer);
    let Request::Join(join) = join.body else {
        panic!();
    };
    assert!(join.muted && join.video_stopped);
    assert_eq!(desk.engine.kind(), CallKind::RtmpViewer);
    assert!(desk.engine.own_state().unwrap().wanted.muted);

    // A live story by its peer.
    let mut desk = Desk::new(config(GroupCallTarget::story(
        CHANNEL,
        Some(StoryId::new(3)),
    )));
    let stories = desk.take(|one| matches!(one, Request::StoriesById(_)));
    let live = LiveStory {
        id: StoryId::new(3),
        call: CALL,
        rtmp_stream: false,
    };
    desk.done(
        &stories,
        LiveStories {
            live: vec![live],
            labels: Vec::new(),
        },
    );
    desk.answer_call(ActiveCall::new(CALL));
    let join = desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    assert_eq!(join.kind, CallKind::LiveStoryListener);
    assert!(desk.is_in());
}

#[test]
fn a_call_that_turns_out_to_be_a_live_story_is_joined_once_more_by_the_rules_of_those() {
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::new(CALL));
    let first = desk.take_join();
    let shown = Update::GroupCall {
        call: ActiveCall::new(CALL).into(),
        peer: None,
        live_story: true,
    };
    desk.done(&first, Updates(vec![connection(CONNECT), shown.clone()]));
    assert!(!desk.is_in());
    let second = desk.take_join();
    assert_eq!(second.kind, CallKind::LiveStoryListener);
    desk.done(&second, Updates(vec![connection(CONNECT), shown]));
    assert!(desk.is_in());
}

#[test]
fn a_call_that_has_not_begun_is_waited_for_and_joined_when_it_begins() {
    let announced = ActiveCall {
        scheduled_for: Some(1_700_000_000),
        ..ActiveCall::new(CALL)
    };
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(announced);
    assert!(
        desk.saw(|event| matches!(event, Event::Scheduled(info) if info.scheduled_for.is_some()))
    );
    assert!(desk.asked.is_empty());
    desk.command(Command::SubscribeStart { subscribed: true });
    let subscribe = desk.take(|one| matches!(one, Request::SubscribeStart(_)));
    desk.done(&subscribe, Updates(Vec::new()));
    assert_eq!(desk.outcome(), None);
    desk.command(Command::StartScheduled);
    let start = desk.take(|one| matches!(one, Request::StartScheduled(_)));
    let begun = GroupCall::from(ActiveCall {
        version: 2,
        ..ActiveCall::new(CALL)
    });
    desk.done(&start, Updates(vec![begun.into()]));
    assert_eq!(desk.outcome(), None);
    desk.answer_call(ActiveCall::new(CALL));
    desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    assert!(desk.is_in());
}

#[test]
fn who_leaves_before_the_call_begins_has_nothing_to_leave() {
    let announced = ActiveCall {
        scheduled_for: Some(1),
        ..ActiveCall::new(CALL)
    };
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(announced);
    desk.command(Command::Leave);
    assert_eq!(desk.end(), Some(&EndReason::Left));
    assert!(desk.asked.is_empty());
}

#[test]
fn a_source_that_is_taken_has_another_payload_and_a_lost_answer_the_same_join_again() {
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::new(CALL));
    let first = desk.take_join();
    desk.refuse(&first, 400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
    desk.wait(Duration::from_secs(1));
    let second = desk.take_join();
    assert_ne!(first.body, second.body);
    desk.answer(&second, Outcome::Lost);
    desk.wait(Duration::from_secs(1));
    let third = desk.take_join();
    assert_eq!(second.body, third.body);
    let updates = vec![connection(CONNECT), roster(1, vec![])];
    desk.done(&third, Updates(updates));
    assert!(desk.is_in());
}

#[test]
fn a_stale_reference_is_found_once_more_where_the_call_was_found() {
    let mut desk = Desk::new(config(GroupCallTarget::chat(CHANNEL)));
    desk.answer_found();
    desk.answer_call(ActiveCall::new(CALL));
    let join = desk.take_join();
    desk.refuse(&join, 400, "GROUPCALL_INVALID");
    desk.answer_found();
    desk.answer_call(ActiveCall::new(CALL));
    let join = desk.take_join();
    desk.refuse(&join, 400, "GROUPCALL_INVALID");
    assert!(matches!(desk.end(), Some(EndReason::NotFound(_))));
}

#[test]
fn refusals_for_good_end_the_join_each_as_what_it_is() {
    let cases = [
        (403, "GROUPCALL_FORBIDDEN", "refused"),
        (400, "GROUPCALL_PARTICIPANTS_TOO_MUCH", "full"),
        (400, "GROUPCALL_ANONYMOUS_FORBIDDEN", "refused"),
        (400, "BOT_METHOD_INVALID", "refused"),
    ];
    for (code, name, expected) in cases {
        let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
        desk.answer_call(ActiveCall::new(CALL));
        let join = desk.take_join();
        desk.refuse(&join, code, name);
        let end = desk.end().unwrap();
        let found = match end {
            EndReason::Full => "full",
            EndReason::Refused { .. } => "refused",
            _ => "other",
        };
        assert_eq!(found, expected, "{name}: {end:?}");
    }
}

#[test]
fn a_join_that_is_given_up_is_left_once_its_answer_says_that_it_was_carried_out() {
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::new(CALL));
    let join = desk.take_join();
    desk.command(Command::Leave);
    assert!(desk.asked.is_empty());
    desk.done(&join, Updates(vec![connection(CONNECT)]));
    let leave = desk.take(|one| matches!(one, Request::Leave(_)));
    desk.done(&leave, Updates(Vec::new()));
    assert_eq!(desk.end(), Some(&EndReason::Left));
}

#[test]
fn an_answer_that_shows_a_conference_all_at_once_is_told_of_and_left() {
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.answer_call(ActiveCall::new(CALL));
    desk.answer_join(ActiveCall::conference(CALL), CONNECT, Vec::new());
    let from = CallKind::VideoChat;
    assert!(desk.saw(
        |event| matches!(event, Event::Suspicious(Suspicion::KindChanged { from: f }) if *f == from)
    ));
    assert_eq!(desk.end(), Some(&EndReason::KindChanged { from }));
    assert!(desk.asks(|one| matches!(one, Request::Leave(_))));
    assert!(!desk.saw(|event| matches!(event, Event::Joined(_))));
}

#[test]
fn what_is_turned_off_while_the_server_wants_the_join_later_is_not_announced() {
    let mut wishes = config(GroupCallTarget::chat(CHANNEL));
    (wishes.media.muted, wishes.media.video_stopped) = (false, false);
    let mut desk = Desk::new(wishes);
    desk.answer_found();
    desk.answer_call(ActiveCall::new(CALL));
    let first = desk.take_join();
    assert!(matches!(&first.body, Request::Join(join) if !join.muted && !join.video_stopped));
    desk.command(Command::SetMuted { muted: true });
    desk.refuse(&first, 420, "FLOOD_WAIT_5");
    desk.command(Command::SetVideo { on: false });
    desk.wait(Duration::from_secs(5));
    let again = desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    let Request::Join(join) = &again.body else {
        panic!("it is no join");
    };
    assert!(join.muted && join.video_stopped);
    // The server has it as it was announced the last time.
    assert!(!desk.asks(|one| matches!(one, Request::EditParticipant(_))));
}
