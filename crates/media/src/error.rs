use confcall_state::encryption::{DecryptionError, HeaderError};
use confcall_state::keys::InvalidSignature;
use confcall_state::{ReferenceCode, UserId};
use thiserror::Error;

use crate::channel::{ChannelId, InvalidChannel};
use crate::replay::Replay;

/// A frame could not be sealed; no seqno was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealError {
    /// The prefix is longer than a packet can say, or than the frame.
    #[error("a prefix of {prefix} bytes is not below 65536 and within a frame of {frame} bytes")]
    PrefixLength {
        /// The length of the prefix.
        prefix: usize,
        /// The length of the frame.
        frame: usize,
    },
    /// There is no epoch to seal for: nothing was added yet, everything expired, or the membership ended.
    #[error("there is no epoch to seal for")]
    UnknownEpoch,
    /// The channel's counter is used up; only another membership with another key can go on.
    #[error("all sequence numbers of channel {channel} are used")]
    CounterUsedUp {
        /// The channel.
        channel: ChannelId,
    },
}

impl SealError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::UnknownEpoch => Some(ReferenceCode::UnknownEpochToEncrypt),
            _ => None,
        }
    }
}

/// A packet could not be opened; nothing has changed.
///
/// The variants stand in the order in which a packet is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The packet ends before something that must be there.
    #[error("the packet ends inside {what}")]
    Truncated {
        /// The missing part.
        what: &'static str,
    },
    /// The length of the prefix is 65536 or more, or more than the packet has.
    #[error("a prefix of {prefix} bytes is not below 65536 and within the packet's {left} bytes")]
    PrefixLength {
        /// The length that the packet states.
        prefix: u32,
        /// The bytes that the packet has before its trailer.
        left: usize,
    },
    /// The packet is said to come from ourselves.
    #[error("a packet of our own is not opened")]
    OwnPacket,
    /// The packet has another version than 0.
    #[error("packets of version {version} are not known")]
    Version {
        /// The version.
        version: u8,
    },
    /// Bits that must be zero are not.
    #[error("the reserved bits are {bits:04x} and not zero")]
    ReservedBits {
        /// The bits.
        bits: u16,
    },
    /// The packet is addressed to more epochs than there can be.
    #[error("a packet is for at most 15 epochs, not {count}")]
    EpochCount {
        /// The epochs that it states.
        count: u8,
    },
    /// None of the packet's epochs is known here.
    #[error("none of the packet's {count} epochs is known")]
    UnknownEpoch {
        /// The epochs that the packet is for.
        count: usize,
    },
    /// The user is not in the group of the epoch.
    #[error("user {user_id} is not in the packet's epoch")]
    UnknownSender {
        /// The user.
        user_id: UserId,
    },
    /// The header of the epoch cannot be read.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The content does not open under the epoch's key.
    #[error("the packet does not open: {0}")]
    Decryption(#[from] DecryptionError),
    /// The packet is not signed by the user.
    #[error(transparent)]
    Signature(#[from] InvalidSignature),
    /// The content is too short for a channel and a seqno; of one that holds a channel, that is looked at first.
    #[error("a channel and a sequence number take 8 bytes, not {length}")]
    Content {
        /// The length of the content.
        length: usize,
    },
    /// The packet's channel is outside 0 to 1023.
    #[error(transparent)]
    Channel(#[from] InvalidChannel),
    /// The packet was opened before, or is too old to tell.
    #[error(transparent)]
    Replay(#[from] Replay),
}

impl OpenError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::UnknownEpoch { .. } => Some(ReferenceCode::UnknownEpochToDecrypt),
            Self::Channel(invalid) => Some(invalid.reference_code()),
            _ => None,
        }
    }
}
