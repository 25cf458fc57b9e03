use core::time::Duration;

use confcall_media::Moment;

/// The vectors have no time: everything happens at once.
pub(super) const NOW: Moment = Moment::new(Duration::ZERO);
/// What our own packets and nonces are made with; nothing that is checked depends on it.
pub(super) const SEED: [u8; 32] = [4; 32];
