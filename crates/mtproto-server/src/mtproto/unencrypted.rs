//! Messages that are not encrypted: those of a key exchange.
//!
//! ```text
//! 0 (8)  message id (8)  length (4)  body  padding of some transports (0 to 15)
//! ```

use confcall_state::tl::{Reader, Writer};

/// The identifier of the key of a message that is not encrypted.
const NO_KEY: [u8; 8] = [0; 8];

/// The most bytes that a transport pads a packet with.
const MAX_PADDING: usize = 15;

/// The body of a message that is not encrypted; `None` if the packet is none.
pub(crate) fn body(packet: &[u8]) -> Option<&[u8]> {
    let rest = packet.strip_prefix(&NO_KEY)?;
    let (_, rest) = rest.split_at_checked(8)?;
    let mut reader = Reader::new(rest);
    let length = usize::try_from(reader.i32("a length").ok()?).ok()?;
    let (body, padding) = rest.get(reader.position()..)?.split_at_checked(length)?;
    (padding.len() <= MAX_PADDING).then_some(body)
}

/// A message of this id that is not encrypted.
pub(crate) fn packet(id: i64, body: &[u8]) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.raw(&NO_KEY);
        writer.i64(id);
        writer.count(body.len());
        writer.raw(body);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_id_and_its_body_with_or_without_padding() {
        let id = 1_i64 << 40 | 1;
        let packet = packet(id, b"the body");
        assert_eq!(packet[8..16], id.to_le_bytes());
        for padding in 0..=MAX_PADDING {
            let padded = [packet.as_slice(), &vec![7; padding]].concat();
            assert_eq!(body(&padded), Some(b"the body".as_slice()));
        }
    }

    #[test]
    fn anything_else_is_no_message() {
        let whole = packet(1, b"the body");
        for length in 0..whole.len() {
            assert_eq!(body(&whole[..length]), None);
        }
        let long = [whole.as_slice(), &[0; MAX_PADDING + 1]].concat();
        assert_eq!(body(&long), None);
        let encrypted = [[1; 8].as_slice(), &whole[8..]].concat();
        assert_eq!(body(&encrypted), None);
        let negative = [&whole[..16], &(-8_i32).to_le_bytes(), &whole[20..]].concat();
        assert_eq!(body(&negative), None);
    }
}
