use confcall_state::tl::{ReadError, ReadErrorKind, Reader};
use grammers_crypto::aes::ige_decrypt;
use grammers_tl_types::{Identifiable as _, types};
use rand_core::CryptoRng;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::KeyExchangeError;
use super::nonces::Nonces;
use super::server_key::{MODULUS, ServerKey};

/// The product that a client factorises, always the same one: the server bounds its connections, and needs no work of theirs.
pub(super) const PRODUCT: [u8; 8] = [0x17, 0xed, 0x48, 0x94, 0x1a, 0x08, 0xf9, 0x81];

/// Its factors.
pub(super) const FACTORS: [[u8; 4]; 2] = [[0x49, 0x4c, 0x55, 0x3b], [0x53, 0x91, 0x10, 0x73]];

/// The number of bytes of data with its padding, in the form with a key of its own.
const PADDED: usize = 192;

/// The number of bytes of that key.
const KEY: usize = 32;

/// The secret part of the client's second message.
pub(super) struct InnerData {
    pub(super) new_nonce: Zeroizing<[u8; 32]>,
    /// The seconds for which a temporary key is good; `None` for a permanent one.
    pub(super) lifetime: Option<i32>,
}

impl InnerData {
    /// Decrypts the data, in either form that clients use.
    ///
    /// ```text
    /// key xor SHA-256(rest) (32)  IGE under the key: reversed data with padding (192)  SHA-256(key, data with padding) (32)
    /// 0 (1)  SHA-1(data) (20)  data  padding
    /// ```
    pub(super) fn open(
        encrypted: &[u8],
        key: &ServerKey,
        rng: &mut impl CryptoRng,
        nonces: Nonces,
    ) -> Result<Self, KeyExchangeError> {
        if encrypted.len() != MODULUS {
            return Err(KeyExchangeError::Length(encrypted.len()));
        }
        let opened = key.decrypt(encrypted, rng);
        let opened = opened.ok_or(KeyExchangeError::NotForTheServer)?;
        if let Some(padded) = unpad(&opened) {
            let (inner, _) = read(&*padded, nonces)?;
            return Ok(inner);
        }
        let hashed = opened.strip_prefix(&[0]);
        let (hash, data) = hashed
            .and_then(<[u8]>::split_first_chunk::<20>)
            .ok_or(KeyExchangeError::Hash)?;
        let (inner, length) = read(data, nonces).map_err(|error| match error {
            // Bytes that nobody encrypted are no data either.
            KeyExchangeError::Unreadable(_) => KeyExchangeError::Hash,
            error => error,
        })?;
        let data = data.get(..length).unwrap_or_default();
        match Sha1::digest(data).as_slice() == hash {
            true => Ok(inner),
            false => Err(KeyExchangeError::Hash),
        }
    }
}

/// The data with its padding, if it has the form with a key of its own.
fn unpad(opened: &[u8; MODULUS]) -> Option<Zeroizing<[u8; PADDED]>> {
    let (masked, sealed) = opened.split_first_chunk::<KEY>()?;
    let mask: [u8; KEY] = Sha256::digest(sealed).into();
    let mut key = Zeroizing::new(*masked);
    key.iter_mut().zip(mask).for_each(|(to, mask)| *to ^= mask);
    let mut sealed = Zeroizing::new(sealed.to_vec());
    ige_decrypt(&mut sealed, &key, &[0; 32]);
    let (reversed, hash) = sealed.split_first_chunk::<PADDED>()?;
    let mut padded = Zeroizing::new(*reversed);
    padded.reverse();
    let expected = Sha256::new()
        .chain_update(key.as_slice())
        .chain_update(padded.as_slice())
        .finalize();
    (expected.as_slice() == hash).then_some(padded)
}

/// Reads the data, behind which padding stands; says how many bytes it has.
fn read(data: &[u8], nonces: Nonces) -> Result<(InnerData, usize), KeyExchangeError> {
    let what = "the inner data";
    let mut reader = Reader::new(data);
    let id = reader.u32(what)?;
    let (has_dc, is_temporary) = match id {
        types::PQInnerData::CONSTRUCTOR_ID => (false, false),
        types::PQInnerDataDc::CONSTRUCTOR_ID => (true, false),
        types::PQInnerDataTemp::CONSTRUCTOR_ID => (false, true),
        types::PQInnerDataTempDc::CONSTRUCTOR_ID => (true, true),
        found => return Err(unexpected(&reader, found).into()),
    };
    if reader.string(what)? != PRODUCT {
        return Err(KeyExchangeError::Changed("product"));
    }
    if [reader.string(what)?, reader.string(what)?] != FACTORS {
        return Err(KeyExchangeError::Changed("factors"));
    }
    nonces.check(&mut reader)?;
    let new_nonce = Zeroizing::new(reader.raw(what)?);
    // Any number: a client need not have learnt yet which one this server has.
    if has_dc {
        reader.i32(what)?;
    }
    let lifetime = is_temporary.then(|| reader.i32(what)).transpose()?;
    let inner = InnerData {
        new_nonce,
        lifetime,
    };
    Ok((inner, reader.position()))
}

fn unexpected(reader: &Reader<'_>, found: u32) -> ReadError {
    let what = "the inner data";
    reader.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found })
}
