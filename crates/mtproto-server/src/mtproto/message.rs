//! The messages inside a packet.
//!
//! ```text
//! salt (8)  session (8)  message             the plaintext of a packet
//! id (8)  number (4)  length (4)  body       a message
//! 73f1f8dc  count (4)  messages              the body of a container
//! ```

use core::time::Duration;

use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};
use thiserror::Error;

use crate::limits;

/// The constructor of a container.
pub(crate) const CONTAINER: u32 = 0x73f1_f8dc;

/// The number of bytes of padding of a plaintext.
const PADDING: core::ops::RangeInclusive<usize> = 12..=1024;

/// The number of bytes of a message beside its body.
pub(crate) const OVERHEAD: usize = 16;

/// The id of a message: the time when it was made, in units of 2^-32 seconds, and in its last two bits who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MsgId(pub(crate) i64);

impl MsgId {
    /// The time when the message was made, in whole seconds since the epoch.
    pub(crate) fn seconds(self) -> i64 {
        self.0 >> 32
    }

    /// True for an id that a client gives.
    pub(crate) fn is_of_client(self) -> bool {
        self.0 & 3 == 0
    }
}

/// A message of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) id: MsgId,
    /// Twice the number of messages before it that need an acknowledgement, plus one if it needs one too.
    pub(crate) seq_no: i32,
    pub(crate) body: &'a [u8],
}

/// The plaintext of a client's packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    pub(crate) salt: i64,
    pub(crate) session: i64,
    pub(crate) message: Message<'a>,
}

/// A packet that its client sealed holds no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum EnvelopeError {
    #[error("the packet ends inside the message: {0}")]
    Message(#[from] ReadError),
    #[error("a packet is padded with 12 to 1024 bytes, not with {0}")]
    Padding(usize),
}

impl<'a> Envelope<'a> {
    /// Reads a plaintext with its padding.
    pub(crate) fn read(plaintext: &'a [u8]) -> Result<Self, EnvelopeError> {
        let mut reader = Reader::new(plaintext);
        let (salt, session) = (reader.i64("the salt")?, reader.i64("the session")?);
        let (message, padding) = read_message(plaintext, &mut reader)?;
        match PADDING.contains(&padding) {
            true => Ok(Self {
                salt,
                session,
                message,
            }),
            false => Err(EnvelopeError::Padding(padding)),
        }
    }
}

/// Reads the messages of a container, after its constructor.
pub(crate) fn read_container(body: &[u8]) -> Result<Vec<Message<'_>>, ReadError> {
    let mut reader = Reader::new(body);
    reader.u32("a container")?;
    let count = reader.count("messages")?;
    // MTProto has this limit, and a container of thousands of empty messages would cost more than its bytes.
    if count > limits::CONTAINER_MESSAGES {
        let what = "the number of messages";
        return Err(reader.error_before(4, ReadErrorKind::InvalidValue { what }));
    }
    let mut messages = Vec::with_capacity(reader.capacity(count, OVERHEAD));
    let mut rest = body.get(reader.position()..).unwrap_or_default();
    for _ in 0..count {
        let (message, left) = read_message(rest, &mut Reader::new(rest))?;
        messages.push(message);
        rest = rest.get(rest.len() - left..).unwrap_or_default();
    }
    Reader::new(rest).finish("a container")?;
    Ok(messages)
}

/// Reads a message that starts where the reader of these bytes stands; says how many bytes follow it.
fn read_message<'a>(
    bytes: &'a [u8],
    reader: &mut Reader<'_>,
) -> Result<(Message<'a>, usize), ReadError> {
    let (id, seq_no) = (reader.i64("a message id")?, reader.i32("a message number")?);
    let length = reader.count("bytes of a message")?;
    let rest = bytes.get(reader.position()..).unwrap_or_default();
    let what = "the length of a message";
    let invalid = reader.error_before(4, ReadErrorKind::InvalidValue { what });
    let whole = length.is_multiple_of(4).then_some(length);
    let parts = whole.and_then(|length| rest.split_at_checked(length));
    let (body, after) = parts.ok_or(invalid)?;
    let id = MsgId(id);
    Ok((Message { id, seq_no, body }, after.len()))
}

/// Writes a message of the server.
pub(crate) fn write_message(writer: &mut Writer, id: i64, seq_no: i32, body: &[u8]) {
    writer.i64(id);
    writer.i32(seq_no);
    writer.count(body.len());
    writer.raw(body);
}

/// Gives the messages of a server their ids, which grow.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last: i64,
}

/// The cause of a message of the server: one of the client, or an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Answer,
    Notice,
}

impl Clock {
    pub(crate) fn next(&mut self, now: Duration, origin: Origin) -> i64 {
        let seconds = i64::try_from(now.as_secs()).unwrap_or_default();
        let fraction = (i64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
        let time = (seconds << 32 | fraction) & !3;
        // Ids grow even if the clock goes back, or clients take the messages for repeated ones.
        self.last = time.max((self.last & !3).saturating_add(4));
        self.last
            | match origin {
                Origin::Answer => 1,
                Origin::Notice => 3,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn container(bodies: &[&[u8]]) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u32(0x73f1_f8dc);
        writer.count(bodies.len());
        for (place, body) in bodies.iter().enumerate() {
            write_message(&mut writer, place as i64 * 4, 1, body);
        }
        writer.into_bytes()
    }

    #[test]
    fn a_container_gives_its_messages_in_order() {
        let bytes = container(&[b"four", b"", b"eightbyt"]);
        let messages = read_container(&bytes).unwrap();
        let bodies: Vec<_> = messages.iter().map(|message| message.body).collect();
        assert_eq!(bodies, [b"four".as_slice(), b"", b"eightbyt"]);
        assert_eq!(messages[2].id, MsgId(8));
    }

    #[test]
    fn a_container_that_is_cut_or_has_too_many_messages_is_none() {
        let bytes = container(&[b"four", b"eightbyt"]);
        for length in 4..bytes.len() {
            assert!(read_container(&bytes[..length]).is_err(), "{length}");
        }
        assert!(read_container(&container(&[b"".as_slice(); 1021])).is_err());
        assert!(read_container(&container(&[b"".as_slice(); 1020])).is_ok());
    }

    #[test]
    fn a_length_that_is_negative_or_no_multiple_of_four_is_refused() {
        for length in [-4, -1, 3, i32::MAX, i32::MIN] {
            let mut writer = Writer::new();
            (0..3).for_each(|_| writer.i64(0));
            writer.i32(1);
            writer.i32(length);
            writer.raw(&[0; 64]);
            assert!(Envelope::read(&writer.into_bytes()).is_err(), "{length}");
        }
    }

    #[test]
    fn a_padding_that_is_too_short_or_too_long_is_refused() {
        let padded = |padding: usize| {
            let mut writer = Writer::new();
            (0..2).for_each(|_| writer.i64(0));
            write_message(&mut writer, 4, 1, b"body");
            writer.raw(&vec![0; padding]);
            writer.into_bytes()
        };
        assert_eq!(Envelope::read(&padded(11)), Err(EnvelopeError::Padding(11)));
        assert!(Envelope::read(&padded(12)).is_ok());
        assert!(Envelope::read(&padded(1024)).is_ok());
        assert!(Envelope::read(&padded(1025)).is_err());
    }

    #[test]
    fn ids_grow_even_if_the_clock_goes_back() {
        let mut clock = Clock::default();
        let first = clock.next(Duration::from_millis(1_700_000_000_500), Origin::Answer);
        let second = clock.next(Duration::from_millis(1_700_000_000_400), Origin::Notice);
        assert!(second > first);
        assert_eq!((first & 3, second & 3), (1, 3));
        assert_eq!(MsgId(first).seconds(), 1_700_000_000);
    }

    proptest! {
        #[test]
        fn no_plaintext_makes_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Envelope::read(&bytes);
            let _ = read_container(&bytes);
        }
    }
}
