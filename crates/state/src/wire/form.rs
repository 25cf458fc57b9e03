//! The server form, and the bytes that signatures cover: the same for blocks and broadcasts.

use crate::keys::{InvalidSignature, Signature, VerifyingKey};

/// The constructor id that an item carries (`spec/protocol.md`, 1.3).
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// The canonical id.
    Local,
    /// The id incremented by one.
    Server,
}

impl Form {
    /// The id that stands for `id` in this form.
    pub(super) fn id(self, id: u32) -> u32 {
        match self {
            Self::Local => id,
            Self::Server => id.wrapping_add(1),
        }
    }
}

/// The same item under another constructor id.
pub(super) fn with_id(bytes: &[u8], id: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(first) = bytes.first_chunk_mut() {
        *first = id.to_le_bytes();
    }
    bytes
}

/// The parts of an item's signed bytes: its id, zeros in place of the signature, the rest.
pub(super) fn signed_parts(canonical: &[u8]) -> [&[u8]; 3] {
    // In parts, so that verifying a block copies nothing of it.
    let (id, rest) = canonical.split_at_checked(4).unwrap_or_default();
    let rest = rest
        .get(Signature::ZERO.as_bytes().len()..)
        .unwrap_or_default();
    [id, Signature::ZERO.as_bytes(), rest]
}

/// Checks an item's signature.
pub(super) fn verify(
    canonical: &[u8],
    signature: &Signature,
    key: &VerifyingKey,
) -> Result<(), InvalidSignature> {
    key.verify_parts(&signed_parts(canonical), signature)
}

/// The same item with another signature.
pub(super) fn with_signature(bytes: &[u8], signature: &Signature) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(place) = bytes.get_mut(4..68) {
        place.copy_from_slice(signature.as_bytes());
    }
    bytes
}
