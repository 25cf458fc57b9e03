//! `confcall join` on a terminal: the input line, what is printed above it, and the terminal after it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod running;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use running::confcall;
use running::place::Place;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Termios, Winsize, tcgetattr, tcsetwinsize};

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(40);

/// A command on a terminal of its own.
struct OnTerminal {
    child: Child,
    keys: File,
    /// Kept open, so that its mode can be read when the command has ended.
    terminal: File,
    output: Receiver<Vec<u8>>,
    shown: Vec<u8>,
    mode: Termios,
}

impl OnTerminal {
    fn run(mut command: Command) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let path = ptsname(&keys, Vec::new()).unwrap();
        let path = path.to_str().unwrap();
        let terminal = File::options().read(true).write(true).open(path).unwrap();
        let size = Winsize {
            ws_row: 30,
            ws_col: 60,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal, size).unwrap();
        let mode = tcgetattr(&terminal).unwrap();
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        command.stdin(terminal.try_clone().unwrap());
        command.stdout(terminal.try_clone().unwrap());
        command.stderr(terminal.try_clone().unwrap());
        let child = command.spawn().unwrap();
        let keys = File::from(keys);
        let output = listen(keys.try_clone().unwrap());
        Self {
            child,
            keys,
            terminal,
            output,
            shown: Vec::new(),
            mode,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// Waits until this has been shown so many times; gives everything that was shown.
    fn sees(&mut self, part: &str, times: usize) -> String {
        let until = Instant::now() + PATIENCE;
        while self.text().matches(part).count() < times {
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(_) => panic!("{part:?} does not come in\n{}", self.text()),
            }
        }
        self.text()
    }

    /// Waits for the end; gives the exit status.
    fn ends(&mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What was written last may still be on the way.
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
                    self.shown.extend(bytes);
                }
                return status.code().unwrap();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end\n{}", self.text());
    }

    /// Checks that the terminal works as before.
    fn is_given_back(&self) {
        let mode = tcgetattr(&self.terminal).unwrap();
        assert!(
            mode.local_modes
                .contains(LocalModes::ICANON | LocalModes::ECHO)
        );
        assert_eq!(mode.local_modes, self.mode.local_modes);
        assert_eq!(mode.input_modes, self.mode.input_modes);
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(mut output: File) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count) = output.read(&mut bytes) {
            let read = bytes.iter().take(count).copied().collect();
            if count == 0 || sender.send(read).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The call of the bots, from where everything is verified.
fn in_a_call() -> OnTerminal {
    let mut command = confcall();
    command.args(["join", "--embedded"]);
    let mut us = OnTerminal::run(command);
    us.sees("Ada, Ben, Cleo and you · verified · connected", 1);
    us
}

#[test]
fn a_typed_message_leaves_the_input_line_and_is_marked_once_the_server_took_it() {
    let mut us = in_a_call();
    us.types("Hello!\r");
    us.sees("✓ Hello!", 1);
    us.sees("You wrote: Hello!", 1);
    // Up, and once more.
    us.types("\x1b[A\r");
    us.sees("✓ Hello!", 2);
    us.types("/leave\r");
    assert_eq!(us.ends(), 0);
    us.is_given_back();
}

#[test]
fn tab_completes_commands_and_members() {
    let mut us = in_a_call();
    us.types("/ki\t\t");
    us.sees("2  3  4  Ada  Ben  Cleo", 1);
    us.types("b\t\r");
    us.sees("✓ /kick", 1);
    us.sees("Ben (by you)", 1);
    us.types("/re\t");
    us.sees("record  rejoin  remind  revoke", 1);
    us.types("\x03");
    assert_eq!(us.ends(), 0);
    us.is_given_back();
}

#[test]
fn the_end_of_input_and_an_interrupt_leave_and_give_the_terminal_back() {
    for key in ["\x04", "\x03"] {
        let mut us = in_a_call();
        us.types(key);
        assert_eq!(us.ends(), 0);
        let shown = us.text();
        assert!(shown.contains("left the call"), "{shown}");
        us.is_given_back();
    }
}

#[test]
fn an_end_is_said_once_with_what_to_do_next_and_a_long_line_is_wrapped() {
    let place = Place::new("terminal-end");
    let server = place.serve(&[]);
    place.issue("1.session", "1", &server.address).success();
    let mut command = confcall();
    command.args(["join", "abcdefghijk", "--session"]);
    command.arg(place.file("1.session"));
    let mut us = OnTerminal::run(command);
    assert_eq!(us.ends(), 4);
    let shown = us.text();
    assert_eq!(shown.matches("there is no such call").count(), 1, "{shown}");
    assert!(
        shown.contains(
            "there is no such call; ask a member of the call\r\n          for a new link"
        ),
        "{shown}"
    );
    us.is_given_back();
}

#[test]
fn details_and_the_log_are_printed_above_the_input_line() {
    let mut command = confcall();
    command.args(["join", "--embedded", "-v"]);
    let mut us = OnTerminal::run(command);
    us.sees("verified · connected", 1);
    let shown = us.sees("confcall::log", 1);
    assert!(shown.contains("phone.joinGroupCall"), "{shown}");
    us.types("/leave\r");
    assert_eq!(us.ends(), 0);
}
