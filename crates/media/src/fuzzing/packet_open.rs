use arbitrary::{Result, Unstructured};
use confcall_state::EpochKey;
use confcall_state::encryption::{encrypt_data, encrypt_header};
use confcall_state::keys::OneTimeSecret;
use rand_core::SeedableRng as _;

use super::{epoch, hash, key, user};
use crate::cryptor::Cryptor;
use crate::epochs::RemovalGrace;
use crate::moment::Moment;
use crate::packet::{CALL_PACKET, signed};

/// Packets from the network as they are, and packets of a member who writes what it likes.
///
/// The law: a packet is opened to what its sender wrote, once, or is refused and left as it was.
pub fn packet_open(data: &[u8]) {
    open(&receiver(), data, None);
    let mut u = Unstructured::new(data);
    if let Ok(crafted) = Crafted::draw(&mut u) {
        let receiver = receiver();
        let frame = [
            &crafted.prefix,
            crafted.content().get(8..).unwrap_or_default(),
        ]
        .concat();
        open(&receiver, &crafted.write(), Some(&frame));
        open(&receiver, &crafted.write(), None);
    }
}

/// User 2, who knows epochs 1 and 2.
fn receiver() -> Cryptor {
    let cryptor = Cryptor::new(user(2), key(2), RemovalGrace::WithGrace);
    for number in [1, 2] {
        cryptor.add_epoch(Moment::default(), epoch(number, [1, 2]));
    }
    cryptor
}

/// Opens a packet of user 1, of which nothing else may come than `frame`.
fn open(receiver: &Cryptor, packet: &[u8], frame: Option<&[u8]>) {
    let now = Moment::default();
    for sender in [3, 2, 1].map(user) {
        let mut data = packet.to_vec();
        match receiver.open_in_place(now, sender, &mut data) {
            Ok(info) => {
                assert_eq!(Some(&data[..]), frame, "{info:?}");
                assert_eq!(sender, user(1));
                assert!(info.prefix <= data.len());
            }
            Err(error) => assert_eq!(data, packet, "{error}"),
        }
    }
}

/// A packet of a member who knows the keys and keeps to no rule.
struct Crafted {
    head: [u8; 4],
    /// The numbers of the epochs whose hashes it names; 1 and 2 are known.
    epochs: Vec<u8>,
    /// Under which epoch's key the headers are.
    keyed: u8,
    prefix: Vec<u8>,
    /// Channel and seqno, or less.
    start: Vec<u8>,
    payload: Vec<u8>,
    signer: u8,
    trailer: u32,
}

impl Crafted {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let count = u.int_in_range(0..=3)?;
        let epochs = (0..count).map(|_| u.int_in_range(0..=3));
        let epochs: Vec<_> = epochs.collect::<Result<_>>()?;
        let mut crafted = Self {
            head: [count, 0, 0, 0],
            keyed: epochs
                .iter()
                .copied()
                .find(|one| (1..3).contains(one))
                .unwrap_or(1),
            epochs,
            prefix: vec![u.arbitrary()?; u.int_in_range(0..=40)?],
            start: vec![0; 8],
            payload: vec![u.arbitrary()?; u.int_in_range(0..=70)?],
            signer: 1,
            trailer: 0,
        };
        u.fill_buffer(&mut crafted.start)?;
        crafted.start[1] &= 7;
        crafted.start[2..4].fill(0);
        crafted.trailer = crafted.prefix.len() as u32;
        match u.int_in_range(0..=15)? {
            0 => crafted.head = u.arbitrary()?,
            1 => crafted.keyed = u.arbitrary()?,
            2 => crafted.start = vec![u.arbitrary()?; u.int_in_range(0..=8)?],
            3 => crafted.signer = u.arbitrary()?,
            4 => crafted.trailer = u.arbitrary()?,
            5 => crafted.head[0] = u.int_in_range(0..=16)?,
            _ => {}
        }
        Ok(crafted)
    }

    /// What is encrypted: channel, seqno and payload, unless it is less.
    fn content(&self) -> Vec<u8> {
        [&self.start[..], &self.payload].concat()
    }

    fn write(&self) -> Vec<u8> {
        let mut rng = chacha20::ChaCha20Rng::from_seed([8; 32]);
        let secret = OneTimeSecret::random(&mut rng);
        let hashes = self.epochs.iter().map(|one| *hash(*one).as_bytes());
        let header_a = [self.head.to_vec(), hashes.flatten().collect()].concat();
        let extra = [&CALL_PACKET[..], &header_a, &self.prefix].concat();
        let encrypted = encrypt_data(&self.content(), &secret, &extra, &mut rng);
        let epoch_key = EpochKey::from_bytes(&[self.keyed; 32]);
        let header = encrypt_header(&secret, &encrypted.bytes, &(&epoch_key).into());
        let header = header.expect("what was encrypted has a msg_id");
        let signature = key(self.signer).sign(&signed(&encrypted.large_msg_id));
        [
            &self.prefix[..],
            &header_a,
            &header.repeat(self.epochs.len()),
            &encrypted.bytes,
            signature.as_bytes(),
            &self.trailer.to_le_bytes(),
        ]
        .concat()
    }
}
