//! A recording of a call: a file for each source of sound or picture, and an end to all of them.

use core::fmt;
use core::mem;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{self, Seek, Write};

use thiserror::Error;

use super::ivf::{IvfHeader, Timebase, Vp8Size};
use super::ivf_writer::{self, IvfWriteError, IvfWriter};
use super::opus_writer::{self, OpusWriteError, OpusWriter, Written};
use super::shape::PacketShape;
use crate::limits;

/// A recording of a call, in clear whatever the call is.
///
/// Each source has its own file of Ogg Opus or IVF, named by numbers alone: `USER-SSRC-N.ogg` and `USER-SSRC-N.ivf`, with `N` counting
/// the files of the recording from 1, and `chat` before the number of a user that is a chat or a channel. All begin with the recording, so
/// that they line up ([`OpusWriter`]).
///
/// The caller's function creates a file by its name, and must refuse one that is there. It chooses the folder and who may read it: a
/// recording is as secret as the call.
///
/// At most [`RECORDING_OPEN`](limits::RECORDING_OPEN) files are written at a time: the one that was written longest ago is ended for
/// another one, and its source gets a new file when it goes on. At the limit of bytes, or of
/// [`RECORDING_FILES`](limits::RECORDING_FILES), every file is ended and nothing more is written.
pub struct Recordings<F, W: Write + Seek> {
    create: F,
    limit: u64,
    open: BTreeMap<(Source, Kind), Open<W>>,
    /// The bytes of the files that have ended.
    ended: u64,
    files: u32,
    /// Counts what is written, so that the file written longest ago is known.
    turn: u64,
    is_over: bool,
}

/// A source of media, by its owner and its number in RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The user; a chat or a channel is negative.
    pub user: i64,
    /// The number of the source.
    pub ssrc: u32,
}

/// What became of a packet or a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recorded {
    /// It is in the file of its source.
    Written,
    /// It is in a new file of this name.
    Began(String),
    /// It cannot be played: it is malformed, late, too much for the time that passes, or a frame before the first key frame.
    LeftOut,
    /// It would go beyond the limit: the recording ends here. This is said once.
    Full,
    /// The recording is over.
    Over,
}

/// A file of a recording cannot be created or written; the recording ends with it, and what was written is there.
#[derive(Debug, Error)]
#[error("{name} cannot be written: {source}; everything before it is there")]
pub struct RecordError {
    /// The name of the file.
    pub name: String,
    /// The system's error.
    #[source]
    pub source: io::Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Sound,
    Picture,
}

/// A file that is being written.
struct Open<W: Write + Seek> {
    name: String,
    file: File<W>,
    turn: u64,
}

enum File<W: Write + Seek> {
    Sound(OpusWriter<W>),
    Picture {
        writer: IvfWriter<W>,
        /// The earliest time of the next frame in milliseconds.
        next: u64,
    },
}

/// A packet or a frame of a source, and the time of the recording at which it is due.
enum Media<'a> {
    Sound {
        at: Duration,
        timestamp: u32,
        packet: &'a [u8],
        shape: PacketShape,
    },
    Picture {
        at: Duration,
        frame: &'a [u8],
    },
}

impl<F, W> Recordings<F, W>
where
    F: FnMut(&str) -> io::Result<W>,
    W: Write + Seek,
{
    /// Begins a recording of at most so many bytes, all files together; `create` makes a new file by its name.
    pub fn new(create: F, limit: u64) -> Self {
        Self {
            create,
            limit,
            open: BTreeMap::new(),
            ended: 0,
            files: 0,
            turn: 0,
            is_over: false,
        }
    }

    /// The most bytes of all files together.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The bytes of all files, a few more while they are being written.
    pub fn written(&self) -> u64 {
        let open = self.open.values().map(|open| open.file.size());
        open.fold(self.ended, u64::saturating_add)
    }

    /// Adds a packet of Opus with the sender's timestamp at 48 kHz, which was due at this time since the recording began.
    ///
    /// # Errors
    ///
    /// [`RecordError`]; the recording is over then.
    pub fn add_sound(
        &mut self,
        source: Source,
        at: Duration,
        timestamp: u32,
        packet: &[u8],
    ) -> Result<Recorded, RecordError> {
        match PacketShape::read(packet) {
            Ok(shape) => self.add(
                source,
                Media::Sound {
                    at,
                    timestamp,
                    packet,
                    shape,
                },
            ),
            Err(_) => Ok(self.left_out()),
        }
    }

    /// Adds a frame of VP8, which was due at this time since the recording began.
    ///
    /// # Errors
    ///
    /// [`RecordError`]; the recording is over then.
    pub fn add_picture(
        &mut self,
        source: Source,
        at: Duration,
        frame: &[u8],
    ) -> Result<Recorded, RecordError> {
        match (1..=limits::IVF_FRAME_BYTES).contains(&frame.len()) {
            true => self.add(source, Media::Picture { at, frame }),
            false => Ok(self.left_out()),
        }
    }

    /// Ends the files of a source; it gets new ones if it goes on.
    ///
    /// # Errors
    ///
    /// [`RecordError`]; the recording is over then.
    pub fn end(&mut self, source: Source) -> Result<(), RecordError> {
        for kind in [Kind::Sound, Kind::Picture] {
            if let Some(open) = self.open.remove(&(source, kind)) {
                self.close(open)?;
            }
        }
        Ok(())
    }

    /// Ends all files, and says how many bytes they have. Dropping ends them too, and reports no error.
    ///
    /// # Errors
    ///
    /// [`RecordError`], the first one.
    pub fn finish(mut self) -> Result<u64, RecordError> {
        self.end_all()?;
        Ok(self.ended)
    }

    fn left_out(&self) -> Recorded {
        match self.is_over {
            true => Recorded::Over,
            false => Recorded::LeftOut,
        }
    }

    fn add(&mut self, source: Source, media: Media<'_>) -> Result<Recorded, RecordError> {
        if self.is_over {
            return Ok(Recorded::Over);
        }
        let key = (source, media.kind());
        let (cost, is_new) = match self.open.get(&key) {
            Some(open) => (open.file.cost(&media), false),
            None => (media.cost_of_first(), true),
        };
        if is_new && !media.begins_file() {
            return Ok(Recorded::LeftOut);
        }
        let is_last = is_new && self.files >= limits::RECORDING_FILES;
        if is_last || self.written().saturating_add(cost) > self.limit {
            self.end_all()?;
            return Ok(Recorded::Full);
        }
        let mut open = match self.open.remove(&key) {
            Some(open) => open,
            None => self.begin(source, &media)?,
        };
        self.turn += 1;
        open.turn = self.turn;
        let written = open.file.write(&media);
        let is_written = match written {
            Ok(is_written) => is_written,
            Err(error) => return Err(self.failed(open.name, error)),
        };
        let recorded = match (is_written, is_new) {
            (true, true) => Recorded::Began(open.name.clone()),
            (true, false) => Recorded::Written,
            (false, _) => Recorded::LeftOut,
        };
        self.open.insert(key, open);
        Ok(recorded)
    }

    /// Creates the file of a source, with room for it among those that are open.
    fn begin(&mut self, source: Source, media: &Media<'_>) -> Result<Open<W>, RecordError> {
        if self.open.len() >= limits::RECORDING_OPEN {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.turn);
            let oldest = oldest.map(|(key, _)| *key);
            if let Some(open) = oldest.and_then(|key| self.open.remove(&key)) {
                self.close(open)?;
            }
        }
        self.files += 1;
        let name = source.name(self.files, media.kind());
        let output = (self.create)(&name);
        match output.and_then(|output| media.begin(source, output)) {
            Ok(file) => Ok(Open {
                name,
                file,
                turn: self.turn,
            }),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    fn close(&mut self, open: Open<W>) -> Result<(), RecordError> {
        match open.file.finish() {
            Ok(bytes) => {
                self.ended = self.ended.saturating_add(bytes);
                Ok(())
            }
            Err(error) => Err(self.failed(open.name, error)),
        }
    }

    /// Ends all files, also those behind one that fails.
    fn end_all(&mut self) -> Result<(), RecordError> {
        self.is_over = true;
        let open = mem::take(&mut self.open).into_values();
        let closed: Vec<_> = open.map(|open| self.close(open)).collect();
        closed.into_iter().collect()
    }

    /// Ends the recording where a file failed; that one error is enough.
    fn failed(&mut self, name: String, source: io::Error) -> RecordError {
        self.is_over = true;
        self.open.clear();
        RecordError { name, source }
    }
}

impl Source {
    fn name(self, number: u32, kind: Kind) -> String {
        // A name that begins with a dash would be an option to many programs.
        let chat = if self.user < 0 { "chat" } else { "" };
        let user = self.user.unsigned_abs();
        let extension = match kind {
            Kind::Sound => "ogg",
            Kind::Picture => "ivf",
        };
        format!("{chat}{user}-{}-{number}.{extension}", self.ssrc)
    }
}

impl Media<'_> {
    fn kind(&self) -> Kind {
        match self {
            Self::Sound { .. } => Kind::Sound,
            Self::Picture { .. } => Kind::Picture,
        }
    }

    /// True if it can be the first of a file.
    fn begins_file(&self) -> bool {
        match self {
            Self::Sound { .. } => true,
            Self::Picture { frame, .. } => Vp8Size::of_key_frame(frame).is_some(),
        }
    }

    /// The most bytes of a file that begins with it.
    fn cost_of_first(&self) -> u64 {
        match self {
            Self::Sound { at, packet, .. } => opus_writer::cost_of_first(*at, packet),
            Self::Picture { frame, .. } => ivf_writer::cost_of_first(frame),
        }
    }

    /// Begins a file for it.
    fn begin<W: Write + Seek>(&self, source: Source, output: W) -> io::Result<File<W>> {
        match self {
            Self::Sound { shape, .. } => {
                let writer = OpusWriter::new(output, source.ssrc, shape.channels)?;
                Ok(File::Sound(writer))
            }
            Self::Picture { frame, .. } => {
                let size = Vp8Size::of_key_frame(frame).ok_or(io::ErrorKind::InvalidData)?;
                let timebase = Timebase::MILLISECONDS;
                let writer = IvfWriter::new(output, IvfHeader { size, timebase })?;
                Ok(File::Picture { writer, next: 0 })
            }
        }
    }
}

impl<W: Write + Seek> File<W> {
    fn size(&self) -> u64 {
        match self {
            Self::Sound(writer) => writer.size(),
            Self::Picture { writer, .. } => writer.size(),
        }
    }

    /// The most bytes by which it gets longer.
    fn cost(&self, media: &Media<'_>) -> u64 {
        match (self, media) {
            (
                Self::Sound(writer),
                Media::Sound {
                    at,
                    timestamp,
                    packet,
                    ..
                },
            ) => writer.cost(*at, *timestamp, packet),
            (_, Media::Picture { frame, .. }) => ivf_writer::cost(frame),
            _ => 0,
        }
    }

    /// Writes it, and says if it could be played.
    fn write(&mut self, media: &Media<'_>) -> io::Result<bool> {
        match (self, media) {
            (
                Self::Sound(writer),
                Media::Sound {
                    at,
                    timestamp,
                    packet,
                    ..
                },
            ) => match writer.write(*at, *timestamp, packet) {
                Ok(written) => Ok(matches!(written, Written::Placed { .. })),
                Err(OpusWriteError::Io(error)) => Err(error),
                Err(_) => Ok(false),
            },
            (Self::Picture { writer, next }, Media::Picture { at, frame }) => {
                let time = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
                // Frames that are due at once are shown one after the other.
                let time = time.max(*next);
                *next = time.saturating_add(1);
                match writer.write(time, frame) {
                    Ok(()) => Ok(true),
                    Err(IvfWriteError::Io(error)) => Err(error),
                    Err(_) => Ok(false),
                }
            }
            // Each is found by its kind.
            _ => Ok(false),
        }
    }

    fn finish(self) -> io::Result<u64> {
        match self {
            Self::Sound(writer) => writer.finish(),
            Self::Picture { writer, .. } => writer.finish(),
        }
    }
}

impl<F, W: Write + Seek> fmt::Debug for Recordings<F, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut recordings = f.debug_struct("Recordings");
        recordings.field("limit", &self.limit);
        recordings.field("files", &self.files);
        recordings.finish_non_exhaustive()
    }
}
