use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::codec::Fields;
use super::{InputGroupCall, Method};

/// One of the two item lists that the server keeps for a conference (`spec/protocol.md`, 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubChain {
    /// The blocks of the chain, subchain 0.
    Blocks,
    /// The broadcasts of the verification, subchain 1.
    Broadcasts,
}

impl SubChain {
    /// The number of the list on the wire.
    pub const fn value(self) -> i32 {
        match self {
            Self::Blocks => 0,
            Self::Broadcasts => 1,
        }
    }

    /// The list with this number, if there is one.
    pub const fn from_value(value: i32) -> Option<Self> {
        match value {
            0 => Some(Self::Blocks),
            1 => Some(Self::Broadcasts),
            _ => None,
        }
    }
}

/// The request `phone.getGroupCallChainBlocks` (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetGroupCallChainBlocks {
    /// The call.
    pub call: InputGroupCall,
    /// Which list to read.
    pub sub_chain: SubChain,
    /// The offset of the first item wanted; negative offsets count from the end.
    pub offset: i32,
    /// The most items that are wanted; the server gives at most 100.
    pub limit: i32,
}

impl GetGroupCallChainBlocks {
    /// Asks for the newest block, which is all that a user outside the call gets (`spec/protocol.md`, 6).
    pub fn tip(call: InputGroupCall) -> Self {
        Self {
            call,
            sub_chain: SubChain::Blocks,
            // From the end: the height is what the caller does not know yet.
            offset: -1,
            limit: 1,
        }
    }
}

impl Fields for GetGroupCallChainBlocks {
    const ID: u32 = 0xee9f_88a6;
    const METHOD: Method = Method::GetGroupCallChainBlocks;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.i32(self.sub_chain.value());
        writer.i32(self.offset);
        writer.i32(self.limit);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            sub_chain: read_sub_chain(reader)?,
            offset: reader.i32("offset")?,
            limit: reader.i32("limit")?,
        })
    }
}

fn read_sub_chain(reader: &mut Reader<'_>) -> Result<SubChain, ReadError> {
    let what = "sub_chain_id";
    let value = reader.i32(what)?;
    SubChain::from_value(value)
        .ok_or_else(|| reader.error_before(4, ReadErrorKind::InvalidValue { what }))
}
