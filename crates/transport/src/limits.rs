//! Bounds on what is kept for callers that do not read, and taken from servers; `spec/limits.md` says what happens beyond.
//!
//! The engine bounds the requests under way ([`confcall_join::limits`]).

/// Pushed updates that an adapter keeps for a reader that is slow.
pub const UPDATES: usize = 1024;

/// Pushed messages that grammers keeps for our adapter: more than the 1020 of a container, which come at once.
pub const GRAMMERS_UPDATES: usize = 2048;

/// Constructors in a value of the API that can hold one of their own kind; what a conference sends has none.
pub const NESTED: usize = 128;
