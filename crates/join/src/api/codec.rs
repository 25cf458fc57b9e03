//! The common parts of the readers and writers of several constructors.

use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};

use super::{DataJson, Method};
use crate::api::{Slug, Ssrc};

const DATA_JSON: u32 = 0x7d74_8d04;
const BOOL_TRUE: u32 = 0x9972_75b5;
const BOOL_FALSE: u32 = 0xbc79_9737;

/// The form of a request on the wire: a constructor, and the fields after it.
pub(super) trait Fields: Sized {
    /// The constructor.
    const ID: u32;
    /// The method that the request calls.
    const METHOD: Method;

    /// Writes what follows the constructor.
    fn write_fields(&self, writer: &mut Writer);

    /// Reads what follows the constructor.
    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError>;
}

/// Reads one value that takes the whole input.
pub(super) fn decode<T>(
    bytes: &[u8],
    what: &'static str,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader)?;
    // How a string's length is written changes nothing of what a request asks for.
    reader.finish(what)?;
    Ok(value)
}

/// Reads a flags field in which only the bits of `known` may be set.
///
/// An unknown bit can announce a field that this reader would take for another one.
pub(super) fn strict_flags(
    reader: &mut Reader<'_>,
    known: u32,
    what: &'static str,
) -> Result<u32, ReadError> {
    let flags = reader.flags(what)?;
    if flags & !known == 0 {
        Ok(flags)
    } else {
        Err(reader.error_before(4, ReadErrorKind::InvalidValue { what }))
    }
}

/// Reads a string that must be UTF-8.
pub(super) fn text(reader: &mut Reader<'_>, what: &'static str) -> Result<String, ReadError> {
    let offset = reader.position();
    let bytes = reader.string(what)?;
    let kind = ReadErrorKind::InvalidValue { what };
    // A copy with replaced characters would be another text when it is written again.
    String::from_utf8(bytes.to_vec()).map_err(|_| ReadError { offset, kind })
}

/// Reads a field only if one of the flags in `bit` announces it.
pub(super) fn optional<'a, T>(
    reader: &mut Reader<'a>,
    flags: u32,
    bit: u32,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, ReadError>,
) -> Result<Option<T>, ReadError> {
    (flags & bit != 0).then(|| read(reader)).transpose()
}

/// `bit` if it is to be set.
pub(super) fn flag(set: bool, bit: u32) -> u32 {
    if set { bit } else { 0 }
}

/// Reads a `dataJSON`; its text is not looked at.
pub(super) fn read_data_json(reader: &mut Reader<'_>) -> Result<DataJson, ReadError> {
    reader.constructor(DATA_JSON, "dataJSON")?;
    text(reader, "the text of a dataJSON").map(DataJson::new)
}

/// Writes a `dataJSON`.
pub(super) fn write_data_json(writer: &mut Writer, json: &DataJson) {
    writer.u32(DATA_JSON);
    writer.string(json.as_str().as_bytes());
}

/// Reads a `Bool`.
pub(super) fn read_bool(reader: &mut Reader<'_>, what: &'static str) -> Result<bool, ReadError> {
    match reader.u32(what)? {
        BOOL_TRUE => Ok(true),
        BOOL_FALSE => Ok(false),
        found => Err(reader.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found })),
    }
}

/// Writes a `Bool`.
pub(super) fn write_bool(writer: &mut Writer, value: bool) {
    writer.u32(if value { BOOL_TRUE } else { BOOL_FALSE });
}

/// Reads the slug of a call's link.
pub(super) fn read_slug(reader: &mut Reader<'_>) -> Result<Slug, ReadError> {
    let what = "the slug of a call";
    let offset = reader.position();
    let kind = ReadErrorKind::InvalidValue { what };
    Slug::new(&text(reader, what)?).map_err(|_| ReadError { offset, kind })
}

/// Reads the number of a source, which is never zero.
pub(super) fn read_source(reader: &mut Reader<'_>) -> Result<Ssrc, ReadError> {
    let what = "a media source";
    let source = Ssrc::from_signed(reader.i32(what)?);
    source.ok_or_else(|| reader.error_before(4, ReadErrorKind::InvalidValue { what }))
}

/// Writes the number of a source.
pub(super) fn write_source(writer: &mut Writer, source: Ssrc) {
    writer.i32(source.signed());
}
