//! Runs conformance vectors of Telegram's end-to-end encrypted conference calls.
//!
//! A vector file says what the reference implementation accepts, refuses and computes; this crate asks ours
//! the same questions and compares the answers field by field. It never writes an expectation.
//!
//! ```text
//! collect(dir) ──▶ paths ── run_file ──▶ FileReport { passed, failed, failures }
//!                              │
//!                              └──▶ FileError: unreadable, no vector file, unknown kind, malformed case
//! ```
//!
//! The unit that is counted is the *case*. A case passes if each of its expectations is met: every field of
//! every step, and that a refused block leaves the chain as it was. One failed case can have several
//! [`Failure`]s.
//!
//! An outcome `ok` must agree in all its fields; an `error` with a code from 100 on in code and name, with a
//! lower one by being an error at all; where the reference crashed, any error is right and the object must
//! stay usable for the steps that follow.
//!
//! ```
//! let text = format!(
//!     r#"{{"format": "e2e-call-vectors/1", "kind": "verify", "cases": [{{"name": "no signature",
//!         "public_key": "{:064}", "message": "", "signature": "{:0128}", "valid": false}}]}}"#,
//!     2, 1,
//! );
//! let report = confcall_conformance::run_text(&text)?;
//! assert_eq!((report.passed, report.failed), (1, 0));
//! # Ok::<(), confcall_conformance::Fault>(())
//! ```
//!
//! [`peer`] lets another program drive the engine, so that two implementations can be put into one call.
//! [`difference`] searches for what it and another program with the same requests answer in two ways.
//! [`shapes`] has the JSON shapes of the chain's values, for other programs that read or write them.

pub mod difference;
pub mod peer;
pub mod shapes;

mod case;
mod check;
mod collect;
mod error;
mod file;
mod hex_bytes;
mod kinds;
mod outcome;
mod report;

pub use collect::collect;
pub use error::{CaseFault, CollectError, Fault, FileError};
pub use file::{FORMAT, run_file, run_text};
pub use hex_bytes::{Array, Bytes};
pub use kinds::KINDS;
pub use report::{Failure, FileReport};
