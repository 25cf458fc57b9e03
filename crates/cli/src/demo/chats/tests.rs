#![allow(clippy::unwrap_used, reason = "tests")]

use confcall::CallKind;
use confcall::join::stream::{ChunkHeader, StreamPart, Track};

use super::super::broken::DidNotHold;
use super::super::show::Pace;
use super::following::follow;
use super::*;

fn with_stage(test: impl FnOnce(&mut Stage<'_, Vec<u8>>)) {
    let mut out = Vec::new();
    let mut show = Show::new(&mut out, Pace::AtOnce);
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    test(&mut stage(&mut rng, &mut show).unwrap());
}

fn what<T: std::fmt::Debug>(result: anyhow::Result<T>) -> DidNotHold {
    result.unwrap_err().downcast().unwrap()
}

#[test]
fn a_call_of_another_kind_than_the_act_has_is_named() {
    with_stage(|stage| {
        let link = "https://t.me/walkers?videochat";
        let error = what(follow(link, &[GUEST], CallKind::RtmpViewer, stage));
        let wanted = CallKind::RtmpViewer;
        assert!(matches!(error, DidNotHold::Kind { wanted: shown, .. } if shown == wanted));
    });
}

#[test]
fn one_who_is_not_in_the_call_is_not_muted() {
    with_stage(|stage| {
        let link = "https://t.me/walkers?videochat";
        follow(link, &[ADMIN], CallKind::VideoChat, stage).unwrap();
        let error = what(video_chat::mute(GUEST, stage));
        assert!(matches!(error, DidNotHold::Silenced(GUEST)), "{error}");
    });
}

#[test]
fn a_part_that_is_no_file_or_leaves_a_gap_is_named() {
    let part = |time_ms, media: &[u8]| StreamPart {
        track: Track::Unified,
        time_ms,
        duration_ms: 1000,
        bytes: [ChunkHeader::unified().to_bytes(), media.to_vec()].concat(),
    };
    let file = b"\0\0\0\x20ftypisom";
    let first = part(1000, file);
    assert_eq!(stream::check(&first, None).unwrap(), file.len());
    assert!(stream::check(&part(2000, file), Some(first.clone())).is_ok());
    for (part, before) in [(part(3000, file), Some(first)), (part(1000, b"OggS"), None)] {
        assert!(stream::check(&part, before).is_err());
    }
}
