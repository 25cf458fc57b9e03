//! A livestream that one program outside feeds, as one of its viewers sees it.

use std::io::Write;

use confcall::CallKind;
use confcall::join::engine::{Event, MediaMode};
use confcall::join::stream::{Chunk, StreamPart};

use super::super::broken::DidNotHold;
use super::super::life::stage::Stage;
use super::super::life::{client, leaving};
use super::following::{GUEST, follow};

/// The parts that are waited for.
const PARTS: usize = 3;

/// The mark of an MP4 file, behind the length of its first box.
const FILE_TYPE: &[u8] = b"ftyp";

pub(super) fn play(stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    stage.title("a livestream by RTMP, as a viewer sees it")?;
    let link = "https://t.me/lighthouse?livestream";
    follow(link, &[GUEST], CallKind::RtmpViewer, stage)?;
    let mode = client::joined(stage.node(GUEST)?).map(|joined| joined.mode);
    if mode != Some(MediaMode::Rtmp) {
        return Err(DidNotHold::Streams(GUEST).into());
    }
    let mut before = None;
    for number in 0..PARTS {
        let part = stage.wait_for(|stage| part(stage, number), DidNotHold::Streams(GUEST))?;
        let bytes = check(&part, before)?;
        let seconds = part.time_ms / 1000;
        stage.line(
            "part",
            &format!("second {seconds}: an MP4 file of {bytes} bytes"),
        )?;
        before = Some(part);
    }
    stage.proof("a viewer asks for one part after the other, and each can be played alone")?;
    leaving::leave(GUEST, stage)
}

/// A part of the stream by its number.
fn part(stage: &Stage<'_, impl Write>, number: usize) -> Option<StreamPart> {
    let events = stage.node(GUEST).ok()?.events.iter();
    let mut parts = events.filter_map(|event| match event {
        Event::StreamPart(part) => Some(part),
        _ => None,
    });
    parts.nth(number).cloned()
}

/// Checks that a part is a file, and begins where the one before it ends; gives the bytes of the file.
pub(super) fn check(part: &StreamPart, before: Option<StreamPart>) -> Result<usize, DidNotHold> {
    let time_ms = part.time_ms;
    let broken = |why: String| DidNotHold::Part { time_ms, why };
    let chunk = Chunk::parse(&part.bytes).map_err(|error| broken(error.to_string()))?;
    if chunk.media.get(4..8) != Some(FILE_TYPE) {
        return Err(broken("it is no MP4 file".to_owned()));
    }
    match before {
        Some(before) if before.time_ms + before.duration_ms != time_ms => {
            Err(broken(format!("it follows on {} ms", before.time_ms)))
        }
        _ => Ok(chunk.media.len()),
    }
}
