//! The rules of the verification, in the words and the order of `spec/protocol.md`, 5.

use std::collections::BTreeMap;

use confcall_state::PublicKey;
use confcall_state::keys::Signature;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};

use crate::values::Group;
use crate::verdict::{Refused, require};

/// A broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broadcast {
    pub(crate) signature: [u8; 64],
    pub(crate) user: i64,
    pub(crate) height: i32,
    pub(crate) block: [u8; 32],
    pub(crate) says: Says,
}

/// The content of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Commit([u8; 32]),
    Reveal([u8; 32]),
}

impl Broadcast {
    /// The canonical bytes.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        let (id, content) = match self.says {
            Says::Commit(nonce_hash) => (0xd151_2ae7_u32, nonce_hash),
            Says::Reveal(nonce) => (0x83f4_f9d8, nonce),
        };
        [
            &id.to_le_bytes()[..],
            &self.signature,
            &self.user.to_le_bytes(),
            &self.height.to_le_bytes(),
            &self.block,
            &content,
        ]
        .concat()
    }

    /// The bytes that the signature is made over.
    pub(crate) fn signed(&self) -> Vec<u8> {
        let signature = [0; 64];
        Self { signature, ..*self }.canonical()
    }
}

/// The step that a round waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    End,
    Commit,
    Reveal,
}

/// The verification of one block.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    block: [u8; 32],
    group: Group,
    pub(crate) phase: Phase,
    pub(crate) commits: BTreeMap<i64, [u8; 32]>,
    pub(crate) reveals: BTreeMap<i64, [u8; 32]>,
    pub(crate) emoji_hash: Option<Vec<u8>>,
}

impl Round {
    /// The round of a block.
    pub(crate) fn of(block: [u8; 32], group: Group) -> Self {
        Self {
            block,
            group,
            phase: Phase::Commit,
            commits: BTreeMap::new(),
            reveals: BTreeMap::new(),
            emoji_hash: None,
        }
    }

    /// A broadcast for this height; what is refused changes nothing.
    pub(crate) fn receive(&mut self, broadcast: &Broadcast) -> Result<(), Refused> {
        let user = broadcast.user;
        // One `require` for each line of the list in section 5, in its order.
        let same_block = broadcast.block == self.block;
        require(same_block, Refused::with(506, "it is for this block"))?;
        match broadcast.says {
            Says::Commit(_) => {
                let in_phase = self.phase == Phase::Commit;
                require(in_phase, Refused::with(501, "commits are due"))?;
            }
            Says::Reveal(_) => {
                let in_phase = self.phase == Phase::Reveal;
                require(in_phase, Refused::with(502, "reveals are due"))?;
            }
        }
        let mut people = self.group.people.iter();
        let person = people.find(|one| one.user == user);
        let person = person.ok_or(Refused::with(503, "the user is in the group"))?;
        let signature = Signature::from_bytes(broadcast.signature);
        let signed = PublicKey::from_bytes(person.key).verify(&broadcast.signed(), &signature);
        require(signed.is_ok(), Refused::with(202, "the user signed it"))?;
        let said = match broadcast.says {
            Says::Commit(_) => &self.commits,
            Says::Reveal(_) => &self.reveals,
        };
        let first = !said.contains_key(&user);
        require(first, Refused::with(504, "it is the first"))?;
        match broadcast.says {
            Says::Commit(nonce_hash) => {
                self.commits.insert(user, nonce_hash);
                if self.commits.len() == self.group.people.len() {
                    self.phase = Phase::Reveal;
                }
            }
            Says::Reveal(nonce) => {
                let matches = self.commits.get(&user) == Some(&Sha256::digest(nonce).into());
                require(matches, Refused::with(505, "it matches its commit"))?;
                self.reveals.insert(user, nonce);
                if self.reveals.len() == self.group.people.len() {
                    self.phase = Phase::End;
                    self.emoji_hash = Some(self.hash());
                }
            }
        }
        Ok(())
    }

    fn hash(&self) -> Vec<u8> {
        let mut nonces: Vec<_> = self.reveals.values().collect();
        // Bytewise, whatever the order of the users.
        nonces.sort_unstable();
        let key: Vec<u8> = nonces.into_iter().flatten().copied().collect();
        // A key of any length makes an HMAC.
        let hmac = Hmac::<Sha512>::new_from_slice(&key).map(|hmac| hmac.chain_update(self.block));
        hmac.map(|hmac| hmac.finalize().into_bytes().to_vec())
            .unwrap_or_default()
    }
}
