use std::sync::Arc;

use super::boxed::Boxed;
use super::{GroupState, SharedKey};
use crate::tl::{ReadError, ReadErrorKind, Reader, Writer};

const NOOP: u32 = 0xdeb4_a41b;
const SET_VALUE: u32 = 0xfe01_39cc;
const SET_GROUP_STATE: u32 = 0x2cf1_7146;
const SET_SHARED_KEY: u32 = 0x987a_2158;

/// One change that a block makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Changes nothing; the nonce makes the block's hash differ.
    Noop {
        /// Any 32 bytes.
        nonce: [u8; 32],
    },
    /// Sets a value in the key-value trie.
    SetValue {
        /// The key; the chain accepts 32 bytes only.
        key: Vec<u8>,
        /// The value.
        value: Vec<u8>,
    },
    /// Replaces the group state and clears the shared key.
    SetGroupState(Arc<GroupState>),
    /// Sets the shared key.
    SetSharedKey(Arc<SharedKey>),
}

impl Boxed for Change {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "a change";
        Ok(match reader.u32(what)? {
            NOOP => Self::Noop {
                nonce: reader.raw("a nonce")?,
            },
            SET_VALUE => Self::SetValue {
                key: reader.string("a value's key")?.to_vec(),
                value: reader.string("a value")?.to_vec(),
            },
            SET_GROUP_STATE => Self::SetGroupState(Arc::new(GroupState::read(reader)?)),
            SET_SHARED_KEY => Self::SetSharedKey(Arc::new(SharedKey::read(reader)?)),
            found => {
                let kind = ReadErrorKind::UnexpectedConstructor { what, found };
                return Err(reader.error_before(4, kind));
            }
        })
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Noop { nonce } => {
                writer.u32(NOOP);
                writer.raw(nonce);
            }
            Self::SetValue { key, value } => {
                writer.u32(SET_VALUE);
                writer.string(key);
                writer.string(value);
            }
            Self::SetGroupState(group_state) => {
                writer.u32(SET_GROUP_STATE);
                group_state.write(writer);
            }
            Self::SetSharedKey(shared_key) => {
                writer.u32(SET_SHARED_KEY);
                shared_key.write(writer);
            }
        }
    }
}
