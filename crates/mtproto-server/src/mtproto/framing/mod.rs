//! The transports of MTProto, by which packets are cut out of a stream of bytes.
//!
//! The client's first bytes say which transport it speaks, and whether it hides it under a cipher:
//!
//! ```text
//! ef                                      abridged
//! ee ee ee ee                             intermediate
//! dd dd dd dd                             padded intermediate
//! length (4 bytes) 00 00 00 00            full: the number of the first packet is 0
//! anything else, 64 bytes                 obfuscated: a stream of one of those but full, under AES-CTR
//! ```

mod abridged;
mod cut;
mod full;
mod intermediate;
mod obfuscation;

use self::full::Full;
use self::obfuscation::Obfuscation;
use crate::limits;

pub(crate) use self::cut::FramingError;

/// Cuts what arrives on a connection into packets, and frames those that go out.
///
/// After each [`Framer::feed`] it is polled until there is no whole packet left.
pub(crate) struct Framer {
    /// The most bytes of a packet.
    limit: usize,
    received: Vec<u8>,
    /// The number of received bytes that were handed out.
    taken: usize,
    transport: Option<Transport>,
    obfuscation: Option<Obfuscation>,
}

/// A packet of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) payload: Vec<u8>,
    /// True if the client wants to be told at once that the packet came.
    pub(crate) wants_ack: bool,
}

enum Transport {
    Abridged,
    Intermediate,
    Padded,
    Full(Full),
}

impl Framer {
    pub(crate) fn new() -> Self {
        Self {
            limit: limits::FIRST_PACKET,
            received: Vec::new(),
            taken: 0,
            transport: None,
            obfuscation: None,
        }
    }

    /// Takes note that the client is known, and can send packets of any size.
    pub(crate) fn trust(&mut self) {
        self.limit = limits::PACKET;
    }

    /// Takes note that the client is not known any more.
    pub(crate) fn distrust(&mut self) {
        self.limit = limits::FIRST_PACKET;
    }

    /// Takes in bytes that arrived.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        // Only here and not for each packet, since every drain moves the rest.
        self.received.drain(..self.taken);
        self.taken = 0;
        let start = self.received.len();
        self.received.extend_from_slice(bytes);
        if let (Some(obfuscation), Some(new)) =
            (&mut self.obfuscation, self.received.get_mut(start..))
        {
            obfuscation.reveal(new);
        }
    }

    /// The next packet that is whole.
    pub(crate) fn poll(&mut self) -> Result<Option<Packet>, FramingError> {
        if self.transport.is_none() {
            self.transport = self.detect()?;
        }
        let Some(transport) = &mut self.transport else {
            return Ok(None);
        };
        let rest = self.received.get(self.taken..).unwrap_or_default();
        let cut = match transport {
            Transport::Abridged => abridged::cut(rest, self.limit),
            Transport::Intermediate => intermediate::cut(rest, self.limit),
            Transport::Padded => intermediate::cut_padded(rest, self.limit),
            Transport::Full(full) => full.cut(rest, self.limit),
        };
        let Some(cut) = cut? else {
            return Ok(None);
        };
        let payload = rest.get(cut.payload).map(<[u8]>::to_vec);
        self.taken = self.taken.saturating_add(cut.end);
        Ok(payload.map(|payload| Packet {
            payload,
            wants_ack: cut.wants_ack,
        }))
    }

    /// The bytes that carry a packet to the client.
    pub(crate) fn frame(&mut self, packet: &[u8]) -> Vec<u8> {
        let framed = match &mut self.transport {
            Some(Transport::Abridged) => abridged::frame(packet),
            Some(Transport::Full(full)) => full.frame(packet),
            Some(Transport::Intermediate | Transport::Padded) | None => intermediate::frame(packet),
        };
        self.hide(framed)
    }

    /// The bytes that tell a client at once that a packet came.
    pub(crate) fn frame_ack(&mut self, token: u32) -> Vec<u8> {
        let framed = match &self.transport {
            Some(Transport::Abridged) => abridged::frame_ack(token),
            _ => intermediate::frame_ack(token),
        };
        self.hide(framed)
    }

    /// The bytes of an error of the transport, such as 404 for an unknown key.
    pub(crate) fn frame_error(&mut self, code: i32) -> Vec<u8> {
        let code = code.saturating_neg().to_le_bytes();
        let framed = match &self.transport {
            Some(Transport::Abridged) => abridged::frame(&code),
            Some(Transport::Intermediate | Transport::Padded) => intermediate::frame(&code),
            // It stands where a length would.
            Some(Transport::Full(_)) | None => code.to_vec(),
        };
        self.hide(framed)
    }

    fn hide(&mut self, mut framed: Vec<u8>) -> Vec<u8> {
        if let Some(obfuscation) = &mut self.obfuscation {
            obfuscation.hide(&mut framed);
        }
        framed
    }

    /// The transport that the first bytes announce; `None` while there are too few.
    fn detect(&mut self) -> Result<Option<Transport>, FramingError> {
        match *self.received {
            [abridged::TAG, ..] => {
                self.taken = 1;
                Ok(Some(Transport::Abridged))
            }
            [a, b, c, d, ..] if [a, b, c, d] == intermediate::TAG => {
                self.taken = 4;
                Ok(Some(Transport::Intermediate))
            }
            [a, b, c, d, ..] if [a, b, c, d] == intermediate::PADDED_TAG => {
                self.taken = 4;
                Ok(Some(Transport::Padded))
            }
            // Clients draw the start of an obfuscated stream so that it is never one of the others.
            [_, _, _, _, 0, 0, 0, 0, ..] => Ok(Some(Transport::Full(Full::new()))),
            _ => self.detect_obfuscated(),
        }
    }

    fn detect_obfuscated(&mut self) -> Result<Option<Transport>, FramingError> {
        let Some((start, rest)) = self.received.split_first_chunk_mut() else {
            return Ok(None);
        };
        let (mut obfuscation, tag) = Obfuscation::accept(start);
        obfuscation.reveal(rest);
        self.obfuscation = Some(obfuscation);
        self.taken = obfuscation::START;
        match tag {
            abridged::OBFUSCATED_TAG => Ok(Some(Transport::Abridged)),
            intermediate::TAG => Ok(Some(Transport::Intermediate)),
            intermediate::PADDED_TAG => Ok(Some(Transport::Padded)),
            _ => Err(FramingError::UnknownTransport),
        }
    }
}

#[cfg(test)]
mod tests;
