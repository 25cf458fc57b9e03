//! Calls that are shown as a stream.

use core::time::Duration;

use confcall::join::api::{
    ActiveCall, FilePart, GroupCall, GroupCallParticipant, Peer, Request, StreamChannel, Update,
    Updates,
};
use confcall::join::engine::{Command, CommandFailure, Event, MediaMode, MediaState, StreamState};
use confcall::join::joining::GroupCallTarget;

use super::desk::{
    CALL, CHANNEL, CONNECT, Desk, RTMP, STREAM, US, config, connection, payload, roster,
};

fn rtmp() -> Desk {
    let call = ActiveCall {
        rtmp_stream: true,
        stream_dc: Some(4),
        ..ActiveCall::new(CALL)
    };
    Desk::joined_by(config(GroupCallTarget::chat(CHANNEL)), call, RTMP)
}

fn is_file(one: &Request) -> bool {
    matches!(one, Request::File(_))
}

#[test]
fn a_stream_by_rtmp_is_asked_for_at_its_data_centre_and_comes_in_order() {
    let mut desk = rtmp();
    let channels = desk.take(|one| matches!(one, Request::StreamChannels(_)));
    assert_eq!(channels.data_centre, Some(4));
    desk.done(
        &channels,
        vec![StreamChannel {
            channel: 1,
            scale: 0,
            last_timestamp_ms: 12_345,
        }],
    );
    let (first, second) = (desk.take(is_file), desk.take(is_file));
    assert_eq!(first.data_centre, Some(4));
    desk.done(&second, FilePart::Bytes(vec![2]));
    desk.done(&first, FilePart::Bytes(vec![1]));
    let parts: Vec<_> = desk
        .events
        .iter()
        .filter_map(|event| match event {
            Event::StreamPart(part) => Some((part.time_ms, part.bytes.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(parts, [(10_000, vec![1]), (11_000, vec![2])]);
    // No connection is checked that there is not.
    desk.wait(Duration::from_secs(6));
    assert!(!desk.asks(|one| matches!(one, Request::Check(_))));
}

#[test]
fn nobody_who_publishes_is_told_of_and_a_lost_membership_leads_to_a_rejoin() {
    let mut desk = rtmp();
    let channels = desk.take(|one| matches!(one, Request::StreamChannels(_)));
    desk.done(&channels, Vec::<StreamChannel>::new());
    assert!(desk.saw(|event| matches!(event, Event::Stream(StreamState::NobodyPublishes))));
    desk.wait(Duration::from_secs(2));
    let channels = desk.take(|one| matches!(one, Request::StreamChannels(_)));
    desk.refuse(&channels, 400, "GROUPCALL_JOIN_MISSING");
    desk.wait(Duration::from_millis(100));
    desk.take_join();
}

#[test]
fn without_a_clock_the_moment_of_our_own_join_is_the_servers_time() {
    let mut desk = Desk::joined_by(
        config(GroupCallTarget::chat(CHANNEL)),
        ActiveCall::new(CALL),
        STREAM,
    );
    assert!(!desk.asks(is_file));
    let silenced = desk.entry(true, false);
    desk.push(roster(2, vec![silenced]));
    desk.wait(Duration::from_secs(1));
    let first = desk.take(is_file);
    assert!(matches!(&first.body, Request::File(file) if file.time_ms / 10_000 == 169_999_999));
}

#[test]
fn a_device_whose_clock_is_wrong_goes_by_the_moment_of_its_join() {
    for (by_device, begins) in [
        (1_699_999_965_000, 1_699_999_998_000),
        (1_700_000_035_000, 1_699_999_998_000),
        // A clock that agrees is finer than the server's seconds.
        (1_700_000_001_500, 1_699_999_999_000),
    ] {
        let mut settings = config(GroupCallTarget::chat(CHANNEL));
        settings.unix_ms = Some(by_device);
        let mut desk = Desk::new(settings);
        desk.answer_found();
        desk.answer_call(ActiveCall::new(CALL));
        let own = GroupCallParticipant {
            own: true,
            just_joined: true,
            versioned: true,
            muted: true,
            can_self_unmute: false,
            date: 1_700_000_000,
            ..GroupCallParticipant::new(Peer::User(US), Some(payload(1).ssrc()))
        };
        desk.answer_join(ActiveCall::new(CALL), STREAM, vec![own]);
        let first = desk.take(is_file);
        assert!(
            matches!(&first.body, Request::File(file) if file.time_ms == begins),
            "{first:?}"
        );
    }
}

#[test]
fn a_live_story_whose_media_comes_in_another_way_is_joined_again() {
    let story = |rtmp_stream, version| Update::GroupCall {
        call: GroupCall::from(ActiveCall {
            rtmp_stream,
            version,
            ..ActiveCall::new(CALL)
        }),
        peer: None,
        live_story: true,
    };
    let mut desk = Desk::new(config(GroupCallTarget::call(CALL)));
    desk.push(story(false, 2));
    desk.answer_call(ActiveCall::new(CALL));
    let join = desk.take_join();
    desk.done(&join, Updates(vec![connection(CONNECT), story(false, 3)]));
    assert!(desk.is_in(), "{:?}", desk.events);
    desk.push(story(true, 4));
    desk.wait(Duration::from_millis(100));
    let join = desk.take_join();
    desk.done(&join, Updates(vec![connection(RTMP), story(true, 5)]));
    assert_eq!(desk.mode(), Some(MediaMode::Rtmp));
}

#[test]
fn who_may_speak_in_a_call_that_is_shown_as_a_stream_joins_again_and_the_stream_goes_on_meanwhile()
{
    let mut settings = config(GroupCallTarget::chat(CHANNEL));
    settings.unix_ms = Some(1_700_000_000_000);
    let mut desk = Desk::joined_by(settings, ActiveCall::new(CALL), STREAM);
    let first = desk.take(is_file);
    assert!(matches!(&first.body, Request::File(file) if file.time_ms == 1_699_999_998_000));
    let silenced = desk.entry(true, false);
    desk.push(roster(2, vec![silenced]));
    let allowed = desk.entry(true, true);
    desk.push(roster(3, vec![allowed]));
    desk.wait(Duration::from_millis(100));
    desk.asked.retain(|one| !is_file(&one.body));
    desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    let Some(Event::Rejoined(joined)) = desk
        .events
        .iter()
        .find(|event| matches!(event, Event::Rejoined(_)))
    else {
        panic!("{:?}", desk.events);
    };
    assert_eq!(joined.mode, MediaMode::WebRtc);
    desk.wait(Duration::from_secs(2));
    assert!(desk.asks(is_file));
    desk.asked.clear();
    desk.command(Command::Media(MediaState::Connected));
    desk.wait(Duration::from_secs(5));
    assert!(!desk.asks(is_file));
}

/// A call that is shown as a stream whose first part is asked for.
fn chat() -> Desk {
    let mut settings = config(GroupCallTarget::chat(CHANNEL));
    settings.unix_ms = Some(1_700_000_000_000);
    Desk::joined_by(settings, ActiveCall::new(CALL), STREAM)
}

#[test]
fn a_stream_that_was_lost_is_played_anew_after_the_rejoin() {
    let mut desk = chat();
    let first = desk.take(is_file);
    desk.refuse(&first, 400, "GROUPCALL_JOIN_MISSING");
    desk.wait(Duration::from_millis(100));
    desk.asked.retain(|one| !is_file(&one.body));
    desk.answer_join(ActiveCall::new(CALL), STREAM, Vec::new());
    desk.wait(Duration::from_secs(1));
    assert!(desk.asks(is_file));
}

#[test]
fn a_stream_of_before_that_is_lost_leaves_the_new_connection_alone() {
    let mut desk = chat();
    let silenced = desk.entry(true, false);
    desk.push(roster(2, vec![silenced]));
    let allowed = desk.entry(true, true);
    desk.push(roster(3, vec![allowed]));
    desk.wait(Duration::from_millis(100));
    desk.asked.retain(|one| !is_file(&one.body));
    desk.answer_join(ActiveCall::new(CALL), CONNECT, Vec::new());
    desk.wait(Duration::from_secs(1));
    let part = desk.take(is_file);
    desk.refuse(&part, 400, "GROUPCALL_JOIN_MISSING");
    desk.wait(Duration::from_secs(2));
    assert!(desk.is_in());
    assert!(!desk.asks(|one| matches!(one, Request::Join(_))));
}

/// Lets time pass in which the stream is played, up to a join.
fn play(desk: &mut Desk, seconds: u32) {
    for _ in 0..seconds {
        while desk.asks(is_file) && !desk.asks(is_join) {
            let part = desk.take(is_file);
            desk.done(&part, FilePart::Bytes(Vec::new()));
        }
        desk.wait(Duration::from_secs(1));
    }
}

fn is_join(one: &Request) -> bool {
    matches!(one, Request::Join(_))
}

#[test]
fn who_is_first_shown_as_one_who_may_speak_joins_again_once_and_sends_nothing_into_a_stream() {
    let mut desk = chat();
    let sending = [
        Command::SetMuted { muted: false },
        Command::SetVideo { on: true },
        Command::StartPresentation {
            payload: payload(9),
        },
    ];
    for command in sending {
        desk.command(command);
        assert_eq!(desk.outcome(), Some(CommandFailure::Silenced));
    }
    let allowed = desk.entry(true, true);
    desk.push(roster(2, vec![allowed]));
    desk.wait(Duration::from_millis(100));
    desk.asked.retain(|one| !is_file(&one.body));
    desk.answer_join(ActiveCall::new(CALL), STREAM, Vec::new());
    let allowed = desk.entry(true, true);
    desk.push(roster(2, vec![allowed]));
    play(&mut desk, 20);
    assert!(!desk.asks(is_join));
    assert!(!desk.asks(|one| matches!(one, Request::EditParticipant(_))));
    play(&mut desk, 300);
    desk.take_join();
}

#[test]
fn who_may_speak_after_too_many_rejoins_gets_a_connection_when_they_are_forgotten() {
    let mut desk = chat();
    for round in 0..5 {
        let silenced = desk.entry(true, false);
        desk.push(roster(2, vec![silenced]));
        let allowed = desk.entry(true, true);
        desk.push(roster(3, vec![allowed]));
        desk.wait(Duration::from_secs(20));
        if round < 4 {
            desk.asked.retain(|one| !is_file(&one.body));
            desk.answer_join(ActiveCall::new(CALL), STREAM, Vec::new());
        }
    }
    assert!(!desk.asks(is_join));
    play(&mut desk, 600);
    desk.take_join();
}
