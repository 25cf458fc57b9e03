//! What the members and the server cannot do without, alone.

use std::hint::black_box;
use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::state::Block;
use confcall::state::keys::{PrivateKey, Signature, VerifyingKey};
use confcall::state::wire::{Broadcast, BroadcastContent};
use confcall::{BlockHash, Chain, Height, JoinBlock, Joiner, UserId};
use confcall_mtproto_server::fuzzing::ige_encrypt;
use sha2::{Digest as _, Sha256};

/// The rounds of a measurement, of which the fastest counts.
const ROUNDS: usize = 31;

/// The operations of one round.
const IN_A_ROUND: u32 = 16;

/// The processor time of members that verify, and of their server.
pub(crate) struct Work {
    /// Blocks, each built once, and applied by the server and by everybody who is in the call already.
    pub(crate) blocks: Duration,
    /// Broadcasts: after each block two of each member, signed once, and checked by the server and by every member.
    pub(crate) broadcasts: Duration,
}

impl Work {
    /// The work of a call that so many users enter one after the other, each when the block before is verified.
    pub(crate) fn of_call(members: usize) -> Self {
        let Said { sign, check } = Said::measure();
        let broadcasts = (1..=members as u32).map(|count| {
            let said = 2 * count;
            sign * said + check * said * (count + 1)
        });
        Self {
            blocks: blocks(members),
            broadcasts: broadcasts.sum(),
        }
    }

    /// The time that it takes on all cores of this machine.
    pub(crate) fn shared(&self) -> Duration {
        let cores = available_parallelism().map_or(1, NonZero::get);
        (self.blocks + self.broadcasts) / cores as u32
    }
}

/// The processor time of a broadcast.
pub(crate) struct Said {
    pub(crate) sign: Duration,
    pub(crate) check: Duration,
}

impl Said {
    pub(crate) fn measure() -> Self {
        let key = PrivateKey::from_seed(&[7; 32]);
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: UserId::new(1),
            height: Height::new(1),
            block_hash: BlockHash::from_bytes([3; 32]),
            content: BroadcastContent::Reveal { nonce: [4; 32] },
        };
        let signed = broadcast.sign(&key);
        let public = VerifyingKey::new(&key.public_key());
        Self {
            sign: fastest(|| broadcast.sign(&key)),
            check: fastest(|| signed.verify_with(&public)),
        }
    }
}

/// The processor time of the encryption of a packet.
pub(crate) struct Sealing {
    pub(crate) aes_ige: Duration,
    pub(crate) sha_256: Duration,
}

impl Sealing {
    /// The encryption of a packet of so many bytes.
    pub(crate) fn measure(bytes: u64) -> Self {
        let mut packet = vec![1; (bytes as usize).next_multiple_of(16)];
        Self {
            aes_ige: fastest(|| ige_encrypt(&mut packet, &[2; 32], &[3; 32])),
            sha_256: fastest(|| Sha256::digest(&packet)),
        }
    }
}

fn fastest<T>(mut operation: impl FnMut() -> T) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        (0..IN_A_ROUND).for_each(|_| drop(black_box(operation())));
        started.elapsed() / IN_A_ROUND
    });
    rounds.min().unwrap_or_default()
}

/// The blocks of a call that so many users enter.
fn blocks(members: usize) -> Duration {
    let mut rng = ChaCha20Rng::from_seed([42; 32]);
    let joiner = |user: usize| Joiner::new(UserId::new(user as i64 + 1));
    let started = Instant::now();
    let first = JoinBlock::first(joiner(0), &mut rng).expect("anybody may begin");
    let mut tip = first.block().clone();
    let mut chain = Chain::start_from(&tip).expect("a whole state");
    let mut floor = started.elapsed();
    for member in 1..members {
        let started = Instant::now();
        let join = JoinBlock::add_self(&tip, joiner(member), &mut rng);
        let join = join.expect("anybody may join");
        floor += started.elapsed();

        let received = join.block().to_server();
        let started = Instant::now();
        tip = Block::from_server(&received).expect("a block");
        chain.apply(&tip).expect("the next block");
        floor += started.elapsed() * (member as u32 + 1);
    }
    floor
}
