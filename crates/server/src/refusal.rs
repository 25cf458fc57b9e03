use confcall_join::Ssrc;
use confcall_join::api::{Method, RpcError};
use confcall_join::payload::PayloadError;
use confcall_join::policy::PolicyViolation;
use confcall_state::tl::ReadError;
use confcall_state::{ChainError, PublicKey};
use thiserror::Error;

use crate::creation::TooManyCalls;
use confcall_state::chain::SelfAddFault;

/// Why the server refuses a request; it has then changed nothing.
///
/// A client sees of it only [`Refusal::rpc_error`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no request that a conference serves.
    #[error("not a request: {0}")]
    Unreadable(ReadError),
    /// The request is one that this server does not serve.
    #[error("{0} is not served")]
    Unsupported(Method),
    /// The request breaks the policy of conferences.
    #[error(transparent)]
    Policy(#[from] PolicyViolation),
    /// The join payload cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The reference names no call, or not with this access hash or for this user.
    #[error("the reference names no call of this user")]
    UnknownCall,
    /// A media source belongs to another member.
    #[error("the source {0} belongs to another member")]
    SourceTaken(Ssrc),
    /// The call has as many participants as it can.
    #[error("the call has {limit} participants already")]
    Full {
        /// How many it can have.
        limit: usize,
    },
    /// The call has as many blocks as the server keeps.
    #[error("the call has {limit} blocks already")]
    ChainFull {
        /// How many the server keeps.
        limit: usize,
    },
    /// The block is too large.
    #[error("a block has at most {limit} bytes, not {size}")]
    BlockTooLarge {
        /// Its size in bytes.
        size: usize,
        /// The greatest size.
        limit: usize,
    },
    /// The block cannot be read in canonical form; the server form is refused too.
    #[error("not a block: {0}")]
    BlockUnreadable(ReadError),
    /// The block does not stand on the newest one, or the chain refuses it for itself.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The block does not name the announced key as its signer.
    #[error("the block is not signed by the announced key {announced}")]
    NotTheSigner {
        /// The key that the request announces.
        announced: PublicKey,
    },
    /// The announced key was in this call before.
    #[error("the key {0} was in this call before")]
    KeyUsed(PublicKey),
    /// No key could be written for the announced key, so that nobody could change the call any more.
    #[error("the key {0} shares no secret with any other")]
    KeyUnusable(PublicKey),
    /// The shared key of the block is one that nobody could open.
    #[error("the shared key of the block cannot be opened by anybody")]
    SharedKeyUnusable,
    /// The block does not add the joining user and nothing else.
    #[error(transparent)]
    NotASelfAdd(#[from] SelfAddFault),
    /// The user created another call, or joined it otherwise, with this `random_id`.
    #[error("another request of this user had the random id {0}")]
    RandomIdUsed(i32),
    /// There are as many calls as the server keeps.
    #[error(transparent)]
    TooManyCalls(#[from] TooManyCalls),
}

impl Refusal {
    /// The error that a client sees (`spec/protocol.md`, 11.2).
    pub fn rpc_error(&self) -> RpcError {
        match self {
            Self::Unreadable(_) | Self::Unsupported(_) => bad("INPUT_METHOD_INVALID"),
            Self::Policy(violation) => policy_error(violation),
            Self::Payload(error) => payload_error(error),
            Self::UnknownCall => bad("GROUPCALL_INVALID"),
            Self::SourceTaken(_) => bad("GROUPCALL_SSRC_DUPLICATE_MUCH"),
            Self::Full { .. } => bad("GROUPCALL_PARTICIPANTS_TOO_MUCH"),
            Self::ChainFull { .. } => RpcError::new(500, "GROUPCALL_ADD_PARTICIPANTS_FAILED"),
            Self::Chain(error) => chain_error(error),
            Self::BlockTooLarge { .. }
            | Self::BlockUnreadable(_)
            | Self::SharedKeyUnusable
            | Self::NotASelfAdd(_) => bad("BLOCK_INVALID"),
            Self::NotTheSigner { .. } | Self::KeyUsed(_) | Self::KeyUnusable(_) => {
                bad("PUBLIC_KEY_INVALID")
            }
            Self::RandomIdUsed(_) => RpcError::new(500, "RANDOM_ID_DUPLICATE"),
            Self::TooManyCalls(_) => RpcError::new(500, "GROUPCALL_CREATE_FAILED"),
        }
    }
}

impl From<Refusal> for RpcError {
    fn from(refusal: Refusal) -> Self {
        refusal.rpc_error()
    }
}

fn bad(name: &str) -> RpcError {
    RpcError::new(400, name)
}

fn policy_error(violation: &PolicyViolation) -> RpcError {
    match violation {
        PolicyViolation::JoinAsNotSelf(_) => bad("JOIN_AS_PEER_INVALID"),
        PolicyViolation::InviteHashForbidden(_) => bad("INVITE_HASH_INVALID"),
        PolicyViolation::KeyMissing(_) => bad("PUBLIC_KEY_INVALID"),
        PolicyViolation::BlockMissing(_) => bad("BLOCK_INVALID"),
        PolicyViolation::Payload(error) => payload_error(error),
        _ => bad("DATA_JSON_INVALID"),
    }
}

/// A payload without a source is answered as if the source were taken.
fn payload_error(error: &PayloadError) -> RpcError {
    match error {
        PayloadError::MissingSsrc => bad("GROUPCALL_SSRC_DUPLICATE_MUCH"),
        _ => bad("DATA_JSON_INVALID"),
    }
}

/// Whoever lost a race reads the tip again, whoever made a wrong block does not.
///
/// The suffix is ours: clients must match the prefix.
fn chain_error(error: &ChainError) -> RpcError {
    match (error, error.reference_code()) {
        (ChainError::Height { .. } | ChainError::PreviousHash { .. }, Some(code)) => {
            bad(&format!("CONF_WRITE_CHAIN_INVALID_{}", code.code()))
        }
        _ => bad("BLOCK_INVALID"),
    }
}
