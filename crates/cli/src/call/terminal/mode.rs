use std::io::{self, Write as _};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The end of bracketed paste, which the line editor asks for.
const NO_BRACKETED_PASTE: &str = "\x1b[?2004l";

/// The mode that a terminal had; dropping it brings it back.
///
/// The line editor does so at the end of a line, at which the process does not wait.
pub(super) struct Mode(Termios);

impl Mode {
    /// The mode of the terminal that is standard input, if it is one.
    pub(super) fn save() -> Option<Self> {
        tcgetattr(io::stdin()).ok().map(Self)
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        // A terminal that is gone needs no mode.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
        let mut out = io::stdout();
        let _ = out.write_all(NO_BRACKETED_PASTE.as_bytes());
        let _ = out.flush();
    }
}
