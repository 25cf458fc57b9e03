//! Times an operation against its floor: the bare primitives that it cannot do without.
//!
//! The two run in turns within each round, so that a machine whose speed drifts slows both; the ratio is the
//! median of the rounds' ratios, which is why a general harness does not serve here.

use std::hint::black_box;
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_state::wire::{Change, GroupState, Participant, Permissions, SharedKey};
use confcall_state::{Block, Chain, PrivateKey, UserId};

/// The numbers of participants that are measured.
pub(crate) const PARTICIPANTS: [usize; 5] = [2, 10, 50, 200, 1000];

const ROUND: Duration = Duration::from_millis(20);
const ROUNDS: usize = 31;

/// Prints the median times of `ours` and `floor` and the median of their ratio.
pub(crate) fn compare<A, B>(
    name: &str,
    participants: usize,
    mut ours: impl FnMut() -> A,
    mut floor: impl FnMut() -> B,
) {
    let started = Instant::now();
    black_box(ours());
    let once = started.elapsed().max(Duration::from_nanos(100));
    let repeats = (ROUND.as_nanos() / once.as_nanos()).clamp(1, 10_000) as u32;
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| (time(repeats, &mut ours), time(repeats, &mut floor)))
        .collect();
    let ratio = median(rounds.iter().map(|(ours, floor)| ours / floor));
    let floor = median(rounds.iter().map(|(_, floor)| *floor));
    let ours = median(rounds.drain(..).map(|(ours, _)| ours));
    println!(
        "{name:<18} {participants:>5} participants  {ours:>10.1} µs  floor {floor:>10.1} µs  ratio {ratio:.3}"
    );
}

fn time<T>(repeats: u32, operation: &mut impl FnMut() -> T) -> f64 {
    let started = Instant::now();
    for _ in 0..repeats {
        black_box(operation());
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(repeats)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A generator with a stated seed.
pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([42; 32])
}

/// The keys of a call with this many participants, whose user ids are in no order, and its block 0.
pub(crate) fn call(participants: usize, rng: &mut ChaCha20Rng) -> (Vec<PrivateKey>, Block) {
    let keys: Vec<_> = (0..participants)
        .map(|_| PrivateKey::generate(rng))
        .collect();
    let participants = keys.iter().enumerate();
    let participants: Vec<_> = participants.map(|(id, key)| participant(id, key)).collect();
    let shared_key =
        SharedKey::for_participants(&participants, rng).expect("generated keys are usable");
    let group_state = GroupState {
        participants,
        external_permissions: Permissions::from_bits(3),
    };
    let changes = vec![
        Change::SetGroupState(group_state.into()),
        Change::SetSharedKey(shared_key.into()),
    ];
    let block = Chain::client()
        .build(changes, &keys[0])
        .expect("a founder may write block 0");
    (keys, block)
}

fn participant(id: usize, key: &PrivateKey) -> Participant {
    Participant {
        user_id: UserId::new((id as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64)),
        public_key: key.public_key(),
        permissions: Permissions::from_bits(3),
        version: 0,
    }
}
