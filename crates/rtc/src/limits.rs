//! Bounds on what is read, kept and written, whatever others send and files hold; `spec/limits.md` says what happens beyond.

/// The most bytes of a packet of Opus in a file; libopus writes at most as many where it is asked to.
pub const OPUS_PACKET_BYTES: usize = 4 << 10;

/// The most bytes of the head of a file of Opus; one of mapping family 0 has 19.
pub const OPUS_HEAD_BYTES: usize = 276;

/// The most bytes of the tags of a file of Opus, pictures included.
pub const OPUS_TAGS_BYTES: usize = 1 << 20;

/// The most pages of Ogg one after the other in which no packet ends.
pub const OGG_PAGES_OF_PACKET: usize = 4096;

/// The most seconds of silence for one pause of a speaker, 230 bytes each.
pub const SILENCE_SECONDS: u64 = 3600;

/// The most bytes of a frame in a file of IVF.
pub const IVF_FRAME_BYTES: usize = 1 << 20;

/// The most files of a recording that are written at a time.
pub const RECORDING_OPEN: usize = 32;

/// The most files of a recording.
pub const RECORDING_FILES: u32 = 10_000;
