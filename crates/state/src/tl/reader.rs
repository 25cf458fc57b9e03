use super::VECTOR;
use super::error::{Deviation, DeviationKind, ReadError, ReadErrorKind};
use crate::limits;

/// Reads TL primitives from borrowed bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    input: &'a [u8],
    position: usize,
    deviations: Vec<Deviation>,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            position: 0,
            deviations: Vec::new(),
        }
    }

    /// The number of bytes that were read, that is, the offset of the next one.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The number of bytes that are left.
    pub fn left(&self) -> usize {
        self.input.len() - self.position
    }

    /// Ends the reading and hands out the first [`limits::DEVIATIONS`] deviations from the
    /// canonical form, in order of their offsets.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::TrailingBytes`] if any byte is left.
    pub fn finish(self, what: &'static str) -> Result<Vec<Deviation>, ReadError> {
        match self.left() {
            0 => Ok(self.deviations),
            count => Err(ReadError {
                offset: self.position,
                kind: ReadErrorKind::TrailingBytes { what, count },
            }),
        }
    }

    /// An error at the place of the field that was read last and takes `size` bytes.
    pub fn error_before(&self, size: usize, kind: ReadErrorKind) -> ReadError {
        ReadError {
            offset: self.position.saturating_sub(size),
            kind,
        }
    }

    /// Reads a field of a fixed size.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::UnexpectedEnd`]
    pub fn raw<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], ReadError> {
        match self
            .input
            .get(self.position..)
            .and_then(<[u8]>::first_chunk)
        {
            Some(bytes) => {
                self.position += N;
                Ok(*bytes)
            }
            None => Err(self.unexpected_end(what, N as u64)),
        }
    }

    /// Reads a constructor id or another unsigned 32-bit number.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::UnexpectedEnd`]
    pub fn u32(&mut self, what: &'static str) -> Result<u32, ReadError> {
        self.raw(what).map(u32::from_le_bytes)
    }

    /// Reads an `int`.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::UnexpectedEnd`]
    pub fn i32(&mut self, what: &'static str) -> Result<i32, ReadError> {
        self.raw(what).map(i32::from_le_bytes)
    }

    /// Reads a `long`.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::UnexpectedEnd`]
    pub fn i64(&mut self, what: &'static str) -> Result<i64, ReadError> {
        self.raw(what).map(i64::from_le_bytes)
    }

    /// Reads the constructor id `expected`.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::UnexpectedConstructor`] or [`ReadErrorKind::UnexpectedEnd`]
    pub fn constructor(&mut self, expected: u32, what: &'static str) -> Result<(), ReadError> {
        let found = self.u32(what)?;
        if found == expected {
            Ok(())
        } else {
            Err(self.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found }))
        }
    }

    /// Reads a flags field, unknown bits included.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::NegativeFlags`] or [`ReadErrorKind::UnexpectedEnd`]
    pub fn flags(&mut self, what: &'static str) -> Result<u32, ReadError> {
        let found = self.u32(what)?;
        // The reference reads flags as int32 and refuses negative ones.
        if i32::try_from(found).is_ok() {
            Ok(found)
        } else {
            Err(self.error_before(4, ReadErrorKind::NegativeFlags { what, found }))
        }
    }

    /// Reads a flags field and drops the bits that are not in `known`.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::NegativeFlags`] or [`ReadErrorKind::UnexpectedEnd`]
    pub fn known_flags(&mut self, known: u32, what: &'static str) -> Result<u32, ReadError> {
        let found = self.flags(what)?;
        let dropped = found & !known;
        if dropped != 0 {
            let kind = DeviationKind::UnknownFlags { what, dropped };
            self.deviates(self.position - 4, kind);
        }
        Ok(found & known)
    }

    /// Reads the count of a bare vector.
    ///
    /// The count is at most the number of bytes left, which is all that the reference checks; reserve memory
    /// by [`Reader::capacity`], not by the count.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::CountTooLarge`] or [`ReadErrorKind::UnexpectedEnd`]
    pub fn count(&mut self, what: &'static str) -> Result<usize, ReadError> {
        let count = self.i32(what)?;
        let left = self.left();
        match usize::try_from(count) {
            // Each element takes at least one byte; the reference asks no more, and so neither do we.
            Ok(elements) if elements <= left => Ok(elements),
            _ => Err(self.error_before(4, ReadErrorKind::CountTooLarge { what, count, left })),
        }
    }

    /// The most of `count` elements that the bytes that are left can hold, if each takes at least
    /// `smallest` bytes.
    pub fn capacity(&self, count: usize, smallest: usize) -> usize {
        count.min(self.left() / smallest.max(1))
    }

    /// Reads a vector of the API or of MTProto, which is boxed, while those of the chain are bare.
    ///
    /// Each element takes at least `smallest` bytes.
    ///
    /// # Errors
    ///
    /// [`ReadError`] with the place, also those of `read`.
    pub fn boxed_vector<T>(
        &mut self,
        what: &'static str,
        smallest: usize,
        read: impl Fn(&mut Self) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        self.constructor(VECTOR, what)?;
        let count = self.count(what)?;
        let mut elements = Vec::with_capacity(self.capacity(count, smallest));
        for _ in 0..count {
            elements.push(read(self)?);
        }
        Ok(elements)
    }

    /// Reads a `string` or `bytes`, in any of its three forms and with any padding.
    ///
    /// # Errors
    ///
    /// [`ReadErrorKind::UnexpectedEnd`]
    pub fn string(&mut self, what: &'static str) -> Result<&'a [u8], ReadError> {
        let start = self.position;
        let rest = self.input.get(start..).unwrap_or_default();
        let (length, header, shortest): (u64, usize, u64) = match *rest {
            [255, a, b, c, d, e, f, g, ..] => {
                (u64::from_le_bytes([a, b, c, d, e, f, g, 0]), 8, 1 << 24)
            }
            [254, a, b, c, ..] => (u64::from(u32::from_le_bytes([a, b, c, 0])), 4, 254),
            [length @ ..254, ..] => (u64::from(length), 1, 0),
            [first, ..] => {
                let needed = if first == 255 { 8 } else { 4 };
                return Err(self.unexpected_end(what, needed));
            }
            [] => return Err(self.unexpected_end(what, 4)),
        };
        // In 64 bits, also where a pointer has 32: seven bytes of length would wrap there.
        let padded = (header as u64 + length).next_multiple_of(4);
        let (content, padding) = usize::try_from(padded)
            .ok()
            .and_then(|padded| rest.get(header..padded))
            .and_then(|body| body.split_at_checked(usize::try_from(length).ok()?))
            .ok_or_else(|| self.unexpected_end(what, padded))?;
        self.position += header + content.len() + padding.len();
        if length < shortest {
            let length = content.len();
            self.deviates(start, DeviationKind::LongLength { length, header });
        }
        // Accepted and remembered: such a block is hashed in the form that it should have had (1.2).
        if padding.iter().any(|&byte| byte != 0) {
            self.deviates(start, DeviationKind::NonZeroPadding);
        }
        Ok(content)
    }

    fn deviates(&mut self, offset: usize, kind: DeviationKind) {
        if self.deviations.len() < limits::DEVIATIONS {
            self.deviations.push(Deviation { offset, kind });
        }
    }

    fn unexpected_end(&self, what: &'static str, needed: u64) -> ReadError {
        ReadError {
            offset: self.position,
            kind: ReadErrorKind::UnexpectedEnd {
                what,
                needed,
                left: self.left(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Writer;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_length_form_is_read_and_the_longer_ones_are_noted() {
        for (input, header) in [
            (&[2, 7, 8, 0][..], 1),
            (&[254, 2, 0, 0, 7, 8, 0, 0][..], 4),
            (&[255, 2, 0, 0, 0, 0, 0, 0, 7, 8, 0, 0][..], 8),
        ] {
            let mut reader = Reader::new(input);
            assert_eq!(reader.string("a string"), Ok(&[7, 8][..]));
            let expected = match header {
                1 => vec![],
                header => vec![Deviation {
                    offset: 0,
                    kind: DeviationKind::LongLength { length: 2, header },
                }],
            };
            assert_eq!(reader.finish("a string"), Ok(expected));
        }
    }

    #[test]
    fn a_huge_length_is_an_error_with_its_place() {
        let mut reader = Reader::new(&[1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 9]);
        reader.u32("a number").unwrap();
        assert_eq!(
            reader.string("a string"),
            Err(ReadError {
                offset: 4,
                kind: ReadErrorKind::UnexpectedEnd {
                    what: "a string",
                    needed: (1 << 56) + 8,
                    left: 9
                }
            })
        );
    }

    #[test]
    fn the_padding_must_be_there_though_it_is_not_checked() {
        assert!(Reader::new(&[2, 7, 8]).string("a string").is_err());
        let mut reader = Reader::new(&[2, 7, 8, 1]);
        assert_eq!(reader.string("a string"), Ok(&[7, 8][..]));
        let deviations = reader.finish("a string").unwrap();
        assert_eq!(deviations[0].kind, DeviationKind::NonZeroPadding);
    }

    #[test]
    fn the_first_deviations_are_remembered_and_no_more() {
        // Each string is empty, with a length of four bytes that one could hold.
        let input = [254, 0, 0, 0].repeat(2 * limits::DEVIATIONS);
        let mut reader = Reader::new(&input);
        while reader.left() > 0 {
            assert_eq!(reader.string("a string"), Ok(&[][..]));
        }
        let deviations = reader.finish("strings").unwrap();
        assert_eq!(deviations.len(), limits::DEVIATIONS);
        assert_eq!(
            deviations.last().unwrap().offset,
            4 * (limits::DEVIATIONS - 1)
        );
    }

    proptest! {
        #[test]
        fn a_written_string_is_read_back_without_a_deviation(content: Vec<u8>) {
            let mut writer = Writer::new();
            writer.string(&content);
            let bytes = writer.into_bytes();
            prop_assert_eq!(bytes.len() % 4, 0);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.string("a string"), Ok(&content[..]));
            prop_assert_eq!(reader.finish("a string"), Ok(vec![]));
        }

        #[test]
        fn a_string_read_without_a_deviation_is_written_back_the_same(input: Vec<u8>) {
            let mut reader = Reader::new(&input);
            if let Ok(content) = reader.string("a string") {
                let read = &input[..reader.position()];
                let mut writer = Writer::new();
                writer.string(content);
                prop_assert_eq!(reader.deviations.is_empty(), writer.into_bytes() == read);
            }
        }
    }
}
