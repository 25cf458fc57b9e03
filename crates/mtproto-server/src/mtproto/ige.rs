//! AES-256 in the mode IGE, in which MTProto encrypts.
//!
//! ```text
//! ciphertext = AES(plaintext ^ ciphertext before) ^ plaintext before
//! ```

use aes::Aes256;
use aes::cipher::consts::U16;
use aes::cipher::{
    Block, BlockCipherDecBackend, BlockCipherDecClosure, BlockCipherDecrypt, BlockCipherEncBackend,
    BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit as _,
};

/// The number of bytes of a block.
pub(crate) const BLOCK: usize = 16;

/// Encrypts whole blocks; what is left over stays as it is.
pub(crate) fn encrypt(buffer: &mut [u8], key: &[u8; 32], iv: &[u8; 32]) {
    Aes256::new(key.into()).encrypt_with_backend(Blocks::new(buffer, iv));
}

/// Decrypts whole blocks; what is left over stays as it is.
pub(crate) fn decrypt(buffer: &mut [u8], key: &[u8; 32], iv: &[u8; 32]) {
    Aes256::new(key.into()).decrypt_with_backend(Blocks::new(buffer, iv));
}

/// The blocks of one message.
// All of them under one backend: finding it, and spreading the keys for it, costs several times what a block does.
struct Blocks<'a> {
    blocks: &'a mut [[u8; BLOCK]],
    /// The ciphertext and the plaintext before the next block.
    before: [u128; 2],
}

impl<'a> Blocks<'a> {
    fn new(buffer: &'a mut [u8], iv: &[u8; 32]) -> Self {
        let (before, _) = iv.as_chunks();
        let before = |place: usize| before.get(place).copied().unwrap_or_default();
        let (blocks, _) = buffer.as_chunks_mut();
        Self {
            blocks,
            before: [before(0), before(1)].map(u128::from_ne_bytes),
        }
    }
}

impl BlockSizeUser for Blocks<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Blocks<'_> {
    #[inline]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let [mut ciphertext, mut plaintext] = self.before;
        for bytes in self.blocks {
            let next = u128::from_ne_bytes(*bytes);
            let mut block = Block::<B>::from((next ^ ciphertext).to_ne_bytes());
            backend.encrypt_block((&mut block).into());
            ciphertext = u128::from_ne_bytes(block.into()) ^ plaintext;
            plaintext = next;
            *bytes = ciphertext.to_ne_bytes();
        }
    }
}

impl BlockCipherDecClosure for Blocks<'_> {
    #[inline]
    fn call<B: BlockCipherDecBackend<BlockSize = U16>>(self, backend: &B) {
        let [mut ciphertext, mut plaintext] = self.before;
        for bytes in self.blocks {
            let next = u128::from_ne_bytes(*bytes);
            let mut block = Block::<B>::from((next ^ plaintext).to_ne_bytes());
            backend.decrypt_block((&mut block).into());
            plaintext = u128::from_ne_bytes(block.into()) ^ ciphertext;
            ciphertext = next;
            *bytes = plaintext.to_ne_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_crypto::aes::{ige_decrypt, ige_encrypt};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_are_encrypted_as_by_another_implementation(
            key: [u8; 32],
            iv: [u8; 32],
            blocks in prop::collection::vec(any::<[u8; BLOCK]>(), 0..9),
        ) {
            let plaintext = blocks.concat();
            let (mut ours, mut theirs) = (plaintext.clone(), plaintext.clone());
            encrypt(&mut ours, &key, &iv);
            ige_encrypt(&mut theirs, &key, &iv);
            prop_assert_eq!(&ours, &theirs);
            decrypt(&mut ours, &key, &iv);
            ige_decrypt(&mut theirs, &key, &iv);
            prop_assert_eq!(&ours, &plaintext);
            prop_assert_eq!(theirs, plaintext);
        }
    }
}
