//! What a datagram is, by its first bytes, before anything else looks at it.
//!
//! ```text
//! 0, 1       STUN
//! 20..=63    DTLS
//! 128..=191  RTP, or RTCP where the second byte is 192..=223
//! ```
//!
//! Payload type, source and extensions of RTP are in clear and not authenticated: good for choosing what is received, and for
//! nothing else.

use confcall_join::Ssrc;

/// The kind of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of the connection itself: STUN, DTLS or RTCP.
    Connection,
    /// A packet of media.
    Media(MediaHeader),
    /// Padding by which the server measures the way to us.
    Probe,
    /// Nothing of these.
    Other,
}

/// What the header of a packet of media says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MediaHeader {
    pub(super) payload_type: u8,
    pub(super) source: Ssrc,
    pub(super) level: Option<Level>,
}

/// The loudness that a header states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// 0 for the loudest to 127 for silence.
    pub(super) level: u8,
    pub(super) voice: bool,
}

const FIXED: usize = 12;
const ONE_BYTE: [u8; 2] = [0xbe, 0xde];

impl Kind {
    /// Looks at a datagram; `level` is the number of the extension for the audio level.
    pub(super) fn of(datagram: &[u8], level: u8) -> Self {
        match datagram {
            [0 | 1 | 20..=63, ..] => Self::Connection,
            [128..=191, 192..=223, ..] => Self::Connection,
            [128..=191, _, _, _, _, _, _, _, a, b, c, d, ..] => {
                match Ssrc::new(u32::from_be_bytes([*a, *b, *c, *d])) {
                    // Taken for padding by the WebRTC stacks.
                    None => Self::Probe,
                    Some(source) => Self::Media(MediaHeader {
                        payload_type: datagram.get(1).map_or(0, |byte| byte & 0x7f),
                        source,
                        level: extension(datagram, level).and_then(|data| match data {
                            [byte, ..] => Some(Level {
                                level: byte & 0x7f,
                                voice: byte & 0x80 != 0,
                            }),
                            [] => None,
                        }),
                    }),
                }
            }
            _ => Self::Other,
        }
    }
}

/// The content of an extension with a header of one byte.
fn extension(packet: &[u8], id: u8) -> Option<&[u8]> {
    let first = *packet.first()?;
    if first & 0x10 == 0 {
        return None;
    }
    let rest = packet.get(FIXED + 4 * usize::from(first & 0x0f)..)?;
    let (profile, rest) = rest.split_first_chunk::<2>()?;
    let (words, rest) = rest.split_first_chunk::<2>()?;
    if *profile != ONE_BYTE {
        return None;
    }
    let mut rest = rest.get(..4 * usize::from(u16::from_be_bytes(*words)))?;
    while let Some((head, after)) = rest.split_first() {
        // Padding between extensions.
        if *head == 0 {
            rest = after;
            continue;
        }
        let (data, after) = after.split_at_checked(usize::from(head & 0x0f) + 1)?;
        match head >> 4 {
            // It ends the list.
            15 => return None,
            found if found == id => return Some(data),
            _ => rest = after,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(first: u8, second: u8, source: [u8; 4], rest: &[u8]) -> Vec<u8> {
        let mut packet = vec![first, second, 0, 1, 0, 0, 0, 2];
        packet.extend(source);
        packet.extend(rest);
        packet
    }

    #[test]
    fn a_datagram_is_known_by_its_first_bytes() {
        for connection in [
            &[0, 1][..],
            &[1],
            &[22, 254],
            &[63],
            &[128, 200],
            &[129, 223],
        ] {
            assert_eq!(Kind::of(connection, 1), Kind::Connection, "{connection:?}");
        }
        for other in [
            &[][..],
            &[2],
            &[19],
            &[64],
            &[127, 111],
            &[128, 111],
            &[192, 111],
        ] {
            assert_eq!(Kind::of(other, 1), Kind::Other, "{other:?}");
        }
        assert_eq!(Kind::of(&packet(0x80, 111, [0; 4], &[]), 1), Kind::Probe);
        // The marker is no part of the payload type, and 63 and 96 are media again.
        for (second, payload_type) in [(0x80 | 111, 111), (63, 63), (0x80 | 96, 96)] {
            let header = MediaHeader {
                payload_type,
                source: Ssrc::new(7).unwrap(),
                level: None,
            };
            let packet = packet(0x80, second, [0, 0, 0, 7], &[]);
            assert_eq!(Kind::of(&packet, 1), Kind::Media(header));
        }
    }

    #[test]
    fn a_level_is_found_behind_other_extensions_sources_and_padding() {
        let extensions = [0xbe, 0xde, 0, 2, 0x31, 9, 9, 0, 0x10, 0x80 | 15, 0, 0];
        let level = |packet: &[u8], id| match Kind::of(packet, id) {
            Kind::Media(header) => header.level,
            other => panic!("{other:?}"),
        };
        let loud = Some(Level {
            level: 15,
            voice: true,
        });
        let plain = packet(0x90, 111, [0, 0, 0, 7], &extensions);
        assert_eq!(level(&plain, 1), loud);
        assert_eq!(level(&plain, 2), None);
        let mut behind = vec![0xff; 8];
        behind.extend(extensions);
        assert_eq!(level(&packet(0x92, 111, [0, 0, 0, 7], &behind), 1), loud);
        let two_bytes = [0x10, 0x00, 0, 1, 1, 1, 15, 0];
        assert_eq!(level(&packet(0x90, 111, [0, 0, 0, 7], &two_bytes), 1), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_of_some_kind(bytes: Vec<u8>, id in 0_u8..20) {
            let _ = Kind::of(&bytes, id);
        }

        #[test]
        fn a_packet_with_any_extensions_is_media(bytes: Vec<u8>, count in 0_u8..16) {
            let packet = packet(0x90 | count, 111, [1, 2, 3, 4], &bytes);
            prop_assert!(matches!(Kind::of(&packet, 1), Kind::Media(_)));
        }
    }
}
