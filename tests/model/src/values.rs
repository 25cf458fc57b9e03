//! The values of the chain as the model has them: plain fields, nothing shared.

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) signature: [u8; 64],
    pub(crate) previous: [u8; 32],
    pub(crate) changes: Vec<Change>,
    pub(crate) height: i32,
    pub(crate) proof: Proof,
    pub(crate) signer: Option<[u8; 32]>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Noop([u8; 32]),
    Value { key: Vec<u8>, value: Vec<u8> },
    Group(Group),
    Key(SharedKey),
}

/// A group state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) people: Vec<Person>,
    pub(crate) external: u32,
}

impl Group {
    /// The group before the first block.
    pub(crate) fn before_first() -> Self {
        Self {
            people: Vec::new(),
            // A real value, not an absence: block 0 can be signed by anyone (2.1).
            external: 7,
        }
    }
}

/// A participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user: i64,
    pub(crate) key: [u8; 32],
    pub(crate) flags: u32,
    pub(crate) version: i32,
}

impl Person {
    /// True for the same participant: the same user with the same key.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.user == other.user && self.key == other.key
    }
}

/// A shared key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedKey {
    pub(crate) ek: [u8; 32],
    pub(crate) encrypted: Vec<u8>,
    pub(crate) users: Vec<i64>,
    pub(crate) headers: Vec<Vec<u8>>,
}

impl SharedKey {
    /// The value where none is set.
    pub(crate) fn empty() -> Self {
        Self {
            ek: [0; 32],
            encrypted: Vec::new(),
            users: Vec::new(),
            headers: Vec::new(),
        }
    }
}

/// The state after a block, as it proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) kv_hash: [u8; 32],
    pub(crate) group: Option<Group>,
    pub(crate) key: Option<SharedKey>,
}
