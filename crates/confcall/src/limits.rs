//! Bounds on what is kept for callers that do not read; `spec/limits.md` says what happens beyond.

/// Commands and checkpoints that wait for the driver; a caller who asks for more waits.
pub const ORDERS: usize = 64;

/// Events that the caller has not read.
pub const UNREAD_EVENTS: usize = 256;

/// Parts of a stream that a reader has not read; each has at most 128 KiB.
pub const UNREAD_PARTS: usize = 8;

/// Different suspicions in a view.
pub const SUSPICIONS: usize = 64;
