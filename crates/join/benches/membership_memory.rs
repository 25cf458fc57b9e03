//! How much memory one membership of 200 members holds, at each point of its life.
//!
//! Floor: what 200 participants cannot do without, their user ids and keys as they stand in the group state.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench"
)]

use core::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::membership::Membership;
use confcall_media::{Moment, RemovalGrace};
use confcall_state::wire::{Broadcast, BroadcastContent, GroupState, Participant, Permissions};
use confcall_state::{Block, Chain, PrivateKey, UserId};
use sha2::{Digest as _, Sha256};

const MEMBERS: usize = 200;

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
        // Read anew, so that nothing is shared with what is not the membership's.
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

    /// Everybody's commits and reveals, ours as it says them.
    fn verify(&self, membership: &mut Membership) {
        for content in [commit as fn(u8) -> BroadcastContent, reveal] {
            for (number, key) in (1..).zip(&self.keys) {
                let broadcast = Broadcast {
                    signature: confcall_state::keys::Signature::ZERO,
                    user_id: UserId::new(number),
                    height: self.tip.height(),
                    block_hash: self.tip.hash(),
                    content: content(number as u8),
                };
                membership
                    .receive(&broadcast.sign(key))
                    .expect("a good broadcast");
            }
            for own in membership.take_outbound() {
                membership.receive(&own).expect("a good broadcast");
            }
        }
        assert!(membership.verification().emoji_hash().is_some());
    }

    /// A block that changes a version, signed by the first member.
    fn next_block(&mut self) -> Block {
        let chain = Chain::start_from(&self.tip).expect("a whole state");
        let mut group_state = GroupState::clone(chain.state().group_state());
        let first = group_state
            .participants
            .first_mut()
            .expect("there are members");
        first.version = first.version.wrapping_add(1);
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

fn print(what: &str, bytes: i64) {
    let floor = MEMBERS as i64 * 40;
    let ratio = bytes as f64 / floor as f64;
    println!(
        "membership of {MEMBERS}, {what:<28} {bytes:>8} bytes  floor {floor} bytes  ratio {ratio:.1}"
    );
}

fn main() {
    let mut call = Call::new();
    let mut membership = None;
    let started = allocation_counter::measure(|| membership = Some(call.start()));
    let mut membership = membership.expect("it was started");
    let mut held = started.bytes_current;
    print("started", held);

    held += allocation_counter::measure(|| call.verify(&mut membership)).bytes_current;
    print("verified", held);

    let mut now = Duration::ZERO;
    for _ in 0..20 {
        let block = call.next_block().to_server();
        now += Duration::from_millis(100);
        let followed = allocation_counter::measure(|| {
            let rng = &mut call.rng;
            let followed = membership.apply_from_server(Moment::new(now), &block, rng);
            drop(followed.expect("the next block"));
        });
        held += followed.bytes_current;
    }
    print("15 epochs within their grace", held);

    let end = Moment::new(now + Duration::from_secs(11));
    held += allocation_counter::measure(|| membership.cryptor().prune(end)).bytes_current;
    print("one epoch again", held);
}
