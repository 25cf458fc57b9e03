use std::sync::Arc;

use super::boxed::Boxed;
use super::{GroupState, SharedKey};
use crate::tl::{ReadError, Reader, Writer};
use crate::types::KvHash;

const STATE_PROOF: u32 = 0xd6b6_79e6;
const HAS_GROUP_STATE: u32 = 1;
const HAS_SHARED_KEY: u32 = 2;

/// The state after a block, as far as its changes do not state it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateProof {
    /// The root hash of the key-value trie.
    pub kv_hash: KvHash,
    /// The group state, unless the block changes it.
    pub group_state: Option<Arc<GroupState>>,
    /// The shared key, unless the block changes it or the group state.
    pub shared_key: Option<Arc<SharedKey>>,
}

impl Boxed for StateProof {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        reader.constructor(STATE_PROOF, "a state proof")?;
        // Other bits mean nothing and are dropped before the block is hashed (1.2).
        let flags = reader.known_flags(HAS_GROUP_STATE | HAS_SHARED_KEY, "a state proof")?;
        let kv_hash = KvHash::from_bytes(reader.raw("a trie's hash")?);
        let mut group_state = None;
        if flags & HAS_GROUP_STATE != 0 {
            group_state = Some(Arc::new(GroupState::read(reader)?));
        }
        let mut shared_key = None;
        if flags & HAS_SHARED_KEY != 0 {
            shared_key = Some(Arc::new(SharedKey::read(reader)?));
        }
        Ok(Self {
            kv_hash,
            group_state,
            shared_key,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u32(STATE_PROOF);
        let group_state = self.group_state.as_ref().map_or(0, |_| HAS_GROUP_STATE);
        let shared_key = self.shared_key.as_ref().map_or(0, |_| HAS_SHARED_KEY);
        writer.u32(group_state | shared_key);
        writer.raw(self.kv_hash.as_bytes());
        if let Some(group_state) = &self.group_state {
            group_state.write(writer);
        }
        if let Some(shared_key) = &self.shared_key {
            shared_key.write(writer);
        }
    }
}
