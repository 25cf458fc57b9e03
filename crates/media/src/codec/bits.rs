//! The bits of an H.264 NAL unit.

/// The longest run of zeros before an Exp-Golomb number of 32 bits.
const MAX_ZEROS: u32 = 31;

/// Reads bits, and leaves out the bytes that only prevent a start code inside a NAL unit (`00 00 03`).
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// The bytes that were touched, those left out included.
    taken: usize,
    zeros: u8,
    current: u8,
    left: u8,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            taken: 0,
            zeros: 0,
            current: 0,
            left: 0,
        }
    }

    /// The number of bytes that the bits that were read stand in.
    pub(super) fn bytes_taken(&self) -> usize {
        self.taken
    }

    /// Skips an Exp-Golomb number: as many bits as there are zeros follow the first one.
    pub(super) fn skip_exp_golomb(&mut self) -> Option<()> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > MAX_ZEROS {
                return None;
            }
        }
        (0..zeros).try_for_each(|_| self.bit().map(drop))
    }

    fn bit(&mut self) -> Option<u8> {
        if self.left == 0 {
            self.current = self.next_byte()?;
            self.left = 8;
        }
        self.left -= 1;
        Some(self.current >> self.left & 1)
    }

    fn next_byte(&mut self) -> Option<u8> {
        let mut byte = self.raw_byte()?;
        if self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            byte = self.raw_byte()?;
        }
        self.zeros = match byte {
            0 => self.zeros.saturating_add(1),
            _ => 0,
        };
        Some(byte)
    }

    fn raw_byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.taken)?;
        self.taken += 1;
        Some(*byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bytes: &[u8], numbers: usize) -> Option<usize> {
        let mut reader = BitReader::new(bytes);
        (0..numbers).try_for_each(|_| reader.skip_exp_golomb())?;
        Some(reader.bytes_taken())
    }

    #[test]
    fn numbers_end_where_their_bits_end() {
        // 1, 011, 1, then rest.
        assert_eq!(taken(&[0b1011_1000], 3), Some(1));
        // 1, 00110, 1 0..; the next number runs into the second byte.
        assert_eq!(taken(&[0b1001_1010, 0b1000_0000], 4), Some(2));
        assert_eq!(taken(&[0], 1), None);
        assert_eq!(taken(&[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], 1), None);
    }

    #[test]
    fn a_byte_that_prevents_a_start_code_is_no_bits_and_is_counted() {
        // 16 zeros, then 17 bits: 00 00 03 80 00 40.
        assert_eq!(taken(&[0, 0, 3, 0x80, 0, 0x40], 1), Some(6));
        // Without leaving 03 out, the number would end earlier.
        assert_eq!(taken(&[0, 0, 4, 0, 0, 0], 1), Some(6));
        assert_eq!(taken(&[0, 0, 3], 1), None);
    }
}
