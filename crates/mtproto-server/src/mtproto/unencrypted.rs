//! Unencrypted messages, of which one is answered: the first of a key exchange, whose answer has the server's time.
//!
//! ```text
//! 0 (8)  message id (8)  length (4)  req_pq_multi (4)  nonce (16)
//! 0 (8)  message id (8)  length (4)  resPQ (4)  nonce (16)  server nonce (16)  pq (12)  no fingerprints (8)
//! ```
//!
//! A client whose clock is wrong cannot ask for the time otherwise: its encrypted messages are refused by their ids. There
//! the exchange ends, because this server issues keys and agrees on none.

use confcall_state::tl::Writer;

/// The identifier of the key of a message that is not encrypted.
const NO_KEY: [u8; 8] = [0; 8];

/// `req_pq_multi#be7e8ef1 nonce:int128 = ResPQ`, in its bytes.
const REQ_PQ_MULTI: [u8; 4] = 0xbe7e_8ef1_u32.to_le_bytes();

/// `resPQ#05162463 nonce:int128 server_nonce:int128 pq:string server_public_key_fingerprints:Vector<long>`
const RES_PQ: u32 = 0x0516_2463;

/// A product of two primes that a client could factorise, as a `string` with its padding.
const PQ: [u8; 12] = [8, 0x17, 0xed, 0x48, 0x94, 0x1a, 0x08, 0xf9, 0x81, 0, 0, 0];

/// Answers a packet of a client without a key by a message of this id; `None` if it is anything else than `req_pq_multi`.
pub(crate) fn answer(packet: &[u8], id: i64, server_nonce: [u8; 16]) -> Option<Vec<u8>> {
    let rest = packet.strip_prefix(&NO_KEY)?;
    let (_, rest) = rest.split_at_checked(8)?;
    let rest = rest.strip_prefix(&20_i32.to_le_bytes())?;
    let nonce: [u8; 16] = rest.strip_prefix(&REQ_PQ_MULTI)?.try_into().ok()?;
    let body = Writer::encode(|writer| {
        writer.u32(RES_PQ);
        writer.raw(&nonce);
        writer.raw(&server_nonce);
        writer.raw(&PQ);
        writer.u32(0x1cb5_c415);
        writer.count(0);
    });
    Some(Writer::encode(|writer| {
        writer.raw(&NO_KEY);
        writer.i64(id);
        writer.count(body.len());
        writer.raw(&body);
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_tl_types::{Deserializable as _, enums, types};

    /// A request for a key, whose length may be another than it is.
    fn request(length: i32, nonce: [u8; 16]) -> Vec<u8> {
        Writer::encode(|writer| {
            writer.raw(&NO_KEY);
            writer.i64(0);
            writer.i32(length);
            writer.raw(&REQ_PQ_MULTI);
            writer.raw(&nonce);
        })
    }

    #[test]
    fn the_answer_has_the_id_and_the_nonce_and_is_one_of_mtproto() {
        let answer = answer(&request(20, [7; 16]), 1 << 40 | 1, [9; 16]).unwrap();
        assert_eq!(answer[8..16], (1_i64 << 40 | 1).to_le_bytes());
        let enums::ResPq::Pq(types::ResPq {
            nonce,
            server_nonce,
            ..
        }) = enums::ResPq::from_bytes(&answer[20..]).unwrap();
        assert_eq!((nonce, server_nonce), ([7; 16], [9; 16]));
    }

    #[test]
    fn anything_else_has_no_answer() {
        let whole = request(20, [7; 16]);
        for length in 0..whole.len() {
            assert_eq!(answer(&whole[..length], 1, [9; 16]), None);
        }
        assert_eq!(answer(&request(16, [7; 16]), 1, [9; 16]), None);
        assert_eq!(answer(&[whole, vec![0; 4]].concat(), 1, [9; 16]), None);
    }
}
