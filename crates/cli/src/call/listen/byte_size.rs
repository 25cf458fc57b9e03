//! Numbers of bytes, as people write them.

use core::fmt;
use core::str::FromStr;

use thiserror::Error;

/// A number of bytes: `1GiB`, `500 MB`, `4096`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ByteSize(pub(super) u64);

/// The units, by their names in lower case.
const UNITS: [(&str, u64); 9] = [
    ("", 1),
    ("b", 1),
    ("kb", 1000),
    ("mb", 1000 * 1000),
    ("gb", 1000 * 1000 * 1000),
    ("tb", 1000 * 1000 * 1000 * 1000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

/// The units of sizes that are shown, from the largest on.
const SHOWN: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// A text is no number of bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no size; give one such as 500MB, 1GiB or 1000000")]
pub(super) struct NotASize(String);

impl FromStr for ByteSize {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NotASize(text.to_owned());
        let unit_at = text.find(|character: char| !character.is_ascii_digit());
        let (number, unit) = text.split_at(unit_at.unwrap_or(text.len()));
        let number: u64 = number.parse().map_err(|_| refused())?;
        let unit = unit.trim().to_ascii_lowercase();
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, bytes) = known.ok_or_else(refused)?;
        number.checked_mul(*bytes).map(Self).ok_or_else(refused)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SHOWN.iter().find(|(_, bytes)| self.0 >= *bytes) {
            // In whole tenths, since half a byte more says nothing.
            Some((unit, bytes)) => {
                let tenths = u128::from(self.0) * 10 / u128::from(*bytes);
                match tenths % 10 {
                    0 => write!(f, "{} {unit}", tenths / 10),
                    tenth => write!(f, "{}.{tenth} {unit}", tenths / 10),
                }
            }
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_with_the_unit_that_people_write() {
        for (text, bytes) in [
            ("4096", 4096),
            ("500MB", 500_000_000),
            ("1GiB", 1 << 30),
            ("2 mib", 2 << 20),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "GiB", "-1", "1.5GB", "1 pint", "99999999999GiB"] {
            let refused = text.parse::<ByteSize>().unwrap_err();
            assert!(refused.to_string().contains("1GiB"), "{refused}");
        }
    }

    #[test]
    fn a_size_is_shown_in_the_largest_unit_that_it_fills() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1 << 10, "1 KiB"),
            (1_500_000, "1.4 MiB"),
            (1 << 30, "1 GiB"),
            (u64::MAX, "17179869183.9 GiB"),
        ] {
            assert_eq!(ByteSize(bytes).to_string(), text);
        }
    }
}
