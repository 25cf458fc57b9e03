//! Bounds of what the command reads and keeps; `spec/limits.md` has what happens at each.

/// Bytes of a line of standard input; the packet of `/open` is the longest that makes sense.
pub(crate) const LINE_BYTES: u64 = 1 << 20;

/// Lines that wait to be carried out; more stay in the pipe or the terminal.
pub(crate) const LINES: usize = 16;

/// Requests and answers on the way into a call that wait to be shown.
pub(crate) const SHOWN_REQUESTS: usize = 64;

/// Users whose names are known, and names that are compared; a call has some hundred members.
pub(crate) const NAMES: usize = 2048;

/// Texts that wait to be printed above the input line; a terminal is faster than that.
pub(crate) const SHOWN_LINES: usize = 256;

/// Bytes of a session file; the key is most of its seven hundred.
pub(crate) const SESSION_BYTES: u64 = 4 << 10;

/// Bytes of a file of `--last-known`: a block and a few numbers.
pub(crate) const LAST_KNOWN_BYTES: u64 = 16 << 20;

/// Bytes of a block or broadcast in any notation; a block has some tens of thousands.
pub(crate) const INSPECTED_BYTES: u64 = 16 << 20;

/// Bytes of a trace; in a quiet call of two an hour makes two million.
pub(crate) const TRACE_BYTES: u64 = 256 << 20;

/// Bytes of a recording, unless another bound is named: some two hours of a livestream.
pub(crate) const RECORDING_BYTES: u64 = 1 << 30;

/// Pictures of a recording that are told apart; a call shows some thirty.
pub(crate) const RECORDED_PICTURES: usize = 64;
