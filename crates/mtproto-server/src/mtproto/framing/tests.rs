use super::*;
use crate::limits;
use grammers_crypto::DequeBuffer;
use grammers_mtproto::transport::{
    Abridged, Full as ClientFull, Intermediate, Obfuscated, Transport as ClientTransport,
};
use proptest::prelude::*;

fn pack(client: &mut impl ClientTransport, payload: &[u8]) -> Vec<u8> {
    let mut buffer = DequeBuffer::with_capacity(payload.len(), 64);
    buffer.extend(payload.iter().copied());
    client.pack(&mut buffer);
    buffer.as_ref().to_vec()
}

/// Sends packets there and back, the client's bytes cut into pieces of some size.
fn talk(mut client: impl ClientTransport, lengths: &[usize], piece: usize) {
    let payloads: Vec<Vec<u8>> = lengths.iter().map(|length| vec![7; *length]).collect();
    let mut framer = Framer::new();
    let mut arrived = Vec::new();
    for payload in &payloads {
        for bytes in pack(&mut client, payload).chunks(piece) {
            framer.feed(bytes);
            while let Some(packet) = framer.poll().unwrap() {
                assert!(!packet.wants_ack);
                arrived.push(packet.payload);
            }
        }
    }
    assert_eq!(arrived, payloads);
    for payload in &payloads {
        let mut bytes = framer.frame(payload);
        let unpacked = client.unpack(&mut bytes).unwrap();
        assert_eq!(bytes.get(unpacked.data_range), Some(payload.as_slice()));
        assert_eq!(bytes.len(), unpacked.next_offset);
    }
}

proptest! {
    #[test]
    fn clients_understand_every_transport_however_the_bytes_arrive(
        units in prop::collection::vec(2_usize..300, 1..5),
        piece in 1_usize..700,
    ) {
        let lengths: Vec<_> = units.iter().map(|units| units * 4).collect();
        talk(ClientFull::new(), &lengths, piece);
        talk(Abridged::new(), &lengths, piece);
        talk(Intermediate::new(), &lengths, piece);
        talk(Obfuscated::new(Abridged::new()), &lengths, piece);
        talk(Obfuscated::new(Intermediate::new()), &lengths, piece);
    }

    #[test]
    fn no_bytes_make_the_framer_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut framer = Framer::new();
        framer.feed(&bytes);
        while let Ok(Some(_)) = framer.poll() {}
    }
}

#[test]
fn clients_understand_an_error_of_the_transport() {
    fn check(mut client: impl ClientTransport) {
        let mut framer = Framer::new();
        framer.feed(&pack(&mut client, &[1; 16]));
        framer.poll().unwrap();
        let mut bytes = framer.frame_error(404);
        let error = client.unpack(&mut bytes).unwrap_err();
        let status = grammers_mtproto::transport::Error::BadStatus { status: 404 };
        assert_eq!(error, status);
    }
    check(ClientFull::new());
    check(Abridged::new());
    check(Intermediate::new());
    check(Obfuscated::new(Abridged::new()));
}

fn payload(framer: &mut Framer) -> Result<Option<Vec<u8>>, FramingError> {
    Ok(framer.poll()?.map(|packet| packet.payload))
}

/// What a client of the padded transport sends.
fn padded(payload: &[u8], padding: usize) -> Vec<u8> {
    let length = u32::try_from(payload.len() + padding).unwrap();
    [
        length.to_le_bytes().as_slice(),
        payload,
        &vec![0xaa; padding],
    ]
    .concat()
}

#[test]
fn padding_is_no_part_of_a_packet_be_it_encrypted_or_not() {
    let sealed = vec![7; 24 + 3 * 16];
    let mut clear = vec![0; 16];
    clear.extend([&8_u32.to_le_bytes(), [9; 8].as_slice()].concat());
    for packet in [sealed, clear] {
        for padding in 0..16 {
            let mut framer = Framer::new();
            framer.feed(&[0xdd; 4]);
            let bytes = padded(&packet, padding).repeat(2);
            for byte in bytes {
                framer.feed(&[byte]);
                if let Some(found) = payload(&mut framer).unwrap() {
                    assert_eq!(found, packet);
                }
            }
            assert_eq!(framer.received.len(), framer.taken);
        }
    }
}

#[test]
fn a_padded_packet_that_is_too_long_is_refused_before_its_bytes_arrive() {
    let most = u32::try_from(limits::FIRST_PACKET + 15).unwrap();
    let start = |length: u32| [[0xdd; 4], length.to_le_bytes()].concat();
    assert_eq!(refusal(&start(most + 1)), FramingError::Length(most + 1));
    let mut framer = Framer::new();
    framer.feed(&start(most));
    assert_eq!(framer.poll(), Ok(None));
}

#[test]
fn a_wish_for_a_quick_acknowledgement_is_heard_and_answered_in_four_bytes() {
    let token = 0x8123_4567_u32;
    let abridged = ([0xef, 0x84].to_vec(), token.to_be_bytes());
    let length = (16_u32 | 1 << 31).to_le_bytes();
    let intermediate = ([[0xee; 4], length].concat(), token.to_le_bytes());
    let padded = ([[0xdd; 4], length].concat(), token.to_le_bytes());
    for (start, ack) in [abridged, intermediate, padded] {
        let mut framer = Framer::new();
        framer.feed(&start);
        framer.feed(&[0x11; 16]);
        assert!(framer.poll().unwrap().unwrap().wants_ack);
        assert_eq!(framer.frame_ack(token), ack);
    }
}

/// The error for a client's bytes that break a rule.
fn refusal(bytes: &[u8]) -> FramingError {
    let mut framer = Framer::new();
    framer.feed(bytes);
    framer.poll().unwrap_err()
}

#[test]
fn a_giant_length_is_refused_before_its_bytes_arrive() {
    let limit = u32::try_from(limits::FIRST_PACKET).unwrap();
    let full = [(limit + 16).to_le_bytes(), [0; 4]].concat();
    assert_eq!(refusal(&full), FramingError::Length(limit + 4));
    let intermediate = [[0xee; 4], [0xff; 4]].concat();
    assert_eq!(refusal(&intermediate), FramingError::Length(u32::MAX >> 1));
    let abridged = [0xef, 0x7f, 0xff, 0xff, 0xff];
    assert_eq!(refusal(&abridged), FramingError::Length(0x3ff_fffc));
}

#[test]
fn a_client_that_is_known_can_send_larger_packets() {
    let mut client = Intermediate::new();
    let (small, large) = (vec![1; 16], vec![2; limits::PACKET]);
    let bytes = [pack(&mut client, &small), pack(&mut client, &large)].concat();
    let mut framer = Framer::new();
    framer.feed(&bytes);
    assert_eq!(payload(&mut framer), Ok(Some(small)));
    assert!(framer.poll().is_err());
    framer.trust();
    assert_eq!(payload(&mut framer), Ok(Some(large)));
}

#[test]
fn a_packet_out_of_order_or_with_a_wrong_checksum_is_refused() {
    let first = pack(&mut ClientFull::new(), &[1; 16]);
    let again = [first.as_slice(), &first].concat();
    let mut framer = Framer::new();
    framer.feed(&again);
    assert_eq!(payload(&mut framer), Ok(Some(vec![1; 16])));
    let error = FramingError::Sequence {
        expected: 1,
        found: 0,
    };
    assert_eq!(framer.poll(), Err(error));

    let mut damaged = first;
    damaged[9] ^= 1;
    assert_eq!(refusal(&damaged), FramingError::Checksum);
}

#[test]
fn a_stream_of_another_protocol_is_refused() {
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html, text/plain\r\n\r\n";
    assert_eq!(refusal(request), FramingError::UnknownTransport);
}
