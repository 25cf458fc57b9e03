//! Judges generated blocks by the model and by the engine, and writes them as vectors for other implementations.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command"
)]

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use clap::Parser;
use confcall_model::{Judged, Seen, chain_ops};

/// Judges generated blocks, right and subtly wrong, by a naive model of the rules and by the engine.
#[derive(Parser)]
#[command(name = "chain-model")]
struct Arguments {
    /// The least number of blocks.
    #[arg(default_value_t = 10_000)]
    blocks: u64,
    /// The seed: the same one gives the same blocks.
    #[arg(default_value_t = 0)]
    seed: u64,
    /// Write the chains with their verdicts to standard output, as a vector file of the kind `chain`.
    #[arg(long)]
    vectors: bool,
}

fn main() -> io::Result<ExitCode> {
    let Arguments {
        blocks,
        seed,
        vectors,
    } = Arguments::parse();
    let mut file = vectors.then(|| VectorFile::new(io::stdout().lock()));
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut data = [0; 4096];
    let mut seen = Seen::default();
    while seen.blocks < blocks {
        // Random bytes are the choices, as a fuzzer would make them.
        rng.fill_bytes(&mut data);
        let judged = match chain_ops(&data) {
            Ok(judged) => judged,
            Err(disagreement) => {
                eprintln!("seed {seed}: {disagreement:?}");
                return Ok(ExitCode::FAILURE);
            }
        };
        seen.add(&judged);
        if let Some(file) = &mut file {
            file.write(seed, &judged)?;
        }
    }
    match file {
        Some(file) => file.finish()?,
        None => report(seed, &seen),
    }
    Ok(ExitCode::SUCCESS)
}

fn report(seed: u64, seen: &Seen) {
    println!(
        "{} blocks, seed {seed}: the model and the engine agree",
        seen.blocks
    );
    for (verdict, times) in &seen.verdicts {
        println!("{times:9} {verdict}");
    }
}

/// A vector file, a case a line.
struct VectorFile<W: Write> {
    out: BufWriter<W>,
    cases: u64,
}

impl<W: Write> VectorFile<W> {
    fn new(out: W) -> Self {
        let out = BufWriter::new(out);
        Self { out, cases: 0 }
    }

    fn write(&mut self, seed: u64, judged: &Judged) -> io::Result<()> {
        let before = match self.cases {
            0 => "{\"format\": \"e2e-call-vectors/1\", \"kind\": \"chain\", \"cases\": [",
            _ => ",",
        };
        let case = judged.to_vector(&format!("generated-{seed}-{}", self.cases));
        self.cases += 1;
        write!(self.out, "{before}\n{case}")
    }

    fn finish(mut self) -> io::Result<()> {
        writeln!(self.out, "\n]}}")?;
        self.out.flush()
    }
}
