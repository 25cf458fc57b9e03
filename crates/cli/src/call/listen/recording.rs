//! A stream on disk: a file for each part, and a play list for each track.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use confcall::CallId;

/// The first line of a play list, by which FFmpeg knows its form.
const PLAY_LIST: &str = "ffconcat version 1.0\n";

/// A part of a stream that is played by itself, after the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Track {
    /// Sound and picture in one.
    Unified,
    /// The sound of all who speak.
    Sound,
    /// One of the pictures, by a number of ours.
    Picture(usize),
}

impl Track {
    /// The beginning of the names of its files: nothing of them is said by others.
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
}

/// The folder of one recording.
///
/// It is new, as every file in it is, so that nothing is ever overwritten; other users of the machine see nothing of it.
#[derive(Debug)]
pub(super) struct Recording {
    folder: PathBuf,
    /// The most bytes of all files together.
    limit: u64,
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

impl Recording {
    /// Begins a recording of a call in a folder of its own below `directory`, which is made if it is not there.
    pub(super) fn begin(directory: &Path, call: CallId, limit: u64) -> io::Result<Self> {
        match make_folder(directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        let mut number = 1_u64;
        let folder = loop {
            let folder = directory.join(format!("call-{call}-{number}"));
            match make_folder(&folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                made => break made.map(|()| folder)?,
            }
        };
        Ok(Self {
            folder,
            limit,
            written: 0,
            tracks: BTreeMap::new(),
        })
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of bytes that were written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Adds the next part of a track, as the container that it came in.
    pub(super) fn add(&mut self, track: Track, media: &[u8]) -> io::Result<Added> {
        let stem = track.stem();
        let parts = self.tracks.get(&track).map_or(0, |list| list.parts);
        let name = format!("{stem}-{:06}.{}", parts + 1, track.extension());
        let line = format!("file '{name}'\n");
        let head = if parts == 0 { PLAY_LIST } else { "" };
        let more = length(media) + length(line.as_bytes()) + length(head.as_bytes());
        if self.written.saturating_add(more) > self.limit {
            return Ok(Added::Full);
        }
        new_file(&self.folder.join(&name))?.write_all(media)?;
        let list = match self.tracks.entry(track) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                let mut file = new_file(&self.folder.join(format!("{stem}.ffconcat")))?;
                file.write_all(PLAY_LIST.as_bytes())?;
                new.insert(PlayList { file, parts: 0 })
            }
        };
        // After the part, so that a list names nothing that is not there.
        list.file.write_all(line.as_bytes())?;
        list.parts += 1;
        self.written += more;
        Ok(Added::File(name))
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Makes a folder that only its owner can look into.
fn make_folder(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    // Whatever the mask of the process leaves of it.
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// Makes a file that was not there, and that only its owner can read.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let directory = place.path().join("new");
        let mut recording = Recording::begin(&directory, CallId::new(-7), 1 << 20).unwrap();
        assert_eq!(recording.folder(), directory.join("call--7-1"));
        for (track, name) in [
            (Track::Unified, "stream-000001.mp4"),
            (Track::Unified, "stream-000002.mp4"),
            (Track::Sound, "sound-000001.ogg"),
            (Track::Picture(3), "picture-3-000001.mp4"),
        ] {
            let added = recording.add(track, b"media").unwrap();
            assert_eq!(added, Added::File(name.to_owned()));
            let read = fs::read(recording.folder().join(name)).unwrap();
            assert_eq!(read, b"media");
        }
        let list = fs::read_to_string(recording.folder().join("stream.ffconcat")).unwrap();
        assert_eq!(
            list,
            "ffconcat version 1.0\nfile 'stream-000001.mp4'\nfile 'stream-000002.mp4'\n"
        );
        let total: u64 = names(recording.folder())
            .iter()
            .map(|name| fs::metadata(recording.folder().join(name)).unwrap().len())
            .sum();
        assert_eq!(recording.written(), total);
    }

    #[test]
    fn no_recording_goes_into_the_folder_of_another() {
        let place = tempfile::tempdir().unwrap();
        let call = CallId::new(7);
        let first = Recording::begin(place.path(), call, 100).unwrap();
        let second = Recording::begin(place.path(), call, 100).unwrap();
        assert_ne!(first.folder(), second.folder());
        assert_eq!(names(place.path()), ["call-7-1", "call-7-2"]);
    }

    #[test]
    fn a_part_beyond_the_limit_is_left_out_and_one_that_fits_is_taken() {
        let place = tempfile::tempdir().unwrap();
        let mut recording = Recording::begin(place.path(), CallId::new(7), 100).unwrap();
        assert_eq!(recording.add(Track::Sound, &[0; 90]).unwrap(), Added::Full);
        assert!(names(recording.folder()).is_empty());
        recording.add(Track::Sound, &[0; 10]).unwrap();
        assert_eq!(recording.add(Track::Sound, &[0; 60]).unwrap(), Added::Full);
        assert!(recording.written() <= 100);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_sees_a_recording() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("new");
        let mut recording = Recording::begin(&directory, CallId::new(7), 100).unwrap();
        recording.add(Track::Unified, b"media").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&directory), mode(recording.folder())], [0o700; 2]);
        for name in names(recording.folder()) {
            assert_eq!(mode(&recording.folder().join(&name)), 0o600, "{name}");
        }
    }
}
