//! What threads share and change: the standard library's, or that of `loom`, which runs every interleaving of a test.
//!
//! `Arc` is the standard library's in both: no thread waits for one, and a set of epochs is changed through it.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, Ordering};
#[cfg(loom)]
pub(crate) use loom::sync::{Mutex, RwLock};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU32, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::{Mutex, RwLock};
