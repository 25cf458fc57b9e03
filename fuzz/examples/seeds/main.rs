//! Writes the seeds of all targets, and the dictionary of constructor ids: `cargo run --release --example seeds`.
//!
//! ```text
//! ../tests/vectors ── every block, broadcast, packet, proof ──┐
//! a short call of two engines on the server ──────────────────┼──▶ seeds/TARGET/HASH
//! scripts of abuse, as choices ───────────────────────────────┤
//! texts, and bytes of stated generators ──────────────────────┘
//! ```
//!
//! A seed is named by its hash, and only the smallest of a kind are kept, so that the same code always writes the same
//! few files.

mod call;
mod dictionary;
mod engine;
mod files;
mod stream;
mod texts;
mod vectors;

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use sha2::{Digest as _, Sha256};

/// The seeds of each target.
#[derive(Default)]
struct Seeds(BTreeMap<&'static str, Vec<Vec<u8>>>);

impl Seeds {
    fn add(&mut self, target: &'static str, seed: impl Into<Vec<u8>>) {
        self.0.entry(target).or_default().push(seed.into());
    }

    /// Writes the smallest seeds of each target, without exceeding the bytes that each may have.
    fn write(self, directory: &Path) -> io::Result<()> {
        for (target, mut seeds) in self.0 {
            seeds.sort_by_key(|seed| (seed.len(), seed.clone()));
            seeds.dedup();
            let mut room = ROOM;
            seeds.retain(|seed| {
                room = room.saturating_sub(seed.len());
                room > 0
            });
            let directory = directory.join(target);
            if directory.exists() {
                fs::remove_dir_all(&directory)?;
            }
            fs::create_dir_all(&directory)?;
            for seed in &seeds {
                let name = hex::encode(&Sha256::digest(seed)[..8]);
                fs::write(directory.join(name), seed)?;
            }
            println!("{target}: {} seeds", seeds.len());
        }
        Ok(())
    }
}

/// How many bytes the seeds of a target have.
const ROOM: usize = 24 << 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Seeds::default();
    vectors::add(&mut seeds, &fuzz.join("../tests/vectors"))?;
    call::add(&mut seeds)?;
    texts::add(&mut seeds);
    stream::add(
        &mut seeds,
        &fuzz.join("../crates/join/src/stream/ogg/two_channels.ogg"),
    )?;
    engine::add(&mut seeds);
    files::add(&mut seeds, &fuzz.join("../crates/rtc/tests/media"))?;
    seeds.write(&fuzz.join("seeds"))?;
    dictionary::write(&fuzz.join("../spec"), &fuzz.join("tl.dict"))?;
    Ok(())
}
