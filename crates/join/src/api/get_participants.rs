use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, read_source, text, write_source};
use super::{InputGroupCall, InputPeer, Method};
use crate::api::Ssrc;

/// The request `phone.getGroupParticipants` (`spec/protocol.md`, 8 and 11.1).
///
/// Without `ids` and `sources` it reads the roster page by page; with them it asks for these participants.
/// The answer is a [`ParticipantsPage`](super::ParticipantsPage).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetGroupParticipants {
    /// The call.
    pub call: InputGroupCall,
    /// The participants wanted, by who they are.
    pub ids: Vec<InputPeer>,
    /// The participants wanted, by a source of theirs.
    pub sources: Vec<Ssrc>,
    /// The start of the page: empty for the first, else as the page before it named it.
    pub offset: String,
    /// The most participants that are wanted.
    pub limit: i32,
}

impl GetGroupParticipants {
    /// Asks for a page of the roster.
    pub fn page(call: InputGroupCall, offset: impl Into<String>, limit: i32) -> Self {
        Self {
            call,
            ids: Vec::new(),
            sources: Vec::new(),
            offset: offset.into(),
            limit,
        }
    }

    /// Asks whose these sources are.
    pub fn by_sources(call: InputGroupCall, sources: Vec<Ssrc>) -> Self {
        Self {
            // A participant can have several of them, so there are never more than the sources.
            limit: i32::try_from(sources.len()).unwrap_or(i32::MAX),
            sources,
            ..Self::page(call, "", 0)
        }
    }
}

impl Fields for GetGroupParticipants {
    const ID: u32 = 0xc558_d8ab;
    const METHOD: Method = Method::GetGroupParticipants;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.boxed_vector(&self.ids, |writer, peer| peer.write(writer));
        writer.boxed_vector(&self.sources, |writer, one| write_source(writer, *one));
        writer.string(self.offset.as_bytes());
        writer.i32(self.limit);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            ids: reader.boxed_vector("ids", 4, InputPeer::read)?,
            sources: reader.boxed_vector("sources", 4, read_source)?,
            offset: text(reader, "offset")?,
            limit: reader.i32("limit")?,
        })
    }
}
