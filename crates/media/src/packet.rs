//! The layout of a packet.
//!
//! ```text
//! prefix │ head │ hash of each epoch │ header for each epoch │ encrypted │ signature │ length of the prefix
//!        │ 4    │ 32 each            │ 32 each               │           │ 64        │ 4
//!        └────── header_a ───────────┘
//! head = epochs (8 bits) │ version (8) │ reserved (16), little-endian
//! ```
//!
//! Implements `spec/protocol.md`, 4.

use crate::error::OpenError;
use crate::limits;

/// The constructor that is authenticated with the content.
pub(crate) const CALL_PACKET: [u8; 4] = 0x40a6_bee9_u32.to_le_bytes();
/// The constructor that is signed with the large message id.
const LARGE_MSG_ID: [u8; 4] = 0x1ce5_6c2d_u32.to_le_bytes();

/// The size of the head.
pub(crate) const HEAD: usize = 4;
/// The size of an epoch's hash, and of its header.
pub(crate) const PER_EPOCH: usize = 32;
/// The size of the signature.
pub(crate) const SIGNATURE: usize = 64;
/// The size of the length at the end.
pub(crate) const TRAILER: usize = 4;
/// The size of channel and seqno before the payload.
pub(crate) const CONTENT_START: usize = 8;

/// The message that a packet's signature covers.
pub(crate) fn signed(large_msg_id: &[u8; 32]) -> [u8; 36] {
    let mut message = [0; 36];
    let (constructor, id) = message.split_at_mut(LARGE_MSG_ID.len());
    constructor.copy_from_slice(&LARGE_MSG_ID);
    id.copy_from_slice(large_msg_id);
    message
}

/// Takes the trailer off, and splits the prefix from the rest.
pub(crate) fn split_prefix(packet: &mut [u8]) -> Result<(&mut [u8], &mut [u8]), OpenError> {
    let Some((rest, trailer)) = packet.split_last_chunk_mut::<TRAILER>() else {
        return Err(OpenError::Truncated {
            what: "the length of the prefix",
        });
    };
    let (prefix, left) = (u32::from_le_bytes(*trailer), rest.len());
    let length = usize::try_from(prefix).ok();
    length
        // Compared before it is used: the length is not authenticated yet.
        .filter(|length| *length <= limits::PREFIX)
        .and_then(|length| rest.split_at_mut_checked(length))
        .ok_or(OpenError::PrefixLength { prefix, left })
}

/// The part between prefix and trailer.
pub(crate) struct Body<'a> {
    pub(crate) header_a: &'a [u8],
    headers: &'a [[u8; PER_EPOCH]],
    /// The encrypted content and the signature.
    rest: &'a mut [u8],
}

impl<'a> Body<'a> {
    /// Reads head, hashes and headers.
    pub(crate) fn read(body: &'a mut [u8]) -> Result<Self, OpenError> {
        let what = "the head";
        let head = *body.first_chunk().ok_or(OpenError::Truncated { what })?;
        let count = epoch_count(head)?;
        let what = "the headers of the epochs";
        let (header_a, rest) = body
            .split_at_mut_checked(HEAD + PER_EPOCH * count)
            .ok_or(OpenError::Truncated { what })?;
        let (headers, rest) = rest
            .split_at_mut_checked(PER_EPOCH * count)
            .ok_or(OpenError::Truncated { what })?;
        Ok(Self {
            header_a,
            headers: headers.as_chunks().0,
            rest,
        })
    }

    /// The epochs that the packet is for, each with its hash and its header.
    pub(crate) fn epochs(
        &self,
    ) -> impl ExactSizeIterator<Item = (&'a [u8; PER_EPOCH], &'a [u8; PER_EPOCH])> + use<'a> {
        let hashes = self.header_a.get(HEAD..).unwrap_or_default();
        hashes.as_chunks().0.iter().zip(self.headers)
    }

    /// The encrypted content and the signature over it.
    pub(crate) fn into_content(self) -> Result<(&'a mut [u8], [u8; SIGNATURE]), OpenError> {
        let what = "the signature";
        match self.rest.split_last_chunk_mut() {
            Some((encrypted, signature)) => Ok((encrypted, *signature)),
            None => Err(OpenError::Truncated { what }),
        }
    }
}

/// Checks a head.
fn epoch_count([count, version, low, high]: [u8; HEAD]) -> Result<usize, OpenError> {
    let bits = u16::from_le_bytes([low, high]);
    match usize::from(count) {
        // Version, reserved bits, count: the order of the reference (4).
        _ if version != 0 => Err(OpenError::Version { version }),
        _ if bits != 0 => Err(OpenError::ReservedBits { bits }),
        ..=limits::EPOCHS => Ok(count.into()),
        _ => Err(OpenError::EpochCount { count }),
    }
}
