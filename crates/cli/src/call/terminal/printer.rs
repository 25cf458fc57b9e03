use core::time::Duration;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use rustyline::ExternalPrinter;

use super::board::Board;
use crate::limits;

/// Draws the input line and the status without a line above: up, and down again.
///
/// The editor ends every text with a new line. The cursor is never in the last row then, so that nothing is moved.
const REDRAW: &str = "\x1b[A\n";

/// From the start of the row on, nothing.
const CLEAN: &str = "\r\x1b[J";

/// For how long the end waits until the last line is drawn; an editor that waits for a key draws nothing.
const LAST_LINE: Duration = Duration::from_secs(1);

/// Something to print.
enum Print {
    Text(String),
    Redraw,
    /// Lets the editor stop when everything is drawn.
    Close,
}

/// The thread that prints above the input line.
///
/// The editor takes a text when it has time, for which the call should not wait.
pub(super) struct Printer {
    prints: SyncSender<Print>,
    board: Arc<Board>,
}

impl Printer {
    pub(super) fn start(editor: impl ExternalPrinter + Send + 'static, board: &Arc<Board>) -> Self {
        let (prints, queue) = sync_channel(limits::SHOWN_LINES);
        let board = Arc::clone(board);
        let of_thread = Arc::clone(&board);
        thread::spawn(move || print(editor, &of_thread, &queue));
        Self { prints, board }
    }

    /// The place above the input line.
    pub(super) fn above_input(&self) -> AboveInput {
        AboveInput {
            prints: self.prints.clone(),
            text: Vec::new(),
            left_out: 0,
        }
    }

    /// Draws the status again.
    pub(super) fn redraw(&self) {
        // With a full queue something else is drawn soon, and the status with it.
        let _ = self.prints.try_send(Print::Redraw);
    }

    /// Waits until everything is drawn, and takes the input line and the status away.
    pub(super) fn close(&self) {
        // With a full queue the editor waits for a key, and nothing can be drawn.
        if self.prints.try_send(Print::Close).is_ok() {
            self.board.wait_until_quiet(LAST_LINE);
        }
        let mut out = io::stdout();
        // A screen that is gone needs no cleaning.
        let _ = out.write_all(CLEAN.as_bytes());
        let _ = out.flush();
    }
}

fn print(mut editor: impl ExternalPrinter, board: &Board, queue: &Receiver<Print>) {
    while let Ok(print) = queue.recv() {
        let printed = match print {
            Print::Text(text) => editor.print(text),
            Print::Redraw => editor.print(REDRAW.to_owned()),
            Print::Close => {
                // The editor holds one text. When it has room for the second, it has drawn what came before the first.
                let _ = editor.print(REDRAW.to_owned());
                let last = editor.print(REDRAW.to_owned());
                // It has the second one still to draw, and takes the input line away for that.
                board.stop();
                last
            }
        };
        if printed.is_err() {
            return;
        }
    }
}

/// The place above the input line, as an output: what is flushed is printed at once.
pub(crate) struct AboveInput {
    prints: SyncSender<Print>,
    text: Vec<u8>,
    /// The number of texts for which there was no room, since the last that was printed.
    left_out: usize,
}

impl Write for AboveInput {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let mut text = String::from_utf8_lossy(&core::mem::take(&mut self.text)).into_owned();
        if self.left_out > 0 {
            text.insert_str(0, &format!("({} lines were left out)\n", self.left_out));
        }
        // An editor that takes no text must not hold up the call: what it has no room for is left out, and counted.
        match self.prints.try_send(Print::Text(text)) {
            Ok(()) => {
                self.left_out = 0;
                Ok(())
            }
            Err(TrySendError::Full(_)) => {
                self.left_out = self.left_out.saturating_add(1);
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Drop for AboveInput {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    struct Paper(Sender<String>);

    impl ExternalPrinter for Paper {
        fn print(&mut self, text: String) -> rustyline::Result<()> {
            // The test may have seen enough.
            let _ = self.0.send(text);
            Ok(())
        }
    }

    #[test]
    fn what_is_flushed_is_printed_whole_and_in_order() {
        let (paper, printed) = channel();
        let printer = Printer::start(Paper(paper), &Arc::default());
        let mut above = printer.above_input();
        write!(above, "one ").unwrap();
        writeln!(above, "line").unwrap();
        above.flush().unwrap();
        printer.redraw();
        drop(above);
        let texts: Vec<_> = printed.iter().take(2).collect();
        assert_eq!(texts, ["one line\n", REDRAW]);
    }

    #[test]
    fn an_editor_that_takes_no_text_holds_nothing_up_and_what_is_left_out_is_counted() {
        let (prints, queue) = sync_channel(1);
        let mut above = AboveInput {
            prints,
            text: Vec::new(),
            left_out: 0,
        };
        let mut say = |text: &str| {
            above.write_all(text.as_bytes()).unwrap();
            above.flush().unwrap();
        };
        for text in ["one\n", "two\n", "three\n"] {
            say(text);
        }
        let taken = |queue: &Receiver<Print>| match queue.recv().unwrap() {
            Print::Text(text) => text,
            Print::Redraw | Print::Close => String::new(),
        };
        assert_eq!(taken(&queue), "one\n");
        say("four\n");
        assert_eq!(taken(&queue), "(2 lines were left out)\nfour\n");
    }
}
