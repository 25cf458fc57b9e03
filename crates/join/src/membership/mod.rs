//! One member's part of a call: a public half that anybody could hold, and our keys beside it.
//!
//! ```text
//!                 ┌─ PublicMembership ─────────────────┐
//! block ─────────▶│ Chain ── ChainState ─▶ RoundCounts │
//!                 └────┬──────────────────────▲────│───┘
//!                      │            broadcast ┘    ▼
//!   PrivateKey ────────┼─────────────────▶ Contribution ── take_outbound ─▶ broadcasts
//!       │              ▼
//!       └─────────▶ epoch key ─▶ Cryptor ─▶ frames, messages
//! ```
//!
//! A block counts for all of them or for none. The first one that cannot be followed ends the membership for
//! good: the chain refuses it, we are no longer in it, or its key does not open for us. The keys are gone then, and no
//! later input brings them back; the holder of the [`Membership`] leaves the call and may join again, with another key.
//!
//! Implements `spec/protocol.md`, 2.3, 3 and 5, for one member.

mod continuity;
mod difference;
mod error;
mod public;
mod saved;

use std::sync::Arc;

use confcall_media::{Cryptor, Epoch, Moment, RemovalGrace};
#[cfg(any(fuzzing, confcall_testing))]
use confcall_state::keys::Seed;
use confcall_state::keys::with_wiped_stack;
use confcall_state::verification::{BroadcastError, Contribution, Received, RoundCounts};
use confcall_state::wire::{Broadcast, GroupState, check_server_form};
use confcall_state::{Block, ChainState, EpochKey, EpochKeyError, PrivateKey, PublicKey, UserId};
use rand_core::CryptoRng;

pub(crate) use difference::Difference;
pub(crate) use public::NextBlock;
#[cfg(test)]
pub(crate) use saved::SavedVerification;
pub(crate) use saved::{SavedFault, SavedMembership};

pub use continuity::{Break, Continuity, Gap, LastKnown, LastKnownError};
pub use error::{BlockRefused, BroadcastRefused, ChangeError, MembershipEnd, StartError};
pub use public::{Followed, PublicMembership};

/// A member's part of a call, from the first echoed block to its end.
///
/// Randomness and time are the caller's. The private key serves this membership only and goes with it.
#[derive(Debug)]
pub struct Membership {
    public: PublicMembership,
    key: Arc<PrivateKey>,
    contribution: Contribution,
    cryptor: Arc<Cryptor>,
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
        let public = PublicMembership::start(user_id, key.public_key(), block)?;
        let epoch_key = public.state().open_epoch_key(user_id, &key)?;
        Ok(Self::of_public(
            now,
            public,
            key,
            epoch_key,
            removal_grace,
            rng,
        ))
    }

    /// Takes the keys for a public half that was just started.
    pub(crate) fn of_public(
        now: Moment,
        public: PublicMembership,
        key: PrivateKey,
        epoch_key: EpochKey,
        removal_grace: RemovalGrace,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        with_wiped_stack(|| {
            let (key, user_id) = (Arc::new(key), public.user_id());
            let mut contribution = Contribution::new(user_id);
            contribution.restart(public.verification(), &key, rng);
            let cryptor = Cryptor::new(user_id, Arc::clone(&key), removal_grace);
            cryptor.add_epoch(now, epoch(public.verification(), epoch_key));
            Self {
                public,
                key,
                contribution,
                cryptor: Arc::new(cryptor),
            }
        })
    }

    /// Follows one block: the chain, the key of the epoch that it starts, and a new verification.
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
        let next = self.stage(block)?;
        let epoch_key = self.open(&next);
        self.merge(now, next, epoch_key, rng)
    }

    /// Follows one block as the server sends it, as [`Self::apply`].
    ///
    /// # Errors
    ///
    /// [`BlockRefused`]: an item in no form that a server sends changes nothing, any other that is no next block ends the
    /// membership.
    pub fn apply_from_server(
        &mut self,
        now: Moment,
        bytes: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Followed, BlockRefused> {
        let next = self.stage_from_server(bytes)?;
        let epoch_key = self.open(&next);
        Ok(self.merge(now, next, epoch_key, rng)?)
    }

    fn stage(&mut self, block: &Block) -> Result<NextBlock, MembershipEnd> {
        self.public.stage(block).map_err(|end| self.end(end))
    }

    /// Tries the next block as the server sends it; one that cannot be followed ends the membership.
    pub(crate) fn stage_from_server(&mut self, bytes: &[u8]) -> Result<NextBlock, BlockRefused> {
        self.public.check_alive()?;
        check_server_form(bytes)?;
        match Block::from_server(bytes) {
            Ok(block) => Ok(self.stage(&block)?),
            Err(error) => Err(self.end(MembershipEnd::Unreadable(error)).into()),
        }
    }

    /// Opens the key of a block that was tried.
    pub(crate) fn open(&self, next: &NextBlock) -> Result<EpochKey, EpochKeyError> {
        let user_id = self.public.user_id();
        next.state().open_epoch_key(user_id, &self.key)
    }

    /// Follows a block that was tried, with its key; one that did not open ends the membership.
    pub(crate) fn merge(
        &mut self,
        now: Moment,
        next: NextBlock,
        epoch_key: Result<EpochKey, EpochKeyError>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Followed, MembershipEnd> {
        let height = next.state().height();
        let epoch_key = epoch_key.map_err(|error| MembershipEnd::KeyLost { height, error });
        let epoch_key = epoch_key.map_err(|end| self.end(end))?;
        let followed = self.public.merge(next).map_err(|end| self.end(end))?;
        // Only now, when nothing can fail any more: a block counts for all of them or for none.
        with_wiped_stack(|| {
            let counts = self.public.verification();
            self.contribution.restart(counts, &self.key, rng);
            self.cryptor.add_epoch(now, epoch(counts, epoch_key));
        });
        Ok(followed)
    }

    /// Takes in one broadcast as the server sends it.
    ///
    /// A bad one never ends the membership: count it, report it, go on.
    ///
    /// # Errors
    ///
    /// [`BroadcastRefused`]; nothing has changed then.
    pub fn receive_broadcast(&mut self, bytes: &[u8]) -> Result<Received, BroadcastRefused> {
        self.public.check_alive()?;
        let broadcast = Broadcast::from_server(bytes).map_err(BroadcastError::from)?;
        self.receive(&broadcast)
    }

    /// Takes in one broadcast that was read already, as [`Self::receive_broadcast`].
    ///
    /// # Errors
    ///
    /// [`BroadcastRefused`]; nothing has changed then.
    pub fn receive(&mut self, broadcast: &Broadcast) -> Result<Received, BroadcastRefused> {
        let received = self.public.receive(broadcast)?;
        // Our own commit counts by its echo alone, like those of others (`spec/protocol.md`, 5).
        with_wiped_stack(|| {
            self.contribution
                .follow(self.public.verification(), &self.key);
        });
        Ok(received)
    }

    /// Takes all broadcasts that are to be sent, in their order.
    #[must_use = "what is taken and not sent leaves everybody waiting"]
    pub fn take_outbound(&mut self) -> Vec<Broadcast> {
        self.contribution.take_outbound()
    }

    /// Builds the block that gives the call this group, with a new key for all who are in it.
    ///
    /// The block counts only once the server has sent it back; the membership does not change.
    ///
    /// # Errors
    ///
    /// [`ChangeError`]
    pub fn change_group(
        &self,
        group_state: GroupState,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Block, ChangeError> {
        self.public.check_alive()?;
        let chain = self.public.chain();
        let block = with_wiped_stack(|| chain.build_group_change(group_state, &self.key, rng));
        Ok(block?)
    }

    /// Builds the block that removes these users and leaves all others as they are.
    ///
    /// Implements `spec/protocol.md`, 8. Users who are not in the call need no removal and are passed over.
    ///
    /// # Errors
    ///
    /// [`ChangeError`]
    pub fn remove(
        &self,
        users: &[UserId],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Block, ChangeError> {
        self.public.check_alive()?;
        // The chain refuses a block whose signer is not in the group that it leaves (`spec/protocol.md`, 2.2).
        if users.contains(&self.user_id()) {
            return Err(ChangeError::Ourselves);
        }
        // Order, permissions and versions of the others stay: the first participant can sign without a key.
        let mut group_state = GroupState::clone(self.state().group_state());
        let before = group_state.participants.len();
        group_state
            .participants
            .retain(|one| !users.contains(&one.user_id));
        if group_state.participants.len() == before {
            return Err(ChangeError::Nobody);
        }
        self.change_group(group_state, rng)
    }

    /// Ends the membership from our side: the keys are gone at once.
    pub fn leave(&mut self) {
        if self.ended().is_none() {
            self.end(MembershipEnd::Left);
        }
    }

    fn end(&mut self, end: MembershipEnd) -> MembershipEnd {
        self.cryptor.close();
        // A member that is out takes no part in the verification either.
        drop(self.contribution.take_outbound());
        self.public.end(end.clone());
        end
    }

    /// Everything about it that needs no key.
    pub fn public(&self) -> &PublicMembership {
        &self.public
    }

    /// The reason why the membership is over, if it is.
    pub fn ended(&self) -> Option<&MembershipEnd> {
        self.public.ended()
    }

    /// The user that we are.
    pub fn user_id(&self) -> UserId {
        self.public.user_id()
    }

    /// Our key in this call.
    pub fn public_key(&self) -> PublicKey {
        self.public.public_key()
    }

    /// The state after the last block that was followed.
    pub fn state(&self) -> &ChainState {
        self.public.state()
    }

    /// The verification of the last block, as far as it has come.
    pub fn verification(&self) -> &RoundCounts {
        self.public.verification()
    }

    /// The cryptor, which seals and opens frames and messages; media threads keep a clone.
    ///
    /// It refuses to seal and to open once the membership is over.
    pub fn cryptor(&self) -> &Arc<Cryptor> {
        &self.cryptor
    }

    /// True if the newest block cannot be verified, because a restart has lost our nonce.
    pub(crate) fn has_lost_nonce(&self) -> bool {
        self.contribution.has_lost_nonce()
    }
}

/// Another membership with a cryptor of its own.
#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Membership {
    fn clone(&self) -> Self {
        Self {
            public: self.public.clone(),
            key: Arc::clone(&self.key),
            contribution: self.contribution.clone(),
            cryptor: Arc::new(Cryptor::clone(&self.cryptor)),
        }
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Membership {
    /// The seed of our private key, and our nonce as long as it is secret.
    pub fn secrets_for_testing_only(&self) -> Vec<Seed> {
        let nonce = self.contribution.nonce_for_testing_only();
        let nonce = nonce.map(|nonce| Seed::copy_of(nonce.dangerous_bytes()));
        [Some(self.key.dangerous_seed()), nonce]
            .into_iter()
            .flatten()
            .collect()
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
