//! The terms of the model: what is drawn, made public, sealed, signed and hashed.

use std::sync::Arc;

use crate::block::Block;

/// A user. Alice and Bob are honest; the keys of the others are the attacker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum User {
    /// Honest.
    Alice,
    /// Honest.
    Bob,
    /// A dishonest participant.
    Mallory,
    /// Another one, and the name of the server's own keys.
    Trudy,
}

impl User {
    /// The honest users.
    pub(crate) const HONEST: [Self; 2] = [Self::Alice, Self::Bob];

    /// True for a user who runs our engine.
    pub(crate) const fn is_honest(self) -> bool {
        matches!(self, Self::Alice | Self::Bob)
    }

    /// The first key of a user.
    pub(crate) const fn key(self) -> Key {
        Key {
            owner: self,
            number: 0,
        }
    }
}

/// A pair of keys, by who drew it and how many that user had drawn before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The user who drew it.
    pub(crate) owner: User,
    /// The number of pairs that this user had drawn before.
    pub(crate) number: u8,
}

/// The raw key of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Secret {
    /// The user who drew it; all secrets of the attacker are one.
    pub(crate) by: User,
    /// The number of secrets that this user had drawn before.
    pub(crate) number: u8,
}

impl Secret {
    /// The secret that the attacker writes into its blocks.
    pub(crate) const ATTACKERS: Self = Self {
        by: User::Mallory,
        number: 0,
    };
}

/// A nonce of the verification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Nonce {
    /// Drawn at random.
    Drawn {
        /// The user who drew it.
        by: User,
        /// The number of nonces that this user had drawn before.
        number: u8,
    },
    /// Searched for until the emoji were those that the attacker wants: four emoji are 33 bits.
    Ground(Arc<Grind>),
}

/// The inputs of a search for a nonce.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Grind {
    /// The block whose emoji it is for.
    pub(crate) block: Block,
    /// All other nonces of the round, sorted.
    pub(crate) others: Vec<Nonce>,
}

impl Nonce {
    /// True if this nonce was found by a search that had `other` as an input.
    pub(crate) fn is_ground_over(&self, other: &Self) -> bool {
        match self {
            Self::Drawn { .. } => false,
            Self::Ground(grind) => grind.others.contains(other),
        }
    }
}

/// The emoji that a round ends with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Emoji {
    /// Those that come of a block and nonces, sorted; equal for equal inputs only.
    Of {
        /// The block, unless the emoji leave it out.
        block: Option<Block>,
        /// All nonces.
        nonces: Vec<Nonce>,
    },
    /// Those that the attacker wanted.
    Wanted,
}

impl Emoji {
    /// The emoji of a round; a nonce that was ground for this very round makes them the wanted ones.
    pub(crate) fn of(block: &Block, mut nonces: Vec<Nonce>, is_of_block: bool) -> Self {
        nonces.sort();
        let is_wanted = nonces.iter().enumerate().any(|(at, nonce)| match nonce {
            Nonce::Drawn { .. } => false,
            Nonce::Ground(grind) => {
                let others = nonces.iter().enumerate().filter(|(other, _)| *other != at);
                grind.block == *block && others.map(|(_, nonce)| nonce).eq(&grind.others)
            }
        });
        match is_wanted {
            true => Self::Wanted,
            false => Self::Of {
                block: is_of_block.then(|| block.clone()),
                nonces,
            },
        }
    }
}

/// A signed broadcast about a block.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Broadcast {
    /// The key that signs it.
    pub(crate) by: Key,
    /// The block that it names.
    pub(crate) block: Block,
    /// The content.
    pub(crate) content: Content,
}

/// The content of a broadcast.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Content {
    /// The hash of this nonce.
    Commit(Nonce),
    /// This nonce.
    Reveal(Nonce),
}

/// Something that can be known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Term {
    /// The private half of a pair.
    Private(Key),
    /// The public half.
    Public(Key),
    /// The key of an epoch.
    Secret(Secret),
    /// The key of an epoch, encrypted to the holder of a private key.
    Sealed {
        /// The pair whose private half opens it.
        to: Key,
        /// The content.
        secret: Secret,
    },
    /// A nonce.
    Nonce(Nonce),
    /// The hash of a nonce.
    Hash(Nonce),
    /// A block with its signature.
    Block(Block),
    /// A broadcast with its signature.
    Broadcast(Broadcast),
}
