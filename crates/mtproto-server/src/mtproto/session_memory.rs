use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::message::MsgId;
use super::received::{Arrival, Received};
use super::service::BadMessage;

/// The messages that one session received, whatever connections it comes over.
///
/// Clones share it: a session can come over another connection before the server knows that the first one is gone, and an
/// attacker who recorded packets can send them again over a connection of theirs. Neither may be carried out twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Mutex<Received>>);

impl Memory {
    /// Judges a message as [`Received::check`] does, and remembers it if it is to be taken.
    pub(crate) fn take(&self, id: MsgId, seq_no: i32) -> Result<Arrival, BadMessage> {
        let mut received = self.lock();
        let arrival = received.check(id, seq_no)?;
        if arrival == Arrival::First {
            received.note(id, seq_no);
        }
        Ok(arrival)
    }

    /// Keeps the answer to a message.
    pub(crate) fn answer(&self, id: MsgId, answer: &[u8]) {
        self.lock().answer(id, answer);
    }

    /// The state of a message, as `msgs_state_info` says it.
    pub(crate) fn state(&self, id: MsgId) -> u8 {
        self.lock().state(id)
    }

    /// True until a message is taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Received> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
