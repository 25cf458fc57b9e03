use core::time::Duration;

use arbitrary::{Result as Drawn, Unstructured};
use chacha20::ChaCha20Rng;
use serde_json::Value;

use super::fault::Fault;
use super::request::Request;
use crate::hex_bytes::Bytes;
use crate::peer::Peer;

/// Our own peer as it makes what a run is given: blocks, messages and packets, whose keys and random values it knows.
pub(super) struct Scribe(Peer);

impl Scribe {
    pub(super) fn new(rng: ChaCha20Rng) -> Self {
        // Nothing that it makes depends on the time.
        Self(Peer::new(rng, || Duration::ZERO))
    }

    /// The bytes in a field of the result of a request that our peer cannot refuse.
    pub(super) fn bytes(&mut self, request: &Request, field: &str) -> Result<Vec<u8>, Fault> {
        let fault = |answer: String| Fault::Ours {
            request: request.to_string(),
            answer,
        };
        let answer = self.0.answer(&request.to_string());
        let answer = answer.map_err(|error| fault(error.to_string()))?;
        let value: Value = serde_json::from_str(&answer).unwrap_or_default();
        let text = value
            .pointer(&format!("/ok/{field}"))
            .and_then(Value::as_str);
        text.and_then(|text| hex::decode(text).ok())
            .ok_or_else(|| fault(answer))
    }

    /// Makes a request whose result is not needed.
    pub(super) fn note(&mut self, request: &Request) -> Result<(), Fault> {
        let answer = self.0.answer(&request.to_string());
        answer.map(drop).map_err(|error| Fault::Ours {
            request: request.to_string(),
            answer: error.to_string(),
        })
    }
}

/// Bytes as they stand in a request.
pub(super) fn hex(bytes: &[u8]) -> String {
    Bytes(bytes.to_vec()).to_string()
}

/// A copy of bytes that a network could have damaged: a bit flipped, cut, or longer.
pub(super) fn damaged(u: &mut Unstructured<'_>, bytes: &[u8]) -> Drawn<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    let at = u.int_in_range(0..=bytes.len().saturating_sub(1))?;
    match u.int_in_range(0..=5)? {
        0 => bytes.truncate(at),
        1 => bytes.push(u.arbitrary()?),
        _ => {
            let bit = u.int_in_range(0..=7)?;
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
    }
    Ok(bytes)
}
