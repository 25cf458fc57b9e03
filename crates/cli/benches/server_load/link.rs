//! MTProto as far as a member needs it that counts what it is sent.
//!
//! ```text
//! length (4)  name of the key (8)  message key (16)  ciphertext                    a packet, in the intermediate transport
//! salt (8)  session (8)  message  padding                                          its plaintext
//! id (8)  number (4)  length (4)  body                                             a message
//! ```
//!
//! A packet of the server is decrypted, since what is in it is to be counted, and its message key is not checked.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall::state::tl::Writer;
use confcall_mtproto_server::AuthKey;
use grammers_crypto::aes::ige_decrypt;
use grammers_crypto::{DequeBuffer, encrypt_data_v2};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

const CONTAINER: u32 = 0x73f1_f8dc;
const MSGS_ACK: u32 = 0x62d6_b459;
const PING: u32 = 0x7abe_77ec;
const BAD_SERVER_SALT: u32 = 0xedab_447b;

/// The bytes of a packet before its ciphertext.
const HEAD: usize = 24;

/// The bytes of a message before its body.
const MESSAGE: usize = 16;

/// What a member sends by.
pub(crate) struct Sender {
    writer: OwnedWriteHalf,
    key: grammers_crypto::AuthKey,
    session: i64,
    salt: i64,
    last: i64,
    /// The number of messages that wanted an acknowledgement.
    relevant: i32,
}

/// What a member receives by.
pub(crate) struct Receiver {
    reader: OwnedReadHalf,
    key: [u8; 256],
    buffer: Vec<u8>,
}

/// Connects a session of the user who has a key.
pub(crate) async fn connect(
    address: SocketAddr,
    key: &AuthKey,
    session: i64,
) -> (Sender, Receiver) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    stream.write_all(&[0xee; 4]).await.expect("a transport");
    let (reader, writer) = stream.into_split();
    let mut sender = Sender {
        writer,
        key: grammers_crypto::AuthKey::from_bytes(*key.expose()),
        session,
        salt: 0,
        last: 0,
        relevant: 0,
    };
    let mut receiver = Receiver {
        reader,
        key: *key.expose(),
        buffer: Vec::new(),
    };
    // A wrong salt is answered by the right one.
    let ping = Writer::encode(|writer| {
        writer.u32(PING);
        writer.i64(1);
    });
    sender.send(&ping, &[]).await;
    let mut salt = None;
    receiver
        .receive(|message| {
            assert_eq!(message.constructor(), BAD_SERVER_SALT);
            salt = message.body.last_chunk().copied();
        })
        .await;
    sender.salt = i64::from_le_bytes(salt.expect("a salt"));
    (sender, receiver)
}

impl Sender {
    /// Sends a request, with acknowledgements; gives its number.
    pub(crate) async fn send(&mut self, body: &[u8], acknowledged: &[i64]) -> i64 {
        let acks = Writer::encode(|writer| {
            writer.u32(MSGS_ACK);
            writer.boxed_vector(acknowledged, |writer, id| writer.i64(*id));
        });
        let (ack, request, container) = (self.next_id(), self.next_id(), self.next_id());
        let before = self.relevant * 2;
        self.relevant += 1;
        let plaintext = Writer::encode(|writer| {
            writer.i64(self.salt);
            writer.i64(self.session);
            writer.i64(container);
            writer.i32(before + 2);
            writer.count(8 + MESSAGE * 2 + acks.len() + body.len());
            writer.u32(CONTAINER);
            writer.count(2);
            for (id, number, body) in [(ack, before, &*acks), (request, before + 1, body)] {
                writer.i64(id);
                writer.i32(number);
                writer.count(body.len());
                writer.raw(body);
            }
        });
        let mut packet = DequeBuffer::with_capacity(plaintext.len() + 64, 64);
        packet.extend(plaintext);
        encrypt_data_v2(&mut packet, &self.key);
        let length = (packet.as_ref().len() as u32).to_le_bytes();
        let framed = [&length, packet.as_ref()].concat();
        self.writer.write_all(&framed).await.expect("it is sent");
        request
    }

    /// The time, in the units of the protocol.
    fn next_id(&mut self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("a time after 1970");
        let fraction = (i64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
        let time = ((now.as_secs() as i64) << 32 | fraction) & !3;
        self.last = time.max(self.last + 4);
        self.last
    }
}

/// A message of the server.
pub(crate) struct Message<'a> {
    pub(crate) id: i64,
    /// True if it wants an acknowledgement.
    pub(crate) is_relevant: bool,
    pub(crate) body: &'a [u8],
}

impl Message<'_> {
    pub(crate) fn constructor(&self) -> u32 {
        u32_at(self.body, 0)
    }
}

impl Receiver {
    /// Waits for a packet, and shows each of its messages; gives the number of its bytes, and 0 once there is none any more.
    ///
    /// It can be given up at any time.
    pub(crate) async fn receive(&mut self, show: impl FnMut(Message<'_>)) -> usize {
        while !self.is_whole() {
            if matches!(self.reader.read_buf(&mut self.buffer).await, Ok(0) | Err(_)) {
                return 0;
            }
        }
        let end = 4 + u32_at(&self.buffer, 0) as usize;
        let (key, iv) = cipher(&self.key, &self.buffer[12..28]);
        let plaintext = &mut self.buffer[4 + HEAD..end];
        ige_decrypt(plaintext, &key, &iv);
        each_message(&plaintext[16..], show);
        self.buffer.drain(..end);
        end
    }

    fn is_whole(&self) -> bool {
        self.buffer.len() >= 4 && self.buffer.len() - 4 >= u32_at(&self.buffer, 0) as usize
    }
}

fn each_message(bytes: &[u8], mut show: impl FnMut(Message<'_>)) {
    let (first, _) = message(bytes);
    if first.constructor() != CONTAINER {
        return show(first);
    }
    let mut rest = &first.body[8..];
    for _ in 0..u32_at(first.body, 4) {
        let (next, after) = message(rest);
        show(next);
        rest = after;
    }
}

fn message(bytes: &[u8]) -> (Message<'_>, &[u8]) {
    let (body, rest) = bytes[MESSAGE..].split_at(u32_at(bytes, 12) as usize);
    let message = Message {
        id: i64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")),
        is_relevant: bytes[8] & 1 == 1,
        body,
    };
    (message, rest)
}

/// The key and the initialisation vector of a packet of the server.
fn cipher(key: &[u8; 256], message_key: &[u8]) -> ([u8; 32], [u8; 32]) {
    let a = Sha256::digest([message_key, &key[8..44]].concat());
    let b = Sha256::digest([&key[48..84], message_key].concat());
    let mix = |outer: &[u8], inner: &[u8]| {
        let mixed = [&outer[..8], &inner[8..24], &outer[24..]].concat();
        mixed.try_into().expect("32 bytes")
    };
    (mix(&a, &b), mix(&b, &a))
}

/// A number at a place.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}
