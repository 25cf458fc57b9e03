/// How a server behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What ids, access hashes, slugs and media parameters are drawn from.
    pub seed: u64,
    /// How much the server takes and keeps.
    pub limits: Limits,
}

/// How much a server takes and keeps, so that no client can make it grow without bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many participants a call has at most, `conference_call_size_limit` of the API.
    pub participants: usize,
    /// How many bytes a block, and an encrypted message, has at most.
    pub block_size: usize,
    /// How many calls there are at most.
    pub calls: usize,
    /// How many blocks a call has at most, and how many broadcasts are kept: the oldest are dropped beyond it.
    pub chain_length: usize,
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
            chain_length: 1000,
            invitations: 10_000,
            pushes: 1000,
        }
    }
}
