//! Fixed bounds on connections and sessions; `spec/limits.md` says what happens beyond them.

/// The most bytes of a packet of MTProto: as many as the clients of the API can take.
pub const PACKET: usize = 1 << 20;

/// The most key exchanges of one connection: a permanent and a temporary key, each of which may need another try.
pub const KEY_EXCHANGES: u32 = 4;

/// The most times that a client is asked for another half of a key.
pub const KEY_RETRIES: u32 = 3;

/// The most keys that clients agreed on with the server.
pub const EXCHANGED_KEYS: usize = 4096;

/// The most temporary keys that stand for one permanent key, the newest.
pub const TEMPORARY_KEYS: usize = 8;

/// The most key exchanges that are computed at a time.
pub const EXCHANGES_AT_ONCE: usize = 2;

/// The most codes of logins that are open, one for a number.
pub const LOGIN_CODES: usize = 1024;

/// The most bytes of a file of codes; one with as many as there can be has fewer.
pub const CODES_FILE: u64 = 32 << 10;

/// The seconds for which a code is good.
pub const LOGIN_CODE_SECONDS: u64 = 300;

/// The most tries to guess a code.
pub const LOGIN_TRIES: u32 = 5;

/// The most wrong tries for one number, over all its codes, before it has to wait.
pub const LOGIN_GUESSES: u32 = 20;

/// The seconds for which it waits then.
pub const LOGIN_WAIT_SECONDS: u64 = 600;

/// The most characters of a first or last name.
pub const NAME: usize = 64;

/// The most bytes of a packet before the client is known.
pub const FIRST_PACKET: usize = 128 << 10;

/// The most messages of a container.
pub const CONTAINER_MESSAGES: usize = 1020;

/// The most bytes to which the packed queries of one packet unpack.
pub const UNPACKED: usize = 4 << 20;

/// The most wrappers around a query, and the depth to which the JSON of a wrapper nests.
pub const WRAPPERS: u32 = 8;

/// The bytes that wait to be sent from which on nothing is carried out, and nothing added that could do without.
pub const BACKLOG: usize = 1 << 20;

/// The most messages of a session that are remembered, the newest.
pub const SEEN_MESSAGES: usize = 1024;

/// The most bytes of a session's answers that are kept to be sent again, the newest.
pub const KEPT_ANSWERS: usize = 256 << 10;

/// The most sessions of one user that are remembered after their connections ended, the last ones.
pub const ENDED_SESSIONS_OF_USER: usize = 8;

/// The most sessions of all users that are remembered after their connections ended, the last ones.
pub const ENDED_SESSIONS: usize = 256;

/// The most salts in one answer.
pub const FUTURE_SALTS: u64 = 64;

/// The most users in one answer.
pub const SHOWN_USERS: usize = 100;

/// The most bytes of a key file; one of a hundred thousand users has fewer.
pub const KEY_FILE: u64 = 4 << 20;

/// The most bytes of the file of a snapshot, several times what the blocks of all its calls can have.
pub const SNAPSHOT_FILE: u64 = 1 << 30;
