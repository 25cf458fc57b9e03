//! The exchange of an authorisation key, from the server's side, as a value.
//!
//! ```text
//! client                                   server
//! req_pq_multi ─────────────────────────▶  nonce
//!              ◀───────────────── resPQ    server nonce, a product of two primes, the fingerprint of the RSA key
//! req_DH_params ────────────────────────▶  the factors, and under the RSA key a secret new nonce
//!              ◀──── server_DH_params_ok   the server's half, under a key that comes from the nonces
//! set_client_DH_params ─────────────────▶  the client's half, under the same key
//!              ◀──────────── dh_gen_ok     the key comes from both halves
//!              ◀───────── dh_gen_retry     another client has that key: the client takes another half
//!              ◀────────── dh_gen_fail     and too often so
//! ```
//!
//! What breaks a rule is an error, after which nothing of the exchange is left.

mod diffie_hellman;
mod error;
mod inner_data;
mod nonces;
mod server_key;
#[cfg(test)]
mod tests;

use core::time::Duration;
use std::sync::Arc;

use confcall_state::tl::Reader;
use grammers_crypto::aes::{ige_decrypt, ige_encrypt};
use grammers_crypto::generate_key_data_from_nonce;
use grammers_tl_types::{Identifiable as _, Serializable as _, enums, functions, types};
use rand_core::CryptoRng;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use self::diffie_hellman::{ClientHalf, Exponent, GENERATOR, PRIME};
pub(crate) use self::error::KeyExchangeError;
use self::inner_data::{FACTORS, InnerData, PRODUCT};
use self::nonces::Nonces;
pub(crate) use self::server_key::{ServerKey, ServerKeyError};
use super::auth_key::{AuthKey, AuthKeyId};
use super::salt::seconds;
use crate::limits;

/// The block of the cipher.
const BLOCK: usize = 16;

/// The number of bytes of a SHA-1, which stands before what is encrypted.
const HASH: usize = 20;

/// The most bytes of the client's encrypted half.
const MAX_HALF: usize = 512;

/// The exchanges of one connection, one after another.
pub(crate) struct KeyExchange {
    /// The key of the server; `None` if it agrees on no keys, and only tells the time.
    server_key: Option<Arc<ServerKey>>,
    /// The number of exchanges that were begun.
    begun: u32,
    step: Step,
}

/// What the client is to send next.
enum Step {
    Start,
    Factors(Nonces),
    Half(Box<Offer>),
}

/// The server's half, and what belongs to it.
struct Offer {
    nonces: Nonces,
    new_nonce: Zeroizing<[u8; 32]>,
    exponent: Exponent,
    lifetime: Option<Duration>,
    retries: u32,
    /// The mark of the key that was refused last, zero at first.
    retry_id: i64,
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The message.
    pub(crate) body: Vec<u8>,
    /// The key, once both sides have it.
    pub(crate) agreed: Option<Agreed>,
}

/// A key that a client and the server agreed on.
#[derive(Debug)]
pub(crate) struct Agreed {
    pub(crate) key: AuthKey,
    /// The time for which a temporary key is good; `None` for a permanent one.
    pub(crate) lifetime: Option<Duration>,
}

impl KeyExchange {
    /// No exchange yet.
    pub(crate) fn new(server_key: Option<Arc<ServerKey>>) -> Self {
        Self {
            server_key,
            begun: 0,
            step: Step::Start,
        }
    }

    /// Takes the body of a message that is not encrypted; `is_taken` says whether a key of this name is known already.
    pub(crate) fn receive(
        &mut self,
        body: &[u8],
        rng: &mut impl CryptoRng,
        now: Duration,
        is_taken: impl FnOnce(AuthKeyId) -> bool,
    ) -> Result<Reply, KeyExchangeError> {
        let mut reader = Reader::new(body);
        let id = reader.u32("a message of a key exchange")?;
        let step = core::mem::replace(&mut self.step, Step::Start);
        match (id, step) {
            (functions::ReqPqMulti::CONSTRUCTOR_ID, _) => self.start(reader, rng),
            (functions::ReqDhParams::CONSTRUCTOR_ID, Step::Factors(nonces)) => {
                self.offer(reader, nonces, rng, now)
            }
            (functions::SetClientDhParams::CONSTRUCTOR_ID, Step::Half(offer)) => {
                self.agree(reader, offer, is_taken)
            }
            _ => Err(KeyExchangeError::OutOfOrder(id)),
        }
    }

    fn start(
        &mut self,
        mut reader: Reader<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Reply, KeyExchangeError> {
        let client = reader.raw("the nonce")?;
        reader.finish("req_pq_multi")?;
        if self.begun == limits::KEY_EXCHANGES {
            return Err(KeyExchangeError::TooMany);
        }
        self.begun += 1;
        let mut server = [0; 16];
        rng.fill_bytes(&mut server);
        self.step = Step::Factors(Nonces { client, server });
        let fingerprints = self.server_key.iter().map(|key| key.fingerprint());
        Ok(Reply::with(enums::ResPq::from(types::ResPq {
            nonce: client,
            server_nonce: server,
            pq: PRODUCT.to_vec(),
            server_public_key_fingerprints: fingerprints.collect(),
        })))
    }

    fn offer(
        &mut self,
        mut reader: Reader<'_>,
        nonces: Nonces,
        rng: &mut impl CryptoRng,
        now: Duration,
    ) -> Result<Reply, KeyExchangeError> {
        let what = "req_DH_params";
        nonces.check(&mut reader)?;
        if [reader.string(what)?, reader.string(what)?] != FACTORS {
            return Err(KeyExchangeError::Changed("factors"));
        }
        let fingerprint = reader.i64(what)?;
        let key = self.server_key.as_ref();
        let key = key.filter(|key| key.fingerprint() == fingerprint);
        let key = key.ok_or(KeyExchangeError::Fingerprint(fingerprint))?;
        let encrypted = reader.string(what)?;
        reader.finish(what)?;
        let inner = InnerData::open(encrypted, key, rng, nonces)?;
        let lifetime = inner
            .lifetime
            .map(|lifetime| match u64::try_from(lifetime) {
                Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
                _ => Err(KeyExchangeError::Lifetime(lifetime)),
            });
        let offer = Box::new(Offer {
            nonces,
            new_nonce: inner.new_nonce,
            exponent: Exponent::generate(rng),
            lifetime: lifetime.transpose()?,
            retries: 0,
            retry_id: 0,
        });
        let reply = offer.to_reply(now, rng);
        self.step = Step::Half(offer);
        Ok(reply)
    }

    fn agree(
        &mut self,
        mut reader: Reader<'_>,
        mut offer: Box<Offer>,
        is_taken: impl FnOnce(AuthKeyId) -> bool,
    ) -> Result<Reply, KeyExchangeError> {
        offer.nonces.check(&mut reader)?;
        let encrypted = reader.string("set_client_DH_params")?;
        reader.finish("set_client_DH_params")?;
        let half = offer.read_half(encrypted)?;
        let key = offer.exponent.agree(&half);
        if !is_taken(key.id()) {
            return Ok(offer.accept(key));
        }
        if offer.retries == limits::KEY_RETRIES {
            return Ok(offer.fail(&key));
        }
        let reply = offer.retry(&key);
        self.step = Step::Half(offer);
        Ok(reply)
    }
}

impl Offer {
    /// The server's half, encrypted.
    fn to_reply(&self, now: Duration, rng: &mut impl CryptoRng) -> Reply {
        let Nonces { client, server } = self.nonces;
        let inner = enums::ServerDhInnerData::from(types::ServerDhInnerData {
            nonce: client,
            server_nonce: server,
            g: i32::from(GENERATOR),
            dh_prime: PRIME.as_ref().to_be_bytes().as_slice().to_vec(),
            g_a: self.exponent.half().to_vec(),
            server_time: seconds(now.as_secs()),
        });
        let inner = inner.to_bytes();
        let mut answer = Sha1::digest(&inner).to_vec();
        answer.extend(inner);
        let mut padding = [0; BLOCK];
        rng.fill_bytes(&mut padding);
        let needed = answer.len().next_multiple_of(BLOCK) - answer.len();
        answer.extend(padding.iter().take(needed));
        let (key, iv) = generate_key_data_from_nonce(&server, &self.new_nonce);
        ige_encrypt(&mut answer, &Zeroizing::new(key), &Zeroizing::new(iv));
        Reply::with(enums::ServerDhParams::from(types::ServerDhParamsOk {
            nonce: client,
            server_nonce: server,
            encrypted_answer: answer,
        }))
    }

    fn read_half(&self, encrypted: &[u8]) -> Result<ClientHalf, KeyExchangeError> {
        let length = encrypted.len();
        if !length.is_multiple_of(BLOCK) || !(HASH..=MAX_HALF).contains(&length) {
            return Err(KeyExchangeError::Length(length));
        }
        let (key, iv) = generate_key_data_from_nonce(&self.nonces.server, &self.new_nonce);
        let mut opened = encrypted.to_vec();
        ige_decrypt(&mut opened, &Zeroizing::new(key), &Zeroizing::new(iv));
        let (hash, data) = opened.split_at_checked(HASH).unwrap_or_default();
        let what = "the client's half";
        let mut reader = Reader::new(data);
        // The hash says first whether anything here is the client's.
        let read = reader
            .constructor(types::ClientDhInnerData::CONSTRUCTOR_ID, what)
            .and_then(|()| {
                Ok((
                    reader.raw::<32>(what)?,
                    reader.i64(what)?,
                    reader.string(what)?,
                ))
            });
        let (nonces, retry_id, half) = read.map_err(|_| KeyExchangeError::Hash)?;
        let hashed = data.get(..reader.position()).unwrap_or_default();
        if Sha1::digest(hashed).as_slice() != hash || reader.left() >= BLOCK {
            return Err(KeyExchangeError::Hash);
        }
        self.nonces.check(&mut Reader::new(&nonces))?;
        if retry_id != self.retry_id {
            return Err(KeyExchangeError::Changed("mark of the refused key"));
        }
        ClientHalf::read(half).ok_or(KeyExchangeError::OutOfBounds)
    }

    fn accept(self, key: AuthKey) -> Reply {
        let Nonces { client, server } = self.nonces;
        let answer = enums::SetClientDhParamsAnswer::DhGenOk(types::DhGenOk {
            nonce: client,
            server_nonce: server,
            new_nonce_hash1: self.confirmation(&key, 1),
        });
        let lifetime = self.lifetime;
        Reply {
            agreed: Some(Agreed { key, lifetime }),
            ..Reply::with(answer)
        }
    }

    fn retry(&mut self, key: &AuthKey) -> Reply {
        self.retries += 1;
        self.retry_id = i64::from_le_bytes(mark(key));
        let Nonces { client, server } = self.nonces;
        Reply::with(enums::SetClientDhParamsAnswer::DhGenRetry(
            types::DhGenRetry {
                nonce: client,
                server_nonce: server,
                new_nonce_hash2: self.confirmation(key, 2),
            },
        ))
    }

    fn fail(&self, key: &AuthKey) -> Reply {
        let Nonces { client, server } = self.nonces;
        Reply::with(enums::SetClientDhParamsAnswer::DhGenFail(
            types::DhGenFail {
                nonce: client,
                server_nonce: server,
                new_nonce_hash3: self.confirmation(key, 3),
            },
        ))
    }

    /// The proof for the client that the server has the same key, or had it, by the kind of the answer.
    fn confirmation(&self, key: &AuthKey, answer: u8) -> [u8; 16] {
        let hash = Sha1::new()
            .chain_update(self.new_nonce.as_slice())
            .chain_update([answer])
            .chain_update(mark(key));
        let hash: [u8; HASH] = hash.finalize().into();
        let [_, _, _, _, confirmation @ ..] = hash;
        confirmation
    }
}

impl Reply {
    fn with(message: impl grammers_tl_types::Serializable) -> Self {
        let body = message.to_bytes();
        Self { body, agreed: None }
    }
}

/// The other mark of a key, beside its name: the start of its hash.
fn mark(key: &AuthKey) -> [u8; 8] {
    let hash: [u8; HASH] = Sha1::digest(key.expose()).into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    [a, b, c, d, e, f, g, h]
}
