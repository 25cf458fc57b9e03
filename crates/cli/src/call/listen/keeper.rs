//! The media of parts, on their way into a recording.

use std::io;
use std::path::{Path, PathBuf};

use confcall::CallId;
use confcall::join::stream::{Chunk, StreamPart, Track as Heard};

use super::recording::{Added, Recording, Track};
use crate::limits;

/// The recording, from the first part on that is kept.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    recording: Option<Recording>,
    /// The endpoints of the pictures, whose places are their numbers.
    pictures: Vec<String>,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is this file.
    File(String),
    /// It was not to be kept, or there was nothing in it.
    Nothing,
    /// There is no room for it.
    Full,
}

/// What there is of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) folder: PathBuf,
    pub(super) bytes: u64,
}

impl Keeper {
    /// Adds a part to the recording.
    pub(super) fn keep(
        &mut self,
        directory: &Path,
        call: CallId,
        limit: u64,
        part: &StreamPart,
    ) -> io::Result<Kept> {
        let Some((track, media)) = self.media(part) else {
            return Ok(Kept::Nothing);
        };
        let recording = match &mut self.recording {
            Some(recording) => recording,
            None => self
                .recording
                .insert(Recording::begin(directory, call, limit)?),
        };
        Ok(match recording.add(track, media)? {
            Added::File(name) => Kept::File(name),
            Added::Full => Kept::Full,
        })
    }

    /// What there is of the recording.
    pub(super) fn summary(&self) -> Option<Summary> {
        self.recording.as_ref().map(|recording| Summary {
            folder: recording.folder().to_owned(),
            bytes: recording.written(),
        })
    }

    /// The media file in a part, and the track of ours that it belongs to.
    ///
    /// A second of silence has none, and one that cannot be read is passed over as one that did not come.
    fn media<'a>(&mut self, part: &'a StreamPart) -> Option<(Track, &'a [u8])> {
        let bytes = Some(&part.bytes[..]).filter(|bytes| !bytes.is_empty())?;
        let chunk = |bytes| Some(Chunk::parse(bytes).ok()?.media);
        Some(match &part.track {
            Heard::Sound => (Track::Sound, bytes),
            Heard::Unified => (Track::Unified, chunk(bytes)?),
            Heard::Picture(video) => {
                let known = self.pictures.iter().position(|one| *one == video.endpoint);
                let number = match known {
                    Some(number) => number,
                    None if self.pictures.len() < limits::RECORDED_PICTURES => {
                        self.pictures.push(video.endpoint.clone());
                        self.pictures.len() - 1
                    }
                    None => return None,
                };
                (Track::Picture(number + 1), chunk(bytes)?)
            }
        })
    }
}
