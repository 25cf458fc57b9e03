use core::fmt;

use confcall_state::encryption::{decrypt_data_in_place, decrypt_header};
use confcall_state::keys::Signature;
use confcall_state::{BlockHash, UserId};
use zeroize::{Zeroize as _, Zeroizing};

use crate::channel::ChannelId;
use crate::epochs::Epochs;
use crate::error::OpenError;
use crate::packet::{
    Body, CALL_PACKET, CONTENT_START, HEAD, PER_EPOCH, SIGNATURE, TRAILER, signed, split_prefix,
};

/// The parts of a packet beside its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketInfo {
    /// The channel that the sender put it on.
    pub channel: ChannelId,
    /// Its number on that channel.
    pub seqno: u32,
    /// The epoch under which it was opened.
    pub epoch: BlockHash,
    /// The bytes at the start of the content that travelled in clear.
    pub prefix: usize,
}

/// An opened packet, whose content is not printed.
pub struct Opened {
    /// The parts of the packet beside its content.
    pub info: PacketInfo,
    /// Prefix and payload; wiped when dropped.
    pub data: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({:?}, {} bytes)", self.info, self.data.len())
    }
}

/// The place of the payload in a packet that was opened.
struct Place {
    start: usize,
    end: usize,
}

/// Opens a packet in place, in the order of checks of `spec/protocol.md`, 4.
///
/// A packet that is refused is left as it was.
pub(crate) fn open_packet(
    epochs: &Epochs,
    own: UserId,
    sender: UserId,
    packet: &mut Vec<u8>,
) -> Result<PacketInfo, OpenError> {
    let (info, Place { start, end }) = decrypt(epochs, own, sender, packet)?;
    // In place: frames are opened a thousand times a second.
    packet.copy_within(start..end, info.prefix);
    let length = info.prefix + (end - start);
    // What is left of the payload behind the content goes with the rest of the packet.
    packet.get_mut(length..).unwrap_or_default().zeroize();
    packet.truncate(length);
    Ok(info)
}

fn decrypt(
    epochs: &Epochs,
    own: UserId,
    sender: UserId,
    packet: &mut [u8],
) -> Result<(PacketInfo, Place), OpenError> {
    let end = packet.len().saturating_sub(SIGNATURE + TRAILER);
    let (prefix, body) = split_prefix(packet)?;
    // Ours come back from no honest server, and our key would verify them (4).
    if sender == own {
        return Err(OpenError::OwnPacket);
    }
    let body = Body::read(body)?;
    let count = body.epochs().len();
    let (epoch, header) = body
        .epochs()
        // The first known epoch alone: to try others after a failure would give a forger several chances (4).
        .find_map(|(hash, header)| Some((epochs.find(hash)?, header)))
        .ok_or(OpenError::UnknownEpoch { count })?;
    let unknown = OpenError::UnknownSender { user_id: sender };
    let (member, windows) = epoch.member(sender).ok_or(unknown)?;

    let header_a = body.header_a;
    let (encrypted, signature) = body.into_content()?;
    let secret = decrypt_header(header, encrypted, &epoch.header_key)?;
    let extra = [CALL_PACKET.as_slice(), header_a, prefix].into_iter();
    // Dropped by any refusal that follows, it encrypts the content again.
    let content = decrypt_data_in_place(encrypted, &secret, extra)?;
    let signed = signed(content.large_msg_id());
    // The claimed sender is only now shown to be the true one; all members hold the epoch key.
    let signature = Signature::from_bytes(signature);
    member.verifying_key().verify(&signed, &signature)?;
    let (channel, seqno) = channel_and_seqno(content.payload())?;
    // Last, so that a packet that is refused for anything else leaves its seqno free.
    windows.record(channel, seqno)?;

    let info = PacketInfo {
        channel,
        seqno,
        epoch: epoch.hash,
        prefix: prefix.len(),
    };
    let content_at = info.prefix + HEAD + 2 * PER_EPOCH * count;
    let start = content_at + content.keep() + CONTENT_START;
    Ok((info, Place { start, end }))
}

/// Reads the channel and the seqno that stand before the payload.
fn channel_and_seqno(content: &[u8]) -> Result<(ChannelId, u32), OpenError> {
    let short = OpenError::Content {
        length: content.len(),
    };
    // The channel is judged as soon as its bytes are there, before the seqno is missed (4).
    let (channel, rest) = content.split_first_chunk().ok_or(short)?;
    let channel = ChannelId::new(i32::from_le_bytes(*channel))?;
    let seqno = rest.first_chunk().ok_or(short)?;
    Ok((channel, u32::from_le_bytes(*seqno)))
}
