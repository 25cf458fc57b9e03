use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use confcall_media::{AudioLevel, ChannelId, Codec, Speech};
use confcall_rtc::session::{
    ChatOffer, ConferenceOffer, ConnectionFailure, ConnectionState, Content, Event, Height,
    PictureKind, SendError, Sharing,
};
use confcall_state::UserId;

use crate::members::Members;
use crate::world::{LOUD, Weather, World, picture, sound};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A conference of members with cameras, connected and unmuted, who know each other's sources.
pub(crate) fn conference(seed: u64, count: i64) -> (World, Members) {
    let mut world = World::new(seed);
    let members = Members::new(seed, count);
    let mut rng = ChaCha20Rng::seed_from_u64(seed + 1000);
    for id in 1..=count {
        let offer = ConferenceOffer::new(Sharing::Camera, &mut rng).unwrap();
        let cryptor = members.cryptor(id);
        world.add(offer.payload(), |answer, connecting| {
            offer.accept(answer, connecting, cryptor)
        });
    }
    start(&mut world);
    (world, members)
}

fn chat(seed: u64, count: usize) -> World {
    let mut world = World::new(seed);
    let mut rng = ChaCha20Rng::seed_from_u64(seed + 1000);
    for _ in 0..count {
        let offer = ChatOffer::new(Sharing::Camera, &mut rng).unwrap();
        world.add(offer.payload(), |answer, connecting| {
            offer.accept(answer, connecting)
        });
    }
    start(&mut world);
    world
}

fn start(world: &mut World) {
    world.connect();
    world.tell_sources();
    for member in &mut world.members {
        member.session.set_muted(false);
    }
}

/// The sound that a member heard of another one.
fn heard(world: &World, by: usize, of: usize) -> Vec<Vec<u8>> {
    let frames = world.members[by].frames.iter();
    let of_other = frames.filter(|(_, frame)| frame.owner == World::peer(of));
    let packets = of_other.filter_map(|(_, frame)| match &frame.content {
        Content::Sound { packet, .. } => Some(packet.clone()),
        _ => None,
    });
    packets.collect()
}

/// The pictures that a member saw.
fn seen(world: &World, by: usize) -> Vec<Vec<u8>> {
    let frames = world.members[by].frames.iter();
    let pictures = frames.filter_map(|(_, frame)| match &frame.content {
        Content::Picture { frame, .. } => Some(frame.clone()),
        _ => None,
    });
    pictures.collect()
}

fn all(speaker: usize, count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|number| sound(speaker, number)).collect()
}

#[test]
fn members_of_a_conference_hear_each_other_and_the_server_reads_nothing() {
    let (mut world, _members) = conference(1, 2);
    world.talk(&[0, 1], 100);
    world.run(SECOND);
    assert_eq!(heard(&world, 0, 1), all(1, 100));
    assert_eq!(heard(&world, 1, 0), all(0, 100));
    for member in &world.members {
        assert_eq!(member.packets.len(), 100);
        for (_, packet) in &member.packets {
            // 88 bytes, 64 for the one epoch, and 112 for 80 bytes in blocks of 16.
            assert_eq!(packet.payload.len(), 88 + 64 + 112);
            assert!(packet.payload.windows(8).all(|bytes| bytes != [0x5a; 8]));
        }
        let dropped = member.session.dropped();
        assert_eq!(
            (dropped.unopened, dropped.replayed, dropped.malformed),
            (0, 0, 0)
        );
    }
}

#[test]
fn members_of_a_chat_hear_each_other_in_clear() {
    let mut world = chat(2, 2);
    world.talk(&[0, 1], 50);
    world.run(SECOND);
    assert_eq!(heard(&world, 0, 1), all(1, 50));
    assert_eq!(heard(&world, 1, 0), all(0, 50));
    let payloads = world.members[0].packets.iter();
    let payloads: Vec<_> = payloads
        .map(|(_, packet)| packet.payload.to_vec())
        .collect();
    assert_eq!(payloads, all(0, 50));
}

#[test]
fn sound_waits_no_longer_than_80_ms_on_a_steady_network() {
    let (mut world, _members) = conference(3, 2);
    let begin = world.now;
    world.talk(&[0], 50);
    world.run(SECOND);
    let way = 2 * world.weather.delay;
    for (index, (at, _)) in world.members[1].frames.iter().enumerate() {
        let sent = begin + Duration::from_millis(20) * u32::try_from(index).unwrap();
        assert!(
            *at - sent - way < Duration::from_millis(80),
            "{:?}",
            *at - sent - way
        );
    }
}

#[test]
fn sound_passes_a_network_that_loses_and_reorders_and_the_figures_say_what_is_missing() {
    let (mut world, _members) = conference(4, 2);
    world.weather = Weather {
        loss: 5,
        delay: Duration::from_millis(30),
        jitter: Duration::from_millis(60),
    };
    world.talk(&[0, 1], 200);
    world.run(2 * SECOND);
    for (by, of) in [(0, 1), (1, 0)] {
        let heard = heard(&world, by, of);
        // Twice five of a hundred are lost, and the order is kept.
        assert!(heard.len() > 150, "{}", heard.len());
        assert!(heard.is_sorted_by_key(|packet| packet[2]));
        let voice = world.members[by].session.voices().next().unwrap();
        assert!(voice.jitter.lost > 0);
        assert!(voice.jitter.delay > Duration::from_millis(60), "{voice:?}");
        let missing: u64 = world.members[by]
            .frames
            .iter()
            .map(|(_, frame)| match &frame.content {
                Content::Sound { missing, .. } => *missing,
                _ => 0,
            })
            .sum();
        assert_eq!(missing, voice.jitter.lost);
    }
}

#[test]
fn muted_sends_nothing_and_numbers_and_times_go_on_afterwards() {
    let (mut world, _members) = conference(5, 2);
    world.talk(&[0], 10);
    let now = world.moment();
    world.members[0].session.set_muted(true);
    assert_eq!(
        world.members[0].session.send_sound(now, &sound(0, 0), LOUD),
        Err(SendError::Muted)
    );
    world.run(SECOND);
    let before = world.members[0].datagrams.len();
    world.run(10 * SECOND);
    let media = |bytes: &&Vec<u8>| bytes[0] >= 128 && bytes[1] & 0x7f == 111;
    assert_eq!(
        world.members[0].datagrams[before..]
            .iter()
            .filter(media)
            .count(),
        0
    );

    world.members[0].session.set_muted(false);
    world.talk(&[0], 10);
    world.run(SECOND);
    let packets = &world.members[0].packets;
    assert_eq!(packets.len(), 20);
    let (last, first) = (&packets[9], &packets[10]);
    assert_eq!(*first.1.seq_no, *last.1.seq_no + 1);
    assert!(first.1.header.marker && !last.1.header.marker);
    let passed = (first.0 - last.0).as_millis() * 48;
    let time = u128::from(
        first
            .1
            .header
            .timestamp
            .wrapping_sub(last.1.header.timestamp),
    );
    assert!(time.abs_diff(passed) < 48 * 5, "{time} {passed}");
    assert_eq!(heard(&world, 1, 0).len(), 20);
}

#[test]
fn sound_goes_on_while_the_keys_move() {
    let (mut world, mut members) = conference(6, 2);
    world.talk(&[0, 1], 50);
    for id in 3..=8 {
        members.join(world.moment(), id);
        world.talk(&[0, 1], 10);
    }
    world.run(SECOND);
    assert_eq!(heard(&world, 0, 1).len(), 110);
    assert_eq!(heard(&world, 1, 0).len(), 110);
    let longest: Vec<_> = world.members[0]
        .events
        .iter()
        .filter_map(|event| match event {
            Event::LongestSound(longest) => Some(*longest),
            _ => None,
        })
        .collect();
    assert!(
        longest.len() >= 6 && longest.is_sorted_by(|one, next| one > next),
        "{longest:?}"
    );
}

#[test]
fn a_frame_that_fits_into_no_datagram_is_refused_and_never_split() {
    let (mut world, mut members) = conference(7, 2);
    for id in 3..=16 {
        members.join(world.moment(), id);
    }
    let now = world.moment();
    let mut long = sound(0, 0);
    long.resize(239, 0);
    let session = &mut world.members[0].session;
    let refused = session.send_sound(now, &long, LOUD).unwrap_err();
    let longest = session.longest_sound();
    let length = 239;
    assert_eq!(refused, SendError::TooLong { length, longest });
    long.truncate(longest);
    session.send_sound(now, &long, LOUD).unwrap();
    world.poll_member(0);
    world.run(SECOND);
    assert_eq!(world.members[0].packets.len(), 1);
    assert_eq!(heard(&world, 1, 0), [long]);
    let largest = world.members[0]
        .datagrams
        .iter()
        .map(Vec::len)
        .max()
        .unwrap();
    assert!((1150..=1232).contains(&largest), "{largest}");
    // Replaced epochs end after ten seconds.
    world.run(11 * SECOND);
    assert!(world.members[0].session.longest_sound() > 900);
}

#[test]
fn pictures_go_both_ways_and_are_asked_for_by_height() {
    let (mut world, _members) = conference(8, 2);
    let now = world.moment();
    for index in 0..2 {
        let (other, session) = (World::peer(1 - index), &mut world.members[index].session);
        assert!(session.want_picture(now, other, PictureKind::Camera, Some(Height::Full)));
    }
    world.run(SECOND);
    for index in 0..2 {
        let member = &world.members[index];
        let endpoint = format!("endpoint{}", 1 - index);
        let message = member
            .messages
            .iter()
            .find(|message| message.contains(&endpoint))
            .unwrap();
        assert!(message.contains(r#""maxHeight":720"#), "{message}");
    }
    for number in 0..30 {
        for index in 0..2 {
            let now = world.moment();
            let frame = picture(number, number == 0, 3000 + 100 * usize::from(number));
            world.members[index]
                .session
                .send_picture(now, 0, Codec::Vp8, &frame)
                .unwrap();
            world.poll_member(index);
        }
        world.run(Duration::from_millis(33));
    }
    world.run(SECOND);
    let sent: Vec<_> = (0..30)
        .map(|number| picture(number, number == 0, 3000 + 100 * usize::from(number)))
        .collect();
    for index in 0..2 {
        assert_eq!(seen(&world, index), sent);
        let largest = world.members[index]
            .datagrams
            .iter()
            .map(Vec::len)
            .max()
            .unwrap();
        assert!(largest <= 1200, "{largest}");
    }
}

#[test]
fn lost_packets_of_a_picture_are_repeated_or_a_key_frame_is_asked_for() {
    let (mut world, _members) = conference(9, 2);
    let now = world.moment();
    let other = World::peer(0);
    world.members[1]
        .session
        .want_picture(now, other, PictureKind::Camera, Some(Height::Medium));
    world.run(SECOND);
    let mut wants_key = true;
    let mut sent = Vec::new();
    for number in 0..150 {
        if number == 10 {
            // Without repetitions every ninth frame would be missing, and each time half a second until a key frame came.
            world.weather = Weather {
                loss: 1,
                delay: Duration::from_millis(20),
                jitter: Duration::from_millis(20),
            };
        }
        let wanted = |event: &Event| matches!(event, Event::KeyFrameWanted { layer: 0 });
        let events = core::mem::take(&mut world.members[0].events);
        wants_key |= events.iter().any(wanted);
        let frame = picture(number, core::mem::take(&mut wants_key), 6000);
        let now = world.moment();
        world.members[0]
            .session
            .send_picture(now, 0, Codec::Vp8, &frame)
            .unwrap();
        world.poll_member(0);
        sent.push(frame);
        world.run(Duration::from_millis(33));
    }
    world.weather.loss = 0;
    world.run(2 * SECOND);
    let seen = seen(&world, 1);
    assert!(seen.len() > 100, "{}", seen.len());
    assert!(seen.iter().all(|frame| sent.contains(frame)));
    assert!(seen.is_sorted_by_key(|frame| frame[10]));
}

#[test]
fn a_key_frame_is_asked_for_until_one_comes() {
    let (mut world, _members) = conference(10, 2);
    let now = world.moment();
    world.members[1].session.want_picture(
        now,
        World::peer(0),
        PictureKind::Camera,
        Some(Height::Full),
    );
    // No key frame: nothing is shown, and it is asked for.
    for number in 0..60 {
        let now = world.moment();
        let frame = picture(number, false, 500);
        world.members[0]
            .session
            .send_picture(now, 0, Codec::Vp8, &frame)
            .unwrap();
        world.poll_member(0);
        world.run(Duration::from_millis(100));
    }
    assert_eq!(seen(&world, 1).len(), 0);
    let asked = world.members[1].key_frame_requests.len();
    assert!((2..=5).contains(&asked), "{asked}");
    assert!(
        world.members[0]
            .events
            .contains(&Event::KeyFrameWanted { layer: 0 })
    );
    let now = world.moment();
    world.members[0]
        .session
        .send_picture(now, 0, Codec::Vp8, &picture(60, true, 500))
        .unwrap();
    world.poll_member(0);
    world.run(SECOND);
    assert_eq!(seen(&world, 1), [picture(60, true, 500)]);
    let asked = world.members[1].key_frame_requests.len();
    world.run(20 * SECOND);
    assert_eq!(world.members[1].key_frame_requests.len(), asked);
}

#[test]
fn an_unknown_source_is_reported_once_and_heard_once_its_owner_is_known() {
    let (mut world, _members) = conference(11, 2);
    let now = world.moment();
    world.members[1].session.set_sources(now, &[]);
    world.talk(&[0], 20);
    let source = world.members[0].payload.ssrc();
    let unknown = Event::UnknownSource(source);
    let reported = world.members[1]
        .events
        .iter()
        .filter(|event| **event == unknown);
    assert_eq!(reported.count(), 1);
    assert_eq!(heard(&world, 1, 0).len(), 0);
    assert!(world.members[1].session.dropped().unknown > 10);
    world.tell_sources();
    world.talk(&[0], 20);
    world.run(SECOND);
    assert_eq!(heard(&world, 1, 0), all(0, 20));
}

#[test]
fn a_source_that_is_said_to_belong_to_somebody_else_is_never_heard() {
    let (mut world, _members) = conference(12, 3);
    let now = world.moment();
    let mut sources = world.sources_of(0);
    for source in &mut sources {
        source.owner = World::peer(2);
    }
    world.members[1].session.set_sources(now, &sources);
    world.talk(&[0], 20);
    world.run(SECOND);
    assert_eq!(world.members[1].frames.len(), 0);
    assert_eq!(world.members[1].session.dropped().unopened, 20);
}

#[test]
fn ten_voices_are_received_and_one_who_begins_to_speak_takes_the_place_of_one_who_is_silent() {
    let (mut world, _members) = conference(13, 12);
    let quiet = AudioLevel::new(90, Speech::Absent);
    let listener = 11;
    // Ten are there first; the eleventh speaks as well, and finds no place as long as all the others do.
    world.talk(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 10);
    world.talk(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 20);
    assert_eq!(world.members[listener].session.voices().count(), 10);
    world.run(SECOND / 2);
    assert_eq!(heard(&world, listener, 10).len(), 0);
    assert!(world.members[listener].session.dropped().crowded > 10);
    // The third sends silence for longer than a second.
    for number in 0..100 {
        for speaker in 0..11 {
            let now = world.moment();
            let level = if speaker == 3 { quiet } else { LOUD };
            let packet = sound(speaker, number);
            world.members[speaker]
                .session
                .send_sound(now, &packet, level)
                .unwrap();
            world.poll_member(speaker);
        }
        world.run(Duration::from_millis(20));
    }
    world.run(SECOND / 2);
    assert_eq!(world.members[listener].session.voices().count(), 10);
    assert!(heard(&world, listener, 10).len() > 40);
    let stopped = Event::Speaking {
        source: world.members[3].payload.ssrc(),
        owner: World::peer(3),
        speaking: false,
    };
    assert!(world.members[listener].events.contains(&stopped));
}

#[test]
fn speaking_begins_with_the_first_loud_frame_and_ends_a_while_after_the_last() {
    let (mut world, _members) = conference(14, 2);
    world.talk(&[0], 20);
    let voice = world.members[1].session.voices().next().unwrap();
    assert_eq!((voice.level, voice.speaking), (20, true));
    world.run(2 * SECOND);
    let speaking: Vec<_> = world.members[1]
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Speaking { speaking, .. } => Some(*speaking),
            _ => None,
        })
        .collect();
    assert_eq!(speaking, [true, false]);
}

#[test]
fn what_the_server_wants_of_our_picture_is_told() {
    let (mut world, _members) = conference(15, 2);
    let ideal = |height| {
        format!(
            r#"{{"colibriClass":"SenderVideoConstraints","videoConstraints":{{"idealHeight":{height}}}}}"#
        )
    };
    world.say(0, r#"{"colibriClass":"DebugMessage","message":"hello"}"#);
    world.say(0, &ideal(180));
    world.run(SECOND);
    assert!(!world.members[0].events.contains(&Event::HeightWanted(180)));
    world.run(2 * SECOND);
    assert!(world.members[0].events.contains(&Event::HeightWanted(180)));
    world.say(0, &ideal(720));
    world.run(SECOND / 2);
    assert_eq!(
        world.members[0].events.last(),
        Some(&Event::HeightWanted(720))
    );
    assert_eq!(world.members[0].session.dropped().messages, 0);
}

#[test]
fn pictures_that_are_not_wanted_are_not_received() {
    let (mut world, _members) = conference(16, 2);
    let now = world.moment();
    world.members[0]
        .session
        .send_picture(now, 0, Codec::Vp8, &picture(0, true, 500))
        .unwrap();
    world.poll_member(0);
    world.run(SECOND);
    assert_eq!(world.members[1].frames.len(), 0);
    assert_eq!(world.members[1].session.dropped().undeclared, 1);
    let mut wanted = (0..20).map(|user| {
        let session = &mut world.members[1].session;
        session.want_picture(
            now,
            World::peer(user),
            PictureKind::Screen,
            Some(Height::Thumbnail),
        )
    });
    assert!(wanted.by_ref().take(16).all(|is_taken| is_taken));
    assert!(wanted.all(|is_taken| !is_taken));
}

#[test]
fn layers_of_a_chat_are_sent_apart_and_the_first_one_is_received() {
    let mut world = chat(17, 2);
    let now = world.moment();
    world.members[1].session.want_picture(
        now,
        World::peer(0),
        PictureKind::Camera,
        Some(Height::Full),
    );
    for layer in 0..3 {
        let frame = picture(u8::try_from(layer).unwrap(), true, 2000);
        world.members[0]
            .session
            .send_picture(now, layer, Codec::Vp8, &frame)
            .unwrap();
    }
    let refused = world.members[0]
        .session
        .send_picture(now, 3, Codec::Vp8, &[0]);
    assert_eq!(refused, Err(SendError::NoLayer { layer: 3 }));
    let codec = Codec::H264;
    let refused = world.members[0].session.send_picture(now, 0, codec, &[0]);
    assert_eq!(refused, Err(SendError::Codec { codec }));
    world.poll_member(0);
    world.run(SECOND);
    assert_eq!(seen(&world, 1), [picture(0, true, 2000)]);
    assert_eq!(world.members[0].packets.len(), 6);
}

#[test]
fn a_server_that_falls_silent_is_a_connection_that_fails_and_sends_nothing_more() {
    let (mut world, _members) = conference(18, 2);
    world.members[0].is_served = false;
    world.run(8 * SECOND);
    assert_eq!(
        world.members[0].session.state(),
        ConnectionState::Disconnected
    );
    world.run(15 * SECOND);
    let failed = ConnectionState::Failed(ConnectionFailure::Silence);
    assert_eq!(world.members[0].session.state(), failed);
    assert_eq!(
        world.members[0].events.last(),
        Some(&Event::Connection(failed))
    );
    let sent = world.members[0].datagrams.len();
    let now = world.moment();
    let refused = world.members[0].session.send_sound(now, &sound(0, 0), LOUD);
    assert_eq!(refused, Err(SendError::NotConnected));
    world.run(5 * SECOND);
    assert_eq!(world.members[0].datagrams.len(), sent);
    assert_eq!(world.members[1].session.state(), ConnectionState::Connected);
}

#[test]
fn a_connection_that_comes_back_within_20_s_goes_on() {
    let (mut world, _members) = conference(19, 2);
    world.members[0].is_served = false;
    world.run(12 * SECOND);
    world.members[0].is_served = true;
    world.run(8 * SECOND);
    assert_eq!(world.members[0].session.state(), ConnectionState::Connected);
    world.talk(&[0], 10);
    world.run(SECOND);
    assert_eq!(heard(&world, 1, 0).len(), 10);
}

#[test]
fn a_session_that_is_closed_says_goodbye() {
    let (mut world, _members) = conference(20, 2);
    let now = world.moment();
    world.members[0].session.close(now);
    let sent = world.members[0].datagrams.len();
    world.poll_member(0);
    assert!(world.members[0].datagrams.len() > sent);
    let closed = ConnectionState::Failed(ConnectionFailure::Closed);
    assert_eq!(world.members[0].session.state(), closed);
}

#[test]
fn a_lost_data_channel_is_opened_again_on_the_same_connection() {
    let (mut world, _members) = conference(21, 2);
    let lost = world.members[0].channel.take().unwrap();
    world.members[0]
        .server
        .direct_api()
        .close_data_channel(lost);
    world.members[0].server_wake = Duration::ZERO;
    world.run(3 * SECOND);
    assert!(world.members[0].channel.is_some());
    let connected = ConnectionState::Connected;
    assert_eq!(world.members[0].session.state(), connected);
    let said = world.members[0].messages.len();
    let now = world.moment();
    let session = &mut world.members[0].session;
    session.want_picture(now, World::peer(1), PictureKind::Camera, Some(Height::Full));
    world.run(SECOND);
    assert!(world.members[0].messages.len() > said);
}

#[test]
fn a_screen_goes_on_its_own_channel_and_its_connection_receives_nothing() {
    let (mut world, members) = conference(22, 2);
    let mut rng = ChaCha20Rng::seed_from_u64(2022);
    let offer = ConferenceOffer::new(Sharing::Screen, &mut rng).unwrap();
    let cryptor = members.cryptor(1);
    let screen = world.add(offer.payload(), |answer, connecting| {
        offer.accept(answer, connecting, cryptor)
    });
    world.connect();
    world.tell_sources();
    let now = world.moment();
    let session = &mut world.members[screen].session;
    assert!(!session.want_picture(now, World::peer(1), PictureKind::Camera, Some(Height::Full)));
    session
        .send_picture(now, 0, Codec::Vp8, &picture(0, true, 500))
        .unwrap();
    world.poll_member(screen);
    world.talk(&[0, 1], 10);
    world.run(SECOND);
    assert_eq!(world.members[screen].frames.len(), 0);
    assert_eq!(world.members[screen].session.voices().count(), 0);
    // A descriptor of four bytes is before the packet.
    let packet = &world.members[screen].packets[0].1.payload[4..];
    let opened = members
        .cryptor(2)
        .open(now, UserId::new(1), packet)
        .unwrap();
    assert_eq!(opened.info.channel, ChannelId::SCREEN);
}
