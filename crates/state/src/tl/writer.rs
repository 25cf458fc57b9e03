use super::VECTOR;

/// Writes TL primitives in canonical form.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Starts with nothing written.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
        }
    }

    /// Writes one value from its first byte to its last.
    pub fn encode(write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut writer = Self::new();
        write(&mut writer);
        writer.into_bytes()
    }

    /// Hands out what was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a constructor id or another unsigned 32-bit number.
    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    /// Writes an `int`.
    pub fn i32(&mut self, value: i32) {
        self.raw(&value.to_le_bytes());
    }

    /// Writes a `long`.
    pub fn i64(&mut self, value: i64) {
        self.raw(&value.to_le_bytes());
    }

    /// Writes the count of a bare vector.
    ///
    /// A count past int32 cannot be read; no caller of this crate can hold so many elements
    /// that serialise, and it is written saturated rather than wrapped.
    pub fn count(&mut self, count: usize) {
        self.i32(i32::try_from(count).unwrap_or(i32::MAX));
    }

    /// Writes a vector that [`Reader::boxed_vector`](super::Reader::boxed_vector) reads.
    pub fn boxed_vector<T>(&mut self, elements: &[T], write: impl Fn(&mut Self, &T)) {
        self.u32(VECTOR);
        self.count(elements.len());
        elements.iter().for_each(|element| write(self, element));
    }

    /// Writes a `string` or `bytes` in its shortest form, padded with zeros.
    pub fn string(&mut self, content: &[u8]) {
        let [a, b, c, d, e, f, g, _] = (content.len() as u64).to_le_bytes();
        match content.len() {
            0..254 => self.raw(&[a]),
            254..0x100_0000 => self.raw(&[254, a, b, c]),
            _ => self.raw(&[255, a, b, c, d, e, f, g]),
        }
        self.raw(content);
        // Ids and numbers take multiples of 4 bytes, so the padding follows from the total.
        let padding = self.bytes.len().next_multiple_of(4) - self.bytes.len();
        self.raw([0; 3].get(..padding).unwrap_or_default());
    }
}
