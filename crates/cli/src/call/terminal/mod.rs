//! A call on a terminal: an input line that stays at the bottom, and above it what arrives.
//!
//! ```text
//!             Board: status, words ───────────┐
//!                │ drawn with the input line   │ completed
//! keys ──▶ editor thread ── lines ──▶ the call ┘
//!                ▲
//!                └── printer thread ◀── AboveInput: what the call shows
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `board.rs` | what the call puts beside the input line |
//! | `editor.rs` | the thread that reads keys |
//! | `keys.rs`, `completion.rs` | the keys that mean something here |
//! | `printer.rs` | the thread that prints above the input line |
//! | `mode.rs` | the mode of the terminal before and after |

mod board;
mod completion;
mod editor;
mod keys;
mod mode;
mod printer;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use tokio::sync::mpsc::Receiver;

use super::standard_input::InputLine;
use crate::logging;
use crate::printable::printable;
use board::Board;
pub(super) use completion::Words;
use mode::Mode;
pub(super) use printer::AboveInput;
use printer::Printer;

/// The terminal of a call; dropping it gives the terminal back as it was.
pub(super) struct Terminal {
    board: Arc<Board>,
    printer: Printer,
    /// Dropped last, when nothing is drawn any more.
    _mode: Mode,
}

impl Terminal {
    /// Takes the terminal, with the lines that are typed on it; `None` if there is none on both sides, or one without a cursor.
    pub(super) fn open() -> Option<(Self, Receiver<InputLine>)> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return None;
        }
        let mode = Mode::save()?;
        let board = Arc::new(Board::default());
        let (printer, lines) = editor::start(&board)?;
        logging::show_above(Some(Box::new(printer.above_input())));
        let terminal = Self {
            board,
            printer,
            _mode: mode,
        };
        Some((terminal, lines))
    }

    /// The place above the input line.
    pub(super) fn above_input(&self) -> AboveInput {
        self.printer.above_input()
    }

    /// Shows this in the line above the input line.
    pub(super) fn set_status(&self, status: String) {
        // Names and errors of others stand in it.
        if self.board.set_status(printable(&status)) {
            self.printer.redraw();
        }
    }

    /// Completes these where a command takes them.
    pub(super) fn set_words(&self, words: Words) {
        self.board.set_words(words);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        logging::show_above(None);
        self.printer.close();
    }
}
