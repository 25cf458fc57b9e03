//! No terminal: where there is no line editor, lines are read and written as in a pipe.

use core::convert::Infallible;

use tokio::sync::mpsc::Receiver;

use super::standard_input::InputLine;

/// The terminal of a call, of which there is none.
pub(super) struct Terminal(Infallible);

impl Terminal {
    pub(super) fn open() -> Option<(Self, Receiver<InputLine>)> {
        None
    }

    pub(super) fn above_input(&self) -> std::io::Sink {
        match self.0 {}
    }

    pub(super) fn set_status(&self, _: String) {
        match self.0 {}
    }

    pub(super) fn set_words(&self, _: Words) {
        match self.0 {}
    }
}

/// The words that nothing completes here.
#[derive(Default)]
pub(super) struct Words {
    pub(super) users: Vec<String>,
    pub(super) own_peers: Vec<String>,
}
