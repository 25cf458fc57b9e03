use super::key::{TrieKey, bit};
use crate::tl::Writer;
#[cfg(feature = "full")]
use crate::tl::{ReadError, ReadErrorKind, Reader};

/// A run of bits of a key, at the place that it has in the key.
///
/// ```text
/// le32(begin << 16 | begin + length)  bytes that hold the run  zeros up to a multiple of 4
/// ```
///
/// `begin` is where the run starts inside its first byte. Bits outside the run are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    bytes: [u8; 32],
    start: u16,
    end: u16,
}

impl Bits {
    /// The bits of `key` from `start` to its end.
    pub(super) fn suffix(key: &TrieKey, start: u16) -> Self {
        Self::cut(*key.as_bytes(), start, TrieKey::BITS)
    }

    fn cut(mut bytes: [u8; 32], start: u16, end: u16) -> Self {
        for (byte, first) in bytes.iter_mut().zip((0..).step_by(8)) {
            *byte &= bits_from(start.saturating_sub(first)) & !bits_from(end.saturating_sub(first));
        }
        Self { bytes, start, end }
    }

    /// The position after the last bit of the run.
    pub(super) fn end(&self) -> u16 {
        self.end
    }

    /// The part of the run before `position`.
    pub(super) fn before(&self, position: u16) -> Self {
        Self::cut(self.bytes, self.start, position)
    }

    /// The part of the run after the bit at `position`.
    pub(super) fn after(&self, position: u16) -> Self {
        Self::cut(self.bytes, position + 1, self.end)
    }

    /// The position at which the path of `key` first leaves the run, or `None` if it follows it to the end.
    pub(super) fn fork(&self, key: &TrieKey) -> Option<u16> {
        (self.start..self.end).find(|&at| bit(&self.bytes, at) != key.goes_right(at))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        let begin = self.start % 8;
        let end = begin + (self.end - self.start);
        writer.u32(u32::from(begin) << 16 | u32::from(end));
        let mut bytes = self.bytes;
        // The bytes before the run are zero and come round to the end, where the padding is taken from.
        bytes.rotate_left(usize::from(self.start / 8));
        let words = bytes.as_chunks::<4>().0.iter();
        words
            .take(end.div_ceil(32).into())
            .for_each(|word| writer.raw(word));
    }
}

/// Reading, for the forms of a trie.
#[cfg(feature = "full")]
impl Bits {
    /// The position of the first bit of the run.
    pub(super) fn start(&self) -> u16 {
        self.start
    }

    /// Reads a run; `place` gives the start of one of its length, if such a run can stand here at all.
    ///
    /// Bits outside the run that are not zero are masked away, as the reference does (`spec/protocol.md`, 2.4).
    pub(super) fn read(
        reader: &mut Reader<'_>,
        place: impl FnOnce(u16) -> Option<u16>,
    ) -> Result<Self, ReadError> {
        let what = "the bits of a trie node";
        let invalid = ReadError {
            offset: reader.position(),
            kind: ReadErrorKind::InvalidValue { what },
        };
        let [a, b, c, d] = reader.raw(what)?;
        let (begin, end) = (u16::from_le_bytes([c, d]), u16::from_le_bytes([a, b]));
        let length = end.checked_sub(begin).ok_or(invalid)?;
        let start = place(length)
            .filter(|start| start % 8 == begin && length <= TrieKey::BITS.saturating_sub(*start))
            .ok_or(invalid)?;

        let mut bytes = [0; 32];
        let words = bytes.as_chunks_mut::<4>().0.iter_mut();
        for word in words.take(end.div_ceil(32).into()) {
            *word = reader.raw(what)?;
        }
        // Padding that does not fit behind the run comes round to the front, where it is masked away too.
        bytes.rotate_right(usize::from(start / 8));
        Ok(Self::cut(bytes, start, start + length))
    }
}

/// A byte with all bits set from `position` on.
fn bits_from(position: u16) -> u8 {
    0xff_u8.checked_shr(position.into()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(run: &Bits) -> Vec<u8> {
        let mut writer = Writer::new();
        run.write(&mut writer);
        writer.into_bytes()
    }

    fn read(input: &[u8], start: u16) -> Option<Bits> {
        let mut reader = Reader::new(input);
        let run = Bits::read(&mut reader, |_| Some(start)).ok()?;
        reader.finish("bits").ok().map(|_| run)
    }

    #[test]
    fn an_empty_run_has_a_byte_unless_it_starts_at_one() {
        let key = TrieKey::from_bytes([0xff; 32]);
        let all = Bits::suffix(&key, 0);
        assert_eq!(written(&all.before(0)), [0; 4]);
        assert_eq!(written(&Bits::suffix(&key, 256)), [0; 4]);
        let third = Bits::cut([0xff; 32], 3, 3);
        assert_eq!(written(&third), [3, 0, 3, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn stray_bits_outside_the_run_are_masked_away() {
        let run = read(&[5, 0, 3, 0, 0b0001_1000, 0, 0, 0], 3).unwrap();
        for stray in [
            [0b0011_1000, 0, 0, 0],
            [0b0001_1100, 0, 0, 0],
            [0b0001_1000, 0, 0, 1],
        ] {
            let input = [[5, 0, 3, 0], stray].concat();
            assert_eq!(read(&input, 3), Some(run));
        }
        // The same where the padding stands behind the end of the key.
        let last = read(&[8, 0, 0, 0, 1, 0, 0, 0], 248).unwrap();
        assert_eq!(read(&[8, 0, 0, 0, 1, 1, 0, 0xff], 248), Some(last));
        assert_eq!(written(&last), [8, 0, 0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn a_run_that_does_not_fit_its_place_is_refused() {
        let eight = [8, 0, 0, 0, 1, 0, 0, 0];
        assert!(read(&eight, 4).is_none(), "starts inside a byte");
        assert!(read(&eight, 256).is_none(), "ends after the key");
        assert!(read(&[1, 0, 2, 0, 0, 0, 0, 0], 2).is_none(), "ends early");
        assert!(read(&[0xff; 40], 0).is_none(), "is longer than a key");
    }

    proptest! {
        #[test]
        fn a_written_run_is_read_back(bytes: [u8; 32], start in 0..=256_u16, end in 0..=256_u16) {
            let (start, end) = (start.min(end), start.max(end));
            let run = Bits::cut(bytes, start, end);
            prop_assert_eq!(read(&written(&run), start), Some(run));
        }

        #[test]
        fn a_run_that_was_read_is_written_back_without_stray_bits(
            header in (0..8_u8, 0..64_u8),
            body: [u8; 8],
        ) {
            let (begin, end) = (header.0, header.0 + header.1);
            let mut input = vec![end, 0, begin, 0];
            input.extend(body);
            let mut reader = Reader::new(&input);
            if let Ok(run) = Bits::read(&mut reader, |_| Some(begin.into())) {
                let is_inside = |at: usize| (begin.into()..end.into()).contains(&at);
                let mut expected = input[..reader.position()].to_vec();
                for (at, byte) in expected[4..].iter_mut().enumerate() {
                    let inside = (0..8).filter(|bit| is_inside(8 * at + bit));
                    *byte &= inside.map(|bit| 0x80_u8 >> bit).sum::<u8>();
                }
                prop_assert_eq!(written(&run), expected);
            }
        }
    }
}
