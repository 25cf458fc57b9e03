use core::error::Error;
use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::Arc;

use confcall_state::UserId;
use grammers_mtsender::{ConnectionParams, RetryPolicy, SenderPool};
use grammers_session::Session;
use grammers_session::types::{PeerId, PeerInfo};
use grammers_session::updates::UpdatesLike;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::transport::GrammersTransport;
use crate::limits;

/// The room for updates, as grammers takes it.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(limits::GRAMMERS_UPDATES).unwrap();

/// The time that closing waits for connections that do not close.
const CLOSING: Duration = Duration::from_secs(5);

/// A pool of connections that is run in the background, and replaced where it breaks.
///
/// Dropping it closes the connections without waiting, and every transport over them loses its answers from then on.
#[derive(Debug)]
pub struct GrammersConnection {
    transport: GrammersTransport,
    /// Dropping it stops the task.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl GrammersConnection {
    /// Opens a connection of the user `own`, who is logged in in this session.
    ///
    /// Nothing is sent before the first request. `parameters` gives what each new pool says of this client to the server; its
    /// policy of retries is not used. No other pool may use the session at the same time.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose timer and sockets are enabled, as everything that starts.
    pub fn open<S>(
        session: Arc<S>,
        api_id: i32,
        own: UserId,
        parameters: impl Fn() -> ConnectionParams + Send + 'static,
    ) -> Self
    where
        S: Session,
        S::Error: Error + Send + Sync + 'static,
    {
        let open_pool = move || {
            let parameters = ConnectionParams {
                updates_channel_capacity: CAPACITY,
                ..parameters()
            };
            SenderPool::with_configuration(Arc::clone(&session), api_id, parameters)
        };
        let pool = open_pool();
        let checks_clock = is_direct(size_of::<ConnectionParams>());
        let transport = GrammersTransport::over(pool.handle.clone(), own, checks_clock);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(keep(pool, open_pool, transport.clone(), stopped));
        Self {
            transport,
            stop,
            task,
        }
    }

    /// The transport over this connection.
    pub fn transport(&self) -> GrammersTransport {
        self.transport.clone()
    }

    /// Closes the connections and waits until they are closed, a few seconds at most.
    pub async fn close(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // It ends in any case, even by a panic.
        let _ = task.await;
    }
}

/// The parameters of a pool where grammers is built without its feature `proxy`, which adds the address of one.
type DirectParams = ([String; 5], bool, Box<dyn RetryPolicy>, NonZeroUsize);

/// True if parameters of this size have no place for a proxy, so that the client itself connects to the server.
///
/// Whether the feature is on is for the client's other dependencies to say, and a field that may be missing cannot be read.
/// So where there is a place for it, a proxy counts as configured.
const fn is_direct(size: usize) -> bool {
    size == size_of::<DirectParams>()
}

/// Runs a pool until it shall stop, and another one whenever it breaks.
async fn keep(
    mut pool: SenderPool,
    open_pool: impl Fn() -> SenderPool,
    transport: GrammersTransport,
    mut stop: oneshot::Receiver<()>,
) {
    loop {
        let SenderPool {
            runner,
            handle,
            updates,
        } = pool;
        let mut running = JoinSet::new();
        running.spawn(runner.run());
        tokio::select! {
            // A connection that was given up is not waited for, also where the end comes with it.
            biased;
            // A server that says nothing while a connection is being made holds up the whole pool.
            () = transport.given_up() => {}
            _ = &mut stop => {
                handle.quit();
                let closed = tokio::time::timeout(CLOSING, running.join_next()).await;
                tracing::debug!(in_time = closed.is_ok(), "connections closed");
                return;
            }
            // grammers panics where a server breaks the rules of its transport.
            _ = running.join_next() => {}
            () = take_updates(&transport, updates) => {}
        }
        tracing::debug!("connections replaced");
        drop(running);
        pool = open_pool();
        transport.replace(pool.handle.clone());
    }
}

/// Passes on everything that the pool hands out, and ends with it.
async fn take_updates(transport: &GrammersTransport, mut updates: mpsc::Receiver<UpdatesLike>) {
    while let Some(update) = updates.recv().await {
        transport.feed(&update);
    }
}

/// The user who is logged in in a session, as far as the session knows.
///
/// # Errors
///
/// Those of the session's storage.
pub async fn signed_in_user<S: Session>(session: &S) -> Result<Option<UserId>, S::Error> {
    let own = session.peer(PeerId::self_user()).await?;
    Ok(match own {
        Some(PeerInfo::User { id, .. }) => Some(UserId::new(id)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_proxy_may_be_configured_no_connection_counts_as_direct() {
        assert!(!is_direct(size_of::<(DirectParams, Option<String>)>()));
    }
}
