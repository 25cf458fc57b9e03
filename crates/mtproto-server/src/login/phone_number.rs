use core::fmt;

use confcall_join::api::RpcError;
use confcall_state::UserId;

use crate::requester::DC;

/// The first of the test numbers: 99966, the digit of the data centre, and four digits.
const FIRST: i64 = 9_996_600_000 + DC as i64 * 10_000;

/// The number of test numbers.
const COUNT: i64 = 10_000;

/// A test number of this server's data centre, of which there are ten thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PhoneNumber(i64);

impl PhoneNumber {
    /// Reads a number as people write it, with a plus sign, spaces or hyphens, or none.
    pub(crate) fn read(text: &[u8]) -> Result<Self, RpcError> {
        let is_mark = |byte: &u8| matches!(byte, b'+' | b' ' | b'-' | b'(' | b')');
        let digits = text.iter().filter(|byte| !is_mark(byte));
        // Eleven characters say already that it is none.
        let digits: Vec<u8> = digits.copied().take(11).collect();
        let number = core::str::from_utf8(&digits).ok();
        let number = number.and_then(|digits| digits.parse().ok());
        let number = number.filter(|number| (FIRST..FIRST + COUNT).contains(number));
        // Neither a sign nor zeros stand before the digits.
        let number = number.filter(|_| digits.len() == 10);
        number
            .map(Self)
            .ok_or_else(|| RpcError::new(400, "PHONE_NUMBER_INVALID"))
    }

    /// The user whose number it is.
    pub(crate) fn user(self) -> UserId {
        UserId::new(self.0)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_number_is_a_user_however_it_is_written() {
        for text in [
            "9996610042",
            "+9996610042",
            "+999 661-0042",
            "(999) 66 1 0042",
        ] {
            let number = PhoneNumber::read(text.as_bytes()).unwrap();
            assert_eq!(number.user(), UserId::new(9_996_610_042));
            assert_eq!(number.to_string(), "9996610042");
        }
        assert!(PhoneNumber::read(b"9996610000").is_ok());
        assert!(PhoneNumber::read(b"9996619999").is_ok());
    }

    #[test]
    fn any_other_number_is_refused() {
        let others = [
            "",
            "+",
            "9996620042",
            "9996609999",
            "999661004",
            "99966100420",
            "09996610042",
            "999661004a",
            "4915112345678",
            "99966100\u{663}2",
        ];
        for text in others {
            let refused = PhoneNumber::read(text.as_bytes()).unwrap_err();
            assert_eq!(
                refused,
                RpcError::new(400, "PHONE_NUMBER_INVALID"),
                "{text}"
            );
        }
    }
}
