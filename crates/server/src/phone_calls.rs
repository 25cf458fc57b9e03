use std::collections::BTreeMap;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng as _;
use confcall_join::api::{AccessHash, InputPhoneCall, PhoneCallId};
use confcall_state::UserId;

/// The calls between two users, of which the server knows no more than who is in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PhoneCalls(BTreeMap<PhoneCallId, PhoneCall>);

/// A call between two users, each of whom has an access hash of its own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PhoneCall {
    pub(crate) id: PhoneCallId,
    pub(crate) sides: [(UserId, AccessHash); 2],
    pub(crate) is_over: bool,
}

/// The end of a call by one of its sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Discarded {
    /// It went on until now; this is the other side.
    Now(UserId),
    /// It was over before.
    Before,
}

impl PhoneCall {
    /// The reference that each side has for the call.
    pub(crate) fn references(&self) -> [InputPhoneCall; 2] {
        let id = self.id;
        self.sides
            .map(|(_, access_hash)| InputPhoneCall { id, access_hash })
    }
}

impl PhoneCalls {
    /// Calls that were saved; `None` if two of them have one id.
    pub(crate) fn restore(saved: impl IntoIterator<Item = PhoneCall>) -> Option<Self> {
        let mut restored = Self::default();
        for call in saved {
            if restored.0.insert(call.id, call).is_some() {
                return None;
            }
        }
        Some(restored)
    }

    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = &PhoneCall> {
        self.0.values()
    }

    /// Starts a call between two users.
    pub(crate) fn start(&mut self, users: [UserId; 2], rng: &mut ChaCha20Rng) -> PhoneCall {
        let mut draw = || rng.next_u64().cast_signed();
        let mut id = PhoneCallId::new(draw());
        while self.0.contains_key(&id) {
            id = PhoneCallId::new(draw());
        }
        let call = PhoneCall {
            id,
            sides: users.map(|user_id| (user_id, AccessHash::new(draw()))),
            is_over: false,
        };
        self.0.insert(id, call);
        call
    }

    /// Ends a call on behalf of a side; `None` if the reference names no call of this user.
    ///
    /// It is kept, since a client that never learnt the answer ends it again.
    pub(crate) fn discard(&mut self, from: UserId, peer: InputPhoneCall) -> Option<Discarded> {
        let call = self.0.get_mut(&peer.id)?;
        let own = (from, peer.access_hash);
        let [first, second] = call.sides;
        let other = match own {
            _ if own == first => second,
            _ if own == second => first,
            _ => return None,
        };
        let was_over = core::mem::replace(&mut call.is_over, true);
        Some(match was_over {
            true => Discarded::Before,
            false => Discarded::Now(other.0),
        })
    }
}
