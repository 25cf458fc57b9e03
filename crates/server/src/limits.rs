//! Fixed bounds on answers; `spec/limits.md` says what happens beyond them.
//!
//! Bounds that an operator may want otherwise are [`Limits`](crate::Limits).

/// The most items in a page of a subchain.
pub const PAGE_ITEMS: i32 = 100;

/// The most bytes of items in it, unless its first item is larger.
///
/// There are clients that read no packet beyond 1 MiB, such as grammers. Fifty blocks of a call of 200 fit.
pub const PAGE_BYTES: usize = 960 << 10;

/// The most participants in a page of a roster.
pub const PAGE_PARTICIPANTS: i32 = 100;

/// The most messages of a call that are kept, to be deleted or recognised when they are sent again.
pub const CALL_MESSAGES: usize = 100;

/// The most calls of the world that ended and are remembered, to recognise a request to end one of them again.
pub const ENDED_CALLS: usize = 1000;
