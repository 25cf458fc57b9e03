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

impl From<i64> for UserId {
    fn from(id: i64) -> Self {
        Self(id)
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

/// Defines a newtype for a public byte string of a fixed length, whose `Display` shows it as hexadecimal.
macro_rules! public_bytes {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $crate::types::byte_string! { $(#[$doc])* $name, $length }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::types::write_hex(f, &self.0)
            }
        }
    };
}
pub(crate) use public_bytes;

/// Defines the same without `Display`.
macro_rules! byte_string {
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

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "("))?;
                $crate::types::write_hex(f, &self.0)?;
                f.write_str(")")
            }
        }
    };
}
pub(crate) use byte_string;

public_bytes! {
    /// The SHA-256 of a block's canonical bytes; it names the block and the epoch that it starts.
    BlockHash, 32
}

impl BlockHash {
    /// The hash that block 0 names as that of the block before.
    pub const ZERO: Self = Self([0; 32]);

    /// True if packets of the epoch can carry H.264, whatever other epochs they are for.
    ///
    /// One hash in 250 does not permit it. It is enough that each hash of a head does, not necessary.
    pub fn permits_h264(&self) -> bool {
        Self::all_permit_h264([self])
    }

    /// True if a packet for the epochs of these blocks, in their order, can carry H.264.
    ///
    /// The hashes stand in clear in the head of the packet, behind three zeros. Where they hold a start code of Annex B,
    /// receivers would cut each frame there (`spec/protocol.md`, 4.1).
    pub fn all_permit_h264<'a>(hashes: impl IntoIterator<Item = &'a Self>) -> bool {
        let mut zeros = 3;
        let mut bytes = hashes.into_iter().flat_map(Self::as_bytes);
        !bytes.any(|byte| {
            let ends_start_code = *byte == 1 && zeros >= 2;
            zeros = if *byte == 0 { zeros + 1 } else { 0 };
            ends_start_code
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_permits_h264_unless_it_holds_or_ends_a_start_code() {
        let with = |at: usize, bytes: &[u8]| {
            let mut hash = [7; 32];
            hash[at..at + bytes.len()].copy_from_slice(bytes);
            BlockHash::from_bytes(hash).permits_h264()
        };
        assert!(with(0, &[]));
        for start in [&[1][..], &[0, 1], &[0, 0, 1], &[0, 0, 0, 0, 1]] {
            assert!(!with(0, start), "{start:?}");
        }
        for at in 1..=29 {
            assert!(!with(at, &[0, 0, 1]), "{at}");
        }
        assert!(with(1, &[0, 1]) && with(5, &[0, 2, 1]) && with(30, &[0, 0]));
    }

    #[test]
    fn hashes_that_each_permit_h264_do_so_together_and_others_only_behind_some() {
        let hash = |first: u8, last: u8| {
            let mut hash = [7; 32];
            hash[0] = first;
            hash[30..].fill(last);
            BlockHash::from_bytes(hash)
        };
        let (clean, ends, starts) = (hash(7, 7), hash(7, 0), hash(1, 7));
        assert!(BlockHash::all_permit_h264([&ends, &clean, &ends]));
        assert!(BlockHash::all_permit_h264([&clean, &starts]));
        assert!(!BlockHash::all_permit_h264([&ends, &starts]));
        assert!(!BlockHash::all_permit_h264([&starts, &clean]));
        assert!(BlockHash::all_permit_h264([]));
    }
}
