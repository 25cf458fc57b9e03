//! How much the server takes from connections and keeps for them; `spec/limits.md` says what happens beyond.

/// How many bytes a packet of MTProto has: what the clients of the API can take.
pub const PACKET: usize = 1 << 20;

/// How many bytes a packet has before the client is known.
pub const FIRST_PACKET: usize = 128 << 10;

/// How many messages a container has.
pub const CONTAINER_MESSAGES: usize = 1020;

/// How many bytes the packed queries of one packet unpack to.
pub const UNPACKED: usize = 4 << 20;

/// How many wrappers a query has around it, and how deep the JSON of a wrapper nests.
pub const WRAPPERS: u32 = 8;

/// How many bytes wait to be sent when nothing is added any more that could do without, and nothing carried out.
pub const BACKLOG: usize = 1 << 20;

/// How many messages of a session are remembered, the newest.
pub const SEEN_MESSAGES: usize = 1024;

/// How many bytes of a session's answers are kept to be sent again, the newest.
pub const KEPT_ANSWERS: usize = 256 << 10;

/// How many sessions of one user are remembered whose connections ended, the last ones.
pub const ENDED_SESSIONS_OF_USER: usize = 8;

/// How many sessions of all users are remembered whose connections ended, the last ones.
pub const ENDED_SESSIONS: usize = 256;

/// How many salts are told in advance.
pub const FUTURE_SALTS: u64 = 64;

/// How many users are shown in one answer.
pub const SHOWN_USERS: usize = 100;

/// How many bytes a key file has; one of a hundred thousand users has fewer.
pub const KEY_FILE: u64 = 4 << 20;
