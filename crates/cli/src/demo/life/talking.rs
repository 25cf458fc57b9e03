//! Members write to each other, and hear each other.

use std::io::Write;

use confcall::join::engine::Command;
use confcall::join::message::RandomId;
use confcall::{GroupMessage, UserId};

use super::super::broken::DidNotHold;
use super::super::frame::Frame;
use super::client;
use super::stage::Stage;

/// Writes a message, which all others must read.
pub(super) fn write(
    from: UserId,
    text: &str,
    stage: &mut Stage<'_, impl Write>,
) -> anyhow::Result<()> {
    let message = GroupMessage::new(RandomId::generate(&mut stage.rng), text, Vec::new())?;
    stage.command(from, Command::Send(message.clone()))?;
    let others = stage.others(from);
    for to in &others {
        let (sender, read) = stage.wait_for(
            |stage| {
                let (from, message) = stage.node(*to).ok()?.messages().last()?;
                Some((from, message.clone()))
            },
            DidNotHold::MessagePushed(*to),
        )?;
        if sender != from || read != message {
            return Err(DidNotHold::SameMessage(*to).into());
        }
    }
    let text = format!(
        "{} writes {text:?}; {} others read it",
        stage.name(from),
        others.len()
    );
    stage.line("message", &text)
}

/// Sends a frame, which all others must hear; gives its number.
pub(super) fn speak(from: UserId, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<u32> {
    let now = stage.now();
    let mut rng = stage.fresh_rng();
    let frame = Frame::opus(&mut rng);
    let packet = frame.seal(client::voice(stage.node(from)?)?, now, &mut rng)?;
    let others = stage.others(from);
    let mut seqno = None;
    for to in &others {
        let to = client::voice(stage.node(*to)?)?;
        seqno = Some(frame.check_opened(&packet, from, to, now)?);
    }
    let seqno = seqno.ok_or(DidNotHold::Company)?;
    let text = format!(
        "{} sends a frame with seqno {seqno}; {} others open it",
        stage.name(from),
        others.len()
    );
    stage.line("frame", &text)?;
    Ok(seqno)
}
