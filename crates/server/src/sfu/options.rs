use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

/// The settings of an [`Sfu`](super::Sfu).
#[derive(Clone, PartialEq, Eq)]
pub struct SfuOptions {
    /// The address of the socket; where it is that of no machine (`0.0.0.0`), answers name the one by which a client came.
    pub address: SocketAddr,
    /// The seed of the ICE credentials, which are secrets; `Debug` does not show it.
    pub seed: [u8; 32],
    /// The time after a join for which checks of the client are not answered.
    ///
    /// Clients over libwebrtc can miss that they are connected where that takes a few milliseconds only.
    pub stun_delay: Duration,
    /// The seed of loss, delay and reordering; `None` for none of them.
    pub chaos: Option<u64>,
}

impl SfuOptions {
    /// An SFU at this address, without delay and chaos.
    pub fn new(address: SocketAddr, seed: [u8; 32]) -> Self {
        Self {
            address,
            seed,
            stun_delay: Duration::ZERO,
            chaos: None,
        }
    }
}

impl fmt::Debug for SfuOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SfuOptions")
            .field("address", &self.address)
            .field("stun_delay", &self.stun_delay)
            .field("chaos", &self.chaos)
            .finish_non_exhaustive()
    }
}
