//! One member's part of a call: the chain, the verification and the keys of the epochs, held together.
//!
//! ```text
//! echoed block ── start, apply ──▶ Chain ── ChainState ──┬──▶ Verification ── take_outbound ──▶ broadcasts
//!                                    │                   │         ▲ receive_broadcast
//!                                    │                   └──▶ epoch key ──▶ Cryptor ──▶ frames, messages
//!                                    ▼
//!                             MembershipEnd: the keys are gone, and no later input brings them back
//! ```
//!
//! A block counts for all three or for none. The first one that cannot be followed ends the membership for
//! good: the chain refuses it, we are no longer in it, or its key does not open for us. Whoever holds the
//! [`Membership`] then leaves the call and may join again, with another key.
//!
//! Implements `spec/protocol.md`, 2.3, 3 and 5, for one member.

mod change;
mod error;
mod place;
mod restart;
mod shadow;

use std::sync::Arc;

use confcall_media::{Cryptor, Epoch, Moment, RemovalGrace};
use confcall_state::verification::{Fault, Received, RoundCounts, Verification};
use confcall_state::wire::Broadcast;
use confcall_state::{Block, Chain, ChainState, EpochKey, PrivateKey, PublicKey, UserId};
use rand_core::CryptoRng;

pub(crate) use shadow::Shadow;

pub use error::{BroadcastRefused, ChangeError, MembershipEnd, StartError};

/// A member's part of a call, from the first echoed block to its end.
///
/// Randomness and time are the caller's. The private key serves this membership only and goes with it.
#[derive(Debug)]
pub struct Membership {
    user_id: UserId,
    key: Arc<PrivateKey>,
    /// The newest block in canonical form, from which a checkpoint goes on.
    block: Box<[u8]>,
    chain: Chain,
    verification: Verification,
    cryptor: Arc<Cryptor>,
    ended: Option<MembershipEnd>,
}

/// A block that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Who signed the block, if it is a participant before or after it.
    pub by: Option<UserId>,
    /// What was kept for the verification of this block and does not count.
    pub faults: Vec<Fault>,
}

impl Membership {
    /// Starts from the first block that the server echoed, which must hold a key for us.
    ///
    /// # Errors
    ///
    /// [`StartError`] with the cause's own code; there is no membership then.
    pub fn start(
        now: Moment,
        user_id: UserId,
        key: PrivateKey,
        block: &Block,
        removal_grace: RemovalGrace,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, StartError> {
        let chain = Chain::start_from(block)?;
        let state = chain.state();
        let epoch_key = state.open_epoch_key(user_id, &key)?;
        let key = Arc::new(key);
        let cryptor = Cryptor::new(user_id, Arc::clone(&key), removal_grace);
        let verification = Verification::start(user_id, state, &key, rng);
        cryptor.add_epoch(now, epoch(verification.counts(), epoch_key));
        Ok(Self {
            verification,
            user_id,
            key,
            block: block.bytes().into(),
            chain,
            cryptor: Arc::new(cryptor),
            ended: None,
        })
    }

    /// Follows one block: the chain, the key of the epoch that it starts, and the verification anew.
    ///
    /// Hand over each block once, in the order of the chain: one that was followed before cannot be followed again.
    ///
    /// # Errors
    ///
    /// [`MembershipEnd`], which ends the membership: every later block and broadcast has the same answer.
    pub fn apply(
        &mut self,
        now: Moment,
        block: &Block,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Followed, MembershipEnd> {
        self.check_alive()?;
        self.follow(now, block, rng).map_err(|end| self.end(end))
    }

    /// Follows one block as the server sends it, as [`Self::apply`].
    ///
    /// # Errors
    ///
    /// [`MembershipEnd`], also for bytes that are no block in server form.
    pub fn apply_from_server(
        &mut self,
        now: Moment,
        bytes: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Followed, MembershipEnd> {
        self.check_alive()?;
        match Block::from_server(bytes) {
            Ok(block) => self.apply(now, &block, rng),
            Err(error) => Err(self.end(MembershipEnd::Unreadable(error))),
        }
    }

    fn follow(
        &mut self,
        now: Moment,
        block: &Block,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Followed, MembershipEnd> {
        let staged = self.chain.stage(block)?;
        let state = staged.state();
        let epoch_key = state
            .open_epoch_key(self.user_id, &self.key)
            .map_err(|error| {
                let lost = place::lost(self.user_id, self.public_key(), block, self.state(), state);
                let height = state.height();
                lost.unwrap_or(MembershipEnd::KeyLost { height, error })
            })?;
        let by = place::signer(block, self.state(), state);
        self.chain.merge(staged)?;
        self.block = block.bytes().into();
        let state = self.chain.state();
        let faults = self.verification.restart(state, &self.key, rng);
        let epoch = epoch(self.verification.counts(), epoch_key);
        self.cryptor.add_epoch(now, epoch);
        Ok(Followed { by, faults })
    }

    /// Takes in one broadcast as the server sends it.
    ///
    /// A bad one never ends the membership: count it, report it, go on.
    ///
    /// # Errors
    ///
    /// [`BroadcastRefused`]; nothing has changed then.
    pub fn receive_broadcast(&mut self, bytes: &[u8]) -> Result<Received, BroadcastRefused> {
        self.check_alive()?;
        Ok(self.verification.receive_from_server(bytes, &self.key)?)
    }

    /// Takes in one broadcast that was read already, as [`Self::receive_broadcast`].
    ///
    /// # Errors
    ///
    /// [`BroadcastRefused`]; nothing has changed then.
    pub fn receive(&mut self, broadcast: &Broadcast) -> Result<Received, BroadcastRefused> {
        self.check_alive()?;
        Ok(self.verification.receive(broadcast, &self.key)?)
    }

    /// Takes all broadcasts that are to be sent, in their order.
    #[must_use = "what is taken and not sent leaves everybody waiting"]
    pub fn take_outbound(&mut self) -> Vec<Broadcast> {
        self.verification.take_outbound()
    }

    /// Ends the membership from our side: the keys are gone at once.
    pub fn leave(&mut self) {
        if self.ended.is_none() {
            self.end(MembershipEnd::Left);
        }
    }

    /// Why the membership is over, if it is.
    pub fn ended(&self) -> Option<&MembershipEnd> {
        self.ended.as_ref()
    }

    /// The user that we are.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Our key in this call.
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// The state after the last block that was followed.
    pub fn state(&self) -> &ChainState {
        self.chain.state()
    }

    /// How far the verification of the last block has come.
    pub fn verification(&self) -> &RoundCounts {
        self.verification.counts()
    }

    /// What seals and opens frames and messages; media threads keep a clone.
    ///
    /// It refuses to seal and to open once the membership is over.
    pub fn cryptor(&self) -> &Arc<Cryptor> {
        &self.cryptor
    }

    fn check_alive(&self) -> Result<(), MembershipEnd> {
        match &self.ended {
            Some(end) => Err(end.clone()),
            None => Ok(()),
        }
    }

    fn end(&mut self, end: MembershipEnd) -> MembershipEnd {
        self.cryptor.close();
        // Whoever is out takes no part in the verification either.
        drop(self.verification.take_outbound());
        self.ended.insert(end).clone()
    }
}

/// Another membership with a cryptor of its own.
#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Membership {
    fn clone(&self) -> Self {
        Self {
            user_id: self.user_id,
            key: Arc::clone(&self.key),
            block: self.block.clone(),
            chain: self.chain.clone(),
            verification: self.verification.clone(),
            cryptor: Arc::new(Cryptor::clone(&self.cryptor)),
            ended: self.ended.clone(),
        }
    }
}

/// The epoch of the block whose verification runs; both share the keys of the members.
fn epoch(counts: &RoundCounts, key: EpochKey) -> Epoch {
    Epoch {
        hash: counts.block_hash(),
        key,
        participants: counts.participants().clone(),
    }
}

#[cfg(test)]
mod tests;
