//! The parts of a stream on their way into a recording.

use confcall::join::stream::{Chunk, ChunkError, StreamPart, Track as Heard};

use super::recording::Track;
use crate::limits;

/// The tracks that were heard, of which pictures have numbers: the names of endpoints are the server's.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    /// The endpoints, whose places are their numbers.
    pictures: Vec<String>,
}

/// The content of a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// A media file of a track, which can be played alone.
    Media(Track, &'a [u8]),
    /// Nothing was sent in this time.
    Silence,
    /// It cannot be read.
    Broken(ChunkError),
    /// A picture, of which there are too many.
    TooMany,
}

impl Tracks {
    /// Takes the media file out of a part.
    pub(super) fn content<'a>(&mut self, part: &'a StreamPart) -> Content<'a> {
        if part.bytes.is_empty() {
            return Content::Silence;
        }
        let track = match &part.track {
            // Without a header of its own.
            Heard::Sound => return Content::Media(Track::Sound, &part.bytes),
            Heard::Unified => Track::Unified,
            Heard::Picture(video) => match self.number(&video.endpoint) {
                Some(number) => Track::Picture(number),
                None => return Content::TooMany,
            },
        };
        match Chunk::parse(&part.bytes) {
            Ok(chunk) => Content::Media(track, chunk.media),
            Err(error) => Content::Broken(error),
        }
    }

    /// The number of an endpoint, from 1.
    fn number(&mut self, endpoint: &str) -> Option<usize> {
        let known = self.pictures.iter().position(|one| one == endpoint);
        let place = known.or_else(|| {
            let place = self.pictures.len();
            (place < limits::RECORDED_PICTURES).then(|| {
                self.pictures.push(endpoint.to_owned());
                place
            })
        })?;
        Some(place.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall::join::stream::{ChunkHeader, Quality, WantedVideo};

    fn part(track: Heard, bytes: Vec<u8>) -> StreamPart {
        StreamPart {
            track,
            time_ms: 1000,
            duration_ms: 1000,
            bytes,
        }
    }

    fn picture(endpoint: usize) -> Heard {
        Heard::Picture(WantedVideo {
            endpoint: endpoint.to_string(),
            quality: Quality::Full,
        })
    }

    fn chunk() -> Vec<u8> {
        let mut bytes = ChunkHeader::unified().to_bytes();
        bytes.extend(b"ftyp");
        bytes
    }

    #[test]
    fn the_media_file_is_what_is_behind_the_header() {
        let mut tracks = Tracks::default();
        let unified = part(Heard::Unified, chunk());
        let media = Content::Media(Track::Unified, b"ftyp");
        assert_eq!(tracks.content(&unified), media);
        let sound = part(Heard::Sound, b"OggS".to_vec());
        let media = Content::Media(Track::Sound, b"OggS");
        assert_eq!(tracks.content(&sound), media);
        for track in [Heard::Unified, Heard::Sound] {
            assert_eq!(tracks.content(&part(track, Vec::new())), Content::Silence);
        }
        let broken = part(Heard::Unified, b"OggS".to_vec());
        assert!(matches!(tracks.content(&broken), Content::Broken(_)));
    }

    #[test]
    fn an_endpoint_keeps_its_number_and_too_many_are_left_out() {
        let mut tracks = Tracks::default();
        for endpoint in (0..limits::RECORDED_PICTURES).chain([0]) {
            let part = part(picture(endpoint), chunk());
            let track = Track::Picture(endpoint + 1);
            assert_eq!(tracks.content(&part), Content::Media(track, b"ftyp"));
        }
        let one_more = part(picture(limits::RECORDED_PICTURES), chunk());
        assert_eq!(tracks.content(&one_more), Content::TooMany);
    }
}
