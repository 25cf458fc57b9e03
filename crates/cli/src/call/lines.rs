//! Lines of standard input, read by a thread, since a read cannot be given up.

use std::io::{self, BufRead, Read as _};
use std::thread;

use thiserror::Error;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The longest line, in bytes; the packet of `/open` is the longest that makes sense.
const MAX_LENGTH: u64 = 1 << 20;

/// How many lines wait at most; more are left to whoever writes them.
const WAITING: usize = 16;

/// A line that cannot be taken.
#[derive(Debug, Error)]
pub(super) enum LineError {
    #[error("a line has at most {MAX_LENGTH} bytes")]
    TooLong,
    #[error("standard input cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// A line, or why there is none.
pub(super) type Line = Result<String, LineError>;

/// Begins to read standard input; there is no more after its end.
pub(super) fn of_standard_input() -> Receiver<Line> {
    let (sender, lines) = channel(WAITING);
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
    match input.take(MAX_LENGTH).read_until(b'\n', &mut line) {
        Err(error) => return Some(Err(error.into())),
        Ok(0) => return None,
        Ok(_) => {}
    }
    if line.len() as u64 == MAX_LENGTH && !line.ends_with(b"\n") {
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
        let long = vec![b'x'; MAX_LENGTH as usize * 3];
        let input = [b"one\n", &long[..], b"\ntwo\n\xff"].concat();
        let input = &mut &input[..];
        assert_eq!(next(input).unwrap().unwrap(), "one\n");
        assert!(matches!(next(input), Some(Err(LineError::TooLong))));
        assert_eq!(next(input).unwrap().unwrap(), "two\n");
        assert_eq!(next(input).unwrap().unwrap(), "\u{fffd}");
        assert!(next(input).is_none());
    }
}
