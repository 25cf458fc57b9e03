//! What a push costs the server.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::floor::{Said, Sealing};
use crate::member::Counts;
use crate::server::{Server, Used};

/// The counts and the processor time of the server at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    packets: u64,
    bytes: u64,
    pushes: u64,
    broadcasts: u64,
    used: Used,
}

impl Reading {
    pub(crate) fn take(counts: &Counts, server: &Server) -> Self {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            packets: load(&counts.packets),
            bytes: load(&counts.bytes),
            pushes: load(&counts.pushes),
            broadcasts: load(&counts.broadcasts),
            used: server.used(),
        }
    }

    /// Tells what the server has computed for each push since an earlier reading, in a call of so many members.
    pub(crate) fn tell_since(&self, before: &Self, name: &str, members: usize) {
        let pushes = (self.pushes - before.pushes).max(1) as f64;
        let packets = (self.packets - before.packets).max(1) as f64;
        let size = (self.bytes - before.bytes) as f64 / packets;
        let each = pushes / packets;
        println!(
            "  {name}: {pushes} pushes in {packets} packets of {size:.0} bytes, {each:.2} in each, answers beside them"
        );
        let used = self.used.since(before.used);
        let micro = |seconds: f64| seconds * 1e6 / pushes;
        let sealing = Sealing::measure(size as u64);
        let [aes, sha] = [sealing.aes_ige, sealing.sha_256].map(|one| one.as_secs_f64() * packets);
        let said = (self.broadcasts - before.broadcasts) as f64 / (members as f64 - 1.0).max(1.0);
        let check = Said::measure().check.as_secs_f64() * said;
        let floor = aes + sha + check;
        println!(
            "    the server computes {:.2} us for each, {:.2} in the program and {:.2} in the kernel; floor {:.2} us (AES-IGE {:.2}, SHA-256 {:.2}, its part of the check of a broadcast {:.2}), ratio {:.2} ({:.2} without the kernel)",
            micro(used.total()),
            micro(used.program),
            micro(used.kernel),
            micro(floor),
            micro(aes),
            micro(sha),
            micro(check),
            used.total() / floor,
            used.program / floor,
        );
    }
}
