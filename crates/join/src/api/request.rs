use confcall_state::tl::{ReadError, ReadErrorKind};

use super::codec::decode;
use super::{CreateConferenceCall, GetGroupCallChainBlocks, JoinGroupCall, Method};

/// A request to the conference service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Request {
    /// Joins a call.
    Join(JoinGroupCall),
    /// Creates a conference.
    Create(CreateConferenceCall),
    /// Reads a subchain.
    ChainBlocks(GetGroupCallChainBlocks),
}

impl Request {
    /// The method that the request calls.
    pub fn method(&self) -> Method {
        match self {
            Self::Join(_) => Method::JoinGroupCall,
            Self::Create(_) => Method::CreateConferenceCall,
            Self::ChainBlocks(_) => Method::GetGroupCallChainBlocks,
        }
    }

    /// Writes the request as the server reads it.
    pub fn to_tl(&self) -> Vec<u8> {
        match self {
            Self::Join(request) => request.to_tl(),
            Self::Create(request) => request.to_tl(),
            Self::ChainBlocks(request) => request.to_tl(),
        }
    }

    /// Reads a request that takes the whole input.
    ///
    /// # Errors
    ///
    /// [`ReadError`] with the place, also for a method that is none of these, for an unknown flag and for
    /// trailing bytes.
    pub fn from_tl(bytes: &[u8]) -> Result<Self, ReadError> {
        let what = "a conference request";
        decode(bytes, what, |reader| match reader.u32(what)? {
            JoinGroupCall::ID => JoinGroupCall::read_fields(reader).map(Self::Join),
            CreateConferenceCall::ID => CreateConferenceCall::read_fields(reader).map(Self::Create),
            GetGroupCallChainBlocks::ID => {
                GetGroupCallChainBlocks::read_fields(reader).map(Self::ChainBlocks)
            }
            found => {
                Err(reader.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found }))
            }
        })
    }
}

impl From<JoinGroupCall> for Request {
    fn from(request: JoinGroupCall) -> Self {
        Self::Join(request)
    }
}

impl From<CreateConferenceCall> for Request {
    fn from(request: CreateConferenceCall) -> Self {
        Self::Create(request)
    }
}

impl From<GetGroupCallChainBlocks> for Request {
    fn from(request: GetGroupCallChainBlocks) -> Self {
        Self::ChainBlocks(request)
    }
}

#[cfg(test)]
mod tests;
