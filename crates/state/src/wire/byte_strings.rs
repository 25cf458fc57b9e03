/// A list of byte strings in two allocations, however many there are.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ByteStrings {
    bytes: Vec<u8>,
    // A key for 200 participants has 200 strings of 32 bytes, and a vector of vectors would allocate for each.
    ends: Vec<usize>,
}

impl ByteStrings {
    /// An empty list with room for `count` strings that have `size` bytes together.
    pub fn with_capacity(count: usize, size: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(size),
            ends: Vec::with_capacity(count),
        }
    }

    /// Appends a string.
    pub fn push(&mut self, string: &[u8]) {
        self.bytes.extend_from_slice(string);
        self.ends.push(self.bytes.len());
    }

    /// The number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True without any string.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string at `index`.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// The strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for ByteStrings {
    fn from_iter<I: IntoIterator<Item = T>>(strings: I) -> Self {
        let mut list = Self::default();
        strings
            .into_iter()
            .for_each(|string| list.push(string.as_ref()));
        list
    }
}
