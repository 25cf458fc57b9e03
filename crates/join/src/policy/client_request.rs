use core::fmt;

use confcall_state::tl::{ReadError, Reader};
use thiserror::Error;

use super::{CallKind, PolicyViolation, check_bytes};
use crate::api::{Method, Request};

/// The layer of the API whose constructors are known here.
const LAYER: i32 = 230;

const INIT_CONNECTION: u32 = 0xc1cd_5ea9;
const INVOKE_WITH_LAYER: u32 = 0xda9b_0d0d;
const GZIP_PACKED: u32 = 0x3072_cfa1;
const MSG_CONTAINER: u32 = 0x73f1_f8dc;

/// The functions that stand in front of another function, and the fields between the two.
const WRAPPERS: [(u32, &[Field]); 9] = [
    // invokeAfterMsg
    (0xcb9f_372d, &[Field::Long]),
    // invokeAfterMsgs
    (0x3dc4_b4f0, &[Field::Longs]),
    // invokeWithoutUpdates
    (0xbf94_59b7, &[]),
    // invokeWithMessagesRange: the constructor of the range, and its ends
    (0x3652_75f2, &[Field::Int, Field::Int, Field::Int]),
    // invokeWithTakeout
    (0xaca9_fd2e, &[Field::Long]),
    // invokeWithBusinessConnection
    (0xdd28_9f8e, &[Field::Text]),
    // invokeWithGooglePlayIntegrity
    (0x1df9_2984, &[Field::Text, Field::Text]),
    // invokeWithApnsSecret
    (0x0dae_54f8, &[Field::Text, Field::Text]),
    // invokeWithReCaptcha
    (0xadbb_0f94, &[Field::Text]),
];

/// A field of a wrapper.
#[derive(Clone, Copy)]
enum Field {
    Int,
    Long,
    Longs,
    Text,
}

/// A request of the client's own: any function of the API, as its bytes.
///
/// Where it calls a function that an engine calls too, it keeps to the policy of a kind of group call, so that nothing
/// leaves by this door that a [`CheckedRequest`](super::CheckedRequest) would not let pass. All else is the client's matter.
///
/// `Debug` shows its length alone, since it can hold whatever a client sends.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientRequest(Vec<u8>);

/// A request of the client's own must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClientRequestError {
    /// It calls a function of group calls, and keeps to the policy of no kind of call; the violation is that of a conference.
    #[error("a function of group calls is not called so: {0}")]
    Violation(#[from] PolicyViolation),
    /// It is empty, or a wrapper around it ends too early.
    #[error("the request cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// It is packed, or several in one, so that nothing can be said of what is in it.
    #[error("a request is sent as it is, neither packed nor in a container")]
    Packed,
    /// It is of another layer, in which the functions of group calls have other constructors.
    #[error("a request is of layer {LAYER}, not of {0}")]
    OtherLayer(i32),
    /// It says what the connection says by itself, by `initConnection`.
    #[error("the connection introduces the client by itself")]
    InitConnection,
}

impl ClientRequest {
    /// Checks a request, through all wrappers around it.
    ///
    /// # Errors
    ///
    /// [`ClientRequestError`]
    pub fn new(bytes: Vec<u8>) -> Result<Self, ClientRequestError> {
        let mut function = Reader::new(&bytes);
        while let Some(wrapped) = unwrap(&function)? {
            function = wrapped;
        }
        check(bytes.get(function.position()..).unwrap_or_default())?;
        Ok(Self(bytes))
    }

    /// The bytes to send: one serialised function of the API.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for ClientRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientRequest({} bytes)", self.0.len())
    }
}

/// The function in a wrapper; `None` for one that is no wrapper.
fn unwrap<'a>(function: &Reader<'a>) -> Result<Option<Reader<'a>>, ClientRequestError> {
    let mut reader = function.clone();
    let constructor = reader.u32("a function")?;
    match constructor {
        GZIP_PACKED | MSG_CONTAINER => return Err(ClientRequestError::Packed),
        INIT_CONNECTION => return Err(ClientRequestError::InitConnection),
        INVOKE_WITH_LAYER => {
            return match reader.i32("a layer")? {
                LAYER => Ok(Some(reader)),
                other => Err(ClientRequestError::OtherLayer(other)),
            };
        }
        _ => {}
    }
    let mut wrappers = WRAPPERS.iter();
    let Some((_, fields)) = wrappers.find(|(wrapper, _)| *wrapper == constructor) else {
        return Ok(None);
    };
    for field in *fields {
        field.skip(&mut reader)?;
    }
    Ok(Some(reader))
}

impl Field {
    fn skip(self, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let what = "a field of a wrapper";
        match self {
            Self::Int => reader.i32(what).map(drop),
            Self::Long => reader.i64(what).map(drop),
            Self::Longs => reader
                .boxed_vector(what, 8, |reader| reader.i64(what))
                .map(drop),
            Self::Text => reader.string(what).map(drop),
        }
    }
}

/// Checks a function without wrappers.
fn check(function: &[u8]) -> Result<(), ClientRequestError> {
    let method = Request::method_of(Reader::new(function).u32("a function")?);
    if !method.is_some_and(Method::is_of_calls) {
        return Ok(());
    }
    let of_conferences = check_bytes(CallKind::Conference, function);
    let mut others = CallKind::ALL.into_iter();
    match of_conferences {
        Err(violation) if !others.any(|kind| check_bytes(kind, function).is_ok()) => {
            Err(violation.into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        AccessHash, CallId, DataJson, DiscardGroupCall, GetAppConfig, InputGroupCall, InputPeer,
        JoinGroupCall,
    };
    use confcall_state::PublicKey;
    use confcall_state::tl::Writer;
    use proptest::prelude::*;

    const CALL: InputGroupCall = InputGroupCall::Id {
        id: CallId::new(1),
        access_hash: AccessHash::new(2),
    };

    /// `messages.getDialogs` of an empty request: a function that is none of ours.
    const OTHER: [u8; 8] = [0xee, 0x8c, 0x1e, 0xa0, 0, 0, 0, 0];

    fn join(params: &str) -> Request {
        let join = JoinGroupCall {
            muted: false,
            video_stopped: true,
            call: CALL,
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: Some(PublicKey::from_bytes([1; 32])),
            block: Some(vec![1]),
            params: DataJson::new(params),
        };
        join.into()
    }

    fn valid() -> Request {
        let fingerprint = ["07"; 32].join(":");
        join(&format!(
            r#"{{"ssrc": 1, "ufrag": "abcd", "pwd": "0123456789012345678901", "fingerprints": [
                {{"hash": "sha-256", "setup": "passive", "fingerprint": "{fingerprint}"}}]}}"#
        ))
    }

    /// Every wrapper around a function.
    fn wrapped(function: &[u8]) -> Vec<Vec<u8>> {
        let mut all: Vec<_> = WRAPPERS
            .iter()
            .map(|(constructor, fields)| {
                Writer::encode(|writer| {
                    writer.u32(*constructor);
                    for field in *fields {
                        match field {
                            Field::Int => writer.i32(1),
                            Field::Long => writer.i64(2),
                            Field::Longs => {
                                writer.u32(0x1cb5_c415);
                                writer.i32(2);
                                writer.i64(3);
                                writer.i64(4);
                            }
                            Field::Text => writer.string(b"a text"),
                        }
                    }
                })
            })
            .collect();
        all.push(Writer::encode(|writer| {
            writer.u32(INVOKE_WITH_LAYER);
            writer.i32(LAYER);
        }));
        for one in &mut all {
            one.extend_from_slice(function);
        }
        all
    }

    fn verdict(bytes: &[u8]) -> Result<(), ClientRequestError> {
        let checked = ClientRequest::new(bytes.to_vec());
        checked.map(|request| assert_eq!(request.into_bytes(), bytes))
    }

    #[test]
    fn a_function_that_is_none_of_ours_passes_as_it_is() {
        assert_eq!(verdict(&OTHER), Ok(()));
        for bytes in wrapped(&OTHER) {
            assert_eq!(verdict(&bytes), Ok(()));
        }
    }

    #[test]
    fn a_function_of_ours_keeps_to_the_policy_also_in_wrappers_within_wrappers() {
        for allowed in [
            valid(),
            DiscardGroupCall { call: CALL }.into(),
            GetAppConfig.into(),
        ] {
            assert_eq!(verdict(&allowed.to_tl()), Ok(()));
            for bytes in wrapped(&allowed.to_tl()) {
                assert_eq!(verdict(&bytes), Ok(()));
            }
        }
        let forbidden = join("{}").to_tl();
        let is_refused = |bytes: &[u8]| {
            let verdict = verdict(bytes);
            let is_violation = matches!(verdict, Err(ClientRequestError::Violation(_)));
            assert!(is_violation, "{verdict:?}");
        };
        is_refused(&forbidden);
        for bytes in wrapped(&forbidden) {
            is_refused(&bytes);
            for bytes in wrapped(&bytes) {
                is_refused(&bytes);
            }
        }
        let trailing = [DiscardGroupCall { call: CALL }.to_tl(), vec![0; 4]].concat();
        is_refused(&trailing);
    }

    #[test]
    fn a_join_of_another_kind_of_call_is_the_clients_own() {
        let Request::Join(mut join) = valid() else {
            panic!("it is a join");
        };
        (join.public_key, join.block) = (None, None);
        assert_eq!(verdict(&join.to_tl()), Ok(()));
        // Only conferences have a key, and only other kinds an invite hash.
        let Request::Join(mut mixed) = valid() else {
            panic!("it is a join");
        };
        mixed.invite_hash = Some("hash".to_owned());
        let violation = PolicyViolation::InviteHashForbidden(CallKind::Conference);
        assert_eq!(verdict(&mixed.to_tl()), Err(violation.into()));
    }

    #[test]
    fn what_hides_a_function_or_speaks_for_the_connection_is_refused() {
        let begins = |constructor: u32, rest: &[u8]| {
            let mut bytes = constructor.to_le_bytes().to_vec();
            bytes.extend_from_slice(rest);
            verdict(&bytes)
        };
        let packed = Err(ClientRequestError::Packed);
        assert_eq!(begins(GZIP_PACKED, &OTHER), packed);
        assert_eq!(begins(MSG_CONTAINER, &OTHER), packed);
        let init = Err(ClientRequestError::InitConnection);
        assert_eq!(begins(INIT_CONNECTION, &OTHER), init);
        let old = [&158_i32.to_le_bytes()[..], &OTHER].concat();
        let other = Err(ClientRequestError::OtherLayer(158));
        assert_eq!(begins(INVOKE_WITH_LAYER, &old), other);
        for short in [&[][..], &OTHER[..3]] {
            let verdict = verdict(short);
            assert!(matches!(verdict, Err(ClientRequestError::Unreadable(_))));
        }
    }

    proptest! {
        #[test]
        fn bytes_of_any_kind_are_checked_without_a_panic(
            wrapper in 0..WRAPPERS.len(),
            rest: Vec<u8>,
        ) {
            let (constructor, _) = WRAPPERS[wrapper];
            let bytes = [&constructor.to_le_bytes()[..], &rest].concat();
            let _ = ClientRequest::new(bytes);
        }
    }
}
