use confcall_join::Ssrc;
use confcall_join::api::{GroupCallInfo, Method, ParticipantsPage, Response, ResponseKind};
use confcall_state::UserId;
use grammers_tl_types::deserialize::Error as ReadError;
use grammers_tl_types::{Cursor, Deserializable, enums};
use thiserror::Error;

use super::call::read_call;
use super::nesting;
use super::participant::read_participants;
use super::updates::read_updates;

/// The answer to a request is none that its method has (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum UnexpectedAnswer {
    /// The bytes are of another type, or end too early.
    #[error("the answer to {method} cannot be read as {expected}: {error}")]
    Unreadable {
        /// What was asked.
        method: Method,
        /// The type that the answer has.
        expected: ResponseKind,
        /// How reading failed.
        error: ReadError,
    },
    /// It may nest more deeply than is safe to read.
    #[error("the answer to {method} nests too deeply to be read")]
    TooDeep {
        /// What was asked.
        method: Method,
    },
    /// Bytes follow the answer.
    #[error("{length} bytes follow the answer to {method}")]
    TrailingBytes {
        /// What was asked.
        method: Method,
        /// How many bytes.
        length: usize,
    },
}

/// Reads the answer that the user `own` got to a request: the bytes of an `rpc_result`, unpacked.
///
/// Updates that are not ours are left out, and so are sources that are zero.
///
/// # Errors
///
/// [`UnexpectedAnswer`]
pub fn read_response(
    method: Method,
    bytes: &[u8],
    own: UserId,
) -> Result<Response, UnexpectedAnswer> {
    let answer = Answer { method, bytes };
    match method {
        Method::SendGroupCallEncryptedMessage => {
            answer.read(ResponseKind::Bool).map(Response::Bool)
        }
        Method::CheckGroupCall => answer.read(ResponseKind::Sources).map(read_sources),
        Method::GetGroupCall => answer.read(ResponseKind::GroupCall).map(read_info),
        Method::GetGroupParticipants => answer.read(ResponseKind::Participants).map(read_page),
        _ => {
            let updates = answer.read(ResponseKind::Updates)?;
            Ok(read_updates(&updates, own).into())
        }
    }
}

struct Answer<'a> {
    method: Method,
    bytes: &'a [u8],
}

impl Answer<'_> {
    /// Reads a value that takes the whole answer.
    fn read<T: Deserializable>(&self, expected: ResponseKind) -> Result<T, UnexpectedAnswer> {
        let method = self.method;
        nesting::check(self.bytes).map_err(|_| UnexpectedAnswer::TooDeep { method })?;
        let mut cursor = Cursor::from_slice(self.bytes);
        let value = T::deserialize(&mut cursor);
        let value = value.map_err(|error| UnexpectedAnswer::Unreadable {
            method,
            expected,
            error,
        })?;
        match self.bytes.len().saturating_sub(cursor.pos()) {
            0 => Ok(value),
            length => Err(UnexpectedAnswer::TrailingBytes { method, length }),
        }
    }
}

fn read_sources(sources: Vec<i32>) -> Response {
    let sources = sources.into_iter().filter_map(Ssrc::from_signed);
    Response::Sources(sources.collect())
}

fn read_info(info: enums::phone::GroupCall) -> Response {
    let enums::phone::GroupCall::Call(info) = info;
    Response::GroupCall(GroupCallInfo {
        call: read_call(&info.call),
        participants: read_participants(&info.participants),
        next_offset: next_offset(info.participants_next_offset),
    })
}

fn read_page(page: enums::phone::GroupParticipants) -> Response {
    let enums::phone::GroupParticipants::Participants(page) = page;
    Response::Participants(ParticipantsPage {
        count: page.count,
        participants: read_participants(&page.participants),
        next_offset: next_offset(page.next_offset),
        version: page.version,
    })
}

/// Where the next page starts: the API writes nothing after the last one.
fn next_offset(offset: String) -> Option<String> {
    (!offset.is_empty()).then_some(offset)
}
