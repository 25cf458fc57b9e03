//! A file of Ogg Opus for the sound of a speaker.

use core::mem;
use core::time::Duration;
use std::io::{self, Write};

use thiserror::Error;

use super::head::{self, Channels, OpusHead};
use super::page_writer::{self, PageWriter};
use super::shape::{self, PacketError, PacketShape, RATE};
use super::timeline::{NoPlace, Place, Timeline};

/// The samples that decoders need before they sound right (RFC 7845, 4.2); they are silence of ours, so that the file begins when the
/// recording does.
const PRE_SKIP: u16 = 3840;
/// The durations of silence in samples, longest first, and the first byte of such a packet of one channel.
const SILENCES: [(u32, u8); 4] = [(960, 0xf8), (480, 0xf0), (240, 0xe8), (120, 0xe0)];
/// The bit of the first byte that is set for stereo.
const STEREO: u8 = 4;
/// The rest of a packet of silence, in any duration and number of channels: the range coder's flag for it.
const SILENT: [u8; 2] = [0xff, 0xfe];
/// The bytes of a packet of silence.
const SILENCE_BYTES: u64 = 3;
/// More than the bytes of the head and the tags with their pages.
const HEADERS: u64 = 128;

/// Writes the packets of one speaker as a file of Ogg Opus.
///
/// The files of several speakers line up if their times come from one clock: a file begins with the recording, not with the speaker, and
/// what is missing is filled with packets of silence of at most 20 ms, in two ways:
///
/// - lost packets, as many as the timestamps of the sender leave out, up to a second;
/// - pauses, up to the time at which a packet was due, once a file is 200 ms behind that. Silence beyond
///   [`SILENCE_SECONDS`](crate::limits::SILENCE_SECONDS) is cut out of a pause, and the file does not line up behind it.
///
/// A packet behind its followers, and one that is more than a second ahead of the clock, is not written.
///
/// Each page has at most a second of sound, and reaches the output in one call as soon as the packet behind it comes. [`Self::finish`]
/// writes the rest and ends the stream, and so does dropping, which reports no error.
#[derive(Debug)]
pub struct OpusWriter<W: Write> {
    output: W,
    pages: PageWriter,
    timeline: Timeline,
    channels: Channels,
    is_over: bool,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Written {
    /// It is written.
    Placed {
        /// The silence that was written before it.
        silence: Duration,
        /// The silence that was cut out before it, as there was too much.
        cut: Duration,
    },
    /// It is one that came already, or comes behind its followers.
    Late,
    /// The speaker sends more than the time that passes.
    Ahead,
}

/// A packet cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpusWriteError {
    /// It is none of Opus; the next one can be written.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// The output failed; nothing more is written.
    #[error("the file cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The output failed before.
    #[error("the file could not be written before, and has ended there")]
    Over,
}

impl<W: Write> OpusWriter<W> {
    /// Begins a file, with the serial number of its stream and the channels that players are to have.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn new(output: W, serial: u32, channels: Channels) -> io::Result<Self> {
        let mut writer = Self {
            output,
            pages: PageWriter::new(serial),
            timeline: Timeline::default(),
            channels,
            // Nothing is to be ended before the head is written.
            is_over: true,
        };
        let head = OpusHead {
            channels,
            pre_skip: PRE_SKIP,
            input_rate: RATE as u32,
            gain: 0,
        };
        writer.pages.add_alone(head.to_bytes())?;
        writer.pages.add_alone(head::tags())?;
        writer.pages.hand_out(&mut writer.output)?;
        writer.is_over = false;
        Ok(writer)
    }

    /// Writes a packet with the sender's timestamp at 48 kHz, which was due at this time of the recording.
    ///
    /// # Errors
    ///
    /// [`OpusWriteError`]
    pub fn write(
        &mut self,
        at: Duration,
        timestamp: u32,
        packet: &[u8],
    ) -> Result<Written, OpusWriteError> {
        if self.is_over {
            return Err(OpusWriteError::Over);
        }
        let samples = PacketShape::read(packet)?.samples;
        let place = match self.timeline.place(at, timestamp, samples) {
            Ok(place) => place,
            Err(NoPlace::Late) => return Ok(Written::Late),
            Err(NoPlace::Ahead) => return Ok(Written::Ahead),
        };
        self.put(place, samples, packet)
            .inspect_err(|_| self.is_over = true)?;
        self.timeline.advance(place, timestamp, samples);
        Ok(Written::Placed {
            silence: shape::duration(place.silence),
            cut: shape::duration(place.cut),
        })
    }

    /// Ends the file, and says how many bytes it has.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<u64> {
        self.end()?;
        Ok(self.size())
    }

    /// The most bytes that the file has if it ends now.
    pub fn size(&self) -> u64 {
        self.pages.size()
    }

    /// The most bytes by which a packet makes the file longer, with the silence before it; 0 if it is not written.
    pub(super) fn cost(&self, at: Duration, timestamp: u32, packet: &[u8]) -> u64 {
        let samples = PacketShape::read(packet).map_or(0, |shape| shape.samples);
        let place = self.timeline.place(at, timestamp, samples);
        place.map_or(0, |place| cost(place.silence, packet))
    }

    fn put(&mut self, place: Place, samples: u32, packet: &[u8]) -> io::Result<()> {
        if self.pages.is_silent() {
            self.silence(PRE_SKIP.into())?;
        }
        self.silence(place.silence)?;
        self.pages.add(packet.to_vec(), samples)?;
        self.pages.hand_out(&mut self.output)
    }

    fn silence(&mut self, samples: u64) -> io::Result<()> {
        let mut left = samples;
        for (samples, toc) in SILENCES {
            let toc = match self.channels {
                Channels::Mono => toc,
                Channels::Stereo => toc | STEREO,
            };
            while left >= samples.into() {
                let [a, b] = SILENT;
                self.pages.add(vec![toc, a, b], samples)?;
                self.pages.hand_out(&mut self.output)?;
                left -= u64::from(samples);
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if mem::replace(&mut self.is_over, true) {
            return Ok(());
        }
        self.pages.end()?;
        self.pages.hand_out(&mut self.output)?;
        self.output.flush()
    }
}

impl<W: Write> Drop for OpusWriter<W> {
    fn drop(&mut self) {
        // Whoever wants to know of it calls `finish`.
        drop(self.end());
    }
}

/// The most bytes of a file that begins with a packet which was due at this time of the recording.
pub(super) fn cost_of_first(at: Duration, packet: &[u8]) -> u64 {
    let place = Timeline::default().place(at, 0, 0);
    let silence = place.map_or(0, |place| place.silence);
    HEADERS + cost(u64::from(PRE_SKIP) + silence, packet)
}

/// The most bytes of a packet and so much silence before it.
fn cost(silence: u64, packet: &[u8]) -> u64 {
    let (longest, _) = SILENCES[0];
    // Beside the longest ones there is one of each other duration at most.
    let packets = silence / u64::from(longest) + SILENCES.len() as u64;
    let silence = page_writer::cost(silence, packets, packets * SILENCE_BYTES);
    silence + page_writer::cost(0, 1, packet.len() as u64)
}
