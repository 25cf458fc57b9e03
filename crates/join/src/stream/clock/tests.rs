use proptest::prelude::*;

use super::*;
use crate::Ssrc;
use crate::api::RpcError;
use crate::stream::SpeakerChange;
use crate::stream::ogg::testing::silence;

fn at(ms: u64) -> Moment {
    Moment::new(Duration::from_millis(ms))
}

fn channel(channel: i32, scale: i32, last_timestamp_ms: i64) -> StreamChannel {
    StreamChannel {
        channel,
        scale,
        last_timestamp_ms,
    }
}

fn channels(channels: &[StreamChannel]) -> ChannelsAnswer {
    ChannelsAnswer::Channels(channels.to_vec())
}

/// Polls until there is nothing more to do.
fn outputs(clock: &mut StreamClock, now: Moment) -> Vec<StreamOutput> {
    let mut outputs = Vec::new();
    loop {
        outputs.push(clock.poll(now));
        assert!(outputs.len() < 100, "{outputs:?}");
        if let Some(StreamOutput::Wait(_)) = outputs.last() {
            return outputs;
        }
    }
}

/// The parts that are asked for now.
fn asked(clock: &mut StreamClock, now: Moment) -> Vec<(AskId, PartAsk)> {
    let asks = outputs(clock, now).into_iter();
    let parts = asks.filter_map(|output| match output {
        StreamOutput::Ask(id, StreamAsk::Part(part)) => Some((id, part)),
        _ => None,
    });
    parts.collect()
}

fn times(asks: &[(AskId, PartAsk)]) -> Vec<i64> {
    asks.iter().map(|(_, part)| part.time_ms).collect()
}

/// The question for the channels, which is asked now.
fn channels_asked(clock: &mut StreamClock, now: Moment) -> AskId {
    let StreamOutput::Ask(id, StreamAsk::Channels) = clock.poll(now) else {
        panic!("nothing asks for the channels");
    };
    assert_eq!(clock.poll(now), StreamOutput::Wait(None));
    id
}

/// A clock that plays from 10,000 ms on, and its first two questions.
fn playing() -> (StreamClock, Vec<(AskId, PartAsk)>) {
    let mut clock = StreamClock::rtmp();
    let id = channels_asked(&mut clock, at(0));
    clock.handle_channels(at(0), id, channels(&[channel(1, 0, 12_345)]));
    let asks = asked(&mut clock, at(0));
    assert_eq!(times(&asks), [10_000, 11_000]);
    (clock, asks)
}

fn bytes() -> PartAnswer {
    PartAnswer::Bytes(vec![1])
}

/// The times of the parts that are given out now.
fn given(clock: &mut StreamClock, now: Moment) -> Vec<i64> {
    let parts = outputs(clock, now).into_iter();
    let parts = parts.filter_map(|output| match output {
        StreamOutput::Part(part) => Some(part.time_ms),
        _ => None,
    });
    parts.collect()
}

#[test]
fn a_stream_begins_two_seconds_before_the_newest_time() {
    let (_, asks) = playing();
    let unified = StreamVideo {
        channel: 1,
        quality: 2,
    };
    let first = PartAsk {
        time_ms: 10_000,
        scale: 0,
        video: Some(unified),
    };
    assert_eq!(asks[0].1, first);
}

#[test]
fn a_time_that_is_not_positive_is_asked_for_again_after_a_second() {
    let mut clock = StreamClock::rtmp();
    for (turn, newest) in [2999, 0, -1, i64::MIN, i64::MAX].into_iter().enumerate() {
        let now = at(1000 * turn as u64);
        let id = channels_asked(&mut clock, now);
        clock.handle_channels(now, id, channels(&[channel(1, 0, newest)]));
        let again = now + CHANNELS_PAUSE;
        assert_eq!(clock.poll(now), StreamOutput::Wait(Some(again)), "{newest}");
    }
}

#[test]
fn a_stream_that_nobody_publishes_is_said_once_and_asked_for_each_second() {
    let mut clock = StreamClock::rtmp();
    // Neither other channels nor a scale that no stream has can be played.
    let lists: [&[StreamChannel]; 4] = [
        &[],
        &[channel(0, 0, 12_345)],
        &[channel(1, 100, 12_345)],
        &[channel(1, i32::MIN, 12_345)],
    ];
    for (turn, list) in lists.into_iter().enumerate() {
        let now = at(1000 * turn as u64);
        let id = channels_asked(&mut clock, now);
        clock.handle_channels(now, id, channels(list));
        let mut expected = vec![StreamOutput::Wait(Some(now + CHANNELS_PAUSE))];
        if turn == 0 {
            expected.insert(0, StreamOutput::NobodyPublishes);
        }
        assert_eq!(outputs(&mut clock, now), expected);
    }
}

#[test]
fn channels_that_cannot_be_had_are_asked_for_when_the_server_lets_us() {
    let mut clock = StreamClock::rtmp();
    let id = channels_asked(&mut clock, at(0));
    clock.handle_channels(at(10), id, ChannelsAnswer::Failed);
    assert_eq!(clock.poll(at(10)), StreamOutput::Wait(Some(at(1010))));
    let id = channels_asked(&mut clock, at(1010));
    let wait = ChannelsAnswer::refused(&RpcError::new(420, "FLOOD_WAIT_7"));
    clock.handle_channels(at(1010), id, wait);
    assert_eq!(clock.poll(at(1010)), StreamOutput::Wait(Some(at(8010))));
    let id = channels_asked(&mut clock, at(8010));
    let missing = ChannelsAnswer::refused(&RpcError::new(400, "GROUPCALL_JOIN_MISSING"));
    clock.handle_channels(at(8010), id, missing);
    let over = [StreamOutput::Rejoin, StreamOutput::Wait(None)];
    assert_eq!(outputs(&mut clock, at(8010)), over);
}

#[test]
fn the_scale_gives_the_length_of_the_parts() {
    for (scale, length_ms) in [(0, 1000), (1, 500), (3, 125), (-1, 2000), (-5, 32_000)] {
        let segmentation = Segmentation::of_scale(scale).unwrap();
        assert_eq!(segmentation, Segmentation { scale, length_ms });
    }
    for scale in [4, 31, 100, i32::MAX, -6, -100, i32::MIN] {
        assert_eq!(Segmentation::of_scale(scale), None);
    }
}

#[test]
fn at_most_two_seconds_are_asked_for_beyond_what_is_due() {
    let (mut clock, asks) = playing();
    clock.handle_part(at(100), asks[0].0, bytes());
    clock.handle_part(at(100), asks[1].0, bytes());
    let first = outputs(&mut clock, at(100));
    assert!(matches!(&first[0], StreamOutput::Part(part) if part.time_ms == 10_000));
    assert!(matches!(&first[1], StreamOutput::Part(part) if part.time_ms == 11_000));
    // The first part has been played after a second.
    assert_eq!(first[2], StreamOutput::Wait(Some(at(1100))));
    assert!(asked(&mut clock, at(1099)).is_empty());
    assert_eq!(times(&asked(&mut clock, at(1100))), [12_000]);
}

#[test]
fn short_parts_are_asked_for_a_few_at_a_time_and_long_ones_a_second_before_they_are_due() {
    let mut clock = StreamClock::rtmp();
    let id = channels_asked(&mut clock, at(0));
    clock.handle_channels(at(0), id, channels(&[channel(1, 3, 12_345)]));
    assert_eq!(
        asked(&mut clock, at(0)).len(),
        limits::STREAM_REQUESTS,
        "of sixteen within two seconds"
    );

    let mut clock = StreamClock::rtmp();
    let id = channels_asked(&mut clock, at(0));
    clock.handle_channels(at(0), id, channels(&[channel(1, -5, 64_000)]));
    let asks = asked(&mut clock, at(0));
    assert_eq!(times(&asks), [62_000]);
    clock.handle_part(at(0), asks[0].0, bytes());
    assert_eq!(given(&mut clock, at(0)), [62_000]);
    assert!(asked(&mut clock, at(30_999)).is_empty());
    assert_eq!(times(&asked(&mut clock, at(31_000))), [94_000]);
}

#[test]
fn parts_are_given_out_in_the_order_of_their_times() {
    let (mut clock, asks) = playing();
    clock.handle_part(at(0), asks[1].0, bytes());
    assert!(given(&mut clock, at(0)).is_empty());
    clock.handle_part(at(50), asks[0].0, bytes());
    assert_eq!(given(&mut clock, at(50)), [10_000, 11_000]);
}

#[test]
fn an_empty_part_is_a_silent_second() {
    let (mut clock, asks) = playing();
    clock.handle_part(at(0), asks[0].0, PartAnswer::Bytes(Vec::new()));
    let StreamOutput::Part(part) = clock.poll(at(0)) else {
        panic!("nothing was given out");
    };
    assert!(part.bytes.is_empty());
    assert_eq!((part.time_ms, part.duration_ms), (10_000, 1000));
}

#[test]
fn a_part_that_is_not_there_yet_is_asked_for_again_after_100_ms_whatever_the_server_says() {
    let (mut clock, mut asks) = playing();
    let mut now = 0;
    for (code, name) in [
        (400, "TIME_TOO_BIG"),
        (420, "FLOOD_WAIT_30"),
        (420, "FLOOD_PREMIUM_WAIT_3600"),
    ] {
        let answer = PartAnswer::refused(&RpcError::new(code, name));
        assert_eq!(answer, PartAnswer::NotYet);
        clock.handle_part(at(now), asks[0].0, answer);
        assert_eq!(clock.poll(at(now)), StreamOutput::Wait(Some(at(now + 100))));
        assert!(asked(&mut clock, at(now + 99)).is_empty());
        now += 100;
        asks = asked(&mut clock, at(now));
        assert_eq!(times(&asks), [10_000]);
    }
}

#[test]
fn a_player_that_had_to_wait_goes_on_from_the_part_that_was_late() {
    let (mut clock, asks) = playing();
    clock.handle_part(at(0), asks[0].0, bytes());
    assert_eq!(given(&mut clock, at(0)), [10_000]);
    // Much later than it was due: the pause does not count as played.
    assert_eq!(times(&asked(&mut clock, at(60_000))), [12_000]);
    clock.handle_part(at(60_000), asks[1].0, bytes());
    assert_eq!(given(&mut clock, at(60_000)), [11_000]);
    assert!(asked(&mut clock, at(60_999)).is_empty());
    assert_eq!(times(&asked(&mut clock, at(61_000))), [13_000]);
}

#[test]
fn a_part_that_cannot_be_had_has_the_time_found_anew() {
    let lost = [
        PartAnswer::refused(&RpcError::new(400, "TIME_TOO_SMALL")),
        PartAnswer::refused(&RpcError::new(400, "TIME_INVALID")),
        PartAnswer::refused(&RpcError::new(500, "RPC_CALL_FAIL")),
        // It is elsewhere, or there was no answer.
        PartAnswer::Unusable,
        PartAnswer::Bytes(vec![0; limits::PART_BYTES + 1]),
    ];
    for answer in lost {
        let (mut clock, asks) = playing();
        clock.handle_part(at(5000), asks[1].0, answer);
        assert_eq!(clock.poll(at(5000)), StreamOutput::Resynchronised);
        let id = channels_asked(&mut clock, at(5000));
        // What was pending is dropped.
        clock.handle_part(at(5000), asks[0].0, bytes());
        clock.handle_channels(at(5000), id, channels(&[channel(1, 0, 3000)]));
        assert_eq!(clock.poll(at(5000)), StreamOutput::Wait(Some(at(5100))));
        assert_eq!(times(&asked(&mut clock, at(5100))), [1000, 2000]);
    }
}

#[test]
fn a_time_that_is_lost_twice_without_a_part_is_a_reason_to_rejoin() {
    for has_part_between in [false, true] {
        let (mut clock, asks) = playing();
        clock.handle_part(at(5000), asks[0].0, PartAnswer::Unusable);
        assert_eq!(clock.poll(at(5000)), StreamOutput::Resynchronised);
        let id = channels_asked(&mut clock, at(5000));
        clock.handle_channels(at(5100), id, channels(&[channel(1, 0, 15_000)]));
        let asks = asked(&mut clock, at(5100));
        if has_part_between {
            clock.handle_part(at(5200), asks[0].0, bytes());
            assert_eq!(given(&mut clock, at(5200)), [13_000]);
        }
        clock.handle_part(at(5200), asks[1].0, PartAnswer::Unusable);
        let expected = match has_part_between {
            false => StreamOutput::Rejoin,
            true => StreamOutput::Resynchronised,
        };
        assert_eq!(clock.poll(at(5200)), expected);
    }
}

#[test]
fn a_member_who_is_not_joined_asks_for_nothing_more() {
    for name in ["GROUPCALL_JOIN_MISSING", "GROUPCALL_FORBIDDEN"] {
        let (mut clock, asks) = playing();
        let refused = PartAnswer::refused(&RpcError::new(400, name));
        clock.handle_part(at(0), asks[0].0, refused);
        clock.handle_part(at(0), asks[1].0, bytes());
        let over = [StreamOutput::Rejoin, StreamOutput::Wait(None)];
        assert_eq!(outputs(&mut clock, at(0)), over);
        assert_eq!(clock.poll(at(1_000_000)), StreamOutput::Wait(None));
    }
}

#[test]
fn the_channels_are_asked_for_once_a_second_at_most() {
    let (mut clock, asks) = playing();
    clock.handle_part(at(200), asks[0].0, PartAnswer::Unusable);
    assert_eq!(clock.poll(at(200)), StreamOutput::Resynchronised);
    assert_eq!(clock.poll(at(200)), StreamOutput::Wait(Some(at(1000))));
    channels_asked(&mut clock, at(1000));
}

#[test]
fn a_video_chat_begins_two_seconds_before_the_server_s_time_and_has_sound_alone() {
    let mut clock = StreamClock::chat(at(500), 1_700_000_001_999);
    let asks = asked(&mut clock, at(501));
    assert_eq!(times(&asks), [1_700_000_000_000, 1_700_000_001_000]);
    assert_eq!(asks[0].1.video, None);
    // Lost, it takes the server's time once more.
    clock.note_server_time(at(600), 1_700_000_777_700);
    clock.handle_part(at(700), asks[0].0, PartAnswer::Unusable);
    assert_eq!(clock.poll(at(700)), StreamOutput::Resynchronised);
    let asks = asked(&mut clock, at(800));
    assert_eq!(times(&asks), [1_700_000_775_000, 1_700_000_776_000]);
}

#[test]
fn a_server_without_a_time_is_looked_at_again_after_a_second() {
    let mut clock = StreamClock::chat(at(0), i64::MAX);
    assert_eq!(clock.poll(at(0)), StreamOutput::Wait(Some(at(1000))));
    clock.note_server_time(at(10), 0);
    assert_eq!(clock.poll(at(1000)), StreamOutput::Wait(Some(at(2000))));
    clock.note_server_time(at(1500), 3000);
    assert_eq!(times(&asked(&mut clock, at(2000))), [1000, 2000]);
}

#[test]
fn pictures_are_asked_for_by_the_endpoints_that_the_newest_sound_names() {
    let mut clock = StreamClock::chat(at(0), 12_000);
    let wanted = |endpoint: &str, quality| WantedVideo {
        endpoint: endpoint.to_owned(),
        quality,
    };
    clock.set_videos([
        wanted("absent", Quality::Full),
        wanted("screen", Quality::Medium),
    ]);
    let asks = asked(&mut clock, at(0));
    assert_eq!(asks.len(), 2, "nothing is known yet");
    let part = AudioPart {
        speakers: vec![SpeakerChange {
            frame: 0,
            channel: 0,
            source: Ssrc::new(7),
        }],
        active: vec![(1, "camera".to_owned()), (4, "screen".to_owned())],
        ..silence()
    };
    let sound = part.write(crate::stream::ogg::testing::FILE).unwrap();
    clock.handle_part(at(0), asks[0].0, PartAnswer::Bytes(sound));
    clock.handle_part(at(0), asks[1].0, PartAnswer::Bytes(vec![9]));
    assert_eq!(given(&mut clock, at(0)), [10_000, 11_000]);
    let asks = asked(&mut clock, at(1000));
    assert_eq!(times(&asks), [12_000, 12_000]);
    let screen = StreamVideo {
        channel: 5,
        quality: 1,
    };
    assert_eq!(asks[1].1.video, Some(screen));
    // A second is given out when all of it is there, the sound first.
    clock.handle_part(at(1000), asks[1].0, bytes());
    assert!(given(&mut clock, at(1000)).is_empty());
    clock.handle_part(at(1000), asks[0].0, bytes());
    let parts = outputs(&mut clock, at(1000)).into_iter();
    let tracks = parts.filter_map(|output| match output {
        StreamOutput::Part(part) => Some(part.track),
        _ => None,
    });
    let screen = Track::Picture(wanted("screen", Quality::Medium));
    assert_eq!(tracks.collect::<Vec<_>>(), [Track::Sound, screen]);
}

/// A video chat whose sound names the picture that is wanted, and the questions of its third second: sound and picture.
fn with_a_picture() -> (StreamClock, Vec<(AskId, PartAsk)>) {
    let mut clock = StreamClock::chat(at(0), 12_000);
    clock.set_videos([camera(Quality::Full)]);
    let asks = asked(&mut clock, at(0));
    let part = AudioPart {
        active: vec![(0, "camera".to_owned())],
        ..silence()
    };
    let sound = part.write(crate::stream::ogg::testing::FILE).unwrap();
    for (id, _) in asks {
        clock.handle_part(at(0), id, PartAnswer::Bytes(sound.clone()));
    }
    assert_eq!(given(&mut clock, at(0)), [10_000, 11_000]);
    let asks = asked(&mut clock, at(1000));
    assert_eq!(times(&asks), [12_000, 12_000]);
    assert!(asks[0].1.video.is_none() && asks[1].1.video.is_some());
    (clock, asks)
}

fn camera(quality: Quality) -> WantedVideo {
    WantedVideo {
        endpoint: "camera".to_owned(),
        quality,
    }
}

/// The tracks of the parts that are given out now.
fn tracks(clock: &mut StreamClock, now: Moment) -> Vec<Track> {
    let parts = outputs(clock, now).into_iter();
    let tracks = parts.filter_map(|output| match output {
        StreamOutput::Part(part) => Some(part.track),
        _ => None,
    });
    tracks.collect()
}

#[test]
fn a_picture_that_is_refused_is_left_out_and_the_sound_goes_on() {
    let too_long = PartAnswer::Bytes(vec![0; limits::PART_BYTES + 1]);
    let refused = PartAnswer::refused(&RpcError::new(400, "LOCATION_INVALID"));
    for answer in [refused, too_long] {
        let (mut clock, asks) = with_a_picture();
        clock.handle_part(at(1000), asks[1].0, answer);
        clock.handle_part(at(1000), asks[0].0, bytes());
        assert_eq!(tracks(&mut clock, at(1000)), [Track::Sound]);
    }
}

#[test]
fn a_picture_that_is_late_is_given_up_once_the_sound_of_the_next_second_is_there() {
    let (mut clock, asks) = with_a_picture();
    clock.handle_part(at(1000), asks[0].0, bytes());
    let mut picture = asks[1].0;
    let mut sound = None;
    for turn in 10..40 {
        clock.handle_part(at(100 * turn), picture, PartAnswer::NotYet);
        let now = at(100 * turn + 100);
        for (id, part) in asked(&mut clock, now) {
            match part.video {
                None => sound = Some((id, part.time_ms)),
                Some(_) if part.time_ms == 12_000 => picture = id,
                Some(_) => {}
            }
        }
    }
    let (id, time_ms) = sound.unwrap();
    assert_eq!(time_ms, 13_000);
    clock.handle_part(at(4000), id, bytes());
    assert_eq!(tracks(&mut clock, at(4000)), [Track::Sound]);
    // Its answer is of no use any more.
    clock.handle_part(at(4000), picture, bytes());
    assert!(tracks(&mut clock, at(4000)).is_empty());
}

#[test]
fn pictures_without_an_answer_leave_room_for_the_sound() {
    let mut clock = StreamClock::chat(at(0), 12_000);
    let endpoints = || (0..limits::STREAM_VIDEOS).map(|number| number.to_string());
    clock.set_videos(endpoints().map(|endpoint| WantedVideo {
        endpoint,
        quality: Quality::Full,
    }));
    let part = AudioPart {
        active: (0..).zip(endpoints()).collect(),
        ..silence()
    };
    let sound = part.write(crate::stream::ogg::testing::FILE).unwrap();
    let mut heard = Vec::new();
    for turn in 0..100 {
        let now = at(100 * turn);
        for output in outputs(&mut clock, now) {
            match output {
                StreamOutput::Ask(id, StreamAsk::Part(part)) if part.video.is_none() => {
                    clock.handle_part(now, id, PartAnswer::Bytes(sound.clone()));
                }
                StreamOutput::Part(part) => heard.push(part.time_ms),
                _ => {}
            }
        }
    }
    let expected: Vec<_> = (10_000..).step_by(1000).take(heard.len()).collect();
    assert_eq!(heard, expected);
    assert!(heard.len() >= 8, "{heard:?}");
}

#[test]
fn a_picture_that_is_stopped_has_no_part_and_one_in_another_size_keeps_its_own() {
    for is_stopped in [false, true] {
        let (mut clock, asks) = with_a_picture();
        let smaller = camera(Quality::Thumbnail);
        clock.set_videos((!is_stopped).then_some(smaller));
        clock.handle_part(at(1000), asks[1].0, bytes());
        clock.handle_part(at(1000), asks[0].0, bytes());
        let mut expected = vec![Track::Sound];
        if !is_stopped {
            expected.push(Track::Picture(camera(Quality::Full)));
        }
        assert_eq!(tracks(&mut clock, at(1000)), expected);
    }
}

#[test]
fn a_time_that_is_found_anew_begins_without_pictures() {
    let (mut clock, asks) = with_a_picture();
    clock.handle_part(at(1000), asks[0].0, PartAnswer::Unusable);
    assert_eq!(clock.poll(at(1000)), StreamOutput::Resynchronised);
    let asks = asked(&mut clock, at(1100));
    assert_eq!(asks.len(), 2);
    assert!(asks.iter().all(|(_, part)| part.video.is_none()));
}

#[test]
fn sound_that_is_not_there_for_ten_seconds_and_its_length_has_the_time_found_anew() {
    let mut clock = StreamClock::chat(at(0), 12_000);
    let mut anew = Vec::new();
    'turns: for turn in 0..300 {
        let now = at(100 * turn);
        for output in outputs(&mut clock, now) {
            match output {
                StreamOutput::Ask(id, _) => clock.handle_part(now, id, PartAnswer::NotYet),
                StreamOutput::Resynchronised => anew.push(100 * turn),
                StreamOutput::Rejoin => {
                    anew.push(100 * turn);
                    break 'turns;
                }
                _ => {}
            }
        }
    }
    let [first, over] = anew[..] else {
        panic!("{anew:?}");
    };
    assert!((11_000..11_500).contains(&first), "{first}");
    assert!((22_000..23_000).contains(&over), "{over}");
}

#[test]
fn so_many_pictures_are_asked_for_and_each_once() {
    let mut clock = StreamClock::chat(at(0), 12_000);
    let wanted = (0..2 * limits::STREAM_VIDEOS).map(|number| WantedVideo {
        endpoint: (number / 2 + number % 2).to_string(),
        quality: Quality::Full,
    });
    clock.set_videos(wanted);
    let Source::Chat(chat) = &clock.source else {
        panic!("it is a chat");
    };
    assert_eq!(chat.wanted.len(), limits::STREAM_VIDEOS);
    let mut endpoints: Vec<_> = chat.wanted.iter().map(|one| &one.endpoint).collect();
    endpoints.dedup();
    assert_eq!(endpoints.len(), limits::STREAM_VIDEOS);
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Channels(usize, ChannelsAnswer),
    Part(usize, PartAnswer),
    ServerTime(i64),
    Sound(usize),
}

fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![
        1_000_000_i64..2_000_000,
        any::<i64>(),
        Just(i64::MAX),
        Just(i64::MIN),
        Just(LATEST_MS + 2000)
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let fields = (0..3, prop_oneof![Just(0), -7..6, any::<i32>()], any_time());
    let listed = fields.prop_map(|(number, scale, time)| channel(number, scale, time));
    let channels = prop_oneof![
        4 => prop::collection::vec(listed, 0..3).prop_map(ChannelsAnswer::Channels),
        1 => Just(ChannelsAnswer::Failed),
        1 => (0..20_u64).prop_map(|seconds| ChannelsAnswer::Wait(Duration::from_secs(seconds))),
    ];
    let part = prop_oneof![
        6 => Just(bytes()),
        2 => Just(PartAnswer::NotYet),
        1 => Just(PartAnswer::Unusable),
    ];
    prop_oneof![
        3 => prop_oneof![0..300_u64, 0..5000_u64, Just(u64::from(u32::MAX))].prop_map(Step::Pass),
        3 => (0..20_usize, channels).prop_map(|(which, answer)| Step::Channels(which, answer)),
        6 => (0..20_usize, part).prop_map(|(which, answer)| Step::Part(which, answer)),
        1 => any_time().prop_map(Step::ServerTime),
        1 => (0..20_usize).prop_map(Step::Sound),
    ]
}

/// What was asked and given out, and the laws of both.
#[derive(Default)]
struct Watch {
    asks: Vec<(AskId, StreamAsk)>,
    /// The last questions, in the order of their moments.
    last: Vec<(StreamAsk, Moment)>,
    given: Option<(i64, bool)>,
}

impl Watch {
    fn watch(&mut self, clock: &mut StreamClock, now: Moment) {
        for output in outputs(clock, now) {
            match output {
                StreamOutput::Ask(id, ask) => {
                    let pause = match ask {
                        StreamAsk::Channels => CHANNELS_PAUSE,
                        StreamAsk::Part(_) => PART_PAUSE,
                    };
                    let before = self.last.iter().rev().find(|(one, _)| *one == ask);
                    if let Some((_, before)) = before {
                        assert!(now.since(*before) >= pause, "{ask:?}");
                    }
                    self.last.push((ask, now));
                    self.asks.push((id, ask));
                }
                StreamOutput::Part(part) => {
                    let is_sound = part.track == Track::Sound || part.track == Track::Unified;
                    if let Some((before, _)) = self.given {
                        assert!(part.time_ms >= before);
                        assert!(part.time_ms > before || !is_sound);
                    }
                    self.given = Some((part.time_ms, is_sound));
                }
                StreamOutput::Resynchronised => self.given = None,
                StreamOutput::NobodyPublishes | StreamOutput::Rejoin => {}
                StreamOutput::Wait(moment) => assert!(moment.is_none_or(|moment| moment > now)),
            }
        }
        if let Phase::Playing(timeline) = &clock.phase {
            assert!(timeline.under_way() <= limits::STREAM_REQUESTS);
            assert!(timeline.pending() <= 2 * (limits::STREAM_VIDEOS + 1));
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_answered_questions_stay_bounded_and_times_advance(
        is_chat: bool,
        server_time in any_time(),
        steps in prop::collection::vec(any_step(), 0..200),
    ) {
        let mut now = at(0);
        let mut clock = match is_chat {
            true => StreamClock::chat(now, server_time),
            false => StreamClock::rtmp(),
        };
        let wanted = (0..20).map(|number| WantedVideo {
            endpoint: number.to_string(),
            quality: Quality::Thumbnail,
        });
        clock.set_videos(wanted);
        let endpoints = (0..31).map(|number| (number, number.to_string()));
        let part = AudioPart { active: endpoints.collect(), ..silence() };
        let sound = part.write(crate::stream::ogg::testing::FILE).unwrap();
        let mut watch = Watch::default();
        for step in steps {
            watch.watch(&mut clock, now);
            match step {
                Step::Pass(ms) => now = now + Duration::from_millis(ms),
                Step::ServerTime(time) => clock.note_server_time(now, time),
                Step::Channels(which, answer) => {
                    if let Some((id, _)) = watch.asks.iter().rev().nth(which) {
                        clock.handle_channels(now, *id, answer);
                    }
                }
                Step::Part(which, answer) => {
                    if let Some((id, _)) = watch.asks.iter().rev().nth(which) {
                        clock.handle_part(now, *id, answer);
                    }
                }
                Step::Sound(which) => {
                    if let Some((id, _)) = watch.asks.iter().rev().nth(which) {
                        clock.handle_part(now, *id, PartAnswer::Bytes(sound.clone()));
                    }
                }
            }
        }
    }
}
