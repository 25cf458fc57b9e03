use std::io::{self, BufRead};
use std::string::FromUtf8Error;

use thiserror::Error;

/// The longest line that is read, in bytes without its end; a request with a block has some tens of thousands.
pub const MAX_LINE_LENGTH: usize = 16 << 20;

/// A line is no text that is read.
#[derive(Debug, Error)]
pub(super) enum LineFault {
    /// It is too long.
    #[error("a line has at most {MAX_LINE_LENGTH} bytes")]
    TooLong,
    /// It is not UTF-8.
    #[error("a line is UTF-8: {0}")]
    NotUtf8(#[from] FromUtf8Error),
}

/// Lines of bounded length.
pub(super) struct Lines<R>(R);

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self(input)
    }

    /// Reads the next line without its end; `None` at the end of the input.
    ///
    /// A line that is too long is read to its end and not kept, so that the next one is found.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Result<String, LineFault>>> {
        let mut line = Vec::new();
        let (mut length, mut has_ended) = (0_usize, false);
        while !has_ended {
            let available = match self.0.fill_buf() {
                Ok([]) if length == 0 => return Ok(None),
                Ok([]) => break,
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = available.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(available.len(), |end| end + 1);
            let part = available.get(..end.unwrap_or(used)).unwrap_or_default();
            if length + part.len() <= MAX_LINE_LENGTH {
                line.extend_from_slice(part);
            }
            length += used;
            has_ended = end.is_some();
            self.0.consume(used);
        }
        let length = length - usize::from(has_ended);
        Ok(Some(if length > MAX_LINE_LENGTH {
            Err(LineFault::TooLong)
        } else {
            String::from_utf8(line).map_err(LineFault::from)
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// The lines of an input; a line that is too long is `None`.
    fn lines(input: &[u8], buffer: usize) -> Vec<Option<String>> {
        let mut lines = Lines::new(BufReader::with_capacity(buffer, input));
        let next = || lines.next_line().unwrap();
        std::iter::from_fn(next).map(Result::ok).collect()
    }

    #[test]
    fn a_line_ends_with_its_end_or_the_input_whatever_the_buffer() {
        for buffer in [1, 2, 3, 100] {
            let expected = ["ab", "", "c"].map(|line| Some(line.to_owned()));
            assert_eq!(lines(b"ab\n\nc\n", buffer), expected);
            assert_eq!(lines(b"ab\n\nc", buffer), expected);
            assert!(lines(b"", buffer).is_empty());
        }
    }

    #[test]
    fn a_line_that_is_too_long_or_not_utf_8_is_passed_over() {
        let longest = "a".repeat(MAX_LINE_LENGTH);
        let input = format!("{longest}\n{longest}a\nb\n");
        let expected = [Some(longest), None, Some("b".to_owned())];
        assert_eq!(lines(input.as_bytes(), 1 << 16), expected);
        assert_eq!(lines(b"\xff\nb", 100), [None, Some("b".to_owned())]);
    }
}
