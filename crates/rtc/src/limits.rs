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

/// The most addresses of the server that are taken from an answer.
pub const CANDIDATES: usize = 16;

/// The most bytes of a datagram that carries a frame of sound: what passes everywhere, by the least MTU of IPv6.
pub const AUDIO_DATAGRAM: usize = 1232;

/// The most bytes of a datagram that carries a part of a picture, or what DTLS sends.
pub const VIDEO_DATAGRAM: usize = 1200;

/// The most bytes of a datagram that are looked at.
pub const DATAGRAM: usize = 2000;

/// The most sources of others that are known.
pub const SOURCES: usize = 16_384;

/// The most sources of sound without a known owner that are remembered.
pub const UNKNOWN_SOURCES: usize = 64;

/// The most voices that are received at a time.
pub const VOICES: usize = 10;

/// The most frames of a voice that wait for their turn.
pub const VOICE_FRAMES: usize = 64;

/// The most pictures that are asked for at a time.
pub const PICTURES: usize = 16;

/// The most packets of a picture that wait for those before them.
pub const PICTURE_PACKETS: usize = 512;

/// The most bytes of a frame of a picture.
pub const PICTURE_BYTES: usize = 512 << 10;

/// The most bytes of a message of the server on the data channel.
pub const MESSAGE_BYTES: usize = 16 << 10;

/// The most datagrams that wait to be sent.
pub const OUTGOING: usize = 1024;

/// The most frames that wait to be taken.
pub const FRAMES: usize = 512;

/// The most events that wait to be taken.
pub const EVENTS: usize = 512;
