use core::fmt;
use core::time::Duration;

/// The settings of a server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ServerOptions {
    /// The seed of ids, access hashes, slugs and media parameters; `Debug` does not show it.
    pub seed: u64,
    /// Bounds on everything that clients can make the server keep.
    pub limits: Limits,
    /// The time for which an invitation rings, `call_ring_timeout_ms` of the API.
    pub ring_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            limits: Limits::default(),
            // As long as the official web client rings.
            ring_timeout: Duration::from_secs(45),
        }
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("limits", &self.limits)
            .field("ring_timeout", &self.ring_timeout)
            .finish_non_exhaustive()
    }
}

/// Bounds on everything that clients can make a server keep.
///
/// With empty calls removed by [`Server::discard_idle`](crate::Server::discard_idle), a server that listens
/// needs no other bound. What is not counted here is small beside it and bounded by it: a member, a kicked user or a
/// used key needs a block, which counts; a recorded creation needs a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Participants of a call, `conference_call_size_limit` of the API.
    pub participants: usize,
    /// Bytes of a block, and of an encrypted message.
    pub block_size: usize,
    /// Calls of all users.
    pub calls: usize,
    /// Calls that one user has created.
    pub calls_per_creator: usize,
    /// Blocks of a call, and broadcasts that are kept of it: the oldest are dropped for more.
    ///
    /// A commit and a reveal of each participant are kept in any case.
    pub chain_length: usize,
    /// Bytes of the blocks and broadcasts of all calls.
    pub bytes: usize,
    /// Media sources of a member.
    pub sources: usize,
    /// Invitations to all calls.
    pub invitations: usize,
    /// Participants of a call of a group or channel, or of a live story.
    pub hosted_participants: usize,
    /// Members of a group or channel who were admitted because they asked for it.
    pub chat_members: usize,
    /// Updates that wait to be pushed; the oldest are lost for more, as pushes can be.
    pub pushes: usize,
}

/// The limits of the API where it has one (`spec/protocol.md`, 13).
impl Default for Limits {
    fn default() -> Self {
        Self {
            participants: 200,
            // As other servers have it; the block of a call of 200 has less than 20 KiB.
            block_size: 64 << 10,
            calls: 1000,
            calls_per_creator: 100,
            chain_length: 1000,
            bytes: 256 << 20,
            // Three layers of a picture, each with its repetition, and sound are seven.
            sources: 32,
            invitations: 10_000,
            hosted_participants: 10_000,
            chat_members: 10_000,
            pushes: 1000,
        }
    }
}

impl Limits {
    /// The most broadcasts that a call keeps; those about the newest block always have room.
    pub fn broadcasts(&self) -> usize {
        self.chain_length.max(self.participants.saturating_mul(2))
    }
}
