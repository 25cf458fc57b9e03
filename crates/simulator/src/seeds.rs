use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, thread};

/// Runs a law for many seeds on all cores, and names the seed of a run that fails.
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
                    let _told = Told(seed);
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

/// Tells the seed if it is dropped by a panic.
struct Told(u64);

impl Drop for Told {
    #[allow(clippy::print_stderr, reason = "it is for whoever runs the test")]
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "seed {seed}: run it alone with FIRST={seed} SEEDS=1",
                seed = self.0
            );
        }
    }
}
