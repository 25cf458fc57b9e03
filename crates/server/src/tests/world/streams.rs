use confcall_join::api::{
    FilePart, GetFile, GetGroupCallStreamChannels, GetGroupCallStreamRtmpUrl, StreamChannel,
    StreamVideo,
};
use confcall_join::stream::{AudioPart, Chunk};

use super::*;

fn file(stage: &Stage, number: i64, time_ms: i64, video: Option<StreamVideo>) -> GetFile {
    GetFile {
        call: stage.reference(number),
        time_ms,
        scale: 0,
        video,
        offset: 0,
        limit: 128 << 10,
    }
}

/// Sound and picture in one.
const UNIFIED: Option<StreamVideo> = Some(StreamVideo {
    channel: 1,
    quality: 2,
});

const NEWEST: i64 = 999_999_000;

fn part(stage: &mut Stage, user: UserId, request: GetFile) -> Vec<u8> {
    match stage.ask(user, request).unwrap().into_file_part().unwrap() {
        FilePart::Bytes(part) => part,
        FilePart::Redirected => panic!("elsewhere"),
    }
}

#[test]
fn viewers_find_the_channels_of_a_stream_and_its_parts() {
    let mut stage = Stage::with(13, &[BOB]);
    let call = stage.reference(13);
    let asked = GetGroupCallStreamChannels { call };
    let answer = stage.ask(BOB, asked.clone()).unwrap();
    let expected = StreamChannel {
        channel: 1,
        scale: 0,
        last_timestamp_ms: NEWEST,
    };
    assert_eq!(answer.into_stream_channels().unwrap(), [expected]);
    let mut parts = Vec::new();
    for second in 0..5 {
        let request = file(&stage, 13, NEWEST - 1000 * second, UNIFIED);
        let bytes = part(&mut stage, BOB, request);
        let chunk = Chunk::parse(&bytes).unwrap();
        assert_eq!(chunk.header.container, "mp4");
        assert!(chunk.media[4..].starts_with(b"ftyp"));
        parts.push(bytes);
    }
    // The clip has four seconds.
    assert_eq!(parts[0], parts[4]);
    assert!(
        parts[..4]
            .iter()
            .enumerate()
            .all(|(place, one)| !parts[..place].contains(one))
    );
    stage.refused(ALICE, asked, 400, "GROUPCALL_JOIN_MISSING");
    let request = file(&stage, 13, NEWEST, UNIFIED);
    stage.refused(ALICE, request, 400, "GROUPCALL_JOIN_MISSING");
}

#[test]
fn a_part_is_refused_for_its_time_its_place_or_its_size() {
    let mut stage = Stage::with(13, &[BOB]);
    let good = file(&stage, 13, NEWEST, UNIFIED);
    let at = |time_ms| GetFile {
        time_ms,
        ..good.clone()
    };
    stage.refused(BOB, at(NEWEST + 1000), 400, "TIME_TOO_BIG");
    stage.refused(BOB, at(NEWEST - 30_000), 400, "TIME_TOO_SMALL");
    stage.refused(BOB, at(NEWEST - 500), 400, "TIME_INVALID");
    let channel = Some(StreamVideo {
        channel: 2,
        quality: 2,
    });
    for video in [None, channel] {
        let request = GetFile {
            video,
            ..good.clone()
        };
        stage.refused(BOB, request, 400, "LOCATION_INVALID");
    }
    for limit in [0, 100, 2 << 20] {
        let request = GetFile {
            limit,
            ..good.clone()
        };
        stage.refused(BOB, request, 400, "LIMIT_INVALID");
    }
    for offset in [-1, 1] {
        let request = GetFile {
            offset,
            ..good.clone()
        };
        stage.refused(BOB, request, 400, "OFFSET_INVALID");
    }
    let whole = part(&mut stage, BOB, good.clone());
    let rest = GetFile {
        offset: 4096,
        limit: 4096,
        ..good
    };
    assert_eq!(part(&mut stage, BOB, rest), whole[4096..8192]);
}

#[test]
fn listeners_of_a_large_call_hear_who_speaks_and_see_who_shows_a_picture() {
    let mut stage = Stage::with(12, &[BOB]);
    let call = stage.reference(12);
    let asked = GetGroupCallStreamChannels { call };
    let channels = stage.ask(BOB, asked).unwrap().into_stream_channels();
    assert_eq!(channels.unwrap(), []);
    let request = file(&stage, 12, NEWEST, None);
    let sound = AudioPart::read(&part(&mut stage, BOB, request)).unwrap();
    let dora = stage.call(12).member(DORA).unwrap().source();
    assert_eq!(sound.speakers[0].source, Some(dora));
    let [(bit, endpoint)] = &sound.active[..] else {
        panic!("{sound:?}")
    };
    let video = Some(StreamVideo {
        channel: i32::from(*bit) + 1,
        quality: 0,
    });
    let request = file(&stage, 12, NEWEST, video);
    let bytes = part(&mut stage, BOB, request);
    assert_eq!(
        &Chunk::parse(&bytes).unwrap().header.event.endpoint,
        endpoint
    );
    let video = Some(StreamVideo {
        channel: 2,
        quality: 0,
    });
    let request = file(&stage, 12, NEWEST, video);
    stage.refused(BOB, request, 400, "LOCATION_INVALID");
}

#[test]
fn a_live_story_that_no_program_feeds_has_no_stream() {
    let mut stage = Stage::with(901, &[BOB]);
    let request = file(&stage, 901, NEWEST, UNIFIED);
    stage.refused(BOB, request, 400, "LOCATION_INVALID");
}

#[test]
fn the_key_of_a_stream_is_for_those_who_may_publish_and_lasts_until_it_is_revoked() {
    let mut stage = Stage::new();
    let url = |stage: &mut Stage, user, revoke| GetGroupCallStreamRtmpUrl {
        live_story: false,
        peer: stage.channel(user, "harbour"),
        revoke,
    };
    let key = |stage: &mut Stage, revoke| {
        let request = url(stage, ALICE, revoke);
        stage
            .ask(ALICE, request)
            .unwrap()
            .into_rtmp_url()
            .unwrap()
            .key
    };
    let first = key(&mut stage, false);
    assert_eq!(key(&mut stage, false), first);
    let second = key(&mut stage, true);
    assert_ne!(second, first);
    assert_eq!(key(&mut stage, false), second);
    let request = url(&mut stage, BOB, false);
    stage.refused(BOB, request, 400, "CHAT_ADMIN_REQUIRED");
}

#[test]
fn a_stream_that_nobody_publishes_has_no_channels() {
    let mut stage = Stage::with(13, &[BOB]);
    let call = stage.call(13).id();
    let request = file(&stage, 13, NEWEST, UNIFIED);
    for is_published in [false, true] {
        assert!(stage.server.set_published(call, is_published));
        let call = stage.reference(13);
        let channels = stage.ask(BOB, GetGroupCallStreamChannels { call }).unwrap();
        let channels = channels.into_stream_channels().unwrap();
        assert_eq!(channels.is_empty(), !is_published);
        match is_published {
            true => assert!(!part(&mut stage, BOB, request.clone()).is_empty()),
            false => stage.refused(BOB, request.clone(), 400, "TIME_TOO_BIG"),
        }
    }
    let walkers = stage.call(11).id();
    assert!(!stage.server.set_published(walkers, true));
}
