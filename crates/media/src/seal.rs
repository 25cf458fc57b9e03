use core::iter::once;

use confcall_state::PrivateKey;
use confcall_state::encryption::{encrypt_data_into, encrypt_header, encrypted_length};
use confcall_state::keys::OneTimeSecret;
use rand_core::CryptoRng;

use crate::channel::ChannelId;
use crate::epochs::Epochs;
use crate::error::SealError;
use crate::limits;
use crate::packet::{CALL_PACKET, CONTENT_START, HEAD, PER_EPOCH, SIGNATURE, TRAILER, signed};

/// A frame as a packet carries it: what stays in clear, and what is encrypted.
#[derive(Clone, Copy)]
pub(crate) struct Plain<'a> {
    prefix: &'a [u8],
    payload: &'a [u8],
    /// Follows the payload and is encrypted with it.
    trailer: &'a [u8],
}

impl<'a> Plain<'a> {
    /// Splits a frame; the trailer is encrypted behind it.
    pub(crate) fn new(
        frame: &'a [u8],
        prefix: usize,
        trailer: &'a [u8],
    ) -> Result<Self, SealError> {
        let (prefix, payload) = Some(prefix)
            .filter(|prefix| *prefix <= limits::PREFIX)
            .and_then(|prefix| frame.split_at_checked(prefix))
            .ok_or(SealError::PrefixLength {
                prefix,
                frame: frame.len(),
            })?;
        Ok(Self {
            prefix,
            payload,
            trailer,
        })
    }
}

/// Writes the packet of a frame over what `out` holds.
///
/// Each call draws another one-time secret. Nothing here can fail: who has taken a seqno gets a packet.
pub(crate) fn write_packet(
    epochs: &Epochs,
    key: &PrivateKey,
    (channel, seqno): (ChannelId, u32),
    plain: Plain<'_>,
    rng: &mut (impl CryptoRng + ?Sized),
    out: &mut Vec<u8>,
) {
    let Plain {
        prefix,
        payload,
        trailer,
    } = plain;
    // At most 15, which fit into the low 8 bits of the head.
    let count = epochs.sealing().count();
    let head = (count as u32).to_le_bytes();
    let hashes = epochs
        .sealing()
        .map(|epoch| epoch.hash.as_bytes().as_slice());
    let content = encrypted_length(CONTENT_START + payload.len() + trailer.len());
    let headers_at = prefix.len() + HEAD + PER_EPOCH * count;
    let content_at = headers_at + PER_EPOCH * count;
    out.clear();
    out.reserve(content_at + content + SIGNATURE + TRAILER);
    out.extend_from_slice(prefix);
    out.extend_from_slice(&head);
    hashes.clone().for_each(|hash| out.extend_from_slice(hash));
    // The headers depend on the message id of the content behind them, so their place is left open.
    out.resize(content_at, 0);

    // For this packet alone: two packets under one secret would share their cipher key material.
    let secret = OneTimeSecret::random(rng);
    let channel = channel.value().to_le_bytes();
    let seqno = seqno.to_le_bytes();
    let parts = [&channel, &seqno, payload, trailer];
    let extra = [CALL_PACKET.as_slice(), &head].into_iter();
    let extra = extra.chain(hashes).chain(once(prefix));
    let large_msg_id = encrypt_data_into(&parts, &secret, extra, rng, out);
    write_headers(epochs, &secret, (headers_at, content_at), out);
    // The large message id stands for the whole packet: it is a MAC over content, head, epochs and prefix.
    out.extend_from_slice(key.sign(&signed(&large_msg_id)).as_bytes());
    out.extend_from_slice(&(prefix.len() as u32).to_le_bytes());
}

/// Fills in the header of each epoch; they depend on the content that stands behind them.
#[expect(
    clippy::expect_used,
    reason = "encrypted content starts with a message id"
)]
fn write_headers(
    epochs: &Epochs,
    secret: &OneTimeSecret,
    (headers_at, content_at): (usize, usize),
    out: &mut [u8],
) {
    let (before, content) = out.split_at_mut(content_at);
    let headers = before.get_mut(headers_at..).unwrap_or_default();
    for (place, epoch) in headers.chunks_exact_mut(PER_EPOCH).zip(epochs.sealing()) {
        let header = encrypt_header(secret, content, &epoch.header_key);
        place.copy_from_slice(&header.expect("content has a message id"));
    }
}
