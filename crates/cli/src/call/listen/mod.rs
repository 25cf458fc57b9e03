//! `confcall listen`: hears a call whose media comes as a stream, and keeps what comes.
//!
//! ```text
//! GroupCall ── StreamParts ──▶ Tracks: the media of each part ──▶ Recording: files and play lists
//!     └────── Events ────────▶ what changes, and the end
//! ```

mod args;
mod byte_size;
mod listener;
mod parts;
mod pictures;
mod progress;
mod recording;
mod report;

pub(crate) use args::ListenArgs;
pub(crate) use listener::listen;
