use confcall_join::Ssrc;
use confcall_join::api::{
    AppConfig, GroupCallInfo, Method, ParticipantsPage, Response, ResponseKind,
};
use confcall_state::UserId;
use grammers_tl_types::enums;
use thiserror::Error;

use super::labels::read_labels;
use super::read::{ReadFault, read_whole};
use super::updates::read_updates;
use super::values::{read_call, read_participants};

/// The answer to a request is none that its method has (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Error)]
#[error("the answer to {method} cannot be read as {expected}: {fault}")]
pub struct UnexpectedAnswer {
    /// The method that was called.
    pub method: Method,
    /// The type that the answer has.
    pub expected: ResponseKind,
    /// The fault.
    pub fault: ReadFault,
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
    let expected = answer_of(method);
    let read = match expected {
        ResponseKind::Bool => read_whole(bytes).map(Response::Bool),
        ResponseKind::Sources => read_whole(bytes).map(read_sources),
        ResponseKind::GroupCall => read_whole(bytes).map(read_info),
        ResponseKind::Participants => read_whole(bytes).map(read_page),
        ResponseKind::AppConfig => read_whole(bytes).map(read_app_config),
        _ => read_whole(bytes).map(|updates| read_updates(&updates, own).into()),
    };
    read.map_err(|fault| UnexpectedAnswer {
        method,
        expected,
        fault,
    })
}

/// The type of the answer to a method.
fn answer_of(method: Method) -> ResponseKind {
    match method {
        Method::SendGroupCallEncryptedMessage => ResponseKind::Bool,
        Method::CheckGroupCall => ResponseKind::Sources,
        Method::GetGroupCall => ResponseKind::GroupCall,
        Method::GetGroupParticipants => ResponseKind::Participants,
        Method::GetAppConfig => ResponseKind::AppConfig,
        _ => ResponseKind::Updates,
    }
}

fn read_sources(sources: Vec<i32>) -> Response {
    // The API writes an unsigned number as a signed one, here as in payloads.
    let sources = sources.into_iter().filter_map(Ssrc::from_signed);
    Response::Sources(sources.collect())
}

fn read_info(info: enums::phone::GroupCall) -> Response {
    let enums::phone::GroupCall::Call(info) = info;
    Response::GroupCall(GroupCallInfo {
        call: read_call(&info.call),
        participants: read_participants(&info.participants),
        next_offset: next_offset(info.participants_next_offset),
        labels: read_labels(&info.users, &info.chats),
    })
}

fn read_page(page: enums::phone::GroupParticipants) -> Response {
    let enums::phone::GroupParticipants::Participants(page) = page;
    Response::Participants(ParticipantsPage {
        count: page.count,
        participants: read_participants(&page.participants),
        next_offset: next_offset(page.next_offset),
        version: page.version,
        labels: read_labels(&page.users, &page.chats),
    })
}

fn read_app_config(answer: enums::help::AppConfig) -> Response {
    let mut config = AppConfig::default();
    if let enums::help::AppConfig::Config(answer) = answer
        && let enums::Jsonvalue::JsonObject(object) = answer.config
    {
        for enums::JsonobjectValue::JsonObjectValue(field) in object.value {
            match field.key.as_str() {
                "conference_call_size_limit" => config.conference_size_limit = number(&field.value),
                "call_ring_timeout_ms" => config.ring_timeout_ms = number(&field.value),
                _ => {}
            }
        }
    }
    config.into()
}

/// A whole number that is at least zero.
fn number(value: &enums::Jsonvalue) -> Option<u32> {
    let enums::Jsonvalue::JsonNumber(number) = value else {
        return None;
    };
    let number = number.value;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole and in the range"
    )]
    is_whole.then_some(number as u32)
}

/// The start of the next page: the API writes nothing after the last one.
fn next_offset(offset: String) -> Option<String> {
    (!offset.is_empty()).then_some(offset)
}
