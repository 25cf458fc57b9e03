use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::completion::Words;

/// What stands beside the input line, and what the editor's thread leaves for the others.
#[derive(Debug, Default)]
pub(super) struct Board {
    content: Mutex<Content>,
    quiet: Condvar,
}

#[derive(Debug, Default)]
struct Content {
    status: String,
    words: Words,
    input: Input,
    is_stopped: bool,
    is_quiet: bool,
}

/// The state of the input line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Input {
    /// It is edited.
    #[default]
    Open,
    /// The line is taken, and leaves the screen.
    Taken,
    /// The same for the last line, with which the user ends the input.
    Ended,
    /// The terminal is gone.
    Gone,
}

impl Board {
    /// Sets the status; false if it is the same as before.
    pub(super) fn set_status(&self, status: String) -> bool {
        let mut content = self.content();
        let is_new = content.status != status;
        content.status = status;
        is_new
    }

    pub(super) fn status(&self) -> String {
        self.content().status.clone()
    }

    pub(super) fn set_words(&self, words: Words) {
        self.content().words = words;
    }

    pub(super) fn words(&self) -> Words {
        self.content().words.clone()
    }

    pub(super) fn input(&self) -> Input {
        self.content().input
    }

    pub(super) fn set_input(&self, input: Input) {
        self.content().input = input;
        // An editor that has ended draws nothing more.
        self.quiet.notify_all();
    }

    /// Lets the editor's thread stop before it draws the next time.
    pub(super) fn stop(&self) {
        self.content().is_stopped = true;
    }

    /// Stops the thread that is about to draw, if it is to stop.
    pub(super) fn stop_here(&self) {
        {
            let mut content = self.content();
            if !content.is_stopped {
                return;
            }
            content.is_quiet = true;
        }
        self.quiet.notify_all();
        // To the end of the process: the editor has no other way out than a key.
        loop {
            thread::park();
        }
    }

    /// Waits until the editor's thread has stopped or ended.
    pub(super) fn wait_until_quiet(&self, at_most: Duration) {
        let draws = |content: &mut Content| !content.is_quiet && content.input != Input::Gone;
        // An editor that draws nothing within the time need not be waited for.
        let _ = self
            .quiet
            .wait_timeout_while(self.content(), at_most, draws);
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        // Each change is one assignment, so that a panic of another thread leaves nothing half done.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
