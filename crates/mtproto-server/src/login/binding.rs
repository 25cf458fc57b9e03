use core::time::Duration;

use confcall_join::api::RpcError;
use confcall_server::tl::Layer;
use confcall_state::tl::{ReadError, Reader};
use grammers_crypto::aes::ige_decrypt;
use grammers_tl_types::{Identifiable as _, types};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::mtproto::auth_key::{AuthKey, AuthKeyId};
use crate::mtproto::message::MsgId;

/// The block of the cipher.
const BLOCK: usize = 16;

/// The number of bytes of `bind_auth_key_inner`.
const INNER: usize = 40;

/// The number of bytes of what is encrypted, without its padding.
const MESSAGE: usize = 16 + 8 + 4 + 4 + INNER;

/// The wish that a temporary key stand for a permanent one, with a proof under the permanent key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    permanent: AuthKeyId,
    nonce: i64,
    /// The end of the temporary key, in seconds since the epoch.
    expires_at: i32,
    encrypted: Vec<u8>,
}

/// The message in which a client asks for something: its key, its session and its id, and the layer of the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) key: AuthKeyId,
    pub(crate) session: i64,
    pub(crate) message: MsgId,
    /// The layer in which the client reads.
    pub(crate) layer: Layer,
}

impl Binding {
    /// Reads what follows the constructor of the method.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            permanent: AuthKeyId(reader.raw("the name of the permanent key")?),
            nonce: reader.i64("a nonce")?,
            expires_at: reader.i32("an end")?,
            encrypted: reader.string("an encrypted message")?.to_vec(),
        })
    }

    /// The name of the permanent key.
    pub(crate) fn permanent(&self) -> AuthKeyId {
        self.permanent
    }

    /// Checks the proof under the permanent key, which is encrypted as in MTProto 1.0; gives the end of the temporary key.
    ///
    /// ```text
    /// name of the permanent key (8)  message key (16)
    /// ciphertext of: random (16)  message id (8)  0 (4)  40 (4)  bind_auth_key_inner (40)  padding (0 to 15)
    /// ```
    pub(crate) fn verify(
        &self,
        permanent: &AuthKey,
        asked: Asked,
        now: Duration,
    ) -> Result<Duration, RpcError> {
        let inner = self.open(permanent, asked);
        let inner = inner.ok_or_else(|| RpcError::new(400, "ENCRYPTED_MESSAGE_INVALID"))?;
        if inner != self.expected_inner(asked) {
            return Err(RpcError::new(400, "ENCRYPTED_MESSAGE_INVALID"));
        }
        let end = u64::try_from(self.expires_at).unwrap_or_default();
        match Duration::from_secs(end) {
            end if end > now => Ok(end),
            _ => Err(RpcError::new(400, "EXPIRES_AT_INVALID")),
        }
    }

    /// The content of the encrypted message, if it is whole and belongs to the message around it.
    fn open(&self, permanent: &AuthKey, asked: Asked) -> Option<[u8; INNER]> {
        let rest = self.encrypted.strip_prefix(&self.permanent.0)?;
        let (message_key, sealed) = rest.split_first_chunk::<16>()?;
        if sealed.len() != MESSAGE.next_multiple_of(BLOCK) {
            return None;
        }
        let (key, iv) = cipher_keys(permanent, message_key);
        let mut opened = Zeroizing::new(sealed.to_vec());
        ige_decrypt(&mut opened, &key, &iv);
        let message = opened.get(..MESSAGE)?;
        let hash: [u8; 20] = Sha1::digest(message).into();
        let [_, _, _, _, expected @ ..] = hash;
        if !bool::from(expected.ct_eq(message_key)) {
            return None;
        }
        let (_random, message) = message.split_at_checked(16)?;
        let message = message.strip_prefix(&asked.message.0.to_le_bytes())?;
        let message = message.strip_prefix(&0_i32.to_le_bytes())?;
        let message = message.strip_prefix(&(INNER as i32).to_le_bytes())?;
        message.try_into().ok()
    }

    /// `bind_auth_key_inner nonce:long temp_auth_key_id:long perm_auth_key_id:long temp_session_id:long expires_at:int`
    fn expected_inner(&self, asked: Asked) -> [u8; INNER] {
        let parts: [&[u8]; 6] = [
            &types::BindAuthKeyInner::CONSTRUCTOR_ID.to_le_bytes(),
            &self.nonce.to_le_bytes(),
            &asked.key.0,
            &self.permanent.0,
            &asked.session.to_le_bytes(),
            &self.expires_at.to_le_bytes(),
        ];
        let mut inner = [0; INNER];
        let bytes = parts.into_iter().flatten();
        inner
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        inner
    }
}

/// The key and the initialisation vector of MTProto 1.0 for a message of a client.
fn cipher_keys(
    key: &AuthKey,
    message_key: &[u8; 16],
) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let part =
        |from: usize, length: usize| key.expose().get(from..from + length).unwrap_or_default();
    let hash = |parts: [&[u8]; 3]| {
        let hash = parts
            .into_iter()
            .fold(Sha1::new(), |hash, part| hash.chain_update(part));
        Zeroizing::new(<[u8; 20]>::from(hash.finalize()))
    };
    let a = hash([message_key, part(0, 32), &[]]);
    let b = hash([part(32, 16), message_key, part(48, 16)]);
    let c = hash([part(64, 32), message_key, &[]]);
    let d = hash([message_key, part(96, 32), &[]]);
    (
        join([a.get(..8), b.get(8..20), c.get(4..16), None]),
        join([a.get(8..20), b.get(..8), c.get(16..20), d.get(..8)]),
    )
}

/// Parts of hashes, one behind another.
fn join(parts: [Option<&[u8]>; 4]) -> Zeroizing<[u8; 32]> {
    let mut joined = Zeroizing::new([0; 32]);
    let bytes = parts.into_iter().flatten().flatten();
    joined
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mtproto::auth_key::LENGTH;
    use grammers_crypto::aes::ige_encrypt;

    const NOW: Duration = Duration::from_secs(1_800_000_000);
    const END: i32 = 1_800_003_600;
    const ASKED: Asked = Asked {
        key: AuthKeyId([9; 8]),
        session: -7,
        message: MsgId(1_800_000_000 << 32),
        layer: Layer::Newest,
    };

    /// A key whose every part is another one.
    fn permanent() -> AuthKey {
        let mut bytes = [0; LENGTH];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        AuthKey::from_bytes(bytes)
    }

    impl Binding {
        /// A binding of a client that proves to have a key, for the message that asks for it.
        pub(crate) fn sealed(permanent: &AuthKey, asked: Asked, end: i32) -> Self {
            let mut binding = Self {
                permanent: permanent.id(),
                nonce: 0x1234,
                expires_at: end,
                encrypted: Vec::new(),
            };
            let inner = binding.expected_inner(asked);
            binding.encrypted = seal(permanent, &[3; 16], asked.message.0, 0, &inner);
            binding
        }
    }

    fn seal(key: &AuthKey, random: &[u8], message: i64, seq_no: i32, inner: &[u8]) -> Vec<u8> {
        let length = i32::try_from(inner.len()).unwrap();
        let message = [
            random,
            &message.to_le_bytes(),
            &seq_no.to_le_bytes(),
            &length.to_le_bytes(),
            inner,
        ]
        .concat();
        let hash: [u8; 20] = Sha1::digest(&message).into();
        let message_key: [u8; 16] = hash[4..].try_into().unwrap();
        let (cipher, iv) = cipher_keys(key, &message_key);
        let mut sealed = message;
        sealed.resize(sealed.len().next_multiple_of(BLOCK), 5);
        ige_encrypt(&mut sealed, &cipher, &iv);
        [key.id().0.as_slice(), &message_key, &sealed].concat()
    }

    fn verify(binding: &Binding, asked: Asked) -> Result<Duration, String> {
        let verified = binding.verify(&permanent(), asked, NOW);
        verified.map_err(|error| error.message)
    }

    #[test]
    fn the_cipher_is_the_one_of_the_first_version() {
        // The formulas of the protocol's description, written out.
        let (key, message_key) = (permanent(), [6; 16]);
        let bytes = key.expose();
        let sha1 = |parts: &[&[u8]]| Sha1::digest(parts.concat()).to_vec();
        let a = sha1(&[&message_key, &bytes[..32]]);
        let b = sha1(&[&bytes[32..48], &message_key, &bytes[48..64]]);
        let c = sha1(&[&bytes[64..96], &message_key]);
        let d = sha1(&[&message_key, &bytes[96..128]]);
        let (cipher, iv) = cipher_keys(&key, &message_key);
        assert_eq!(cipher.to_vec(), [&a[..8], &b[8..20], &c[4..16]].concat());
        let expected = [&a[8..20], &b[..8], &c[16..20], &d[..8]].concat();
        assert_eq!(iv.to_vec(), expected);
    }

    #[test]
    fn a_proof_under_the_permanent_key_is_taken() {
        let binding = Binding::sealed(&permanent(), ASKED, END);
        let end = verify(&binding, ASKED).unwrap();
        assert_eq!(end, Duration::from_secs(1_800_003_600));
    }

    #[test]
    fn a_proof_for_another_message_session_or_key_is_refused() {
        let binding = Binding::sealed(&permanent(), ASKED, END);
        let others = [
            Asked {
                key: AuthKeyId([8; 8]),
                ..ASKED
            },
            Asked {
                session: 7,
                ..ASKED
            },
            Asked {
                message: MsgId(4),
                ..ASKED
            },
        ];
        for other in others {
            let refused = verify(&binding, other).unwrap_err();
            assert_eq!(refused, "ENCRYPTED_MESSAGE_INVALID");
        }
    }

    #[test]
    fn what_stands_in_clear_must_be_what_was_encrypted() {
        let changes: [fn(&mut Binding); 3] = [
            |binding| binding.nonce ^= 1,
            |binding| binding.expires_at += 1,
            |binding| binding.permanent.0[0] ^= 1,
        ];
        for change in changes {
            let mut binding = Binding::sealed(&permanent(), ASKED, END);
            change(&mut binding);
            let refused = verify(&binding, ASKED).unwrap_err();
            assert_eq!(refused, "ENCRYPTED_MESSAGE_INVALID");
        }
    }

    #[test]
    fn a_proof_with_any_byte_changed_or_cut_is_refused() {
        let whole = Binding::sealed(&permanent(), ASKED, END);
        // The last block is padding in part, which the message key does not cover.
        for place in 0..whole.encrypted.len() - BLOCK {
            let mut binding = Binding::sealed(&permanent(), ASKED, END);
            binding.encrypted[place] ^= 1;
            assert!(verify(&binding, ASKED).is_err(), "{place}");
        }
        for length in 0..whole.encrypted.len() {
            let mut binding = Binding::sealed(&permanent(), ASKED, END);
            binding.encrypted.truncate(length);
            assert!(verify(&binding, ASKED).is_err(), "{length}");
        }
    }

    #[test]
    fn a_proof_with_another_number_or_length_is_refused() {
        let mut binding = Binding::sealed(&permanent(), ASKED, END);
        let inner = binding.expected_inner(ASKED);
        let message = ASKED.message.0;
        for (seq_no, inner) in [(1, inner.as_slice()), (0, &inner[..36])] {
            binding.encrypted = seal(&permanent(), &[3; 16], message, seq_no, inner);
            assert!(verify(&binding, ASKED).is_err());
        }
    }

    #[test]
    fn an_end_that_is_past_is_refused() {
        let binding = Binding::sealed(&permanent(), ASKED, 1_800_000_000);
        let refused = verify(&binding, ASKED).unwrap_err();
        assert_eq!(refused, "EXPIRES_AT_INVALID");
    }
}
