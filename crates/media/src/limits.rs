//! Bounds of what is kept and taken of what others send; `spec/limits.md` says what happens beyond.
//!
//! All are the reference's (`spec/protocol.md`, 4).

/// How many channels there are.
pub const CHANNELS: u16 = 1024;

/// How many epochs are kept, and how many a packet names at most.
pub const EPOCHS: usize = 15;

/// How many bytes in clear a packet has before its encrypted part at most.
pub const PREFIX: usize = 65535;

/// How far behind the newest seqno of its channel the seqno of a packet may be.
pub const REPLAY_REACH: u32 = 1024;
