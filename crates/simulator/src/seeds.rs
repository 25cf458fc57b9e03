//! Laws that must hold for many seeds.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, thread};

/// Checks a law for many seeds on all cores, and names the seed of a run that fails.
///
/// `SEEDS` of the environment is how many, else `count`; `FIRST` is the first, else 0.
///
/// # Panics
///
/// If a run panics.
pub fn each_seed(count: u64, law: impl Fn(u64) + Sync) {
    let Range { start, end } = seeds(count);
    let next = AtomicU64::new(start);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let _seed = NamedInPanic(seed);
                    law(seed);
                }
            });
        }
    });
}

fn seeds(count: u64) -> Range<u64> {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>());
    let number = |name| number(name).map(|number| number.expect("a number of seeds"));
    let first = number("FIRST").unwrap_or(0);
    first..first + number("SEEDS").unwrap_or(count)
}

/// A seed that is printed if a panic drops it.
struct NamedInPanic(u64);

impl Drop for NamedInPanic {
    #[allow(clippy::print_stderr, reason = "a test that fails may print")]
    fn drop(&mut self) {
        if thread::panicking() {
            let seed = self.0;
            eprintln!("seed {seed}: run it alone with FIRST={seed} SEEDS=1");
        }
    }
}
