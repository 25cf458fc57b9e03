use grammers_tl_types::deserialize::Error as Malformed;
use grammers_tl_types::{Cursor, Deserializable};
use thiserror::Error;

use super::nesting;

/// Bytes are not one value of the API.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ReadFault {
    /// They are of another type, or end too early.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// They may nest more deeply than is safe to read.
    #[error("it nests too deeply")]
    TooDeep,
    /// Bytes follow the value.
    #[error("{length} bytes follow it")]
    TrailingBytes {
        /// How many bytes.
        length: usize,
    },
}

/// Reads a value that takes all bytes.
pub(super) fn read_whole<T: Deserializable>(bytes: &[u8]) -> Result<T, ReadFault> {
    if nesting::is_too_deep(bytes) {
        return Err(ReadFault::TooDeep);
    }
    let mut cursor = Cursor::from_slice(bytes);
    let value = T::deserialize(&mut cursor)?;
    match bytes.len().saturating_sub(cursor.pos()) {
        0 => Ok(value),
        length => Err(ReadFault::TrailingBytes { length }),
    }
}
