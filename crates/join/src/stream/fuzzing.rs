//! The body of the fuzz target for the parts of a stream; it panics where a law of a reader does not hold.

use super::{AudioPart, Chunk, ChunkError};

/// A chunk, and a part of sound.
///
/// The laws: a header that is written is read the same, in front of the same media; tags that are put in the place of those
/// that were read are read the same.
pub fn stream_parts(data: &[u8]) {
    match Chunk::parse(data) {
        Ok(chunk) => {
            let mut written = chunk.header.to_bytes();
            written.extend(chunk.media);
            assert_eq!(Chunk::parse(&written), Ok(chunk));
        }
        Err(ChunkError::Header(error)) => assert!(error.offset <= data.len(), "{error}"),
        Err(_) => {}
    }
    if let Ok(part) = AudioPart::read(data)
        && let Ok(written) = part.write(data)
    {
        assert_eq!(AudioPart::read(&written), Ok(part));
    }
}
