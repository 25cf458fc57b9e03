use std::sync::Arc;

use confcall_media::{Cryptor, Moment, RemovalGrace};
use confcall_state::verification::{EarlyBroadcasts, Received, RoundCounts};
use confcall_state::wire::Broadcast;
use confcall_state::{
    Block, Chain, ChainState, EpochKey, EpochKeyError, PrivateKey, PublicKey, UserId,
};

use super::{BroadcastRefused, Followed, MembershipEnd, StartError, epoch, place};

/// A membership without its secrets, which comes to the same as the real one did.
///
/// Whatever took a secret is told to it: whether the key of a block opened, and what was said. It seals and opens
/// nothing.
#[derive(Debug)]
pub(crate) struct Shadow {
    user_id: UserId,
    public_key: PublicKey,
    chain: Chain,
    counts: RoundCounts,
    /// Has the epochs of the real one under keys of zeros, so that they expire when those did.
    cryptor: Arc<Cryptor>,
    ended: Option<MembershipEnd>,
}

impl Shadow {
    pub(crate) fn start(
        now: Moment,
        user_id: UserId,
        public_key: PublicKey,
        block: &Block,
        removal_grace: RemovalGrace,
        opened: impl FnOnce() -> Result<(), EpochKeyError>,
    ) -> Result<Self, StartError> {
        let chain = Chain::start_from(block)?;
        opened()?;
        let nobody = Arc::new(PrivateKey::from_seed(&[0; 32]));
        let mut shadow = Self {
            user_id,
            public_key,
            chain,
            counts: RoundCounts::new(EarlyBroadcasts::Keep),
            cryptor: Arc::new(Cryptor::new(user_id, nobody, removal_grace)),
            ended: None,
        };
        shadow.counts.restart(shadow.chain.state());
        shadow.add_epoch(now);
        Ok(shadow)
    }

    pub(crate) fn apply_from_server(
        &mut self,
        now: Moment,
        bytes: &[u8],
        opened: impl FnOnce() -> Result<(), EpochKeyError>,
    ) -> Result<Followed, MembershipEnd> {
        let followed = self.follow(now, bytes, opened);
        followed.inspect_err(|end| {
            self.ended = Some(end.clone());
            self.cryptor.close();
        })
    }

    fn follow(
        &mut self,
        now: Moment,
        bytes: &[u8],
        opened: impl FnOnce() -> Result<(), EpochKeyError>,
    ) -> Result<Followed, MembershipEnd> {
        if let Some(end) = &self.ended {
            return Err(end.clone());
        }
        let block = Block::from_server(bytes).map_err(MembershipEnd::Unreadable)?;
        let staged = self.chain.stage(&block)?;
        let (before, after) = (self.chain.state(), staged.state());
        if let Some(end) = place::lost(self.user_id, self.public_key, &block, before, after) {
            return Err(end);
        }
        let height = after.height();
        opened().map_err(|error| MembershipEnd::KeyLost { height, error })?;
        let by = place::signer(&block, before, after);
        self.chain.merge(staged)?;
        let faults = self.counts.restart(self.chain.state());
        self.add_epoch(now);
        Ok(Followed { by, faults })
    }

    fn add_epoch(&self, now: Moment) {
        let key = EpochKey::from_bytes([0; 32]);
        self.cryptor.add_epoch(now, epoch(&self.counts, key));
    }

    pub(crate) fn receive(&mut self, broadcast: &Broadcast) -> Result<Received, BroadcastRefused> {
        if let Some(end) = &self.ended {
            return Err(end.clone().into());
        }
        Ok(self.counts.receive(broadcast)?)
    }

    pub(crate) fn leave(&mut self) {
        self.cryptor.close();
        self.ended.get_or_insert(MembershipEnd::Left);
    }

    pub(crate) fn user_id(&self) -> UserId {
        self.user_id
    }

    pub(crate) fn state(&self) -> &ChainState {
        self.chain.state()
    }

    pub(crate) fn verification(&self) -> &RoundCounts {
        &self.counts
    }

    pub(crate) fn cryptor(&self) -> &Arc<Cryptor> {
        &self.cryptor
    }
}

/// Another membership with a cryptor of its own.
#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Shadow {
    fn clone(&self) -> Self {
        Self {
            user_id: self.user_id,
            public_key: self.public_key,
            chain: self.chain.clone(),
            counts: self.counts.clone(),
            cryptor: Arc::new(Cryptor::clone(&self.cryptor)),
            ended: self.ended.clone(),
        }
    }
}
