use std::sync::Arc;
use std::time::Duration;

use aes::Aes256;
use aes::cipher::{Block, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use confcall_media::{Cryptor, Epoch, Moment, RemovalGrace};
use confcall_state::wire::{GroupState, Participant, Permissions};
use confcall_state::{BlockHash, EpochKey, ParticipantKeys, PrivateKey, UserId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha512};

use crate::reference::Reference;
use crate::timing::compare;

/// The sizes of frames that are measured, in bytes.
pub const SIZES: [usize; 5] = [20, 160, 1200, 16_384, 65_536];
/// The numbers of epochs that are measured.
pub const EPOCHS: [u8; 2] = [1, 3];

/// The moment at which everything happens.
pub const NOW: Moment = Moment::new(Duration::ZERO);
/// The member who seals.
pub const ALICE: UserId = UserId::new(1);
/// The member who opens.
pub const BOB: UserId = UserId::new(2);

/// Compares an operation on packets for so many epochs with frames of this size with its floor.
pub fn compare_frames<A, B>(
    name: &str,
    (epochs, size): (u8, usize),
    ours: impl FnMut() -> A,
    floor: impl FnMut() -> B,
) {
    compare(&label(name, (epochs, size)), ours, floor);
}

/// Prints what sealing a frame as [`ALICE`] for so many epochs takes the reference.
pub fn time_reference_seal(peer: &mut Reference, (epochs, size): (u8, usize)) {
    add_reference_member(peer, ALICE, epochs);
    let data = hex::encode(vec![7; size]);
    let request = format!(
        r#"{{"op":"enc_encrypt","enc":"member","channel_id":0,"data":"{data}","prefix":0}}"#
    );
    peer.compare(&label("seal_frame", (epochs, size)), |_| request.clone());
}

/// Prints what opening packets of [`ALICE`] as [`BOB`] takes the reference, which refuses one that it has seen.
pub fn time_reference_open(peer: &mut Reference, (epochs, size): (u8, usize), packets: &[Vec<u8>]) {
    add_reference_member(peer, BOB, epochs);
    peer.compare(&label("open_frame", (epochs, size)), |number| {
        let packet = hex::encode(&packets[number]);
        format!(r#"{{"op":"enc_decrypt","enc":"member","user_id":1,"packet":"{packet}"}}"#)
    });
}

/// The same member as [`member`], in the place of the one before.
fn add_reference_member(peer: &mut Reference, user: UserId, epochs: u8) {
    let own_seed = hex::encode(seed(user));
    let user_id = user.value();
    peer.ask(&format!(
        r#"{{"op":"enc_new","enc":"member","user_id":{user_id},"seed":"{own_seed}"}}"#
    ));
    let participants = [ALICE, BOB].map(|user| {
        let (user_id, key) = (
            user.value(),
            PrivateKey::from_seed(&seed(user)).public_key(),
        );
        let key = hex::encode(key.as_bytes());
        format!(r#"{{"user_id":{user_id},"public_key":"{key}","flags":3,"version":0}}"#)
    });
    let participants = participants.join(",");
    for number in 0..epochs {
        let bytes = hex::encode([number; 32]);
        peer.ask(&format!(
            r#"{{"op":"enc_add","enc":"member","epoch":{number},"hash":"{bytes}","secret":"{bytes}","group_state":{{"participants":[{participants}],"external_permissions":3}}}}"#
        ));
    }
}

fn label(name: &str, (epochs, size): (u8, usize)) -> String {
    format!("{name:<10} {epochs} epochs {size:>6} bytes")
}

/// The seed of a user's key.
pub fn seed(user: UserId) -> [u8; 32] {
    [user.value() as u8; 32]
}

/// A user in a call of two, with this many epochs.
pub fn member(user: UserId, epochs: u8) -> Cryptor {
    let key = |user| PrivateKey::from_seed(&seed(user));
    let participants = [ALICE, BOB].map(|user_id| Participant {
        user_id,
        public_key: key(user_id).public_key(),
        permissions: Permissions::from_bits(3),
        version: 0,
    });
    let participants = ParticipantKeys::new(&GroupState {
        participants: participants.into(),
        external_permissions: Permissions::from_bits(3),
    });
    let cryptor = Cryptor::new(user, Arc::new(key(user)), RemovalGrace::WithGrace);
    for number in 0..epochs {
        let epoch = Epoch {
            hash: BlockHash::from_bytes([number; 32]),
            key: EpochKey::from_bytes(&[number; 32]),
            participants: participants.clone(),
        };
        cryptor.add_epoch(NOW, epoch);
    }
    cryptor
}

/// The symmetric primitives of a packet, without anything around them.
pub struct Floor {
    padded: Vec<u8>,
    header_mac: Hmac<Sha512>,
}

impl Floor {
    /// For a frame of this size.
    pub fn new(size: usize) -> Self {
        let padded = (8 + size + 16).next_multiple_of(16);
        Self {
            padded: vec![0; padded],
            header_mac: Hmac::new_from_slice(&[3; 32]).expect("any length will do"),
        }
    }

    /// HMAC-SHA256 over the padded content.
    pub fn message_id(&self) -> [u8; 32] {
        let mac: Hmac<Sha256> = Hmac::new_from_slice(&[1; 32]).expect("any length will do");
        mac.chain_update(&self.padded)
            .finalize()
            .into_bytes()
            .into()
    }

    /// One pass of AES-CBC over the padded content, to encrypt it.
    pub fn encrypt(&mut self) {
        let mut cipher = cbc::Encryptor::<Aes256>::new(&[1; 32].into(), &[2; 16].into());
        cipher.encrypt_blocks(blocks(&mut self.padded));
    }

    /// One pass of AES-CBC over the padded content, to decrypt it.
    pub fn decrypt(&mut self) {
        let mut cipher = cbc::Decryptor::<Aes256>::new(&[1; 32].into(), &[2; 16].into());
        cipher.decrypt_blocks(blocks(&mut self.padded));
    }

    /// Keying a header's cipher and encrypting the header's two blocks.
    pub fn write_header(&self) -> [u8; 32] {
        let (key, iv) = self.header_key();
        let mut header = [7; 32];
        cbc::Encryptor::<Aes256>::new(&key.into(), &iv.into()).encrypt_blocks(blocks(&mut header));
        header
    }

    /// Keying a header's cipher and decrypting the header's two blocks.
    pub fn read_header(&self) -> [u8; 32] {
        let (key, iv) = self.header_key();
        let mut header = [7; 32];
        cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into()).decrypt_blocks(blocks(&mut header));
        header
    }

    fn header_key(&self) -> ([u8; 32], [u8; 16]) {
        let mac = self.header_mac.clone().chain_update([5; 16]);
        let derived = mac.finalize().into_bytes();
        let (key, rest) = derived.split_first_chunk().expect("64 bytes");
        (*key, *rest.first_chunk().expect("32 bytes"))
    }
}

fn blocks(data: &mut [u8]) -> &mut [Block<Aes256>] {
    Block::<Aes256>::slice_as_chunks_mut(data).0
}
