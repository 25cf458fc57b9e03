//! Bounds of what is kept of what others send; `spec/limits.md` says what happens beyond.
//!
//! What a chain holds has no bound of its own, for the reference has none: it is at most what its last block says.

/// The deviations from the canonical form that a [`Reader`](crate::tl::Reader) remembers; an input can have one in every
/// four bytes.
pub const DEVIATIONS: usize = 64;

/// The heights ahead of the chain for which a broadcast is kept.
pub const EARLY_HEIGHTS: i64 = 64;

/// The broadcasts for later blocks that are kept: ten times those of 200 members for two blocks.
pub const EARLY_BROADCASTS: usize = 8192;
