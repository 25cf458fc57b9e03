//! Traces: everything that went into an engine and came out, without secrets, as lines of text.
//!
//! ```text
//! Engine ──▶ Recorder ──lines──▶ file ──▶ Trace::read ──▶ replay ──▶ identical, or the first difference
//!                                               └───▶ History ──▶ compare with another member's: the fork
//! ```
//!
//! The format is `spec/trace.md`: one JSON object a line, each with the BLAKE3 of all lines up to it. Secrets do not come
//! so far: what took one is there by its result, a [`Fact`], and what stands in inputs and
//! outputs is replaced by pseudonyms on the way.

mod chain;
mod compare;
mod event;
mod fact;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod group;
mod header;
mod history;
mod moment;
mod reader;
mod record;
mod recorder;
mod redact;
mod replay;

pub use crate::engine::fact::Fact;
pub use compare::{Divergence, Verdict, compare};
pub use header::Header;
pub use history::{History, Said, Sighting};
pub use reader::{Ending, Step, Trace, TraceError, TraceErrorKind};
pub use record::TracedOutput;
pub use recorder::Recorder;
pub use replay::{Difference, Replayed, replay};
