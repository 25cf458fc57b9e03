//! The media of calls: an SFU, which passes packets on between the members and opens none.
//!
//! ```text
//! answer to a join ──▶ attend ──▶ the parameters of a connection of its own
//! roster ────────────▶ follow ──▶ who may be heard, whose connections are over
//! socket ──▶ handle_datagram ──▶ Demux ─▶ Link ─▶ Switchboard ─▶ Links of others ──▶ poll_datagram ──▶ socket
//! ```

mod budget;
mod connection;
mod constraints;
mod counters;
mod datagram;
mod demux;
mod engine;
mod hall;
mod identity;
mod key_frames;
mod link;
mod options;
mod parameters;
mod publication;
mod publisher;
mod receiver;
mod rewriting;
mod speakers;
mod switchboard;
mod weather;

pub use self::counters::SfuCounters;
pub use self::datagram::SfuDatagram;
pub use self::engine::{Attendance, Sfu, SfuError};
pub use self::options::SfuOptions;
