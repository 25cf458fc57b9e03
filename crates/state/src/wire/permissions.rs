use core::fmt;
use core::ops::BitOr;

/// Permissions of a participant, or of all others: a set of flag bits, unknown ones included.
///
/// Bits outside [`Permissions::ALL`] can be read and are refused by the chain (`spec/protocol.md`, 2.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u32);

impl Permissions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Add participants.
    pub const ADD_USERS: Self = Self(1);
    /// Remove participants.
    pub const REMOVE_USERS: Self = Self(2);
    /// Set values.
    pub const SET_VALUE: Self = Self(4);
    /// Everything.
    pub const ALL: Self = Self(7);

    /// The set with these bits.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// True if everything in `other` is in this set too.
    pub const fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// True if anything in `other` is in this set too.
    pub const fn intersects(self, other: Self) -> bool {
        other.0 & self.0 != 0
    }

    /// This set without what is in `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permissions({:#x})", self.0)
    }
}

/// The known permissions by name, joined by `+`; unknown bits as a number.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            (Self::ADD_USERS, "add"),
            (Self::REMOVE_USERS, "remove"),
            (Self::SET_VALUE, "set value"),
        ];
        let names = known.iter().filter(|(bit, _)| self.contains(*bit));
        let mut separator = "";
        for (_, name) in names {
            write!(f, "{separator}{name}")?;
            separator = "+";
        }
        match self.without(Self::ALL) {
            Self::NONE if separator.is_empty() => f.write_str("none"),
            Self::NONE => Ok(()),
            unknown => write!(f, "{separator}{:#x}", unknown.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_printed_by_name_and_unknown_bits_as_a_number() {
        let printed = [
            (0, "none"),
            (1, "add"),
            (3, "add+remove"),
            (6, "remove+set value"),
            (7, "add+remove+set value"),
            (0x14, "set value+0x10"),
            (0x8000_0008, "0x80000008"),
        ];
        for (bits, expected) in printed {
            assert_eq!(Permissions::from_bits(bits).to_string(), expected);
        }
        let debug = format!("{:?}", Permissions::from_bits(0x14));
        assert_eq!(debug, "Permissions(0x14)");
    }
}
