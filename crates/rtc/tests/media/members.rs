//! Members of a conference with real keys.

use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use confcall_media::{Cryptor, Epoch, Moment, RemovalGrace};
use confcall_state::{Block, Chain, JoinBlock, Joiner, ParticipantKeys, PrivateKey, UserId};

/// A chain, and the members who follow it.
pub(crate) struct Members {
    chain: Chain,
    tip: Block,
    rng: ChaCha20Rng,
    members: Vec<(UserId, Arc<PrivateKey>, Arc<Cryptor>)>,
}

impl Members {
    /// Members 1 to `count`, of whom each has the keys of the newest block alone.
    pub(crate) fn new(seed: u64, count: i64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let first = UserId::new(1);
        let block = JoinBlock::first(Joiner::new(first), &mut rng).unwrap();
        let tip = block.block().clone();
        let mut members = Self {
            chain: Chain::start_from(&tip).unwrap(),
            tip,
            rng,
            members: vec![member(first, block)],
        };
        for id in 2..=count {
            members.add(UserId::new(id));
        }
        members.follow(Moment::default());
        members
    }

    /// Lets a member join, by which all get another key.
    pub(crate) fn join(&mut self, now: Moment, id: i64) {
        self.add(UserId::new(id));
        self.follow(now);
    }

    pub(crate) fn cryptor(&self, id: i64) -> Arc<Cryptor> {
        let found = self
            .members
            .iter()
            .find(|member| member.0 == UserId::new(id));
        Arc::clone(&found.unwrap().2)
    }

    fn add(&mut self, user: UserId) {
        let block = JoinBlock::add_self(&self.tip, Joiner::new(user), &mut self.rng).unwrap();
        self.tip = block.block().clone();
        self.chain.apply(&self.tip).unwrap();
        self.members.push(member(user, block));
    }

    fn follow(&self, now: Moment) {
        let state = self.chain.state();
        for (user, key, cryptor) in &self.members {
            let epoch = Epoch {
                hash: state.hash(),
                key: state.open_epoch_key(*user, key).unwrap(),
                participants: ParticipantKeys::new(state.group_state()),
            };
            cryptor.add_epoch(now, epoch);
        }
    }
}

fn member(user: UserId, block: JoinBlock) -> (UserId, Arc<PrivateKey>, Arc<Cryptor>) {
    let key = Arc::new(block.into_private_key());
    let cryptor = Cryptor::new(user, Arc::clone(&key), RemovalGrace::WithGrace);
    (user, key, Arc::new(cryptor))
}
