//! Judges generated blocks by the model and by the engine: `chain-model [BLOCKS [SEED]]`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command"
)]

use std::env;
use std::process::ExitCode;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_model::{Seen, chain_ops};

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).map(|one| one.parse::<u64>());
    let mut number = |default| arguments.next().unwrap_or(Ok(default));
    let (Ok(blocks), Ok(seed)) = (number(10_000), number(0)) else {
        eprintln!("usage: chain-model [BLOCKS [SEED]]");
        return ExitCode::FAILURE;
    };
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut data = [0; 4096];
    let mut seen = Seen::default();
    while seen.blocks < blocks {
        rng.fill_bytes(&mut data);
        match chain_ops(&data) {
            Ok(more) => seen.merge(more),
            Err(disagreement) => {
                eprintln!("seed {seed}: {disagreement:?}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "{} blocks, seed {seed}: the model and the engine agree",
        seen.blocks
    );
    for (verdict, times) in &seen.verdicts {
        println!("{times:9} {verdict}");
    }
    ExitCode::SUCCESS
}
