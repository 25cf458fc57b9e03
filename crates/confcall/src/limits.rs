//! How much is kept for callers that do not read; `spec/limits.md` says what happens beyond.

/// How many commands and checkpoints wait for the driver; who asks for more waits.
pub const ORDERS: usize = 64;

/// How many messages are kept that the caller has not read.
pub const UNREAD_MESSAGES: usize = 256;

/// How many suspicions are kept that the caller has not read.
pub const UNREAD_SUSPICIONS: usize = 64;
