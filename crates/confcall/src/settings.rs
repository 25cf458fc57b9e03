use std::future::pending;

use confcall_join::engine::Command;
use tokio::sync::watch;

/// The things that a caller sets without waiting, as one command each, of which only the newest counts.
///
/// One end has the senders, the other the receivers.
#[derive(Debug)]
pub(crate) struct Settings<Channel> {
    pub(crate) media: Channel,
    pub(crate) leave: Channel,
}

/// The end of a setting that a handle writes.
pub(crate) type Setter = watch::Sender<Option<Command>>;

/// The end of a setting that the driver reads.
pub(crate) type Setting = watch::Receiver<Option<Command>>;

impl Settings<Setter> {
    pub(crate) fn channel() -> (Self, Settings<Setting>) {
        let (media, set_media) = watch::channel(None);
        let (leave, set_leave) = watch::channel(None);
        let senders = Self { media, leave };
        let receivers = Settings {
            media: set_media,
            leave: set_leave,
        };
        (senders, receivers)
    }
}

impl Settings<Setting> {
    /// The next command that was set; never, once there is no handle any more. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Command> {
        tokio::select! {
            biased;
            Ok(()) = self.media.changed() => self.media.borrow_and_update().clone(),
            Ok(()) = self.leave.changed() => self.leave.borrow_and_update().clone(),
            else => pending().await,
        }
    }
}
