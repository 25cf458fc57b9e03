//! Values that are kept once each.

use std::collections::HashMap;
use std::fmt::{self, Debug, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// A hash that two values share only if they are the same.
pub(crate) type Fingerprint = u128;

/// Values that are kept once each and known by a number.
pub(crate) struct Pool<T> {
    values: Vec<T>,
    numbers: HashMap<Fingerprint, u32>,
}

impl<T> Pool<T> {
    pub(crate) fn new() -> Self {
        Self {
            values: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// The number of a value, and whether it is new.
    pub(crate) fn put(&mut self, fingerprint: Fingerprint, value: T) -> (u32, bool) {
        let next = self.values.len() as u32;
        let number = *self.numbers.entry(fingerprint).or_insert(next);
        if number == next {
            self.values.push(value);
        }
        (number, number == next)
    }

    pub(crate) fn of(&self, number: u32) -> &T {
        &self.values[number as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// Takes in what a value prints, without keeping it.
pub(crate) struct Printed {
    first: DefaultHasher,
    second: DefaultHasher,
    /// The length of what was printed.
    pub(crate) length: usize,
}

impl Printed {
    pub(crate) fn new() -> Self {
        let mut second = DefaultHasher::new();
        second.write_u8(1);
        Self {
            first: DefaultHasher::new(),
            second,
            length: 0,
        }
    }

    pub(crate) fn of(value: &impl Debug) -> Self {
        let mut printed = Self::new();
        write!(printed, "{value:?}").expect("hashing does not fail");
        printed
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let (first, second) = (self.first.finish(), self.second.finish());
        u128::from(first) << 64 | u128::from(second)
    }
}

impl fmt::Write for Printed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.first.write(text.as_bytes());
        self.second.write(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}

/// The fingerprint of a value that can be hashed whole.
pub(crate) fn fingerprint(value: &impl Hash) -> Fingerprint {
    let mut printed = Printed::new();
    value.hash(&mut printed.first);
    value.hash(&mut printed.second);
    printed.fingerprint()
}
