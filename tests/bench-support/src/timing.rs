//! Times an operation against its floor: the bare primitives that it cannot do without.
//!
//! The two run in turns within each round, so that a machine whose speed drifts slows both; the ratio is the
//! median of the rounds' ratios, which is why a general harness does not serve here.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUND: Duration = Duration::from_millis(20);
const ROUNDS: usize = 31;
/// The microseconds of a round of which the fastest counts.
const SHORT_ROUND: f64 = 2000.0;

/// Prints the median times of `ours` and `floor` and the median of their ratio.
pub fn compare<A, B>(label: &str, mut ours: impl FnMut() -> A, mut floor: impl FnMut() -> B) {
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
    println!("{label}  {ours:>10.1} µs  floor {floor:>10.1} µs  ratio {ratio:.3}");
}

/// The microseconds of an operation in the fastest round, which other work on the machine slows least.
pub fn fastest<T>(mut operation: impl FnMut() -> T) -> f64 {
    let once = time(1, &mut operation).max(0.1);
    let repeats = (SHORT_ROUND / once).clamp(1.0, 10_000.0) as u32;
    let rounds = (0..ROUNDS).map(|_| time(repeats, &mut operation));
    rounds.fold(f64::MAX, f64::min)
}

fn time<T>(repeats: u32, operation: &mut impl FnMut() -> T) -> f64 {
    let started = Instant::now();
    for _ in 0..repeats {
        black_box(operation());
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(repeats)
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
