//! The payload format of VP8 (RFC 7741).
//!
//! ```text
//! X R N S R PID │ I L T K ..  │ M PictureID (15 bits) │ part of the frame
//!  0x90, 0x80   │    0x80     │ 0x80.. ..             │
//! ```
//!
//! A frame that is sealed is split as if it were one in clear: its first bytes are, and nothing here looks at more.

/// The bytes of the descriptor that we write.
const DESCRIPTOR: usize = 4;
const EXTENDED: u8 = 0x80;
const STARTS: u8 = 0x10;
const PARTITION: u8 = 0x07;

/// One payload of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) payload: Vec<u8>,
    /// True for the last one of its frame.
    pub(super) is_last: bool,
}

/// Splits a frame into payloads of at most `longest` bytes, with a descriptor each.
pub(super) fn split(frame: &[u8], picture_id: u16, longest: usize) -> impl Iterator<Item = Part> {
    let size = longest.saturating_sub(DESCRIPTOR).max(1);
    let count = frame.len().div_ceil(size);
    let [high, low] = picture_id.to_be_bytes();
    frame.chunks(size).enumerate().map(move |(index, chunk)| {
        let starts = if index == 0 { STARTS } else { 0 };
        let mut payload = Vec::with_capacity(DESCRIPTOR + chunk.len());
        payload.extend([EXTENDED | starts, 0x80, 0x80 | high, low]);
        payload.extend_from_slice(chunk);
        Part {
            payload,
            is_last: index + 1 == count,
        }
    })
}

/// What is read of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    /// True if a frame starts with this payload.
    pub(super) starts_frame: bool,
    /// The bytes before the part of the frame.
    pub(super) length: usize,
}

impl Descriptor {
    /// Reads the descriptor of a payload; `None` if it has nothing behind it.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut length = 1;
        if first & EXTENDED != 0 {
            let fields = *payload.get(length)?;
            length += 1;
            if fields & 0x80 != 0 {
                length += if payload.get(length)? & 0x80 == 0 {
                    1
                } else {
                    2
                };
            }
            if fields & 0x40 != 0 {
                length += 1;
            }
            if fields & 0x30 != 0 {
                length += 1;
            }
        }
        (length < payload.len()).then_some(Self {
            starts_frame: first & (STARTS | PARTITION) == STARTS,
            length,
        })
    }
}

/// True if a frame is a key frame, sealed or not.
pub(super) fn is_key_frame(frame: &[u8]) -> bool {
    frame.first().is_some_and(|tag| tag & 1 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_descriptor_has_a_picture_id_of_15_bits_as_stock_clients_write_it() {
        let parts: Vec<_> = split(&[1, 2, 3, 4, 5], 0x4c45, 7).collect();
        assert_eq!(parts[0].payload, [0x90, 0x80, 0xcc, 0x45, 1, 2, 3]);
        assert_eq!(parts[1].payload, [0x80, 0x80, 0xcc, 0x45, 4, 5]);
        assert_eq!([parts[0].is_last, parts[1].is_last], [false, true]);
    }

    #[test]
    fn descriptors_of_every_form_are_read() {
        for (payload, starts_frame, length) in [
            (&[0x10, 9][..], true, 1),
            (&[0x00, 9], false, 1),
            (&[0x11, 9], false, 1),
            (&[0x90, 0x80, 0x7f, 9], true, 3),
            (&[0x90, 0xc0, 0x80, 1, 2, 9], true, 5),
            (&[0x90, 0xf0, 0x80, 1, 2, 3, 9], true, 6),
            (&[0x80, 0x10, 3, 9], false, 3),
        ] {
            let expected = Descriptor {
                starts_frame,
                length,
            };
            assert_eq!(Descriptor::read(payload), Some(expected), "{payload:02x?}");
        }
        for payload in [
            &[][..],
            &[0x10],
            &[0x90],
            &[0x90, 0x80],
            &[0x90, 0x80, 0x80, 1],
        ] {
            assert_eq!(Descriptor::read(payload), None, "{payload:02x?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_split_is_the_frame_again(frame: Vec<u8>, id in 0_u16..0x8000, longest in 0_usize..40) {
            let mut joined = Vec::new();
            for (index, part) in split(&frame, id, longest).enumerate() {
                prop_assert!(part.payload.len() <= longest.max(DESCRIPTOR + 1));
                let descriptor = Descriptor::read(&part.payload).unwrap();
                prop_assert_eq!(descriptor.starts_frame, index == 0);
                joined.extend_from_slice(&part.payload[descriptor.length..]);
                prop_assert_eq!(part.is_last, joined.len() == frame.len());
            }
            prop_assert_eq!(joined, frame);
        }

        #[test]
        fn any_payload_is_read_or_refused(payload: Vec<u8>) {
            if let Some(descriptor) = Descriptor::read(&payload) {
                prop_assert!(descriptor.length < payload.len());
            }
        }
    }
}
