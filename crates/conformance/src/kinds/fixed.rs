use core::time::Duration;

use confcall_media::Moment;

/// The vectors have no time: everything happens at once.
pub(super) const NOW: Moment = Moment::new(Duration::ZERO);
/// The seed of our own packets and nonces; nothing that is checked depends on it.
pub(super) const SEED: [u8; 32] = [4; 32];
