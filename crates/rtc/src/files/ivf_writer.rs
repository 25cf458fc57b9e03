//! A file of IVF with VP8.

use core::mem;
use std::io::{self, Seek, SeekFrom, Write};

use thiserror::Error;

use super::ivf::{FRAME_HEADER, HEADER, IvfHeader, LENGTH_OFFSET, Vp8Size};
use crate::limits;

/// Writes frames of VP8 as a file of IVF.
///
/// Each frame reaches the output in one call. [`Self::finish`] puts the length into the header, and so does dropping, which reports no
/// error; a file without it can be played all the same.
#[derive(Debug)]
pub struct IvfWriter<W: Write + Seek> {
    output: W,
    size: u64,
    /// The times of the last two frames.
    last: Option<(Option<u64>, u64)>,
    is_over: bool,
}

/// A frame cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IvfWriteError {
    /// The output failed; nothing more is written.
    #[error("the file cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The output failed before.
    #[error("the file could not be written before, and has ended there")]
    Over,
    /// The frame is empty or too long; the next one can be written.
    #[error(
        "a frame has {length} bytes, and 1 to {} can be written",
        limits::IVF_FRAME_BYTES
    )]
    Length {
        /// Its length in bytes.
        length: usize,
    },
    /// The frame is not behind the one before it; the next one can be written.
    #[error("a frame is of time {found}, which does not follow {before}")]
    Backwards {
        /// The time of the frame before.
        before: u64,
        /// Its time.
        found: u64,
    },
    /// The first frame is no key frame of VP8, so that nobody could show it; the next one can be written.
    #[error("the first frame is no key frame of VP8")]
    NoKeyFrame,
}

impl<W: Write + Seek> IvfWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn new(mut output: W, header: IvfHeader) -> io::Result<Self> {
        output.write_all(&header.to_bytes(0))?;
        Ok(Self {
            output,
            size: HEADER as u64,
            last: None,
            is_over: false,
        })
    }

    /// Writes a frame with the time at which it is shown, in the unit of the timebase.
    ///
    /// # Errors
    ///
    /// [`IvfWriteError`]
    pub fn write(&mut self, time: u64, frame: &[u8]) -> Result<(), IvfWriteError> {
        if self.is_over {
            return Err(IvfWriteError::Over);
        }
        let length = frame.len();
        if !(1..=limits::IVF_FRAME_BYTES).contains(&length) {
            return Err(IvfWriteError::Length { length });
        }
        match self.last {
            None if Vp8Size::of_key_frame(frame).is_none() => {
                return Err(IvfWriteError::NoKeyFrame);
            }
            Some((_, before)) if time <= before => {
                let found = time;
                return Err(IvfWriteError::Backwards { before, found });
            }
            _ => {}
        }
        let mut bytes = Vec::with_capacity(FRAME_HEADER + length);
        bytes.extend((length as u32).to_le_bytes());
        bytes.extend(time.to_le_bytes());
        bytes.extend(frame);
        let written = self.output.write_all(&bytes);
        written.inspect_err(|_| self.is_over = true)?;
        self.size += bytes.len() as u64;
        self.last = Some((self.last.map(|(_, before)| before), time));
        Ok(())
    }

    /// The bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends the file, and says how many bytes it has.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<u64> {
        self.end()?;
        Ok(self.size)
    }

    fn end(&mut self) -> io::Result<()> {
        if mem::replace(&mut self.is_over, true) {
            return Ok(());
        }
        // The last frame is shown as long as the one before it.
        let length = self.last.map_or(0, |(before, last)| {
            last.saturating_add(before.map_or(1, |before| last - before))
        });
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.output.seek(SeekFrom::Start(LENGTH_OFFSET))?;
        self.output.write_all(&length.to_le_bytes())?;
        self.output.seek(SeekFrom::End(0))?;
        self.output.flush()
    }
}

impl<W: Write + Seek> Drop for IvfWriter<W> {
    fn drop(&mut self) {
        // Whoever wants to know of it calls `finish`.
        drop(self.end());
    }
}

/// The bytes by which a frame makes a file longer.
pub(super) fn cost(frame: &[u8]) -> u64 {
    (FRAME_HEADER + frame.len()) as u64
}

/// The bytes of a file that begins with a frame.
pub(super) fn cost_of_first(frame: &[u8]) -> u64 {
    HEADER as u64 + cost(frame)
}
