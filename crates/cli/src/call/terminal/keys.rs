use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Signal, getpid, kill_process};
use rustyline::history::History;
use rustyline::{
    Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, Helper, KeyCode,
    KeyEvent, Modifiers, RepeatCount,
};

use super::board::{Board, Input};
use super::completion::{Completion, complete};
use super::printer::{AboveInput, Printer};

/// Keys after which the editor would wait for another one, and print nothing meanwhile: search, and characters as they are.
const UNUSED: [char; 4] = ['R', 'S', 'V', 'Q'];

/// Binds the keys that mean something in a call.
pub(super) fn bind<H: Helper, I: History>(
    editor: &mut Editor<H, I>,
    board: &Arc<Board>,
    printer: &Printer,
) {
    let tab = Tab {
        board: Arc::clone(board),
        above: Mutex::new(printer.above_input()),
    };
    let mut bind = |key: KeyEvent, handler| {
        editor.bind_sequence(key, handler);
    };
    bind(
        KeyEvent(KeyCode::Tab, Modifiers::NONE),
        EventHandler::Conditional(Box::new(tab)),
    );
    bind(
        KeyEvent::ctrl('C'),
        EventHandler::Conditional(Box::new(Interrupt)),
    );
    let end = End(Arc::clone(board));
    bind(
        KeyEvent::ctrl('D'),
        EventHandler::Conditional(Box::new(end)),
    );
    for key in UNUSED {
        bind(KeyEvent::ctrl(key), EventHandler::Simple(Cmd::Noop));
    }
}

/// Completes the word before the cursor, or shows what it can become.
struct Tab {
    board: Arc<Board>,
    above: Mutex<AboveInput>,
}

impl ConditionalEventHandler for Tab {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, input: &EventContext) -> Option<Cmd> {
        if input.pos() < input.line().len() {
            return Some(Cmd::Noop);
        }
        Some(match complete(input.line(), &self.board.words()) {
            Completion::Nothing => Cmd::Noop,
            // The editor asks for the line again, of which it leaves the cursor at the end.
            Completion::Line(_) => Cmd::Complete,
            Completion::Choices(choices) => {
                let mut above = self.above.lock().unwrap_or_else(PoisonError::into_inner);
                // Without a screen there is no one to choose.
                let _ = writeln!(above, "{}", choices.join("  "));
                let _ = above.flush();
                Cmd::Noop
            }
        })
    }
}

/// Ctrl-C, as if the terminal had made a signal of it.
struct Interrupt;

impl ConditionalEventHandler for Interrupt {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        // To ourselves, which is always allowed.
        let _ = kill_process(getpid(), Signal::INT);
        Some(Cmd::Noop)
    }
}

/// Ctrl-D on an empty line, which ends the input.
struct End(Arc<Board>);

impl ConditionalEventHandler for End {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, input: &EventContext) -> Option<Cmd> {
        if !input.line().is_empty() {
            // Deletes a character.
            return None;
        }
        self.0.set_input(Input::Ended);
        Some(Cmd::AcceptLine)
    }
}
