use core::fmt;
use core::num::NonZeroI64;

use rand_core::CryptoRng;

/// The number by which copies of a message are known: signed 64 bits, never zero.
///
/// JSON shows it as a decimal string (`spec/protocol.md`, 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RandomId(NonZeroI64);

impl RandomId {
    /// Takes a number; `None` for zero.
    pub const fn new(value: i64) -> Option<Self> {
        match NonZeroI64::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// Draws a number.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        // Drawing again on zero would never end with a broken generator; the bias is one in 2^64.
        let value = NonZeroI64::new(rng.next_u64().cast_signed());
        Self(value.unwrap_or(NonZeroI64::MAX))
    }

    /// Reads the decimal string; `None` if it is none, or the number is zero or too large.
    pub(super) fn parse(text: &str) -> Option<Self> {
        decimal(text).and_then(Self::new)
    }

    /// The number.
    pub const fn value(self) -> i64 {
        self.0.get()
    }
}

/// Reads a signed 64-bit number of nothing but digits and a minus.
pub(super) fn decimal(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal.then(|| text.parse().ok())?
}

impl fmt::Display for RandomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_decimal_number_of_the_range_that_is_not_zero_is_read() {
        for value in [i64::MIN, -1, 1, 9_007_199_254_740_993, i64::MAX] {
            let read = RandomId::parse(&value.to_string());
            assert_eq!(read.map(RandomId::value), Some(value));
        }
        for wrong in [
            "",
            "-",
            "0",
            "-0",
            "+1",
            " 1",
            "1.0",
            "1e3",
            "--1",
            "9223372036854775808",
        ] {
            assert_eq!(RandomId::parse(wrong), None, "{wrong}");
        }
    }
}
