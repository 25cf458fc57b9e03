//! How much is kept for callers that do not read, and taken from servers; `spec/limits.md` says what happens beyond.
//!
//! How many requests are under way is bounded by the engine ([`confcall_join::limits`]).

/// How many pushed updates an adapter keeps for a reader that is slow.
pub const UPDATES: usize = 1024;

/// How many pushed messages grammers keeps for our adapter: more than the 1020 of a container, which come at once.
pub const GRAMMERS_UPDATES: usize = 2048;

/// How many constructors a value of the API has that can hold one of their own kind; what a conference sends has none.
pub const NESTED: usize = 128;
