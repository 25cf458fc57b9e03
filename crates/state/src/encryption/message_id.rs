use crate::primitives::tag;

/// The first 16 bytes of encrypted data: the tag of its content, and what keys its cipher.
pub(super) type MessageId = [u8; MESSAGE_ID];

/// The size of a message id.
pub(super) const MESSAGE_ID: usize = 16;
/// The smallest pad.
pub(super) const MIN_PAD: usize = 16;

/// The tag over pad and payload, the extra bytes and their length.
pub(super) fn large_msg_id<'a>(
    key: &[u8; 32],
    padded: &[u8],
    extra: impl Iterator<Item = &'a [u8]> + Clone,
) -> [u8; 32] {
    // The wire has no room for a longer length, and extra bytes are a few hundred and the prefix of a frame.
    let length = extra.clone().map(<[u8]>::len).sum::<usize>() as u32;
    tag(key, padded, extra, &length.to_le_bytes())
}

/// The part of a large message id that travels.
pub(super) fn msg_id(large: &[u8; 32]) -> &MessageId {
    let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = large;
    id
}
