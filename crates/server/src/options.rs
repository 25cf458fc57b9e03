use core::fmt;

/// How a server behaves.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct ServerOptions {
    /// What ids, access hashes, slugs and media parameters are drawn from; `Debug` does not show it.
    pub seed: u64,
    /// How much the server takes and keeps.
    pub limits: Limits,
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How much a server takes and keeps, so that no client can make it grow without bound.
///
/// With calls that nobody is in removed by [`Server::discard_idle`](crate::Server::discard_idle), a server that listens
/// needs no other bound. What is not counted here is small beside it and bounded by it: a member, a kicked user or a
/// used key needs a block, which counts; a recorded creation needs a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many participants a call has at most, `conference_call_size_limit` of the API.
    pub participants: usize,
    /// How many bytes a block, and an encrypted message, has at most.
    pub block_size: usize,
    /// How many calls there are at most.
    pub calls: usize,
    /// How many of them one user has created at most.
    pub calls_per_creator: usize,
    /// How many blocks a call has at most, and how many broadcasts are kept: the oldest are dropped beyond it.
    ///
    /// A commit and a reveal of each participant are kept in any case.
    pub chain_length: usize,
    /// How many bytes the blocks and broadcasts of all calls have at most.
    pub bytes: usize,
    /// How many media sources a member has at most.
    pub sources: usize,
    /// How many invitations there are at most.
    pub invitations: usize,
    /// How many updates wait to be pushed at most; the oldest are lost beyond it, as pushes can be.
    pub pushes: usize,
}

/// The limits of the API where it has one (`spec/protocol.md`, 13).
impl Default for Limits {
    fn default() -> Self {
        Self {
            participants: 200,
            block_size: 64 << 10,
            calls: 1000,
            calls_per_creator: 100,
            chain_length: 1000,
            bytes: 256 << 20,
            // Three layers of a picture, each with its repetition, and sound are seven.
            sources: 32,
            invitations: 10_000,
            pushes: 1000,
        }
    }
}

impl Limits {
    /// How many broadcasts a call keeps; those about the newest block always have room.
    pub fn broadcasts(&self) -> usize {
        self.chain_length.max(self.participants.saturating_mul(2))
    }
}
