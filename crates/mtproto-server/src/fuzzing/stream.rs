use core::any::Any;

use arbitrary::{Result, Unstructured};
use confcall_state::tl::Writer;
use grammers_crypto::{ObfuscatedCipher, decrypt_data_v2};

use crate::limits;
use crate::mtproto::auth_key::AuthKey;
use crate::mtproto::framing::{Framer, FramingError};
use crate::mtproto::message::{Envelope, MsgId, write_message};
use crate::mtproto::sealing::{self, PADDING};

const KEY: [u8; 256] = [0x5a; 256];
/// The size of a large body, and of one before the client is known.
const LARGE: usize = 1 << 19;
const LARGE_FIRST: usize = 120 << 10;
/// The length of a packet that only a known client may send.
const ENDLESS: u32 = 1 << 19;
/// The number of bytes that a connection reads at once.
const CHUNK: usize = 8 << 10;
/// The start of an obfuscated stream that stands for no other transport.
const START: [u8; 64] = [0x33; 64];

/// A client's stream of bytes, and what goes back to it.
///
/// The laws: how the stream is cut changes nothing of what is read; packets of an honest client are read as it sent
/// them; it reads the server's. `bury` gets what reads the stream, and how large a packet it takes.
pub fn mtproto_stream(data: &[u8], bury: impl Fn(Box<dyn Any>, usize)) {
    let _ = run(&mut Unstructured::new(data), bury);
}

fn run(u: &mut Unstructured<'_>, bury: impl Fn(Box<dyn Any>, usize)) -> Result<()> {
    let mut client = Client::draw(u)?;
    let mut sent = Vec::new();
    let mut is_known = false;
    for _ in 0..u.int_in_range(0..=6)? {
        let packet = match u.ratio(3, 4)? {
            true => sealed(u, if is_known { LARGE } else { LARGE_FIRST })?,
            false => strange(u)?,
        };
        is_known |= sealing::open(&AuthKey::from_bytes(KEY), &packet).is_ok();
        client.send(&packet);
        sent.push(packet);
    }
    let mut stream = core::mem::take(&mut client.stream);
    let is_honest = !damage(u, &mut stream)?;
    let mut pieces = Reading::new();
    let mut rest = stream.as_slice();
    while !rest.is_empty() {
        let most = *u.choose(&[1, 7, 64, CHUNK])?;
        let (piece, after) = rest.split_at(u.int_in_range(1..=most.min(rest.len()))?);
        pieces.feed(piece);
        rest = after;
    }
    let mut chunks = Reading::new();
    stream.chunks(CHUNK).for_each(|chunk| chunks.feed(chunk));
    assert_eq!(
        pieces.received(),
        chunks.received(),
        "the cuts change what is read"
    );
    if is_honest {
        assert_eq!(chunks.received(), (sent.as_slice(), None));
    }
    // A server does not speak first.
    if is_honest && !sent.is_empty() {
        chunks.answer(u, &mut client)?;
    }
    for reading in [pieces, chunks] {
        let limit = if reading.is_known {
            limits::PACKET
        } else {
            128 << 10
        };
        bury(Box::new(reading.framer), limit);
    }
    Ok(())
}

/// A stream as a connection reads it.
struct Reading {
    framer: Framer,
    key: AuthKey,
    packets: Vec<Vec<u8>>,
    error: Option<FramingError>,
    /// True once a packet has shown who the client is.
    is_known: bool,
}

impl Reading {
    fn new() -> Self {
        Self {
            framer: Framer::new(),
            key: AuthKey::from_bytes(KEY),
            packets: Vec::new(),
            error: None,
            is_known: false,
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        if self.error.is_some() {
            return;
        }
        self.framer.feed(bytes);
        loop {
            match self.framer.poll() {
                Ok(Some(packet)) => self.take(packet.payload),
                Ok(None) => return,
                Err(error) => return self.error = Some(error),
            }
        }
    }

    fn take(&mut self, packet: Vec<u8>) {
        let plaintext = sealing::open(&self.key, &packet);
        let is_message = plaintext.is_ok_and(|plaintext| Envelope::read(&plaintext).is_ok());
        if is_message && !self.is_known {
            self.is_known = true;
            self.framer.trust();
        }
        self.packets.push(packet);
    }

    fn received(&self) -> (&[Vec<u8>], Option<FramingError>) {
        (&self.packets, self.error)
    }

    /// Sends packets to a client, which has to read them.
    fn answer(&mut self, u: &mut Unstructured<'_>, client: &mut Client) -> Result<()> {
        for _ in 0..u.int_in_range(0..=3)? {
            let plaintext = plaintext(u, LARGE)?;
            let packet = sealing::seal(&self.key, plaintext.clone(), &[9; PADDING]);
            let mut received = client.receive(&self.framer.frame(&packet));
            assert_eq!(received, packet);
            let theirs = grammers_crypto::AuthKey::from_bytes(KEY);
            let opened = decrypt_data_v2(&mut received, &theirs);
            assert!(opened.is_ok_and(|opened| opened.starts_with(&plaintext)));
        }
        Ok(())
    }
}

/// The framing of a client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Abridged,
    Intermediate,
    Full,
}

/// A client that frames packets as the protocol says.
struct Client {
    transport: Transport,
    cipher: Option<ObfuscatedCipher>,
    sent: u32,
    received: u32,
    stream: Vec<u8>,
}

impl Client {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let all = [
            Transport::Abridged,
            Transport::Intermediate,
            Transport::Full,
        ];
        let transport = *u.choose(&all)?;
        let tag: &[u8] = match transport {
            Transport::Abridged => &[0xef],
            Transport::Intermediate => &[0xee; 4],
            Transport::Full => &[],
        };
        let is_obfuscated = !tag.is_empty() && u.arbitrary()?;
        let (cipher, stream) = match is_obfuscated {
            true => {
                let (cipher, start) = obfuscate(tag);
                (Some(cipher), start)
            }
            false => (None, tag.to_vec()),
        };
        Ok(Self {
            transport,
            cipher,
            sent: 0,
            received: 0,
            stream,
        })
    }

    fn send(&mut self, packet: &[u8]) {
        let mut framed = frame(self.transport, self.sent, packet);
        self.sent += 1;
        if let Some(cipher) = &mut self.cipher {
            cipher.encrypt(&mut framed);
        }
        self.stream.extend(framed);
    }

    /// Takes a frame of the server apart.
    fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut framed = bytes.to_vec();
        if let Some(cipher) = &mut self.cipher {
            cipher.decrypt(&mut framed);
        }
        let (header, trailer) = match (self.transport, framed[0]) {
            (Transport::Abridged, 0x7f) | (Transport::Intermediate, _) => (4, 0),
            (Transport::Abridged, _) => (1, 0),
            (Transport::Full, _) => (8, 4),
        };
        let packet = framed[header..framed.len() - trailer].to_vec();
        assert_eq!(framed, frame(self.transport, self.received, &packet));
        self.received += 1;
        packet
    }
}

/// The cipher and the first bytes of a stream that hides its transport.
fn obfuscate(tag: &[u8]) -> (ObfuscatedCipher, Vec<u8>) {
    let mut start = START;
    start[56..60].copy_from_slice(&[tag[0]; 4]);
    let mut cipher = ObfuscatedCipher::new(&start);
    let mut hidden = start;
    cipher.encrypt(&mut hidden);
    start[56..].copy_from_slice(&hidden[56..]);
    (cipher, start.to_vec())
}

/// A frame, written from the protocol's text and not by what is tested.
fn frame(transport: Transport, number: u32, packet: &[u8]) -> Vec<u8> {
    let length = u32::try_from(packet.len()).unwrap_or_default();
    let units = (length / 4).to_le_bytes();
    match transport {
        Transport::Abridged if length < 0x7f * 4 => [&units[..1], packet].concat(),
        Transport::Abridged => [&[0x7f], &units[..3], packet].concat(),
        Transport::Intermediate => [&length.to_le_bytes(), packet].concat(),
        Transport::Full => {
            let start = [(length + 12).to_le_bytes(), number.to_le_bytes()].concat();
            let mut framed = [&start, packet].concat();
            framed.extend(crc32fast::hash(&framed).to_le_bytes());
            framed
        }
    }
}

/// A packet that no client sealed.
fn strange(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if u.arbitrary()? {
        return Ok(vec![u.arbitrary()?; 4 * u.int_in_range(1..=600)?]);
    }
    let mut packet = sealed(u, LARGE_FIRST)?;
    let at = u.choose_index(packet.len())?;
    packet[at] ^= 1 << u.int_in_range(0..=7)?;
    Ok(packet)
}

/// A packet that the key's client sealed.
fn sealed(u: &mut Unstructured<'_>, large: usize) -> Result<Vec<u8>> {
    let plaintext = plaintext(u, large)?;
    let key = AuthKey::from_bytes(KEY);
    let packet = sealing::seal_as_client(&key, plaintext.clone(), &[9; PADDING]);
    let opened = sealing::open(&key, &packet).expect("what a client seals opens");
    assert!(opened.starts_with(&plaintext));
    assert!(Envelope::read(&opened).is_ok());
    Ok(packet)
}

/// A message, as it stands before it is padded.
fn plaintext(u: &mut Unstructured<'_>, large: usize) -> Result<Vec<u8>> {
    let size = match u.ratio(1, 16)? {
        true => large,
        false => u.int_in_range(0..=150)? * 4,
    };
    let body = vec![u.arbitrary()?; size];
    Ok(Writer::encode(|writer| {
        writer.i64(1);
        writer.i64(7);
        write_message(writer, MsgId(4).0, 1, &body);
    }))
}

/// Breaks a stream, or leaves it; says whether it did.
fn damage(u: &mut Unstructured<'_>, stream: &mut Vec<u8>) -> Result<bool> {
    let at = u.int_in_range(0..=stream.len())?;
    match u.int_in_range(0..=9)? {
        0 if at < stream.len() => stream[at] ^= 1 << u.int_in_range(0..=7)?,
        1 => stream.truncate(at),
        2 => {
            let more: Vec<u8> = u.arbitrary()?;
            stream.splice(at..at, more);
        }
        3 => stream.extend(u.arbitrary::<Vec<u8>>()?),
        // A length, and bytes that never come to an end.
        4 => {
            let length: u32 = *u.choose(&[ENDLESS, 0x7f | ((ENDLESS / 4) << 8), u32::MAX])?;
            stream.extend(length.to_le_bytes());
            stream.extend(core::iter::repeat_n(7, 300 << 10));
        }
        5 => *stream = u.arbitrary()?,
        _ => return Ok(false),
    }
    Ok(true)
}
