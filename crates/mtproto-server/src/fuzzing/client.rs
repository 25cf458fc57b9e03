use core::time::Duration;

use arbitrary::{Result, Unstructured};
use confcall_state::tl::Writer;

use super::bodies::Parity;
use crate::mtproto::message::{Message, MsgId, write_message};

pub(super) const SESSION: i64 = 7;
/// The number of packets that a client can send again.
const KEPT_PACKETS: usize = 16;
/// The most seconds by which a client's clock is behind and ahead.
const BEHIND: i64 = 300;
const AHEAD: i64 = 30;
/// From this number on, a client has to start another session soon.
const MOST_NUMBER: i32 = 1 << 30;

/// A client's knowledge of its session.
#[derive(Default)]
pub(super) struct Client {
    /// The highest id that the server can have taken.
    newest: i64,
    /// The number of the next message, if it needs no acknowledgement.
    next: i32,
    pub(super) sent: Vec<Packet>,
    /// True once the server may have taken a number so high that few are left.
    is_spent: bool,
}

/// The content of a packet.
#[derive(Clone)]
pub(super) struct Packet {
    pub(super) salt: i64,
    pub(super) id: MsgId,
    pub(super) seq_no: i32,
    pub(super) body: Vec<u8>,
}

impl Packet {
    pub(super) fn plaintext(&self) -> Vec<u8> {
        Writer::encode(|writer| {
            writer.i64(self.salt);
            writer.i64(SESSION);
            write_message(writer, self.id.0, self.seq_no, &self.body);
            writer.raw(&[0; 12]);
        })
    }
}

impl Client {
    /// The id and the number of a message.
    pub(super) fn number(&mut self, parity: Parity, now: Duration) -> (MsgId, i32) {
        let time = i64::try_from(now.as_secs()).unwrap_or_default() << 32;
        self.newest = time.max(self.newest + 4);
        let odd = i32::from(parity == Parity::Odd);
        let seq_no = self.next + odd;
        self.next += odd * 2;
        (MsgId(self.newest), seq_no)
    }

    /// Takes note of a message that the server may have taken.
    pub(super) fn learn(&mut self, message: Message<'_>, now: Duration) {
        let Message { id, seq_no, .. } = message;
        if is_in_time(id, now) || id.0 < self.newest {
            self.newest = self.newest.max(id.0 & !3);
            match seq_no {
                MOST_NUMBER.. => self.is_spent = true,
                _ => self.next = self.next.max((seq_no + 1) & !1),
            }
        }
    }

    /// Keeps a packet, to be sent again.
    pub(super) fn keep(&mut self, u: &mut Unstructured<'_>, packet: &Packet) -> Result<()> {
        if self.sent.len() == KEPT_PACKETS {
            self.sent.swap_remove(u.choose_index(KEPT_PACKETS)?);
        }
        self.sent.push(packet.clone());
        Ok(())
    }

    /// True if the server has to take a packet that keeps to the rules.
    pub(super) fn is_owed(&self, packet: &Packet, now: Duration) -> bool {
        !self.is_spent && is_in_time(packet.id, now)
    }
}

fn is_in_time(id: MsgId, now: Duration) -> bool {
    let now = i64::try_from(now.as_secs()).unwrap_or_default();
    (now - BEHIND..=now + AHEAD).contains(&id.seconds())
}
