//! The keys of one message, derived as `spec/protocol.md`, 3.1, has them.

use super::message_id::MessageId;
use crate::primitives::{Derived, KeyedMac, cbc};

/// `HMAC-SHA512(key, message)`.
pub(crate) fn kdf(key: &[u8], message: &[u8]) -> Derived {
    KeyedMac::new(key).derive(message)
}

/// Encrypts whole blocks in place, under what `key` derives for one message.
pub(super) fn encrypt_blocks(key: KeyedMac, message: &MessageId, data: &mut [u8]) {
    let derived = key.derive(message);
    cbc::encrypt(&derived.left, vector(&derived), data);
}

/// Decrypts whole blocks in place, under what `key` derives for one message.
pub(super) fn decrypt_blocks(key: KeyedMac, message: &MessageId, data: &mut [u8]) {
    let derived = key.derive(message);
    cbc::decrypt(&derived.left, vector(&derived), data);
}

/// The vector behind the key: 48 of the 64 bytes are used, `key || iv = HMAC-SHA512(key, message id)[0:48]`.
fn vector(derived: &Derived) -> &[u8; 16] {
    let [iv @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = &derived.right;
    iv
}
