use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use confcall_join::api::{PeerLabel, RpcError, Updates};
#[cfg(feature = "sfu")]
use confcall_join::api::{Request, Response};
use confcall_state::UserId;
use grammers_tl_types::Serializable as _;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::chaos::{Chaos, Fate};
use crate::clock;
use crate::config::ConnectionLimits;
use crate::desk::Desk;
use crate::key_ring::{KeyRing, KnownKey, Standing};
use crate::keys::{self, Keys};
use crate::limits;
use crate::login::{self, Asked, Method, Proof};
#[cfg(feature = "sfu")]
use crate::media::Media;
use crate::mtproto::auth_key::AuthKeyId;
use crate::mtproto::key_exchange::{Agreed, ServerKey};
use crate::mtproto::salt::seconds;
use crate::mtproto::session_memory::Memory;
use crate::overview::{CallOverview, HostedOverview, Overview};
use crate::push_queue::{PushReceiver, PushSender, push_queue};
use crate::requester::Requester;
use crate::unidentified::{Place, Unidentified};
use confcall_server::tl::{Layer, Occasion, read_request, write_push, write_response};
use confcall_server::{Refusal, Server, ServerOptions};

/// The state that all connections share: the server, the keys of users, and the queues of pushes.
///
/// Nothing waits for the network while it holds the lock.
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    /// The codes of logins; `None` if clients cannot log in.
    desk: Option<Desk>,
    /// The file of the keys, and the key of the server once it was needed.
    key_file: PathBuf,
    server_key: OnceCell<Arc<ServerKey>>,
    /// The steps of key exchanges that are computed at a time.
    exchanges: Semaphore,
    unidentified: Mutex<Unidentified>,
}

struct Inner {
    server: Server,
    keys: KeyRing,
    chaos: Option<Chaos>,
    limits: ConnectionLimits,
    connections: HashMap<UserId, Vec<ConnectedSession>>,
    last_connection: u64,
    ended: VecDeque<((UserId, i64), Memory)>,
    started: Instant,
    /// The moments at which users lost their last connection.
    away: HashMap<UserId, Instant>,
    #[cfg(feature = "sfu")]
    media: Option<Arc<Media>>,
}

/// One session of a user that is connected.
struct ConnectedSession {
    id: ConnectionId,
    session: i64,
    /// The key with which it is encrypted.
    key: AuthKeyId,
    /// The layer in which its client reads.
    layer: Layer,
    memory: Memory,
    sender: PushSender,
}

/// The name of a session's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionId(u64);

/// The state that a session starts with.
pub(crate) struct Connected {
    pub(crate) connection: ConnectionId,
    /// The messages that the session received over other connections.
    pub(crate) memory: Memory,
    /// The pushes to the user; they end when the connection is to be closed.
    pub(crate) pushes: PushReceiver,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

impl Hub {
    pub(crate) fn new(
        server: Server,
        keys: Keys,
        chaos: Option<Chaos>,
        limits: ConnectionLimits,
        desk: Option<Desk>,
    ) -> Self {
        let key_file = keys.path().to_owned();
        let unidentified = Mutex::new(Unidentified::new(limits.unidentified));
        let inner = Mutex::new(Inner {
            server,
            keys: KeyRing::new(keys),
            chaos,
            limits,
            connections: HashMap::new(),
            last_connection: 0,
            ended: VecDeque::new(),
            started: Instant::now(),
            away: HashMap::new(),
            #[cfg(feature = "sfu")]
            media: None,
        });
        Self {
            inner,
            desk,
            key_file,
            server_key: OnceCell::new(),
            exchanges: Semaphore::new(limits::EXCHANGES_AT_ONCE),
            unidentified,
        }
    }

    /// A place among the connections without a user, for which the oldest of them gives way if there are too many.
    pub(crate) fn place(&self) -> Place {
        self.unidentified().add()
    }

    /// Lets the oldest connection without a user give way; says whether there is one.
    pub(crate) fn displace_oldest(&self) -> bool {
        self.unidentified().displace_oldest()
    }

    fn unidentified(&self) -> MutexGuard<'_, Unidentified> {
        self.unidentified
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Computes a step of a key exchange, aside and not too many at a time: others do not wait for it.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        step: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _permit = self.exchanges.acquire().await.ok()?;
        spawn_blocking(step).await.ok()
    }

    /// The key by which clients know the server; `None` if they cannot agree on keys with it.
    pub(crate) async fn server_key(&self) -> Option<Arc<ServerKey>> {
        self.desk.as_ref()?;
        let file = self.key_file.clone();
        // Aside, since it takes a second if the key is not there yet.
        let read = async {
            let read = spawn_blocking(move || keys::server_key(&file));
            let key = read.await.map_err(|error| error.to_string())?;
            key.map(Arc::new).map_err(|error| error.to_string())
        };
        let key = self.server_key.get_or_try_init(|| read).await;
        let key = key.inspect_err(|error| tracing::warn!(%error, "no key exchange"));
        key.ok().cloned()
    }

    /// A key, and the user who has it, if any.
    pub(crate) fn find_key(&self, id: AuthKeyId) -> Option<KnownKey> {
        self.lock().keys.find(id, clock::now())
    }

    /// What a key is good for now.
    pub(crate) fn standing(&self, key: AuthKeyId) -> Standing {
        self.lock().keys.standing(key, clock::now())
    }

    /// Adds a key that a client agreed on.
    pub(crate) fn add_key(&self, agreed: Agreed, now: Duration) {
        self.lock().keys.add(agreed, now);
    }

    /// Carries out a method of a client that logs in or out, as `user` after a login.
    pub(crate) fn log_in(
        &self,
        user: Option<UserId>,
        asked: Asked,
        method: &Method,
    ) -> Result<Vec<u8>, RpcError> {
        let now = clock::now();
        let done = |()| true.to_bytes();
        match method {
            Method::SendCode(number) => self.desk(user)?.send(*number, now).map(login::sent_code),
            Method::ResendCode(proof) => self.desk(user)?.resend(proof, now).map(login::sent_code),
            Method::CancelCode(proof) => self.desk(user)?.close(proof, now).map(done),
            Method::SignIn { proof, code } => {
                let desk = self.desk(user)?;
                desk.prove(proof, code, now)?;
                match self.has_name(proof.number.user()) {
                    true => self.authorize(desk, asked, proof, None),
                    false => Ok(login::sign_up_required()),
                }
            }
            Method::SignUp { proof, name } => {
                let desk = self.desk(user)?;
                desk.check_proven(proof, now)?;
                self.authorize(desk, asked, proof, Some(name))
            }
            Method::LogOut => {
                self.lock().log_out(user, asked.key, now);
                Ok(login::logged_out())
            }
            Method::BindKey(binding) => self.lock().keys.bind(asked, binding, now).map(done),
            // These are what the real server says to an application that may not use tokens, and to a wrong token.
            Method::ExportToken => Err(RpcError::new(400, "API_ID_PUBLISHED_FLOOD")),
            Method::ImportToken => Err(RpcError::new(400, "AUTH_TOKEN_INVALID")),
            Method::GetPassword => Ok(login::no_password()),
        }
    }

    /// The desk for a client that has not logged in; another one has to log out first.
    fn desk(&self, user: Option<UserId>) -> Result<&Desk, RpcError> {
        let desk = self.desk.as_ref().filter(|_| user.is_none());
        desk.ok_or_else(|| RpcError::new(500, "AUTH_RESTART"))
    }

    fn has_name(&self, user: UserId) -> bool {
        self.lock().server.name(user).is_some()
    }

    /// Gives the key of a client to the user of a number, perhaps with a name, and uses up the code.
    fn authorize(
        &self,
        desk: &Desk,
        asked: Asked,
        proof: &Proof,
        name: Option<&str>,
    ) -> Result<Vec<u8>, RpcError> {
        let (user, now) = (proof.number.user(), clock::now());
        // First, so that a key that cannot be a user's does not use up the code.
        self.lock().keys.for_login(asked.key, now)?;
        // Without the lock, since the desk may be writing its file.
        desk.close(proof, now)?;
        let mut inner = self.lock();
        inner.keys.log_in(asked.key, user, now)?;
        if let Some(name) = name {
            inner.server.set_name(user, name);
        }
        let label = inner.server.label(user);
        Ok(login::authorization(user, &label, asked.layer))
    }

    /// Connects a session of a user, to whom pushes go from now on; it may have received messages before.
    pub(crate) fn connect(
        &self,
        user: UserId,
        session: i64,
        key: AuthKeyId,
        memory: Option<Memory>,
    ) -> Connected {
        let mut inner = self.lock();
        let (sender, pushes) = push_queue(inner.limits.pushes);
        inner.last_connection = inner.last_connection.wrapping_add(1);
        let id = ConnectionId(inner.last_connection);
        let memory = memory.unwrap_or_else(|| inner.recall(user, session));
        let connection = ConnectedSession {
            id,
            session,
            key,
            layer: Layer::default(),
            memory: memory.clone(),
            sender,
        };
        let most = inner.limits.connections_per_user;
        let sessions = inner.connections.entry(user).or_default();
        sessions.push(connection);
        // The oldest goes: it may be a connection that was lost without a sign.
        sessions.drain(..sessions.len().saturating_sub(most));
        inner.away.remove(&user);
        Connected {
            connection: id,
            memory,
            pushes,
        }
    }

    /// Takes note of the layer in which the client of a connection reads.
    pub(crate) fn set_layer(&self, user: UserId, connection: ConnectionId, layer: Layer) {
        let mut inner = self.lock();
        let sessions = inner.connections.get_mut(&user).into_iter().flatten();
        sessions
            .filter(|one| one.id == connection)
            .for_each(|one| one.layer = layer);
    }

    /// Takes note that a connection of a session ended.
    pub(crate) fn disconnect(
        &self,
        user: UserId,
        connection: ConnectionId,
        session: i64,
        memory: Memory,
    ) {
        let mut inner = self.lock();
        inner.remove_sessions(user, |one| one.id == connection);
        inner.remember(user, session, memory);
    }

    /// Forgets another session of a user; says whether there was one.
    pub(crate) fn destroy_session(&self, user: UserId, session: i64) -> bool {
        let mut inner = self.lock();
        let forgotten = inner.take_ended(user, session).is_some();
        inner.remove_sessions(user, |connection| connection.session == session) || forgotten
    }

    /// Users as the others see them.
    pub(crate) fn labels(&self, users: &[UserId]) -> Vec<PeerLabel> {
        let inner = self.lock();
        users.iter().map(|user| inner.server.label(*user)).collect()
    }

    /// The fate of the next request; `None` without chaos.
    pub(crate) fn fate(&self) -> Option<Fate> {
        self.lock().chaos.as_mut().map(Chaos::of_request)
    }

    /// Carries out a request of a user, and sends out what it pushes.
    pub(crate) fn answer(&self, requester: Requester, request: &[u8]) -> Result<Vec<u8>, RpcError> {
        let request = read_request(request).map_err(Refusal::Unreadable)?;
        let Requester { user, layer, .. } = requester;
        let answer = {
            let mut inner = self.lock();
            inner.keep_time();
            let answer = inner.server.answer(user, &request);
            inner.push_out();
            #[cfg(feature = "sfu")]
            let answer = inner.with_media(requester, &request, answer);
            answer?
        };
        // Without the lock, since an answer can be large.
        write_response(request.method(), &answer, occasion(user, layer))
    }

    /// Disconnects the members from their calls whose users have been away for a while, and ends the ringing of what has
    /// rung for long enough.
    pub(crate) fn drop_silent(&self, silence: Duration) {
        let mut inner = self.lock();
        inner.keep_time();
        let silent: Vec<_> = inner.silent_members(silence).collect();
        for (call, user) in silent {
            let dropped = inner.server.drop_member(call, user);
            tracing::debug!(%call, user = user.value(), ?dropped, "a silent member");
        }
        inner.push_out();
        #[cfg(feature = "sfu")]
        inner.follow_media();
    }

    /// Removes the calls that have been empty since this was done before.
    pub(crate) fn discard_idle_calls(&self) {
        let mut inner = self.lock();
        inner.keep_time();
        let discarded = inner.server.discard_idle();
        tracing::debug!(?discarded, "idle calls");
        // Those who were invited see that the call is over.
        inner.push_out();
        #[cfg(feature = "sfu")]
        inner.follow_media();
    }

    /// The server as it is now.
    pub(crate) fn overview(&self) -> Overview {
        // Without the lock, since the desk may be writing its file.
        let codes = self.desk.iter().flat_map(Desk::codes).collect();
        let inner = self.lock();
        let calls = inner.server.calls().map(CallOverview::of);
        let hosted = inner.server.hosted_calls();
        let hosted = hosted.map(|call| HostedOverview::of(&inner.server, call));
        Overview {
            users: inner.connections.keys().copied().collect(),
            calls: calls.map(|call| (call.id, call)).collect(),
            hosted: hosted.map(|call| (call.id, call)).collect(),
            codes,
            #[cfg(feature = "sfu")]
            media: inner.media.as_deref().map(Media::counters),
        }
    }

    /// Lets the members of calls have media.
    #[cfg(feature = "sfu")]
    pub(crate) fn set_media(&self, media: Arc<Media>) {
        self.lock().media = Some(media);
    }

    /// Ends the sharing, and gives the server back.
    pub(crate) fn take_server(&self) -> Server {
        self.desk.iter().for_each(Desk::shut);
        let empty = Server::new(ServerOptions::default());
        core::mem::replace(&mut self.lock().server, empty)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in one request does not end the calls of all others.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep_time(&mut self) {
        self.server.set_time(seconds(clock::now().as_secs()));
    }

    /// An answer of the server with the media connection that it promises.
    #[cfg(feature = "sfu")]
    fn with_media(
        &self,
        requester: Requester,
        request: &Request,
        answer: Result<Response, Refusal>,
    ) -> Result<Response, Refusal> {
        let mut answer = answer?;
        if let Some(media) = &self.media {
            media.attend(&self.server, requester, request, &mut answer);
        }
        Ok(answer)
    }

    /// Ends the media of those whom the server disconnected by itself.
    #[cfg(feature = "sfu")]
    fn follow_media(&self) {
        if let Some(media) = &self.media {
            media.follow(&self.server);
        }
    }

    fn push_out(&mut self) {
        let mut written = Written::default();
        while let Some((user, updates)) = self.server.poll_shared_push() {
            self.push(user, &updates, &mut written);
        }
    }

    /// Puts updates on the way to every connection of a user; one that takes no more is closed.
    fn push(&mut self, user: UserId, updates: &Arc<Updates>, written: &mut Written) {
        let Some(sessions) = self.connections.get_mut(&user) else {
            return;
        };
        let chaos = &mut self.chaos;
        sessions.retain(|connection| {
            let bytes = written.of(updates, user, connection.layer);
            let push = |delay| connection.sender.push(Arc::clone(&bytes), delay);
            match chaos {
                Some(chaos) => chaos.of_push().into_iter().try_for_each(push).is_ok(),
                None => push(Duration::ZERO).is_ok(),
            }
        });
    }

    /// Drops some connections of a user; says whether there were any.
    fn remove_sessions(&mut self, user: UserId, which: impl Fn(&ConnectedSession) -> bool) -> bool {
        let Some(sessions) = self.connections.get_mut(&user) else {
            return false;
        };
        let before = sessions.len();
        sessions.retain(|connection| !which(connection));
        let removed = sessions.len() < before;
        if sessions.is_empty() {
            self.connections.remove(&user);
            self.away.insert(user, Instant::now());
        }
        removed
    }

    /// Takes the key of a client from its user, and closes the connections of that key.
    fn log_out(&mut self, user: Option<UserId>, key: AuthKeyId, now: Duration) {
        self.keys.log_out(key, now);
        let Some(user) = user else {
            return;
        };
        let sessions = self.connections.get(&user).into_iter().flatten();
        let lost = sessions.filter(|one| self.keys.user(one.key, now) != Some(user));
        let lost: Vec<_> = lost.map(|one| one.id).collect();
        self.remove_sessions(user, |one| lost.contains(&one.id));
    }

    /// The messages that a session received over connections that it still has, or had.
    fn recall(&mut self, user: UserId, session: i64) -> Memory {
        let shared = self
            .session_of(user, session)
            .map(|connection| connection.memory.clone());
        shared
            .or_else(|| self.take_ended(user, session))
            .unwrap_or_default()
    }

    /// Remembers a session whose connection ended; a user who has many pushes out its own only.
    fn remember(&mut self, user: UserId, session: i64, memory: Memory) {
        if memory.is_empty() || self.session_of(user, session).is_some() {
            return;
        }
        self.ended.push_back(((user, session), memory));
        let is_own = |((of, _), _): &&((UserId, i64), Memory)| *of == user;
        let surplus =
            match self.ended.iter().filter(is_own).count() > limits::ENDED_SESSIONS_OF_USER {
                true => self.ended.iter().position(|one| is_own(&one)),
                false => (self.ended.len() > limits::ENDED_SESSIONS).then_some(0),
            };
        surplus.map(|oldest| self.ended.remove(oldest));
    }

    fn session_of(&self, user: UserId, session: i64) -> Option<&ConnectedSession> {
        let mut sessions = self.connections.get(&user)?.iter();
        sessions.find(|connection| connection.session == session)
    }

    fn take_ended(&mut self, user: UserId, session: i64) -> Option<Memory> {
        let ended = self.ended.iter();
        let place = ended
            .clone()
            .position(|(name, _)| *name == (user, session))?;
        self.ended.remove(place).map(|(_, memory)| memory)
    }

    fn silent_members(
        &self,
        silence: Duration,
    ) -> impl Iterator<Item = (confcall_join::api::CallId, UserId)> {
        let members = self.server.connected();
        members.filter(move |(_, user)| {
            // After a restart every user has been away since the start.
            let since = self.away.get(user).copied().unwrap_or(self.started);
            !self.connections.contains_key(user) && since.elapsed() >= silence
        })
    }
}

/// The updates that were pushed last, to several users and to one, as they were written.
#[derive(Default)]
struct Written {
    shared: WrittenOnce,
    own: WrittenOnce,
}

/// Updates, written once for each layer among the clients to whom the same goes.
#[derive(Default)]
struct WrittenOnce {
    updates: Arc<Updates>,
    layers: Vec<(Layer, Arc<[u8]>)>,
}

impl Written {
    /// The bytes of updates for a user.
    fn of(&mut self, updates: &Arc<Updates>, user: UserId, layer: Layer) -> Arc<[u8]> {
        // The server shares only what does not depend on the user.
        let is_shared =
            Arc::ptr_eq(&self.shared.updates, updates) || Arc::strong_count(updates) > 1;
        match is_shared && !Arc::ptr_eq(&self.own.updates, updates) {
            true => self.shared.of(updates, user, layer),
            false => self.own.of(updates, user, layer),
        }
    }
}

impl WrittenOnce {
    fn of(&mut self, updates: &Arc<Updates>, user: UserId, layer: Layer) -> Arc<[u8]> {
        if !Arc::ptr_eq(&self.updates, updates) {
            self.updates = Arc::clone(updates);
            self.layers.clear();
        }
        let written = self.layers.iter().find(|(of, _)| *of == layer);
        match written {
            Some((_, bytes)) => Arc::clone(bytes),
            None => {
                let bytes: Arc<[u8]> = write_push(updates, occasion(user, layer)).into();
                self.layers.push((layer, Arc::clone(&bytes)));
                bytes
            }
        }
    }
}

fn occasion(viewer: UserId, layer: Layer) -> Occasion {
    let date = seconds(clock::now().as_secs());
    Occasion {
        viewer,
        date,
        layer,
    }
}
