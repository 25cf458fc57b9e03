//! Bounds of what is kept and taken of what others send; `spec/limits.md` says what happens beyond.
//!
//! All are the reference's (`spec/protocol.md`, 4).

/// The number of channels.
pub const CHANNELS: u16 = 1024;

/// The most epochs that are kept, and that a packet names.
pub const EPOCHS: usize = 15;

/// The most bytes in clear that a packet has before its encrypted part.
pub const PREFIX: usize = 65535;

/// The distance behind the newest seqno of its channel at which a packet is still taken.
pub const REPLAY_REACH: u32 = 1024;
