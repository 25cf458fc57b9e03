//! Differences between our engine and another implementation that speaks the protocol of the interop peer.
//!
//! ```text
//! seed, number ── Family::run ──▶ requests ──┬──▶ our Peer ──▶ answer ──┐
//!                                            └──▶ Other ─────▶ answer ──┴──▶ the same, or a Difference ── shrink ──▶ a few lines
//! ```
//!
//! A *run* is a list of requests of `spec/interop.md`, made from a seed. All that needs a private key or a random value
//! is made beforehand by a peer of our own, so that both are given the same plain data, and an answer is a function of what was
//! asked before it. Chains come from the generator of `confcall-model`.

mod answer;
mod broadcasts;
mod chains;
mod comparison;
mod fault;
mod packets;
mod request;
mod scribe;
mod shrink;

use core::fmt;

use arbitrary::Unstructured;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use serde_json::json;

pub use answer::Kind;
pub use comparison::{Comparison, Difference, Exchange, Other};
pub use fault::{Fault, Silence};
pub use request::Request;
use scribe::Scribe;
pub use shrink::Shrunk;

/// The choices that decide about one run, in bytes.
const CHOICES: usize = 4096;

/// Families of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Blocks on a chain in both modes and from any start: right ones, and ones that break a rule or are damaged.
    Chains,
    /// Broadcasts of a few rounds of the verification: due, early, repeated, wrong and damaged ones.
    Broadcasts,
    /// Packets for one receiver: of several senders and epochs, repeated, out of order and damaged.
    Packets,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chains, Self::Broadcasts, Self::Packets];

    /// The name, as it is printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chains => "chains",
            Self::Broadcasts => "broadcasts",
            Self::Packets => "packets",
        }
    }

    /// The run of a number under a seed: always the same one.
    ///
    /// # Errors
    ///
    /// [`Fault::Ours`], [`Fault::Model`] and [`Fault::NoChoice`]: our own engine or a generator has a defect.
    pub fn run(self, seed: u64, number: u64) -> Result<Vec<Request>, Fault> {
        let mut whole = [0; 32];
        let parts = [seed, number, self as u64].map(u64::to_le_bytes);
        let bytes = whole.iter_mut().zip(parts.as_flattened());
        bytes.for_each(|(byte, part)| *byte = *part);
        let mut rng = ChaCha20Rng::from_seed(whole);
        let mut choices = [0; CHOICES];
        rng.fill_bytes(&mut choices);
        let u = &mut Unstructured::new(&choices);
        match self {
            Self::Chains => chains::run(u),
            Self::Broadcasts => broadcasts::run(u, &mut Scribe::new(rng)),
            Self::Packets => packets::run(u, &mut Scribe::new(rng)),
        }
    }

    /// One request for each operation of the runs, which everybody understands who speaks it.
    fn probes(self) -> Vec<Request> {
        let zero = "00".repeat(32);
        let new = json!({ "chain": "probe", "mode": "client" });
        let new = Request::new("chain_new", new);
        match self {
            Self::Chains => vec![
                new,
                Request::new("chain_apply", json!({ "chain": "probe", "block": "" })),
            ],
            Self::Broadcasts => vec![
                new,
                Request::new("broadcast_new", json!({ "broadcast": "probe" })),
                Request::new(
                    "broadcast_block",
                    json!({ "broadcast": "probe", "chain": "nobody's" }),
                ),
                Request::new(
                    "broadcast_apply",
                    json!({ "broadcast": "probe", "message": "" }),
                ),
            ],
            Self::Packets => {
                let group = json!({ "participants": [], "external_permissions": 0 });
                vec![
                    Request::new(
                        "enc_new",
                        json!({ "enc": "probe", "user_id": 1, "seed": zero }),
                    ),
                    Request::new(
                        "enc_add",
                        json!({ "enc": "probe", "epoch": 0, "hash": zero, "secret": zero, "group_state": group }),
                    ),
                    Request::new(
                        "enc_forget",
                        json!({ "enc": "probe", "epoch": 0, "hash": zero }),
                    ),
                    Request::new(
                        "enc_decrypt",
                        json!({ "enc": "probe", "user_id": 2, "packet": "" }),
                    ),
                ]
            }
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
