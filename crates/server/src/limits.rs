//! Fixed bounds on answers; `spec/limits.md` says what happens beyond them.
//!
//! Bounds that an operator may want otherwise are [`Limits`](crate::Limits).

/// The most items in a page of a subchain.
pub const PAGE_ITEMS: i32 = 100;

/// The most bytes of items in it, unless its first item is larger.
///
/// There are clients that read no packet beyond 1 MiB, such as grammers. Fifty blocks of a call of 200 fit.
pub const PAGE_BYTES: usize = 960 << 10;

/// The most participants in a page of a roster.
pub const PAGE_PARTICIPANTS: i32 = 100;

/// The most messages of a call that are kept, to be deleted or recognised when they are sent again.
pub const CALL_MESSAGES: usize = 100;

/// The most calls of the world that ended and are remembered, to recognise a request to end one of them again.
pub const ENDED_CALLS: usize = 1000;

/// The most media connections of all calls.
pub const MEDIA_CONNECTIONS: usize = 4096;

/// The most addresses from which the client of a media connection checks.
pub const MEDIA_ADDRESSES: usize = 16;

/// The most checks of a media connection whose answers are waited for, the newest.
pub const MEDIA_CHECKS: usize = 64;

/// The most datagrams that a media connection takes in a second, and at once.
///
/// A picture of 1.8 Mbit/s and sound are some 300, with repetitions.
pub const MEDIA_DATAGRAMS: u32 = 2000;

/// The most bytes that a media connection takes in a second, and at once.
pub const MEDIA_BYTES: u32 = 750_000;

/// The most bytes of the payload of an RTP packet that is passed on; the frame of a voice under 15 epochs has 1560.
pub const MEDIA_PAYLOAD: usize = 1900;

/// The most sizes in which a picture comes.
pub const VIDEO_LAYERS: usize = 3;

/// The most speakers of a call whose sound is passed on at a time.
pub const SPEAKERS: usize = 16;

/// The most pictures that a receiver is passed on.
pub const PICTURES: usize = 16;

/// The most streams of one media connection towards its client; the one that was idle longest gives way.
pub const STREAMS: usize = 64;

/// The most bytes of a message of a data channel that are put together.
pub const CHANNEL_MESSAGE: u32 = 64 << 10;

/// The most bytes of a message about pictures that are read.
pub const COLIBRI_BYTES: usize = 16 << 10;

/// The most endpoints of such a message that are kept, of each list.
pub const COLIBRI_ENDPOINTS: usize = 128;

/// The most bytes of the name of an endpoint in it.
pub const ENDPOINT_BYTES: usize = 256;

/// The most datagrams that chaos delays at a time.
pub const DELAYED_DATAGRAMS: usize = 4096;

/// The most steps of a media connection that ends.
pub const FAREWELL: usize = 64;
