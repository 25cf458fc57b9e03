//! How much the command reads and keeps; `spec/limits.md` says what happens beyond.

/// How many bytes a line of standard input has; the packet of `/open` is the longest that makes sense.
pub(crate) const LINE_BYTES: u64 = 1 << 20;

/// How many lines wait to be carried out; more are left to whoever writes them.
pub(crate) const LINES: usize = 16;

/// How many steps into a call and out of it wait to be told.
pub(crate) const STEPS: usize = 64;

/// How many bytes a session file of ours has; the key is most of its seven hundred.
pub(crate) const SESSION_BYTES: u64 = 4 << 10;

/// How many bytes of a block or broadcast are read, in whatever writing; a block has some tens of thousands.
pub(crate) const INSPECTED_BYTES: u64 = 16 << 20;

/// How many bytes a trace has; in a quiet call of two an hour makes two million.
pub(crate) const TRACE_BYTES: u64 = 256 << 20;

/// How many bytes the snapshot of a server has, several times what the blocks of all its calls can have.
pub(crate) const SNAPSHOT_BYTES: u64 = 1 << 30;
