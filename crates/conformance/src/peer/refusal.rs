use core::fmt::Display;

use confcall_join::membership::{
    BlockRefused, BroadcastRefused, ChangeError, MembershipEnd, StartError,
};
use confcall_media::{InvalidChannel, OpenError, SealError};
use confcall_state::encryption::{DecryptionError, HeaderError, PaddingError};
use confcall_state::keys::{InvalidSignature, NoSharedSecret};
use confcall_state::tl::ReadError;
use confcall_state::trie::TrieError;
use confcall_state::verification::BroadcastError;
use confcall_state::{ChainError, EpochKeyError, GroupChangeError, ReferenceCode};

use crate::shapes::CodedError;

/// The code and name of a request that cannot be understood.
// Below every code of the reference, so that a driver can tell its own mistakes apart.
const DRIVER: (i32, &str) = (-1, "DRIVER");

/// The reason that a request has no result, as it is answered.
pub(super) struct Refusal(CodedError);

impl Refusal {
    /// The request cannot be understood.
    pub(super) fn driver(message: &impl Display) -> Self {
        let (code, name) = DRIVER;
        Self(CodedError {
            code,
            name: name.to_owned(),
            message: message.to_string(),
        })
    }

    /// The rules refuse it, with the reference's code if it has one.
    pub(super) fn coded(code: Option<ReferenceCode>, error: &impl Display) -> Self {
        Self(CodedError::new(code, error))
    }

    /// The rules refuse it, without a code.
    pub(super) fn uncoded(error: &impl Display) -> Self {
        Self::coded(None, error)
    }

    pub(super) fn into_error(self) -> CodedError {
        self.0
    }
}

/// Errors that know their code in the reference.
macro_rules! coded {
    ($($error:ident)*) => {
        $(impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::coded(error.reference_code(), &error)
            }
        })*
    };
}

coded!(ChainError GroupChangeError EpochKeyError BroadcastError SealError OpenError);
coded!(StartError BlockRefused BroadcastRefused ChangeError);

impl From<InvalidChannel> for Refusal {
    fn from(error: InvalidChannel) -> Self {
        Self::coded(Some(error.reference_code()), &error)
    }
}

/// Whatever ended a membership, the reference says the same of it from then on.
impl From<MembershipEnd> for Refusal {
    fn from(end: MembershipEnd) -> Self {
        Self::coded(Some(end.reference_code()), &end)
    }
}

/// Errors that have no code in the reference, wherever they occur.
macro_rules! uncoded {
    ($($error:ident)*) => {
        $(impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::uncoded(&error)
            }
        })*
    };
}

uncoded!(ReadError TrieError DecryptionError HeaderError PaddingError);
// A signature over a message alone: that of a block is a `ChainError` with its code.
uncoded!(InvalidSignature NoSharedSecret);
