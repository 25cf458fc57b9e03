use std::io::{self, BufRead, Read as _};
use std::string::FromUtf8Error;

use thiserror::Error;

/// The longest line that is read, in bytes without its end; a request with a block has some tens of thousands.
pub const MAX_LINE_LENGTH: usize = 16 << 20;

/// A line is no text that is read.
#[derive(Debug, Error)]
pub enum LineFault {
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
        let line = bounded_line(&mut self.0)?;
        if let Some(Err(LineFault::TooLong)) = line {
            // Not kept: the peer's memory is bounded whatever a driver writes.
            self.0.skip_until(b'\n')?;
        }
        Ok(line)
    }
}

/// Reads a line without its end; `None` at the end of the input. Of one that is too long so much is read that it shows.
///
/// # Errors
///
/// What reading fails with.
pub fn bounded_line(input: &mut impl BufRead) -> io::Result<Option<Result<String, LineFault>>> {
    let mut line = Vec::new();
    // With its end, the longest line that is read has one byte more.
    let mut bounded = input.take(MAX_LINE_LENGTH as u64 + 1);
    if bounded.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let has_ended = line.pop_if(|last| *last == b'\n').is_some();
    if !has_ended && line.len() > MAX_LINE_LENGTH {
        return Ok(Some(Err(LineFault::TooLong)));
    }
    Ok(Some(String::from_utf8(line).map_err(LineFault::from)))
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
