//! The ciphers of SRTP. A cipher keeps the schedule of its key, and writes each packet where it is wanted.

use std::borrow::Cow;
use std::{fmt, io};

use aes::cipher::common::InnerIvInit as _;
use aes::cipher::{BlockCipherEncrypt, KeyInit, StreamCipherCore as _};
use aes::{Aes128Enc, Aes256Enc};
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use ctr::CtrCore;
use ctr::flavors::Ctr128BE;
use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80Cipher, CryptoError, SrtpProvider,
    SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
};

const TAG: usize = 16;

#[derive(Debug)]
pub(super) struct Srtp;

impl SrtpProvider for Srtp {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        &Srtp
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &Srtp
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &Srtp
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        one_block::<Aes128Enc>(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        one_block::<Aes256Enc>(key, input, output);
    }
}

impl SupportedAes128CmSha1_80 for Srtp {
    fn create_cipher(&self, key: [u8; 16], _encrypt: bool) -> Box<dyn Aes128CmSha1_80Cipher> {
        Box::new(CounterMode(Aes128Enc::new(&key.into())))
    }
}

impl SupportedAeadAes128Gcm for Srtp {
    fn create_cipher(&self, key: [u8; 16], _encrypt: bool) -> Box<dyn AeadAes128GcmCipher> {
        Box::new(Gcm(Aes128Gcm::new(&key.into())))
    }
}

impl SupportedAeadAes256Gcm for Srtp {
    fn create_cipher(&self, key: [u8; 32], _encrypt: bool) -> Box<dyn AeadAes256GcmCipher> {
        Box::new(Gcm(Aes256Gcm::new(&key.into())))
    }
}

/// The keystream of a packet is its own inverse.
struct CounterMode(Aes128Enc);

impl CounterMode {
    fn apply(&self, iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        let output = output.get_mut(..input.len()).ok_or_else(refused)?;
        let packet = InOutBuf::new(input, output).map_err(|_| refused())?;
        let keystream = CtrCore::<_, Ctr128BE>::inner_iv_init(&self.0, iv.into());
        let done = keystream.try_apply_keystream_partial(packet);
        done.map_err(|_| refused())
    }
}

impl Aes128CmSha1_80Cipher for CounterMode {
    fn encrypt(
        &mut self,
        iv: &[u8; 16],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.apply(iv, input, output)
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 16],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.apply(iv, input, output)
    }
}

/// AES-GCM, whose tag follows the ciphertext.
struct Gcm<A>(A);

impl<A: AeadInOut<NonceSize = U12, TagSize = U16>> Gcm<A> {
    fn seal(
        &self,
        iv: &[u8; 12],
        aad: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        let (text, rest) = output
            .split_at_mut_checked(input.len())
            .ok_or_else(refused)?;
        let room = rest.first_chunk_mut::<TAG>().ok_or_else(refused)?;
        let packet = InOutBuf::new(input, text).map_err(|_| refused())?;
        let tag = self.0.encrypt_inout_detached(iv.into(), aad, packet);
        *room = tag.map_err(|_| refused())?.into();
        Ok(())
    }

    /// The length of the plaintext.
    fn open(
        &self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        // Only SRTCP that is not encrypted has more than one, beside which the copy is nothing.
        let aad = match aads {
            [only] => Cow::Borrowed(*only),
            [only, []] => Cow::Borrowed(*only),
            several => Cow::Owned(several.concat()),
        };
        let (text, tag) = input.split_last_chunk::<TAG>().ok_or_else(refused)?;
        let output = output.get_mut(..text.len()).ok_or_else(refused)?;
        let packet = InOutBuf::new(text, output).map_err(|_| refused())?;
        let opened = self
            .0
            .decrypt_inout_detached(iv.into(), &aad, packet, tag.into());
        opened.map(|()| text.len()).map_err(|_| refused())
    }
}

impl AeadAes128GcmCipher for Gcm<Aes128Gcm> {
    fn encrypt(
        &mut self,
        iv: &[u8; 12],
        aad: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.seal(iv, aad, input, output)
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.open(iv, aads, input, output)
    }
}

impl AeadAes256GcmCipher for Gcm<Aes256Gcm> {
    fn encrypt(
        &mut self,
        iv: &[u8; 12],
        aad: &[u8],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.seal(iv, aad, input, output)
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.open(iv, aads, input, output)
    }
}

impl fmt::Debug for CounterMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CounterMode(..)")
    }
}

impl<A> fmt::Debug for Gcm<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gcm(..)")
    }
}

/// A block of the key derivation (RFC 3711, 4.3.3): the first 16 bytes of `output`.
#[expect(
    clippy::expect_used,
    reason = "str0m derives from master keys of the profile's length, block by block"
)]
fn one_block<C: KeyInit + BlockCipherEncrypt<BlockSize = U16>>(
    key: &[u8],
    input: &[u8],
    output: &mut [u8],
) {
    let cipher = C::new_from_slice(key).expect("a master key has the length of its cipher");
    let input = input.first_chunk::<16>().expect("a whole block");
    let output = output.first_chunk_mut::<16>().expect("a whole block");
    cipher.encrypt_block_b2b(input.into(), output.into());
}

/// The error of a packet whose tag or size is wrong; without a text, as anybody can cause it at line rate.
fn refused() -> CryptoError {
    CryptoError::Io(io::ErrorKind::InvalidData.into())
}
