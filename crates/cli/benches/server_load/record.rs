//! What the callers saw, and when.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use confcall::state::BlockHash;

/// What all callers saw together; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Record(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// When each caller knew of a block.
    blocks: HashMap<[u8; 32], Vec<Instant>>,
    rejoins: usize,
    warnings: usize,
}

impl Record {
    /// Somebody has merged a block, or sends it.
    pub(crate) fn block(&self, hash: &BlockHash) {
        let now = Instant::now();
        self.lock()
            .blocks
            .entry(*hash.as_bytes())
            .or_default()
            .push(now);
    }

    pub(crate) fn rejoined(&self) {
        self.lock().rejoins += 1;
    }

    pub(crate) fn warned(&self) {
        self.lock().warnings += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// How much later than the first each other merged a block, from the least to the most.
    fn latencies(&self) -> Vec<Duration> {
        let mut all: Vec<_> = self.blocks.values().flat_map(|seen| later(seen)).collect();
        all.sort_unstable();
        all
    }
}

fn later(seen: &[Instant]) -> impl Iterator<Item = Duration> {
    let mut seen = seen.to_vec();
    seen.sort_unstable();
    let first = seen.first().copied();
    let others = seen.into_iter().skip(1);
    others.filter_map(move |at| Some(at - first?))
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.lock();
        let latencies = seen.latencies();
        let at = |part: usize| {
            let place = latencies.len().saturating_sub(1) * part / 100;
            latencies
                .get(place)
                .map_or(0.0, |one| one.as_secs_f64() * 1e3)
        };
        let (rejoins, warnings) = (seen.rejoins, seen.warnings);
        write!(
            f,
            "{rejoins} rejoins, {warnings} warnings; a block is merged by the others {:.1} ms (median), {:.1} ms (p99) after",
            at(50),
            at(99),
        )
    }
}
