//! The primitives of the TL encoding, read exactly as leniently as the reference reads them.
//!
//! A [`Reader`] walks over borrowed bytes and cannot panic: every length is checked before it is used
//! and before anything is allocated. It accepts what the reference accepts and remembers, as a
//! [`Deviation`], each place where the bytes are not in canonical form; a value that was read without a
//! deviation serialises to the very bytes that were read. A [`Writer`] writes the canonical form only.
//!
//! ```text
//! string, length < 254        len                bytes  zeros up to a multiple of 4
//! string, length < 2^24       254  len (3 bytes) bytes  zeros up to a multiple of 4
//! string, longer              255  len (7 bytes) bytes  zeros up to a multiple of 4
//! ```
//!
//! Implements `spec/protocol.md`, 1.2.

mod error;
mod reader;
mod writer;

pub use error::{Deviation, DeviationKind, ReadError, ReadErrorKind};
pub use reader::Reader;
pub use writer::Writer;

/// The constructor of a boxed vector.
const VECTOR: u32 = 0x1cb5_c415;
