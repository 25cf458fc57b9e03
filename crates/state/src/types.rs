//! Newtypes for the numbers and byte strings that the protocol passes around.

use core::fmt;

/// The Telegram id of a user.
///
/// The whole int64 range is used; an id never goes through a floating-point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(i64);

impl UserId {
    /// Wraps an id.
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// The id as the number that goes onto the wire.
    pub const fn value(self) -> i64 {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The height of a block: 0 for the first one, -1 for the state before it.
///
/// The wire can carry any int32; the chain refuses what does not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Height(i32);

impl Height {
    /// The height of a chain without any block.
    pub const BEFORE_FIRST: Self = Self(-1);

    /// Wraps a height.
    pub const fn new(height: i32) -> Self {
        Self(height)
    }

    /// The height as the number that goes onto the wire.
    pub const fn value(self) -> i32 {
        self.0
    }

    /// The height of the next block, or `None` at the end of the int32 range.
    pub const fn next(self) -> Option<Self> {
        // The reference refuses the block after the last height; it never wraps.
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Defines a newtype for a public byte string of a fixed length.
macro_rules! public_bytes {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Wraps the bytes as they stand on the wire.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes as they stand on the wire.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::types::write_hex(f, &self.0)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}
pub(crate) use public_bytes;

public_bytes! {
    /// The SHA-256 of a block's canonical bytes; it names the block and the epoch that it starts.
    BlockHash, 32
}

impl BlockHash {
    /// The hash that block 0 names as that of the block before.
    pub const ZERO: Self = Self([0; 32]);
}

public_bytes! {
    /// The root hash of the key-value trie.
    KvHash, 32
}

impl KvHash {
    /// The root hash of the trie without any entry: the SHA-256 of four zero bytes, not zero.
    pub const EMPTY: Self = Self([
        0xdf, 0x3f, 0x61, 0x98, 0x04, 0xa9, 0x2f, 0xdb, 0x40, 0x57, 0x19, 0x2d, 0xc4, 0x3d, 0xd7,
        0x48, 0xea, 0x77, 0x8a, 0xdc, 0x52, 0xbc, 0x49, 0x8c, 0xe8, 0x05, 0x24, 0xc0, 0x14, 0xb8,
        0x11, 0x19,
    ]);
}
