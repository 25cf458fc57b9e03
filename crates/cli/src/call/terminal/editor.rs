use std::borrow::Cow;
use std::sync::Arc;
use std::thread;

use anstyle::Style;
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{ColorMode, CompletionType, Config, Context, Editor, Helper};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::super::standard_input::{InputError, InputLine};
use super::board::{Board, Input};
use super::completion::{Completion, complete};
use super::keys;
use super::printer::Printer;
use crate::limits;
use crate::screen;

/// The row of the status, and the mark before what is typed.
const PROMPT: &str = "\n› ";

/// The time after which an Esc is a key and no beginning of one, during which nothing is printed.
const ESCAPE_MILLISECONDS: u16 = 100;

type LineEditor = Editor<Drawing, DefaultHistory>;

/// Starts the thread that reads keys; `None` if the terminal cannot do what an editor needs.
pub(super) fn start(board: &Arc<Board>) -> Option<(Printer, Receiver<InputLine>)> {
    let config = Config::builder()
        // The drawing of the status is no matter of colour.
        .color_mode(ColorMode::Forced)
        // The other types wait for a key even where there is one choice.
        .completion_type(CompletionType::List)
        .keyseq_timeout(Some(ESCAPE_MILLISECONDS))
        .build();
    let mut editor = LineEditor::with_config(config).ok()?;
    let printer = Printer::start(editor.create_external_printer().ok()?, board);
    editor.set_helper(Some(Drawing(Arc::clone(board))));
    keys::bind(&mut editor, board, &printer);
    let (sender, lines) = channel(limits::LINES);
    let board = Arc::clone(board);
    // It ends with the process: a read of a terminal cannot be cancelled.
    thread::spawn(move || read(&mut editor, &board, sender));
    Some((printer, lines))
}

/// Reads lines until the terminal is gone; after the end of input they go nowhere.
///
/// What is printed comes through the editor as long as there is one, so it stays.
fn read(editor: &mut LineEditor, board: &Board, lines: Sender<InputLine>) {
    let mut lines = Some(lines);
    loop {
        board.set_input(Input::Open);
        let Ok(line) = editor.readline(PROMPT) else {
            board.set_input(Input::Gone);
            return;
        };
        if board.input() == Input::Ended {
            lines = None;
        }
        let Some(lines) = &lines else {
            continue;
        };
        let line = match line.len() as u64 > limits::LINE_BYTES {
            true => Err(InputError::TooLong),
            false => Ok(line),
        };
        if let Ok(line) = &line {
            // In memory only: a disk is no place for messages. A line that is not kept is no harm.
            let _ = editor.add_history_entry(line.as_str());
        }
        // A call that is over takes no lines.
        let _ = lines.blocking_send(line);
    }
}

/// The drawing of the input line and of the status above it.
pub(super) struct Drawing(Arc<Board>);

impl Highlighter for Drawing {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.0.input() {
            Input::Open => line.into(),
            Input::Taken | Input::Ended | Input::Gone => "".into(),
        }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        self.0.stop_here();
        match self.0.input() {
            // The editor goes to the next row, which is to be that of the status: nothing of the line stays.
            Input::Taken | Input::Ended | Input::Gone => "\x1b[A".into(),
            Input::Open => {
                let status = screen::fit(&self.0.status(), screen::columns());
                let dimmed = match screen::has_colour() {
                    true => Style::new().dimmed(),
                    false => Style::new(),
                };
                format!("{dimmed}{status}{dimmed:#}{prompt}").into()
            }
        }
    }

    fn highlight_char(&self, line: &str, cursor: usize, why: CmdKind) -> bool {
        // The last drawing of a line that is taken; the cursor is at its end, or is moved there and this is asked again.
        if why == CmdKind::ForcedRefresh && cursor == line.len() && self.0.input() == Input::Open {
            self.0.set_input(Input::Taken);
        }
        // The last drawing comes only after others that were whole.
        true
    }
}

impl Completer for Drawing {
    type Candidate = String;

    /// The line that Tab makes of this one; where there is a choice, the key itself shows it.
    fn complete(
        &self,
        line: &str,
        _: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(match complete(line, &self.0.words()) {
            Completion::Line(line) => (0, vec![line]),
            Completion::Nothing | Completion::Choices(_) => (0, Vec::new()),
        })
    }
}

impl Hinter for Drawing {
    type Hint = String;
}

impl Validator for Drawing {}

impl Helper for Drawing {}
