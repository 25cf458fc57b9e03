//! `confcall peer`: the engine on standard input and output.

use std::io;
use std::process::ExitCode;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;

use crate::seed;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let rng = ChaCha20Rng::from_seed(seed::random()?);
    // Not through `anstream`: what goes out is for a program.
    confcall_conformance::peer::serve(io::stdin().lock(), io::stdout().lock(), rng)?;
    Ok(ExitCode::SUCCESS)
}
