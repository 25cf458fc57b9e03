//! The client's side of a key exchange, by arithmetic and ciphers of other libraries than the server's.

use grammers_crypto::aes::{ige_decrypt, ige_encrypt};
use grammers_crypto::{factorize, generate_key_data_from_nonce, rsa as padded};
use grammers_tl_types::{Cursor, Deserializable as _, Serializable as _, enums, functions, types};
use num_bigint::BigUint;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use sha1::{Digest as _, Sha1};

/// The form in which a client encrypts its secret nonce.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// The one of the protocol.
    Padded,
    /// The older one, which some clients still use.
    Hashed,
}

/// A client that agrees on a key.
#[derive(Clone)]
pub(crate) struct Exchange {
    modulus: BigUint,
    exponent: BigUint,
    form: Form,
    pub(crate) nonce: [u8; 16],
    pub(crate) server_nonce: [u8; 16],
    pub(crate) new_nonce: [u8; 32],
    pub(crate) half: BigUint,
    shared: BigUint,
}

impl Exchange {
    /// A client that knows the server's public key, as PEM.
    pub(crate) fn new(pem: &str, form: Form) -> Self {
        let key = rsa::PublicKey::from_pkcs1_pem(pem).unwrap();
        Self {
            modulus: BigUint::from_bytes_be(&key.n_bytes()),
            exponent: BigUint::from_bytes_be(&key.e_bytes()),
            form,
            nonce: [0x11; 16],
            server_nonce: [0; 16],
            new_nonce: [0x22; 32],
            half: BigUint::default(),
            shared: BigUint::default(),
        }
    }

    /// The name of the server's key.
    pub(crate) fn fingerprint(&self) -> i64 {
        let named = [&self.modulus, &self.exponent].map(|part| part.to_bytes_be().to_bytes());
        let hash = Sha1::digest(named.concat());
        i64::from_le_bytes(hash[12..].try_into().unwrap())
    }

    pub(crate) fn first(&self) -> functions::ReqPqMulti {
        functions::ReqPqMulti { nonce: self.nonce }
    }

    /// The inner data for an answer to the first message.
    pub(crate) fn inner(&mut self, answer: &[u8]) -> types::PQInnerData {
        let enums::ResPq::Pq(answer) = enums::ResPq::from_bytes(answer).unwrap();
        assert_eq!(answer.nonce, self.nonce);
        assert_eq!(answer.server_public_key_fingerprints, [self.fingerprint()]);
        self.server_nonce = answer.server_nonce;
        let product = u64::from_be_bytes(answer.pq.clone().try_into().unwrap());
        let (p, q) = factorize(product);
        let bytes = |factor: u64| BigUint::from(factor).to_bytes_be();
        types::PQInnerData {
            pq: answer.pq,
            p: bytes(p),
            q: bytes(q),
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            new_nonce: self.new_nonce,
        }
    }

    pub(crate) fn second(
        &self,
        outer: types::PQInnerData,
        inner: impl Into<enums::PQInnerData>,
    ) -> functions::ReqDhParams {
        functions::ReqDhParams {
            nonce: outer.nonce,
            server_nonce: outer.server_nonce,
            p: outer.p,
            q: outer.q,
            public_key_fingerprint: self.fingerprint(),
            encrypted_data: self.encrypt(&inner.into().to_bytes()),
        }
    }

    /// Draws the own half for the server's, from a secret exponent.
    pub(crate) fn choose(&mut self, answer: &[u8], exponent: u8) -> types::ServerDhInnerData {
        let answer = match enums::ServerDhParams::from_bytes(answer).unwrap() {
            enums::ServerDhParams::Ok(answer) => answer,
            other => panic!("{other:?}"),
        };
        assert_eq!(answer.nonce, self.nonce);
        assert_eq!(answer.server_nonce, self.server_nonce);
        let (key, iv) = generate_key_data_from_nonce(&self.server_nonce, &self.new_nonce);
        let mut opened = answer.encrypted_answer;
        ige_decrypt(&mut opened, &key, &iv);
        let mut cursor = Cursor::from_slice(&opened[20..]);
        let enums::ServerDhInnerData::Data(offer) =
            enums::ServerDhInnerData::deserialize(&mut cursor).unwrap();
        let length = cursor.pos();
        assert_eq!(
            Sha1::digest(&opened[20..][..length]).as_slice(),
            &opened[..20]
        );
        assert!(opened.len() - 20 - length < 16);
        self.take(&offer, exponent);
        offer
    }

    /// Takes another half for the same offer.
    pub(crate) fn take(&mut self, offer: &types::ServerDhInnerData, exponent: u8) {
        let prime = BigUint::from_bytes_be(&offer.dh_prime);
        let exponent = BigUint::from_bytes_be(&[exponent; 256]);
        self.half = BigUint::from(u32::try_from(offer.g).unwrap()).modpow(&exponent, &prime);
        self.shared = BigUint::from_bytes_be(&offer.g_a).modpow(&exponent, &prime);
    }

    pub(crate) fn third(&self, retry_id: i64) -> functions::SetClientDhParams {
        let inner = enums::ClientDhInnerData::Data(types::ClientDhInnerData {
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            retry_id,
            g_b: self.half.to_bytes_be(),
        });
        let inner = inner.to_bytes();
        let mut sealed = [Sha1::digest(&inner).to_vec(), inner].concat();
        sealed.resize(sealed.len().next_multiple_of(16), 0);
        let (key, iv) = generate_key_data_from_nonce(&self.server_nonce, &self.new_nonce);
        ige_encrypt(&mut sealed, &key, &iv);
        functions::SetClientDhParams {
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            encrypted_data: sealed,
        }
    }

    /// The key.
    pub(crate) fn key(&self) -> [u8; 256] {
        let bytes = self.shared.to_bytes_be();
        let mut key = [0; 256];
        key[256 - bytes.len()..].copy_from_slice(&bytes);
        key
    }

    /// The mark of the key, beside its name.
    pub(crate) fn mark(&self) -> i64 {
        let hash = Sha1::digest(self.key());
        i64::from_le_bytes(hash[..8].try_into().unwrap())
    }

    /// The proof that the server has the same key, in an answer of this kind.
    pub(crate) fn confirmation(&self, answer: u8) -> [u8; 16] {
        let proven = [
            self.new_nonce.as_slice(),
            &[answer],
            &self.mark().to_le_bytes(),
        ];
        Sha1::digest(proven.concat())[4..].try_into().unwrap()
    }

    fn encrypt(&self, data: &[u8]) -> Vec<u8> {
        match self.form {
            Form::Padded => {
                let [n, e] = [&self.modulus, &self.exponent].map(BigUint::to_string);
                let key = padded::Key::new(&n, &e).unwrap();
                padded::encrypt_hashed(data, &key, &[0x33; 224])
            }
            Form::Hashed => {
                let mut hashed = [Sha1::digest(data).as_slice(), data].concat();
                hashed.resize(255, 0x44);
                let number = BigUint::from_bytes_be(&hashed);
                let number = number.modpow(&self.exponent, &self.modulus).to_bytes_be();
                [vec![0; 256 - number.len()], number].concat()
            }
        }
    }
}

/// The inner data by which a client asks for a temporary key, good for so many seconds.
pub(crate) fn temporary(of: types::PQInnerData, expires_in: i32) -> types::PQInnerDataTemp {
    types::PQInnerDataTemp {
        pq: of.pq,
        p: of.p,
        q: of.q,
        nonce: of.nonce,
        server_nonce: of.server_nonce,
        new_nonce: of.new_nonce,
        expires_in,
    }
}
