use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use crate::updates::UpdateSender;

/// The time after which a request is lost if nothing at all was heard of the server meanwhile.
pub const SILENCE: Duration = Duration::from_secs(15);

/// The signs that the server is there, and that updates may have been missed because it was not.
#[derive(Debug, Default)]
pub(super) struct Reachability {
    /// Counts what came from the server.
    heard: AtomicU64,
    /// Set while the connection is lost and nothing came since.
    lost: AtomicBool,
}

impl Reachability {
    /// Something came: if the connection had been lost, there is a new one, before which anything may have been pushed.
    pub(super) fn heard(&self, pushed: &UpdateSender) {
        self.heard.fetch_add(1, Ordering::Relaxed);
        if self.lost.swap(false, Ordering::Relaxed) {
            pushed.gap();
        }
    }

    /// True while nothing was heard over the newest connection.
    pub(super) fn is_unheard(&self) -> bool {
        self.heard.load(Ordering::Relaxed) == 0 || self.lost.load(Ordering::Relaxed)
    }

    /// The connection was lost: what was on its way may be, too.
    pub(super) fn lost(&self, pushed: &UpdateSender) {
        if !self.lost.swap(true, Ordering::Relaxed) {
            pushed.gap();
        }
    }

    /// Waits until nothing was heard for [`SILENCE`], and no longer than twice that since the last that was.
    pub(super) async fn silence(&self) {
        loop {
            // One look for each span is enough, and costs no timer for each thing that is heard.
            let before = self.heard.load(Ordering::Relaxed);
            tokio::time::sleep(SILENCE).await;
            if self.heard.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }
}
