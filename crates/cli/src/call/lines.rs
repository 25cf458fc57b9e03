//! Lines of standard input, read by a thread, since a read cannot be given up.

use std::io::{self, BufRead, Read as _};
use std::thread;

use thiserror::Error;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::limits;

/// A line that cannot be taken.
#[derive(Debug, Error)]
pub(super) enum LineError {
    #[error("a line has at most {max} bytes", max = limits::LINE_BYTES)]
    TooLong,
    #[error("standard input cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// A line, or why there is none.
pub(super) type Line = Result<String, LineError>;

/// Begins to read standard input; there is no more after its end.
pub(super) fn of_standard_input() -> Receiver<Line> {
    let (sender, lines) = channel(limits::LINES);
    // The thread ends with the process: it may wait for a line that nobody types.
    thread::spawn(move || pass_on(&mut io::stdin().lock(), &sender));
    lines
}

fn pass_on(input: &mut impl BufRead, lines: &Sender<Line>) {
    while let Some(line) = next(input) {
        let is_last = matches!(line, Err(LineError::Read(_)));
        if lines.blocking_send(line).is_err() || is_last {
            return;
        }
    }
}

fn next(input: &mut impl BufRead) -> Option<Line> {
    let mut line = Vec::new();
    match input.take(limits::LINE_BYTES).read_until(b'\n', &mut line) {
        Err(error) => return Some(Err(error.into())),
        Ok(0) => return None,
        Ok(_) => {}
    }
    if line.len() as u64 == limits::LINE_BYTES && !line.ends_with(b"\n") {
        let skipped = input.skip_until(b'\n');
        return Some(Err(
            skipped.map_or_else(LineError::from, |_| LineError::TooLong)
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
        assert!(matches!(next(input), Some(Err(LineError::TooLong))));
        assert_eq!(next(input).unwrap().unwrap(), "two\n");
        assert_eq!(next(input).unwrap().unwrap(), "\u{fffd}");
        assert!(next(input).is_none());
    }
}
