use thiserror::Error;

/// Bytes could not be read as what they should be; nothing was taken from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("at byte {offset}: {kind}")]
pub struct ReadError {
    /// The start of the field that could not be read, in bytes from the start of the input.
    pub offset: usize,
    /// The fault there.
    pub kind: ReadErrorKind,
}

/// The fault of bytes that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The input ends inside a field.
    #[error("the input ends inside {what}: {needed} bytes are needed, {left} are left")]
    UnexpectedEnd {
        /// The field.
        what: &'static str,
        /// The bytes that the field needs.
        needed: u64,
        /// The bytes that are left.
        left: usize,
    },
    /// A constructor id that cannot stand here.
    #[error("{found:08x} is not a constructor of {what}")]
    UnexpectedConstructor {
        /// The type that should stand here.
        what: &'static str,
        /// The id that was found.
        found: u32,
    },
    /// A flags field whose highest bit is set.
    #[error("the flags {found:08x} of {what} are negative")]
    NegativeFlags {
        /// The value that the flags belong to.
        what: &'static str,
        /// The flags that were found.
        found: u32,
    },
    /// A vector's count that is negative or larger than the number of bytes left.
    #[error("a vector of {count} {what} cannot stand in the {left} bytes that are left")]
    CountTooLarge {
        /// The elements of the vector.
        what: &'static str,
        /// The count that was found.
        count: i32,
        /// The bytes that are left.
        left: usize,
    },
    /// A field whose bytes are there and make no valid value.
    #[error("{what} is not valid")]
    InvalidValue {
        /// The field.
        what: &'static str,
    },
    /// Bytes after the end of the value.
    #[error("{count} bytes follow the end of {what}")]
    TrailingBytes {
        /// The value that ended.
        what: &'static str,
        /// The bytes that follow.
        count: usize,
    },
}

/// A place where the input was accepted though it is not in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The start of the deviating field, in bytes from the start of the input.
    pub offset: usize,
    /// The kind of deviation.
    pub kind: DeviationKind,
}

/// A way in which a field deviates from its canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviationKind {
    /// A string's length is written in a longer form than it needs.
    #[error("a string of {length} bytes has its length written in {header} bytes")]
    LongLength {
        /// The string's length.
        length: usize,
        /// The bytes that its length takes.
        header: usize,
    },
    /// The bytes that pad a string are not all zero.
    #[error("a string's padding is not zero")]
    NonZeroPadding,
    /// Flag bits that mean nothing and are dropped.
    #[error("the unknown flags {dropped:08x} of {what} are dropped")]
    UnknownFlags {
        /// The value that the flags belong to.
        what: &'static str,
        /// The bits that are dropped.
        dropped: u32,
    },
}
