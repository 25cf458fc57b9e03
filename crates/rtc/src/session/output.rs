use std::net::SocketAddr;

use confcall_join::Ssrc;
use confcall_join::api::Peer;
use confcall_media::{Codec, Moment, SealFrameError};
use thiserror::Error;

use super::life::ConnectionState;
use super::sources::PictureKind;

/// What a session wants to have done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Output {
    /// Send a datagram.
    Datagram(Datagram),
    /// Decode a frame, or write it down.
    Frame(Frame),
    /// Take note of something.
    Event(Event),
    /// Wait for a datagram or a command, and for this moment if there is one.
    Timeout(Option<Moment>),
}

/// A datagram for the server.
#[derive(Debug)]
pub struct Datagram {
    /// The address: one that the answer named.
    pub to: SocketAddr,
    /// The content.
    pub bytes: Vec<u8>,
}

/// A frame of another participant, opened by the cryptor where the call is encrypted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Frame {
    /// The source.
    pub source: Ssrc,
    /// The participant; in a conference the frame is signed by its key.
    pub owner: Peer,
    /// The RTP time: 48 ticks a millisecond for sound, 90 for a picture.
    pub time: u32,
    /// The media.
    pub content: Content,
}

/// The media of a frame.
#[derive(Debug)]
#[non_exhaustive]
pub enum Content {
    /// A packet of Opus.
    Sound {
        /// The packet.
        packet: Vec<u8>,
        /// Its loudness, 0 for the loudest to 127 for silence; for showing only.
        level: Option<u8>,
        /// The packets that are missing before it.
        missing: u64,
    },
    /// A frame of VP8.
    Picture {
        /// The camera, or the screen.
        kind: PictureKind,
        /// The frame.
        frame: Vec<u8>,
        /// True for a key frame.
        is_key: bool,
    },
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The connection has another state. Tell the engine; of one that failed nothing more comes.
    Connection(ConnectionState),
    /// Somebody sends on this source, and nobody is known to own it: ask the roster.
    UnknownSource(Ssrc),
    /// A participant begins to speak, or stops; for showing only.
    Speaking {
        /// The source.
        source: Ssrc,
        /// The participant.
        owner: Peer,
        /// True from the beginning.
        speaking: bool,
    },
    /// The server wants a key frame of a layer of our picture.
    KeyFrameWanted {
        /// The layer, 0 for the smallest.
        layer: usize,
    },
    /// The greatest height that anybody wants of our picture has changed; none at 0.
    HeightWanted(u16),
    /// The longest frame of sound that fits into a datagram has changed, in bytes.
    LongestSound(usize),
}

/// A frame was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no connection at present.
    #[error("the media is not connected")]
    NotConnected,
    /// We are muted.
    #[error("nothing is sent while muted")]
    Muted,
    /// It is no packet of Opus.
    #[error("a frame of sound is a packet of Opus")]
    NotOpus,
    /// It is empty.
    #[error("a frame has at least one byte")]
    Empty,
    /// It is too long: sound for one datagram, a picture for a receiver.
    #[error("a frame of {length} bytes is longer than {longest}, which is the most at present")]
    TooLong {
        /// The length in bytes.
        length: usize,
        /// The longest at present.
        longest: usize,
    },
    /// The offer announced no such layer, or the server takes no VP8.
    #[error("layer {layer} of a picture was not agreed on")]
    NoLayer {
        /// The layer.
        layer: usize,
    },
    /// Pictures go as VP8.
    #[error("pictures are sent as VP8, not {name}", name = codec.name())]
    Codec {
        /// The codec.
        codec: Codec,
    },
    /// There is no packet for it.
    #[error(transparent)]
    Seal(#[from] SealFrameError),
}

/// Counters of what a session dropped, each from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Datagrams from an address that the answer did not name.
    pub strangers: u64,
    /// Datagrams that are nothing of a call, or damaged.
    pub malformed: u64,
    /// Packets of sources that were not asked for, and padding.
    pub undeclared: u64,
    /// Packets of sound whose owner is not known.
    pub unknown: u64,
    /// Packets of sound beyond the voices that are received at a time.
    pub crowded: u64,
    /// Frames that did not open under the key of the participant to whom the source belongs.
    pub unopened: u64,
    /// Frames that were opened before.
    pub replayed: u64,
    /// Frames of a picture that are incomplete, or follow on one that is missing.
    pub broken: u64,
    /// Messages on the data channel that were too long or made no sense.
    pub messages: u64,
    /// Datagrams that would have gone to an address that the answer did not name.
    pub misdirected: u64,
    /// Datagrams, frames and events that nobody took in time.
    pub overflowed: u64,
}
