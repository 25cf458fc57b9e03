//! Bounds on everything that is read, kept and asked for, whatever a server, a member or a caller does; `spec/limits.md` says what happens
//! beyond.
//!
//! Where the protocol has a limit, ours is at or above it: `spec/protocol.md`, 13.

/// The most bytes of the answer to a join payload; it bounds everything that an answer can hold.
pub const ANSWER_BYTES: usize = 1 << 18;

/// The most bytes of a payload. A desktop client's has about four hundred.
pub const PAYLOAD_BYTES: usize = 1 << 16;

/// The most bytes of each of the two ICE credentials.
pub const ICE_BYTES: usize = 256;

/// The most bytes of a link; those of Telegram have less than a hundred.
pub const LINK_BYTES: usize = 2048;

/// The most bytes of a slug; those of the API have about twenty.
pub const SLUG_BYTES: usize = 64;

/// The most bytes of a message.
pub const MESSAGE_BYTES: usize = 1 << 18;

/// The most characters of the text of a message.
///
/// A character is a Unicode scalar value, as the official applications and the server count the length of a
/// text; only the bounds of entities are in UTF-16 units.
pub const MESSAGE_CHARACTERS: usize = 128;

/// The most entities of a message, those counted that we do not know.
pub const MESSAGE_ENTITIES: usize = 1000;

/// The most senders of messages that are remembered, those heard last; a call has at most 200 members.
pub const HEARD_SENDERS: usize = 256;

/// The most messages that are remembered for each of them, the last ones.
pub const HEARD_MESSAGES: usize = 64;

/// The most participants of a tip on which a block is built. A conference has at most 200; building a block for more
/// than this would only keep the client busy.
pub const TIP_PARTICIPANTS: usize = 1000;

/// The greatest distance ahead of what was applied at which an item of a subchain is kept.
pub const ITEMS_AHEAD: i32 = 256;

/// The most bytes of the items that are kept for those before them.
pub const ITEMS_AHEAD_BYTES: usize = 1 << 20;

/// The most full pages of a subchain that are read in a row; what follows waits for the next poll.
pub const FULL_PAGES: u8 = 40;

/// The most participants of a roster; a conference has at most 200, and more than this do not end.
pub const LISTED: usize = 1000;

/// The most pages of a roster; more do not end either, however few each lists.
pub const ROSTER_PAGES: usize = 40;

/// The most participants of the roster of a video chat or a livestream: ten thousand, and some more.
pub const LARGE_ROSTER: usize = 12_000;

/// The most bytes, about, of labels, words and pictures in a roster: two hundred bytes for each of ten thousand.
pub const ROSTER_BYTES: usize = 1 << 21;

/// The most pages of such a roster.
pub const LARGE_ROSTER_PAGES: usize = 400;

/// The most participants pushed while a page of such a roster is under way who count as newer than the page.
pub const PUSHED_IN_A_PAGE: usize = 4096;

/// The most media sources that are known of one participant: sound, three layers of the camera twice, the screen and its
/// sound are fewer.
pub const LISTED_SOURCES: usize = 32;

/// The most bytes of the name by which the media server knows a picture; those of the API have about twenty.
pub const ENDPOINT_BYTES: usize = 256;

/// The most bytes of changes of the roster that are kept for those before them: a hundred participants of an ordinary kind.
pub const EARLY_ROSTER_BYTES: usize = 1 << 16;

/// The most memberships of our own that are remembered when they are over, the last ones.
pub const PAST_MEMBERSHIPS: usize = 8;

/// The number of requests under way at which a membership sends no broadcast and looks at no roster any more until one is
/// answered. A server that makes blocks and rosters can have us want any number of both.
pub const REQUESTS: usize = 128;

/// The most requests of commands that are under way or waiting.
pub const COMMANDS: usize = 64;

/// The most characters of a message of a call without encryption that are shown; one that was paid for can be longer than others.
pub const PLAIN_MESSAGE_CHARACTERS: usize = 4096;

/// The most messages of such a call that are remembered, so that none is shown twice.
pub const PLAIN_MESSAGES: usize = 1024;

/// The most media sources that one command asks for.
pub const RESOLVED_SOURCES: usize = 100;

/// The most removals that wait or are under way.
pub const REMOVALS: usize = 16;

/// The most times that a membership is given up for a new one within ten minutes.
pub const REJOINS: usize = 4;

/// The most users whose bad broadcasts are counted; more are in no call.
pub const BLAMED: usize = 256;

/// The most bytes of a part of a stream that are asked for at once; the official applications ask for as many, and a part
/// is never longer.
pub const PART_BYTES: usize = 1 << 17;

/// The most pictures of a video chat that are asked for as a stream.
pub const STREAM_VIDEOS: usize = 16;

/// The most parts of a stream that are being asked for at a time.
pub const STREAM_REQUESTS: usize = 8;

/// The most bytes of the participants in one event, about: two hundred and more with what people write about themselves.
pub const PARTICIPANTS_CHANGED_BYTES: usize = 1 << 17;

/// The most labels of peers that are kept: one for each participant of a conference, and some more.
pub const LABELS: usize = 1200;

/// The most bytes of each text that the server gives for a peer: a name of two times 64 characters fits in, whatever they are.
pub const LABEL_BYTES: usize = 1 << 10;

/// The most invitations that are followed, those that came last; of a call that rings a few are pending.
pub const INVITATIONS: usize = 256;
