//! AES-256-CBC without padding, under the key and vector derived for one message.

use aes::Aes256;
use aes::cipher::{Block, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit};

use super::kdf::{KeyedMac, derive};
use super::message_id::MessageId;

/// Encrypts whole blocks in place; what is left behind the last whole block stays as it is.
pub(super) fn encrypt(key: KeyedMac, message: &MessageId, data: &mut [u8]) {
    let mut cipher: cbc::Encryptor<Aes256> = keyed(key, message);
    cipher.encrypt_blocks(blocks(data));
}

/// Decrypts whole blocks in place; what is left behind the last whole block stays as it is.
pub(super) fn decrypt(key: KeyedMac, message: &MessageId, data: &mut [u8]) {
    let mut cipher: cbc::Decryptor<Aes256> = keyed(key, message);
    cipher.decrypt_blocks(blocks(data));
}

/// The cipher under `key || iv = HMAC-SHA512(key, message id)[0:48]`.
fn keyed<C: KeyIvInit<KeySize = aes::cipher::consts::U32, IvSize = aes::cipher::consts::U16>>(
    key: KeyedMac,
    message: &MessageId,
) -> C {
    // 48 of the 64 bytes are used: the key and the vector (3.1).
    let derived = derive(key, message);
    let [iv @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = &derived.right;
    C::new((&derived.left).into(), iv.into())
}

fn blocks(data: &mut [u8]) -> &mut [Block<Aes256>] {
    Block::<Aes256>::slice_as_chunks_mut(data).0
}
