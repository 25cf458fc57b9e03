//! How much is read, kept and asked for, whatever a server, a member or a caller does; `spec/limits.md` says what happens
//! beyond.
//!
//! Where the protocol has a limit, ours is at or above it: `spec/protocol.md`, 13.

/// How many bytes the answer to a join payload has; it bounds everything that an answer can hold.
pub const ANSWER_BYTES: usize = 1 << 18;

/// How many bytes a payload has. A desktop client's has about four hundred.
pub const PAYLOAD_BYTES: usize = 1 << 16;

/// How many bytes each of the two ICE credentials has.
pub const ICE_BYTES: usize = 256;

/// How many bytes a link has; those of Telegram have less than a hundred.
pub const LINK_BYTES: usize = 2048;

/// How many bytes a slug has; those of the API have about twenty.
pub const SLUG_BYTES: usize = 64;

/// How many bytes a message has.
pub const MESSAGE_BYTES: usize = 1 << 18;

/// How many characters the text of a message has.
///
/// A character is a Unicode scalar value, as the official applications and the server count the length of a
/// text; only the bounds of entities are in UTF-16 units.
pub const MESSAGE_CHARACTERS: usize = 128;

/// How many entities a message has, those counted that we do not know.
pub const MESSAGE_ENTITIES: usize = 1000;

/// How many senders of messages are remembered, those heard last; a call has at most 200 members.
pub const HEARD_SENDERS: usize = 256;

/// How many messages are remembered for each of them, the last ones.
pub const HEARD_MESSAGES: usize = 64;

/// How many participants a tip has on which a block is built. A conference has at most 200; building a block for more
/// than this would only keep the client busy.
pub const TIP_PARTICIPANTS: usize = 1000;

/// How far ahead of what was applied an item of a subchain is kept.
pub const ITEMS_AHEAD: i32 = 256;

/// How many bytes the items have that are kept for those before them.
pub const ITEMS_AHEAD_BYTES: usize = 1 << 20;

/// How many full pages of a subchain are read in a row; what follows waits for the next poll.
pub const FULL_PAGES: u8 = 40;

/// How many participants a roster has; a conference has at most 200, and more than this do not end.
pub const LISTED: usize = 1000;

/// How many pages a roster has; more do not end either, however few each lists.
pub const ROSTER_PAGES: usize = 40;

/// How many media sources of one participant are known: sound, three layers of the camera twice, the screen and its
/// sound are fewer.
pub const LISTED_SOURCES: usize = 32;

/// How many memberships of our own that are over are remembered, the last ones.
pub const PAST_MEMBERSHIPS: usize = 8;

/// How many requests a membership has under way when it sends no broadcast and looks at no roster any more until one is
/// answered. A server that makes blocks and rosters can have us want any number of both.
pub const REQUESTS: usize = 128;

/// How many requests of commands are under way or waiting.
pub const COMMANDS: usize = 64;

/// How many media sources one command asks for.
pub const RESOLVED_SOURCES: usize = 100;

/// How many removals wait or are under way.
pub const REMOVALS: usize = 16;

/// How often a membership is given up for a new one within ten minutes.
pub const REJOINS: usize = 4;

/// Of how many users the bad broadcasts are counted; more are in no call.
pub const BLAMED: usize = 256;
