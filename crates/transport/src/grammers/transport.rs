use core::fmt;
use core::future::pending;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use confcall_join::api::Response;
use confcall_join::policy::{CheckedRequest, ClientRequest};
use confcall_state::UserId;
use grammers_mtsender::{InvocationError, SenderPoolFatHandle};
use grammers_session::updates::UpdatesLike;
use grammers_tl_types::RemoteCall;
use tokio::sync::Notify;

use super::clock;
use super::elsewhere;
use super::error::{InvokeError, home_elsewhere};
use super::reachability::Reachability;
use crate::adapter::{CallError, Transport};
use crate::bytes::{Feed, exchange};
use crate::tl::read_whole;
use crate::updates::UpdateStream;

/// The time after which a first request without an answer has our clock compared with the server's.
///
/// Short enough to find a wrong clock within a second; on a slow network it costs one more connection.
const FIRST_ANSWER: Duration = Duration::from_millis(500);

/// A server takes messages up to so far in the future.
const TOLERANCE: Duration = Duration::from_secs(30);

/// A [`Transport`] over a pool of grammers' connections; clones share all.
///
/// Requests go to the home data centre of the pool's session, or to the one that they name, for which the home vouches as for
/// files. Where the server says that the account's home is another
/// one, the request is sent there once, and the session takes it over if that is answered. Nothing else is repeated, whatever
/// the pool's policy of retries says.
#[derive(Clone)]
pub struct GrammersTransport(Arc<Inner>);

struct Inner {
    pool: Mutex<SenderPoolFatHandle>,
    feed: Feed,
    reachability: Reachability,
    given_up: Notify,
    /// Set for a pool of our own without a proxy, whose connections end where the clock is wrong.
    checks_clock: bool,
    /// Set while our clock is known to be ahead.
    is_ahead: AtomicBool,
}

impl GrammersTransport {
    /// Sends by this pool, in which `own` is the user who is logged in.
    ///
    /// The clock of the device is not checked, because the way to the server is the owner's to choose.
    ///
    /// The owner of the pool runs it, and gives everything from its channel of updates to [`GrammersTransport::feed`].
    /// That channel drops what comes while it is full: it needs room for a whole container of messages, about a
    /// thousand, and a reader that is never slow. A client that reads updates by itself gets them after us:
    ///
    /// ```no_run
    /// # use std::sync::Arc;
    /// # use confcall_state::UserId;
    /// # use confcall_transport::grammers::GrammersTransport;
    /// # use grammers_session::updates::UpdatesLike;
    /// # use grammers_mtsender::SenderPool;
    /// # use grammers_session::storages::MemorySession;
    /// # use tokio::sync::mpsc;
    /// # async fn adapt(pool: SenderPool, own: UserId, forward: mpsc::Sender<UpdatesLike>) {
    /// let SenderPool { runner, handle, mut updates } = pool;
    /// let transport = GrammersTransport::new(handle, own);
    /// tokio::spawn(runner.run());
    /// while let Some(update) = updates.recv().await {
    ///     transport.feed(&update);
    ///     // What `grammers_client::Client::stream_updates` is given.
    ///     let _ = forward.try_send(update);
    /// }
    /// # }
    /// ```
    pub fn new(pool: SenderPoolFatHandle, own: UserId) -> Self {
        Self::over(pool, own, false)
    }

    /// As [`GrammersTransport::new`]; the clock is checked only for a pool that is replaced when a connection is given up.
    pub(super) fn over(pool: SenderPoolFatHandle, own: UserId, checks_clock: bool) -> Self {
        Self(Arc::new(Inner {
            pool: Mutex::new(pool),
            feed: Feed::new(own),
            reachability: Reachability::default(),
            given_up: Notify::new(),
            checks_clock,
            is_ahead: AtomicBool::new(false),
        }))
    }

    /// Sends a request of the client's own, and gives its answer: for a client that has no other network.
    ///
    /// ```no_run
    /// use confcall_transport::grammers::{GrammersTransport, InvokeError};
    /// use confcall_transport::grammers_tl_types::{enums, functions};
    ///
    /// async fn own_name(transport: &GrammersTransport) -> Result<Option<String>, InvokeError> {
    ///     let own = vec![enums::InputUser::UserSelf];
    ///     let users = transport.invoke(&functions::users::GetUsers { id: own }).await?;
    ///     Ok(users.into_iter().find_map(|user| match user {
    ///         enums::User::User(user) => user.first_name,
    ///         enums::User::Empty(_) => None,
    ///     }))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvokeError`]; nothing was sent if it is [`InvokeError::NotSent`].
    pub async fn invoke<R: RemoteCall>(&self, request: &R) -> Result<R::Return, InvokeError> {
        let request = ClientRequest::new(request.to_bytes())?;
        let answer = self.0.invoke(None, request.into_bytes()).await?;
        Ok(read_whole(&answer)?)
    }

    /// Takes what the pool hands out; what is not about a conference is left out.
    pub fn feed(&self, updates: &UpdatesLike) {
        let Inner {
            feed, reachability, ..
        } = &*self.0;
        if matches!(updates, UpdatesLike::ConnectionClosed) {
            return reachability.lost(feed.sender());
        }
        reachability.heard(feed.sender());
        match updates {
            UpdatesLike::Updates(updates) => feed.send(updates),
            // One of them may have been about the call.
            UpdatesLike::MalformedUpdates => feed.sender().gap(),
            // The rest are answers to requests that are not ours.
            _ => {}
        }
    }

    /// Sends by another pool from now on; the one before it is gone.
    pub(super) fn replace(&self, pool: SenderPoolFatHandle) {
        // The server may have pushed to the old pool what is not read any more.
        self.0.reachability.lost(self.0.feed.sender());
        *self.0.lock() = pool;
    }

    /// Waits until a connection was given up because the server is silent.
    pub(super) async fn given_up(&self) {
        self.0.given_up.notified().await;
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, SenderPoolFatHandle> {
        // Nothing panics while it is locked.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn invoke(&self, data_centre: Option<i32>, bytes: Vec<u8>) -> Result<Vec<u8>, CallError> {
        // A clock that was ahead is looked at before anything is sent: a pool would ask at once, and without end.
        if self.is_ahead.load(Ordering::Relaxed) {
            self.check_clock().await?;
        }
        tokio::select! {
            biased;
            answer = self.send(data_centre, bytes) => answer,
            error = self.find_clock_ahead() => {
                self.given_up.notify_waiters();
                Err(error)
            }
        }
    }

    /// Waits until our clock is found to be ahead while a first request has no answer; for ever, if it is not.
    async fn find_clock_ahead(&self) -> CallError {
        tokio::time::sleep(FIRST_ANSWER).await;
        if self.checks_clock
            && self.reachability.is_unheard()
            && let Err(error) = self.check_clock().await
        {
            return error;
        }
        pending().await
    }

    /// Compares our clock with that of the home data centre; one that cannot be asked says nothing.
    async fn check_clock(&self) -> Result<(), CallError> {
        let session = Arc::clone(&self.lock().session);
        let home = session.home_dc_id().map_err(InvocationError::Session)?;
        let home = session.dc_option(home).map_err(InvocationError::Session)?;
        let Some(home) = home else {
            return Ok(());
        };
        let ahead = clock::seconds_ahead(home.ipv4.into()).await;
        let by = ahead.inspect(|ahead| tracing::debug!(ahead, "our clock in seconds"));
        let by = by.ok().and_then(|ahead| u64::try_from(ahead).ok());
        let by = by.map(Duration::from_secs).filter(|by| *by >= TOLERANCE);
        self.is_ahead.store(by.is_some(), Ordering::Relaxed);
        by.map_or(Ok(()), |by| Err(CallError::ClockAhead { by }))
    }

    /// Sends a request to the data centre that it names; else to the home, and to another one if the account's home is there.
    async fn send(&self, data_centre: Option<i32>, bytes: Vec<u8>) -> Result<Vec<u8>, CallError> {
        // No lock over an await: the pool may be replaced while a request is under way.
        let pool = self.lock().clone();
        let session = &pool.session;
        let home = session.home_dc_id().map_err(InvocationError::Session)?;
        if let Some(data_centre) = data_centre.filter(|data_centre| *data_centre != home) {
            return elsewhere::send(&pool, home, data_centre, bytes).await;
        }
        let answer = self.attempt(&pool, home, bytes.clone()).await;
        let Some(home) = answer.as_ref().err().and_then(home_elsewhere) else {
            return Ok(answer?);
        };
        tracing::debug!(home, "the account's home is another data centre");
        let answer = self.attempt(&pool, home, bytes).await;
        // One that never answered would be the session's home for good.
        if matches!(answer, Ok(_) | Err(InvocationError::Rpc(_))) {
            let moved = session.set_home_dc_id(home).await;
            moved.map_err(InvocationError::Session)?;
        }
        Ok(answer?)
    }

    /// Sends a request once, and notes what its end says of the connection.
    async fn attempt(
        &self,
        pool: &SenderPoolFatHandle,
        data_centre: i32,
        bytes: Vec<u8>,
    ) -> Result<Vec<u8>, InvocationError> {
        let answer = tokio::select! {
            // An answer that is there counts, also if the silence ends at the same moment.
            biased;
            answer = pool.raw_invoke_in_dc(data_centre, bytes) => answer,
            () = self.reachability.silence() => {
                pool.disconnect_from_dc(data_centre);
                self.given_up.notify_waiters();
                Err(InvocationError::Dropped("nothing was heard of the server"))
            }
        };
        let pushed = self.feed.sender();
        match &answer {
            Ok(_) | Err(InvocationError::Rpc(_) | InvocationError::Deserialize(_)) => {
                self.reachability.heard(pushed);
            }
            Err(_) => self.reachability.lost(pushed),
        }
        answer
    }
}

impl Transport for GrammersTransport {
    async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
        let (own, data_centre) = (self.0.feed.own(), request.data_centre());
        exchange(own, request, |bytes| self.0.invoke(data_centre, bytes)).await
    }

    fn updates(&self) -> UpdateStream {
        self.0.feed.subscribe()
    }

    fn own_user(&self) -> Option<UserId> {
        Some(self.0.feed.own())
    }
}

impl fmt::Debug for GrammersTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrammersTransport").finish_non_exhaustive()
    }
}
