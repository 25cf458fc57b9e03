use core::time::Duration;

use confcall_media::{Cryptor, Moment};
use confcall_state::Chain;
use confcall_state::verification::RoundCounts;
use rand_core::CryptoRng;

use super::ids::Ids;
use super::membership::Call;
use super::named::Named;

/// The engine behind a pipe: the objects that a driver has made so far, by its names for them.
pub struct Peer {
    pub(super) rng: Box<dyn CryptoRng>,
    // Lent, as everywhere in the engine: tests turn it by hand.
    clock: Box<dyn Fn() -> Duration>,
    pub(super) chains: Named<Chain>,
    pub(super) broadcasts: Named<RoundCounts>,
    pub(super) calls: Named<Call>,
    pub(super) encs: Named<Cryptor>,
    pub(super) ids: Ids,
}

impl Peer {
    /// A peer for which nothing was made yet.
    ///
    /// `rng` gives the secrets that requests leave open, `clock` the time since some origin, by which epochs end.
    pub fn new(rng: impl CryptoRng + 'static, clock: impl Fn() -> Duration + 'static) -> Self {
        Self {
            rng: Box::new(rng),
            clock: Box::new(clock),
            chains: Named::new("chain"),
            broadcasts: Named::new("broadcast"),
            calls: Named::new("call"),
            encs: Named::new("enc"),
            ids: Ids::Numbers,
        }
    }

    pub(super) fn now(&self) -> Moment {
        Moment::new((self.clock)())
    }
}
