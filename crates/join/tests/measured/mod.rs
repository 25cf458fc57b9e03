//! The life of a membership of 200 members, and the bytes that it holds at each point.

use core::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::membership::Membership;
use confcall_media::{Moment, RemovalGrace};
use confcall_state::keys::Signature;
use confcall_state::wire::{Broadcast, BroadcastContent, GroupState, Participant, Permissions};
use confcall_state::{Block, Chain, PrivateKey, UserId};
use sha2::{Digest as _, Sha256};

/// The members of the call; we are the last.
pub(crate) const MEMBERS: usize = 200;

/// The bytes that a membership holds.
pub(crate) struct Held {
    /// After its first block.
    pub(crate) started: i64,
    /// After all commits, when every key is parsed.
    pub(crate) committed: i64,
    /// After all reveals, when nothing happens any more.
    pub(crate) verified: i64,
    /// With 15 epochs within their grace, each of which gives another member a new key.
    pub(crate) with_epochs: i64,
    /// The same, when everybody has committed to the newest.
    pub(crate) with_epochs_committed: i64,
    /// After the reveals and the end of the grace.
    pub(crate) at_rest: i64,
}

/// Lives through the life, with stated seeds.
pub(crate) fn measure() -> Held {
    let mut call = Call::new();
    let mut held = 0;
    let mut membership = None;
    let mut add = |what: &mut dyn FnMut()| {
        held += allocation_counter::measure(what).bytes_current;
        held
    };
    let started = add(&mut || membership = Some(call.start()));
    let mut membership = membership.expect("it was started");
    let committed = add(&mut || call.say(&mut membership, commit));
    let verified = add(&mut || call.say(&mut membership, reveal));
    assert!(membership.verification().emoji_hash().is_some());

    let mut now = Duration::ZERO;
    for member in 1..=20 {
        let block = call.next_block(member).to_server();
        now += Duration::from_millis(100);
        add(&mut || {
            let followed = membership.apply_from_server(Moment::new(now), &block, &mut call.rng);
            drop(followed.expect("the next block"));
        });
    }
    let with_epochs = add(&mut || {});
    let with_epochs_committed = add(&mut || call.say(&mut membership, commit));
    let end = Moment::new(now + Duration::from_secs(11));
    let at_rest = add(&mut || {
        call.say(&mut membership, reveal);
        membership.cryptor().prune(end);
    });
    Held {
        started,
        committed,
        verified,
        with_epochs,
        with_epochs_committed,
        at_rest,
    }
}

/// What the members of the call hold beside us.
struct Call {
    keys: Vec<PrivateKey>,
    tip: Block,
    rng: ChaCha20Rng,
}

impl Call {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::from_seed([42; 32]);
        let keys: Vec<_> = (0..MEMBERS)
            .map(|_| PrivateKey::generate(&mut rng))
            .collect();
        let participants = (1..).zip(&keys).map(|(user, key)| Participant {
            user_id: UserId::new(user),
            public_key: key.public_key(),
            permissions: Permissions::from_bits(3),
            version: 0,
        });
        let group_state = GroupState {
            participants: participants.collect(),
            external_permissions: Permissions::from_bits(3),
        };
        let founder = keys.first().expect("there are members");
        let tip = Chain::client().build_group_change(group_state, founder, &mut rng);
        let tip = tip.expect("a founder may write block 0");
        Self { keys, tip, rng }
    }

    fn start(&mut self) -> Membership {
        let user = UserId::new(MEMBERS as i64);
        let key = self.keys.pop().expect("there are members");
        let removal_grace = RemovalGrace::WithGrace;
        // Read again, so that nothing is shared with what is not the membership's.
        let block = Block::from_server(&self.tip.to_server()).expect("a block");
        Membership::start(
            Moment::default(),
            user,
            key,
            &block,
            removal_grace,
            &mut self.rng,
        )
        .expect("we are in the call")
    }

    /// A broadcast of each member, ours as it says it.
    fn say(&self, membership: &mut Membership, content: fn(u8) -> BroadcastContent) {
        for (number, key) in (1..).zip(&self.keys) {
            let broadcast = Broadcast {
                signature: Signature::ZERO,
                user_id: UserId::new(number),
                height: self.tip.height(),
                block_hash: self.tip.hash(),
                content: content(number as u8),
            };
            let broadcast = broadcast.sign(key);
            membership.receive(&broadcast).expect("a good broadcast");
        }
        for own in membership.take_outbound() {
            membership.receive(&own).expect("a good broadcast");
        }
    }

    /// A block that gives a member another key, signed by the first member.
    fn next_block(&mut self, member: usize) -> Block {
        let chain = Chain::start_from(&self.tip).expect("a whole state");
        let mut group_state = GroupState::clone(chain.state().group_state());
        let key = PrivateKey::generate(&mut self.rng);
        let participants = &mut group_state.participants;
        participants
            .get_mut(member)
            .expect("there are members")
            .public_key = key.public_key();
        *self.keys.get_mut(member).expect("there are members") = key;
        let founder = self.keys.first().expect("there are members");
        let block = chain.build_group_change(group_state, founder, &mut self.rng);
        self.tip = block.expect("a member may write a block");
        self.tip.clone()
    }
}

fn commit(number: u8) -> BroadcastContent {
    BroadcastContent::Commit {
        nonce_hash: Sha256::digest([number; 32]).into(),
    }
}

fn reveal(number: u8) -> BroadcastContent {
    BroadcastContent::Reveal {
        nonce: [number; 32],
    }
}
