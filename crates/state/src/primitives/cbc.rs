//! AES-256-CBC without padding.

use aes::Aes256;
use aes::cipher::{Block, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};

/// Encrypts whole blocks in place; what is left behind the last whole block stays as it is.
pub(crate) fn encrypt(key: &[u8; 32], iv: &[u8; 16], data: &mut [u8]) {
    cbc::Encryptor::<Aes256>::new(key.into(), iv.into()).encrypt_blocks(blocks(data));
}

/// Decrypts whole blocks in place; what is left behind the last whole block stays as it is.
pub(crate) fn decrypt(key: &[u8; 32], iv: &[u8; 16], data: &mut [u8]) {
    cbc::Decryptor::<Aes256>::new(key.into(), iv.into()).decrypt_blocks(blocks(data));
}

fn blocks(data: &mut [u8]) -> &mut [Block<Aes256>] {
    Block::<Aes256>::slice_as_chunks_mut(data).0
}
