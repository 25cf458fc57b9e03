use confcall_join::api::RpcError;
use confcall_join::policy::ClientRequestError;
use grammers_mtproto::authentication;
use grammers_mtproto::transport::Error as TransportError;
use grammers_mtsender::InvocationError;
use thiserror::Error;

use crate::adapter::CallError;
use crate::tl::ReadFault;

/// A request of the client's own has no answer.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// It was not sent, because of the policy of group calls.
    #[error(transparent)]
    NotSent(#[from] ClientRequestError),
    /// The server refused it, or the answer did not come.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer is none of its type.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] ReadFault),
}

impl From<InvocationError> for CallError {
    /// A refusal for what the server refused, and a lost answer for all else: the request may have been carried out.
    ///
    /// A server that does not know the session's key, or has no key of its own that the client knows, refuses too, and says so
    /// below the API. It gets the API's name.
    fn from(error: InvocationError) -> Self {
        match error {
            InvocationError::Rpc(error) => {
                let message = full_name(error.name, error.value);
                Self::Rpc(RpcError::new(error.code, message))
            }
            InvocationError::Transport(TransportError::BadStatus { status: 404 })
            | InvocationError::Authentication(authentication::Error::UnknownFingerprints {
                ..
            }) => Self::Rpc(RpcError::new(401, "AUTH_KEY_UNREGISTERED")),
            error => Self::Lost {
                reason: reason(&error),
            },
        }
    }
}

/// The name of an error with the number that grammers took out of it: `FLOOD_WAIT` and 31 are `FLOOD_WAIT_31`.
fn full_name(name: String, value: Option<u32>) -> String {
    match value {
        // It takes out a number only after an underscore.
        Some(value) if !name.contains(&value.to_string()) => format!("{name}_{value}"),
        _ => name,
    }
}

fn reason(error: &InvocationError) -> String {
    match error {
        InvocationError::Transport(TransportError::BadStatus { status: 429 }) => {
            "the server has too many connections from here".to_owned()
        }
        InvocationError::Transport(error) => format!("the connection failed: {error}"),
        InvocationError::Io(error) => format!("the connection failed: {error}"),
        InvocationError::Deserialize(error) => format!("the answer cannot be read: {error}"),
        InvocationError::Dropped(why) => format!("the connection was given up: {why}"),
        InvocationError::InvalidDc => "the session does not know the data centre".to_owned(),
        InvocationError::Authentication(error) => format!("no key was agreed on: {error}"),
        InvocationError::Session(error) => format!("the session cannot be used: {error}"),
        error => error.to_string(),
    }
}

/// The data centre that requests of this account go to, if this is what the server answered instead of carrying out
/// the request.
pub(super) fn home_elsewhere(error: &InvocationError) -> Option<i32> {
    let InvocationError::Rpc(error) = error else {
        return None;
    };
    let moved = matches!(
        error.name.as_str(),
        "USER_MIGRATE" | "NETWORK_MIGRATE" | "PHONE_MIGRATE"
    );
    let home = error.value.filter(|_| error.code == 303 && moved)?;
    i32::try_from(home).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_tl_types::types;
    use std::io;

    /// An error as grammers makes it of what the server answers.
    fn rpc(error_code: i32, error_message: &str) -> InvocationError {
        let error = types::RpcError {
            error_code,
            error_message: error_message.to_owned(),
        };
        InvocationError::Rpc(error.into())
    }

    fn reason_of(error: InvocationError) -> String {
        match CallError::from(error) {
            CallError::Lost { reason } => reason,
            error => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_refusal_has_its_number_back_in_its_name() {
        for (code, name) in [
            (400, "GROUPCALL_INVALID"),
            (420, "FLOOD_WAIT_31"),
            (420, "FLOOD_WAIT_0"),
            (400, "CONF_WRITE_CHAIN_INVALID_3"),
            (400, "CONF_WRITE_CHAIN_INVALID"),
            (303, "USER_MIGRATE_4"),
            (400, "A2B"),
            (400, ""),
        ] {
            let expected = CallError::Rpc(RpcError::new(code, name));
            assert_eq!(CallError::from(rpc(code, name)), expected);
        }
    }

    #[test]
    fn a_key_that_the_server_does_not_know_is_a_refusal() {
        let unknown = TransportError::BadStatus { status: 404 };
        let fingerprints = vec![];
        let others = authentication::Error::UnknownFingerprints { fingerprints };
        let refusal = CallError::Rpc(RpcError::new(401, "AUTH_KEY_UNREGISTERED"));
        for error in [
            InvocationError::Transport(unknown),
            InvocationError::Authentication(others),
        ] {
            assert_eq!(CallError::from(error), refusal);
        }
    }

    #[test]
    fn whatever_is_no_refusal_is_a_lost_answer() {
        let closed = io::Error::new(io::ErrorKind::ConnectionReset, "read 0 bytes");
        assert_eq!(
            reason_of(InvocationError::Io(closed)),
            "the connection failed: read 0 bytes"
        );
        let many = TransportError::BadStatus { status: 429 };
        assert!(reason_of(InvocationError::Transport(many)).contains("too many"));
        let crc = TransportError::BadCrc {
            expected: 1,
            got: 2,
        };
        assert!(reason_of(InvocationError::Transport(crc)).starts_with("the connection failed"));
        assert!(reason_of(InvocationError::Dropped("gone")).ends_with("gone"));
        assert!(reason_of(InvocationError::InvalidDc).contains("data centre"));
        let unreadable = grammers_tl_types::deserialize::Error::UnexpectedEof;
        assert!(reason_of(unreadable.into()).starts_with("the answer cannot be read"));
        let disk: Box<dyn std::error::Error + Send + Sync> = "disk full".into();
        assert!(reason_of(InvocationError::Session(disk)).ends_with("disk full"));
    }

    #[test]
    fn only_a_home_elsewhere_moves_the_session() {
        assert_eq!(home_elsewhere(&rpc(303, "USER_MIGRATE_4")), Some(4));
        assert_eq!(home_elsewhere(&rpc(303, "NETWORK_MIGRATE_1")), Some(1));
        assert_eq!(home_elsewhere(&rpc(303, "FILE_MIGRATE_4")), None);
        assert_eq!(home_elsewhere(&rpc(303, "USER_MIGRATE")), None);
        assert_eq!(home_elsewhere(&rpc(303, "USER_MIGRATE_4294967295")), None);
        assert_eq!(home_elsewhere(&rpc(400, "USER_MIGRATE_4")), None);
        assert_eq!(home_elsewhere(&InvocationError::InvalidDc), None);
    }
}
