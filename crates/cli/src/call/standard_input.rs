//! Lines of standard input.

use std::io::{self, BufRead, Read as _};
use std::thread;

use thiserror::Error;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::limits;

/// A failure to read a line.
#[derive(Debug, Error)]
pub(super) enum InputError {
    #[error("a line has at most {max} bytes", max = limits::LINE_BYTES)]
    TooLong,
    #[error("standard input cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// A line, or the reason that it was passed over.
pub(super) type InputLine = Result<String, InputError>;

/// Reads the next line of standard input, before [`read_lines`] takes the rest.
pub(super) fn read_line() -> Result<String, InputError> {
    // The lock is on a buffer of the whole process, so that nothing of the lines after it is lost.
    next(&mut io::stdin().lock()).unwrap_or_else(|| Ok(String::new()))
}

/// Begins to read standard input; the channel closes at its end.
pub(super) fn read_lines() -> Receiver<InputLine> {
    let (sender, lines) = channel(limits::LINES);
    // A thread of its own, since a read of a terminal cannot be cancelled; it ends with the process.
    thread::spawn(move || pass_on(&mut io::stdin().lock(), &sender));
    lines
}

fn pass_on(input: &mut impl BufRead, lines: &Sender<InputLine>) {
    while let Some(line) = next(input) {
        let is_last = matches!(line, Err(InputError::Read(_)));
        if lines.blocking_send(line).is_err() || is_last {
            return;
        }
    }
}

fn next(input: &mut impl BufRead) -> Option<InputLine> {
    let mut line = Vec::new();
    match input.take(limits::LINE_BYTES).read_until(b'\n', &mut line) {
        Err(error) => return Some(Err(error.into())),
        Ok(0) => return None,
        Ok(_) => {}
    }
    if line.len() as u64 == limits::LINE_BYTES && !line.ends_with(b"\n") {
        // Without this the rest of the line would be taken for the next one.
        let skipped = input.skip_until(b'\n');
        return Some(Err(
            skipped.map_or_else(InputError::from, |_| InputError::TooLong)
        ));
    }
    Some(Ok(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_is_read() {
        let long = vec![b'x'; limits::LINE_BYTES as usize * 3];
        let input = [b"one\n", &long[..], b"\ntwo\n\xff"].concat();
        let input = &mut &input[..];
        assert_eq!(next(input).unwrap().unwrap(), "one\n");
        assert!(matches!(next(input), Some(Err(InputError::TooLong))));
        assert_eq!(next(input).unwrap().unwrap(), "two\n");
        assert_eq!(next(input).unwrap().unwrap(), "\u{fffd}");
        assert!(next(input).is_none());
    }
}
