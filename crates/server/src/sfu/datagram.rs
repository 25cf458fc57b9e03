use core::net::SocketAddr;

/// A datagram for the socket to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SfuDatagram {
    /// The address that it goes to.
    pub destination: SocketAddr,
    /// Its content.
    pub contents: Vec<u8>,
}

/// The protocol of a datagram, by its first bytes (RFC 7983).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Stun,
    Dtls,
    Rtp {
        /// The source, which nothing protects.
        source: u32,
    },
    Rtcp,
}

/// The largest datagram that is read.
const LARGEST: usize = 2000;

impl Protocol {
    pub(super) fn of(datagram: &[u8]) -> Option<Self> {
        let (first, second) = (*datagram.first()?, *datagram.get(1)?);
        if datagram.len() > LARGEST {
            return None;
        }
        match first {
            0..=1 => Some(Self::Stun),
            20..=63 => Some(Self::Dtls),
            128..=191 if (64..=95).contains(&(second & 0x7f)) => Some(Self::Rtcp),
            128..=191 => {
                let source = datagram.get(8..12)?.try_into().ok()?;
                Some(Self::Rtp {
                    source: u32::from_be_bytes(source),
                })
            }
            _ => None,
        }
    }
}

/// The number by which an answer of STUN names its request.
pub(super) type Transaction = [u8; 12];

/// The number of a request of STUN; `None` for any other datagram.
pub(super) fn request_transaction(datagram: &[u8]) -> Option<Transaction> {
    let is_request = datagram.get(..2)? == [0, 1];
    let transaction = datagram.get(8..20)?.try_into().ok()?;
    is_request.then_some(transaction)
}

/// The number of an answer of STUN, of success or failure; `None` for any other datagram.
pub(super) fn answer_transaction(datagram: &[u8]) -> Option<Transaction> {
    let is_answer = matches!(datagram.get(..2)?, [1, 1 | 0x11]);
    let transaction = datagram.get(8..20)?.try_into().ok()?;
    is_answer.then_some(transaction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_say_what_a_datagram_is() {
        let rtp = [0x80, 111, 0, 1, 0, 0, 0, 2, 0, 0, 1, 0, 9];
        assert_eq!(Protocol::of(&rtp), Some(Protocol::Rtp { source: 256 }));
        assert_eq!(Protocol::of(&rtp[..11]), None);
        assert_eq!(Protocol::of(&[0x80, 200, 0, 1]), Some(Protocol::Rtcp));
        assert_eq!(Protocol::of(&[22, 254]), Some(Protocol::Dtls));
        assert_eq!(Protocol::of(&[0, 1]), Some(Protocol::Stun));
        for unknown in [&[][..], &[0], &[5, 0], &[255; 20], &[22; LARGEST + 1]] {
            assert_eq!(Protocol::of(unknown), None);
        }
    }

    #[test]
    fn requests_and_answers_of_stun_have_a_number() {
        let mut message = [0; 20];
        message[8..].copy_from_slice(&[7; 12]);
        for (class, is_request, is_answer) in [
            (1, true, false),
            (0x101, false, true),
            (0x111, false, true),
            (0x11, false, false),
        ] {
            message[..2].copy_from_slice(&u16::to_be_bytes(class));
            assert_eq!(request_transaction(&message), is_request.then_some([7; 12]));
            assert_eq!(answer_transaction(&message), is_answer.then_some([7; 12]));
        }
        assert_eq!(request_transaction(&message[..19]), None);
    }
}
