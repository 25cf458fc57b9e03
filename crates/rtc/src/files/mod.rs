//! Files of sound and picture: Ogg Opus and IVF with VP8, without encoding or decoding.
//!
//! ```text
//! FILE.ogg ──▶ OpusReader ──▶ packets of 20 ms, to play
//! FILE.ivf ──▶ IvfReader  ──▶ frames with their times
//!
//! packets of speakers ──▶ Recordings ──┬─ OpusWriter ──▶ USER-SSRC-N.ogg
//! frames of cameras ──▶                └─ IvfWriter  ──▶ USER-SSRC-N.ivf
//! ```
//!
//! Everything is read from any [`Read`](std::io::Read) and written to any [`Write`](std::io::Write); nothing here opens a file. What is
//! read may be hostile: it takes bounded memory, and an error says where it is in the file.

#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod head;
mod ivf;
mod ivf_reader;
mod ivf_writer;
mod opus_reader;
mod opus_writer;
mod page_writer;
mod pages;
mod recordings;
mod shape;
mod timeline;

pub use head::{Channels, OpusHead};
pub use ivf::{IvfHeader, Timebase, Vp8Size};
pub use ivf_reader::{IvfError, IvfFrame, IvfReader};
pub use ivf_writer::{IvfWriteError, IvfWriter};
pub use opus_reader::{OpusFileError, OpusPacket, OpusReader};
pub use opus_writer::{OpusWriteError, OpusWriter, Written};
pub use pages::{PageError, PageFault};
pub use recordings::{RecordError, Recorded, Recordings, Source};
pub use shape::{PacketError, PacketShape};
