//! How much a server takes from clients and keeps for them, as far as it is no option; `spec/limits.md` says what happens
//! beyond.
//!
//! What whoever runs a server may want otherwise is in [`Limits`](crate::Limits), of which there are as many as users.

/// How many items a page of a subchain has.
pub const PAGE_ITEMS: i32 = 100;

/// How many bytes of items it has, unless its first item is larger.
///
/// There are clients that read no packet beyond 1 MiB, such as grammers. Fifty blocks of a call of 200 fit.
pub const PAGE_BYTES: usize = 960 << 10;

/// How many participants a page of a roster has.
pub const PAGE_PARTICIPANTS: i32 = 100;
