//! `gzip_packed#3072cfa1 packed_data:bytes`, which can stand for any other object.
//!
//! Some clients pack with the header of zlib in the place of that of gzip.

use std::io::{Read as _, Write as _};

use confcall_state::tl::{Reader, Writer};
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use thiserror::Error;

pub(crate) const ID: u32 = 0x3072_cfa1;

/// The first byte of what zlib packs with a window of 32 kB.
const ZLIB: u8 = 0x78;

/// The size from which on packing is worth the trouble.
const WORTH: usize = 1024;

/// A packed object cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum InflateError {
    #[error("it is not packed as gzip does")]
    Malformed,
    #[error("it unpacks to more than the {0} bytes that one packet may")]
    TooLarge(usize),
}

/// The bytes to which all objects of one packet may still unpack.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Unpacks an object.
    pub(crate) fn inflate(&mut self, packed: &[u8]) -> Result<Vec<u8>, InflateError> {
        let mut reader = Reader::new(packed);
        let data = reader.constructor(ID, "gzip_packed");
        let data = data.and_then(|()| reader.string("packed data"));
        let data = data.map_err(|_| InflateError::Malformed)?;
        let mut object = Vec::new();
        // One byte more than allowed shows that there is more.
        let limit = u64::try_from(self.0).unwrap_or(u64::MAX).saturating_add(1);
        let read = match data.first() {
            Some(&ZLIB) => ZlibDecoder::new(data).take(limit).read_to_end(&mut object),
            _ => GzDecoder::new(data).take(limit).read_to_end(&mut object),
        };
        let left = self.0.checked_sub(object.len());
        // An object that was too large was unpacked all the same, so nothing is left for the next.
        let budget = core::mem::replace(&mut self.0, left.unwrap_or(0));
        left.ok_or(InflateError::TooLarge(budget))?;
        read.map_err(|_| InflateError::Malformed)?;
        Ok(object)
    }
}

/// Packs an object if that makes it smaller.
pub(crate) fn deflate(object: Vec<u8>) -> Vec<u8> {
    if object.len() < WORTH {
        return object;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(&object).and_then(|()| encoder.finish());
    match packed {
        Ok(data) if data.len() < object.len() * 3 / 4 => {
            let mut writer = Writer::with_capacity(data.len() + 16);
            writer.u32(ID);
            writer.string(&data);
            writer.into_bytes()
        }
        _ => object,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::ZlibEncoder;

    #[test]
    fn a_packed_object_unpacks_to_what_it_was() {
        let object = vec![7; 10_000];
        let packed = deflate(object.clone());
        assert!(packed.len() < 200);
        assert_eq!(Budget::new(10_000).inflate(&packed), Ok(object));
    }

    #[test]
    fn what_does_not_shrink_is_left_as_it_is() {
        assert_eq!(deflate(vec![7; 100]), vec![7; 100]);
    }

    #[test]
    fn a_packet_unpacks_to_no_more_than_its_budget() {
        let bomb = deflate(vec![0; 1 << 20]);
        let mut budget = Budget::new(1 << 20);
        assert!(budget.inflate(&bomb).is_ok());
        assert_eq!(budget.inflate(&bomb), Err(InflateError::TooLarge(0)));
        let mut small = Budget::new(1000);
        assert_eq!(small.inflate(&bomb), Err(InflateError::TooLarge(1000)));
        assert_eq!(small.inflate(&bomb), Err(InflateError::TooLarge(0)));
    }

    #[test]
    fn what_is_packed_as_zlib_does_is_unpacked_within_the_same_budget() {
        let object = vec![7; 10_000];
        for level in [
            Compression::none(),
            Compression::fast(),
            Compression::best(),
        ] {
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(&object).unwrap();
            let mut writer = Writer::new();
            writer.u32(ID);
            writer.string(&encoder.finish().unwrap());
            let packed = writer.into_bytes();
            let mut budget = Budget::new(10_000);
            assert_eq!(budget.inflate(&packed), Ok(object.clone()));
            assert_eq!(budget.inflate(&packed), Err(InflateError::TooLarge(0)));
        }
    }

    #[test]
    fn garbage_is_malformed() {
        let mut writer = Writer::new();
        writer.u32(ID);
        writer.string(b"no gzip");
        let malformed = Budget::new(1000).inflate(&writer.into_bytes());
        assert_eq!(malformed, Err(InflateError::Malformed));
    }
}
