use confcall_state::tl::{ReadError, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::codec::Fields;
use super::{InputPeer, Method, Peer, PeerLabel};

/// The request `phone.getGroupCallJoinAs`, for those as whom we may join (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetGroupCallJoinAs {
    /// The group or channel whose calls are joined.
    pub peer: InputPeer,
}

/// The request `phone.saveDefaultGroupCallJoinAs` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SaveDefaultGroupCallJoinAs {
    /// The group or channel whose calls are joined.
    pub peer: InputPeer,
    /// As whom.
    pub join_as: InputPeer,
}

/// Those as whom we may join, the API's `phone.joinAsPeers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinAsPeers {
    /// The peers.
    pub peers: Vec<Peer>,
    /// Their names, with the access hashes by which they are named in requests.
    pub labels: Vec<PeerLabel>,
}

impl Fields for GetGroupCallJoinAs {
    const ID: u32 = 0xef7c_213a;
    const METHOD: Method = Method::GetGroupCallJoinAs;

    fn write_fields(&self, writer: &mut Writer) {
        self.peer.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let peer = InputPeer::read(reader)?;
        Ok(Self { peer })
    }
}

impl Fields for SaveDefaultGroupCallJoinAs {
    const ID: u32 = 0x575e_1f8c;
    const METHOD: Method = Method::SaveDefaultGroupCallJoinAs;

    fn write_fields(&self, writer: &mut Writer) {
        self.peer.write(writer);
        self.join_as.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            peer: InputPeer::read(reader)?,
            join_as: InputPeer::read(reader)?,
        })
    }
}
