use super::{ReadError, Reader, Writer};

const VECTOR: u32 = 0x1cb5_c415;

impl<'a> Reader<'a> {
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
}

impl Writer {
    /// Writes a vector that [`Reader::boxed_vector`] reads.
    pub fn boxed_vector<T>(&mut self, elements: &[T], write: impl Fn(&mut Self, &T)) {
        self.u32(VECTOR);
        self.count(elements.len());
        elements.iter().for_each(|element| write(self, element));
    }
}
