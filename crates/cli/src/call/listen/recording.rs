//! A stream on disk: a file for each part, and a play list for each track.
//!
//! ```text
//! DIR/stream.ffconcat      DIR/stream-000001.mp4       sound and picture in one
//! DIR/sound.ffconcat       DIR/sound-000001.ogg        the sound of all who speak
//! DIR/picture-1.ffconcat   DIR/picture-1-000001.mp4    the picture of an endpoint
//! ```
//!
//! The lists are those of FFmpeg's concat demultiplexer: it takes files that each can be played alone, as parts are, whatever their
//! container. HLS takes neither Ogg nor MP4 files with a header of their own.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use confcall_mtproto_server::private_file;
use thiserror::Error;

use super::byte_size::ByteSize;

/// The first line of a play list, by which FFmpeg knows its form.
const PLAY_LIST: &str = "ffconcat version 1.0\n";

/// A sequence of parts that are played one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Track {
    /// Sound and picture in one.
    Unified,
    /// The sound of all who speak.
    Sound,
    /// The picture of an endpoint, by a number of ours.
    Picture(usize),
}

impl Track {
    /// The beginning of the names of its files; nothing in it is a text of others.
    fn stem(self) -> String {
        match self {
            Self::Unified => "stream".to_owned(),
            Self::Sound => "sound".to_owned(),
            Self::Picture(number) => format!("picture-{number}"),
        }
    }

    /// The end of the names of its parts.
    fn extension(self) -> &'static str {
        match self {
            Self::Sound => "ogg",
            Self::Unified | Self::Picture(_) => "mp4",
        }
    }

    /// The name of its play list.
    pub(super) fn play_list(self) -> String {
        format!("{}.ffconcat", self.stem())
    }
}

/// The folder of a recording, which other users of the machine cannot look into.
///
/// It was empty, and every file in it is new, so that nothing is ever overwritten.
#[derive(Debug)]
pub(super) struct Recording {
    folder: PathBuf,
    limit: ByteSize,
    written: u64,
    tracks: BTreeMap<Track, PlayList>,
}

/// The play list of a track.
#[derive(Debug)]
struct PlayList {
    file: File,
    /// The number of parts in it.
    parts: u64,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It is the file of this name.
    File(String),
    /// It would go beyond the limit, and was left out.
    Full,
}

/// A recording cannot begin or go on.
#[derive(Debug, Error)]
pub(super) enum RecordError {
    #[error("{} is not empty, and a recording overwrites nothing; name a folder that is new", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} is no folder; name one that is new", .0.display())]
    NoFolder(PathBuf),
    #[error("the folder {} cannot be used: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("the disk of {} is full; everything before {name} is there", folder.display())]
    DiskFull { folder: PathBuf, name: String },
    #[error("{} cannot be written: {source}; everything before it is there", folder.join(name).display())]
    File {
        folder: PathBuf,
        name: String,
        source: io::Error,
    },
}

impl Recording {
    /// Begins a recording in a folder that is made, or is there and empty.
    pub(super) fn begin(folder: &Path, limit: ByteSize) -> Result<Self, RecordError> {
        let path = folder.to_owned();
        private_file::create_folder(folder).map_err(|source| match source.kind() {
            io::ErrorKind::DirectoryNotEmpty => RecordError::NotEmpty(path),
            io::ErrorKind::NotADirectory => RecordError::NoFolder(path),
            _ => RecordError::Folder { path, source },
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            limit,
            written: 0,
            tracks: BTreeMap::new(),
        })
    }

    /// The most bytes of all files together.
    pub(super) fn limit(&self) -> ByteSize {
        self.limit
    }

    /// The bytes that were written, play lists among them.
    pub(super) fn written(&self) -> ByteSize {
        ByteSize(self.written)
    }

    /// The play lists.
    pub(super) fn play_lists(&self) -> impl Iterator<Item = PathBuf> {
        let lists = self.tracks.keys().map(|track| track.play_list());
        lists.map(|list| self.folder.join(list))
    }

    /// Adds the next part of a track, a media file that can be played alone.
    pub(super) fn add(&mut self, track: Track, media: &[u8]) -> Result<Added, RecordError> {
        let parts = self.tracks.get(&track).map_or(0, |list| list.parts);
        let name = format!("{}-{:06}.{}", track.stem(), parts + 1, track.extension());
        let line = format!("file '{name}'\n");
        let head = if parts == 0 { PLAY_LIST } else { "" };
        let more = media.len().saturating_add(line.len() + head.len());
        let written = self.written.saturating_add(more as u64);
        if written > self.limit.0 {
            return Ok(Added::Full);
        }
        let added = self.write(track, &name, media, &line);
        added.map_err(|(name, source)| self.failed(name, source))?;
        self.written = written;
        Ok(Added::File(name))
    }

    /// Writes a part, and then the line of the list, which names nothing that is not there.
    fn write(
        &mut self,
        track: Track,
        name: &str,
        media: &[u8],
        line: &str,
    ) -> Result<(), (String, io::Error)> {
        let path = self.folder.join(name);
        let written = private_file::create(&path).and_then(|mut file| {
            // Half a part cannot be played; the error to report is the first.
            let written = file.write_all(media);
            written.inspect_err(|_| drop(fs::remove_file(&path)))
        });
        written.map_err(|error| (name.to_owned(), error))?;
        let of_list = |error| (track.play_list(), error);
        let list = match self.tracks.entry(track) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let path = self.folder.join(track.play_list());
                let mut file = private_file::create(&path).map_err(of_list)?;
                file.write_all(PLAY_LIST.as_bytes()).map_err(of_list)?;
                new.insert(PlayList { file, parts: 0 })
            }
        };
        list.file.write_all(line.as_bytes()).map_err(of_list)?;
        list.parts += 1;
        Ok(())
    }

    fn failed(&self, name: String, source: io::Error) -> RecordError {
        let folder = self.folder.clone();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                RecordError::DiskFull { folder, name }
            }
            _ => RecordError::File {
                folder,
                name,
                source,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: ByteSize = ByteSize(1 << 20);

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn each_part_is_a_file_and_a_line_of_the_list_of_its_track() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new");
        let mut recording = Recording::begin(&folder, LIMIT).unwrap();
        for (track, name) in [
            (Track::Unified, "stream-000001.mp4"),
            (Track::Unified, "stream-000002.mp4"),
            (Track::Sound, "sound-000001.ogg"),
            (Track::Picture(3), "picture-3-000001.mp4"),
        ] {
            let added = recording.add(track, b"media").unwrap();
            assert_eq!(added, Added::File(name.to_owned()));
            assert_eq!(fs::read(folder.join(name)).unwrap(), b"media");
        }
        let list = fs::read_to_string(folder.join("stream.ffconcat")).unwrap();
        assert_eq!(
            list,
            "ffconcat version 1.0\nfile 'stream-000001.mp4'\nfile 'stream-000002.mp4'\n"
        );
        let lists = ["stream", "sound", "picture-3"].map(|stem| format!("{stem}.ffconcat"));
        let lists = lists.map(|list| folder.join(list));
        assert!(recording.play_lists().eq(lists));
        let sizes = names(&folder)
            .into_iter()
            .map(|name| fs::metadata(folder.join(name)).unwrap().len());
        assert_eq!(recording.written(), ByteSize(sizes.sum()));
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused_and_an_empty_one_is_taken() {
        let place = tempfile::tempdir().unwrap();
        drop(Recording::begin(place.path(), LIMIT).unwrap());
        let file = place.path().join("file");
        fs::write(&file, "mine").unwrap();
        let refused = Recording::begin(place.path(), LIMIT).unwrap_err();
        assert!(matches!(refused, RecordError::NotEmpty(_)));
        assert!(refused.to_string().contains("name a folder that is new"));
        let refused = Recording::begin(&file, LIMIT).unwrap_err();
        assert!(matches!(refused, RecordError::NoFolder(_)), "{refused}");
        let refused = Recording::begin(&place.path().join("a/b"), LIMIT).unwrap_err();
        assert!(matches!(refused, RecordError::Folder { .. }), "{refused}");
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }

    #[test]
    fn a_part_beyond_the_limit_is_left_out_and_one_that_fits_is_taken() {
        let place = tempfile::tempdir().unwrap();
        let mut recording = Recording::begin(place.path(), ByteSize(100)).unwrap();
        assert_eq!(recording.add(Track::Sound, &[0; 90]).unwrap(), Added::Full);
        assert!(names(place.path()).is_empty());
        recording.add(Track::Sound, &[0; 10]).unwrap();
        assert_eq!(recording.add(Track::Sound, &[0; 60]).unwrap(), Added::Full);
        assert!(recording.written() <= ByteSize(100));
    }

    #[test]
    fn a_file_that_came_into_the_folder_meanwhile_is_not_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let mut recording = Recording::begin(place.path(), LIMIT).unwrap();
        let foreign = place.path().join("sound-000001.ogg");
        fs::write(&foreign, "mine").unwrap();
        let failed = recording.add(Track::Sound, b"media").unwrap_err();
        assert!(failed.to_string().contains("sound-000001.ogg"), "{failed}");
        assert_eq!(fs::read(&foreign).unwrap(), b"mine");
        assert_eq!(recording.written(), ByteSize(0));
    }

    #[test]
    fn a_full_disk_is_named_as_such() {
        let place = tempfile::tempdir().unwrap();
        let recording = Recording::begin(place.path(), LIMIT).unwrap();
        let source = io::ErrorKind::StorageFull.into();
        let failed = recording.failed("stream-000009.mp4".to_owned(), source);
        let said = failed.to_string();
        assert!(said.contains("is full; everything before stream-000009.mp4"));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_sees_a_recording() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let new = place.path().join("new");
        for folder in [place.path(), &new] {
            let mut recording = Recording::begin(folder, LIMIT).unwrap();
            if folder != new {
                continue;
            }
            recording.add(Track::Unified, b"media").unwrap();
            for name in names(folder) {
                let path = folder.join(&name);
                let mode = fs::metadata(path).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{name}");
            }
        }
        for folder in [place.path(), &new] {
            let mode = fs::metadata(folder).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }
}
