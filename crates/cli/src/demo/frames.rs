use std::io::Write;

use chacha20::ChaCha20Rng;
use confcall::Moment;

use super::frame::Frame;
use super::people::People;
use super::person::Person;
use super::show::Show;

/// Sends sound and picture from us to the others and back.
pub(super) fn exchange(
    people: &People,
    now: Moment,
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    for frame in [Frame::opus(rng), Frame::vp8(rng)] {
        for from in people.speakers()? {
            send(&frame, from, people, now, rng, show)?;
        }
    }
    show.proof("what the members hear and see is sealed from one to the other")?;
    Ok(())
}

/// Sends a frame to all others, and checks that each gets it.
pub(super) fn send(
    frame: &Frame,
    from: &Person,
    people: &People,
    now: Moment,
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<Vec<u8>> {
    let packet = frame.seal(from.voice(), now, rng)?;
    let others = people.besides(from);
    for to in &others {
        frame.check_opened(&packet, from.user_id(), to.voice(), now)?;
    }
    let text = format!(
        "{} sends {} bytes of {} as a packet of {}; {} others open it",
        show.name(from.user_id()),
        frame.bytes.len(),
        frame.codec.name(),
        packet.len(),
        others.len(),
    );
    show.line("frame", &text)?;
    Ok(packet)
}
