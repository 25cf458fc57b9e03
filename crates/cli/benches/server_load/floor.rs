//! What the blocks of a call cost alone.

use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::state::Block;
use confcall::{Chain, JoinBlock, Joiner, UserId};

/// The blocks of a call that so many users enter, each built once, and applied by the server and by everybody who is
/// in the call already.
pub(crate) fn of_call(members: usize) -> Duration {
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
