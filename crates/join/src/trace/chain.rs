//! The chain over the lines of a trace.
//!
//! ```text
//! {"wake":5,"chain":"<64 hexadecimal digits>"}
//! └ body ─┘          └ BLAKE3(value of the line before, body)
//! ```

use std::sync::LazyLock;

use blake3::hazmat::{self, ContextKey, HasherExt as _};

/// Between the body of a line and its value.
const JOINT: &str = r#","chain":""#;
/// After the value.
const END: &str = r#""}"#;
/// The length of a value, in hexadecimal.
const DIGITS: usize = 2 * blake3::OUT_LEN;

/// What the values of all lines have in common, derived once.
static CONTEXT_KEY: LazyLock<ContextKey> =
    LazyLock::new(|| hazmat::hash_derive_key_context("confcall 2025 trace chain"));

/// The value of the newest line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain([u8; blake3::OUT_LEN]);

impl Chain {
    /// Makes a line of a JSON object, with the end of line.
    pub(super) fn seal(&mut self, object: &str) -> String {
        // The value becomes the last field, and the line stays one JSON object.
        let body = object.strip_suffix('}').unwrap_or(object);
        self.add(body.as_bytes());
        let value = blake3::Hash::from_bytes(self.0).to_hex();
        [body, JOINT, &value, END, "\n"].concat()
    }

    /// Checks a line without its end, and gives its JSON object; `None` if it does not continue the chain.
    pub(super) fn open(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        let rest = line.strip_suffix(END.as_bytes())?;
        let (rest, value) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
        let body = rest.strip_suffix(JOINT.as_bytes())?;
        // The value moves on only with a line that fits, so that the reader can go on after one that does not.
        let mut next = self.clone();
        next.add(body);
        if blake3::Hash::from_bytes(next.0).to_hex().as_bytes() != value {
            return None;
        }
        *self = next;
        Some([body, b"}"].concat())
    }

    fn add(&mut self, body: &[u8]) {
        let mut hasher = blake3::Hasher::new_from_context_key(&CONTEXT_KEY);
        hasher.update(&self.0);
        hasher.update(body);
        self.0 = *hasher.finalize().as_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_opens_only_in_its_place_and_as_it_was_sealed() {
        let mut writer = Chain::default();
        let lines = [writer.seal(r#"{"a":1}"#), writer.seal(r#"{"b":2}"#)];
        let [first, second] = lines.each_ref().map(|line| line.trim_end().as_bytes());

        let mut reader = Chain::default();
        assert_eq!(reader.open(second), None);
        assert_eq!(reader.open(&first.to_ascii_uppercase()), None);
        assert_eq!(reader.open(first).unwrap(), br#"{"a":1}"#);
        assert_eq!(reader.open(first), None);
        assert_eq!(reader.open(second).unwrap(), br#"{"b":2}"#);
    }
}
