//! `confcall peer`: the engine on standard input and output.

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;

use crate::seed;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let rng = ChaCha20Rng::from_seed(seed::random()?);
    // Not through `anstream`: the output is for a program.
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    let started = Instant::now();
    confcall_conformance::peer::serve(input, output, rng, move || started.elapsed())?;
    Ok(ExitCode::SUCCESS)
}
