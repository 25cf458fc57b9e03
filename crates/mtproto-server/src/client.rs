use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chacha20::rand_core::Rng;
use confcall_join::api::RpcError;
use confcall_server::tl::Layer;
use confcall_state::UserId;
use tokio::time::Instant;

use crate::api;
use crate::clock;
use crate::hub::{Connected, ConnectionId, Hub};
use crate::key_ring::{KnownKey, Standing};
use crate::limits;
use crate::login::{self, Asked, Method};
use crate::mtproto::auth_key::AuthKey;
use crate::mtproto::message::{Envelope, MsgId};
use crate::mtproto::sealing::{self, PADDING, PacketError};
use crate::mtproto::session::{Event, Session};
use crate::mtproto::session_memory::Memory;
use crate::pending::PendingRequests;
use crate::push_queue::PushReceiver;
use crate::requester::Requester;

/// The user in whose name methods are answered that show nobody.
const NOBODY: UserId = UserId::new(0);

/// The client at the other end of a connection, once it has shown a key.
pub(crate) struct Client {
    key: AuthKey,
    session: Session,
    /// The user; `None` before a login.
    user: Option<ConnectedUser>,
    /// The moment at which the client wants to be disconnected.
    close_at: Option<Instant>,
    /// The end of its key, as a time since the epoch, if that is a temporary one.
    key_end: Option<Duration>,
}

/// The user of a client, as the hub knows it.
struct ConnectedUser {
    id: UserId,
    connection: ConnectionId,
    pushes: PushReceiver,
    /// The layer in which the hub writes for it.
    layer: Layer,
}

impl Client {
    /// Connects a client that starts with this session.
    pub(crate) fn meet(known: KnownKey, session: i64, hub: &Hub) -> Self {
        let KnownKey { key, standing } = known;
        let (memory, user) = connect(&key, standing.user, session, hub);
        Self {
            session: Session::new(session, &key, memory),
            key,
            user,
            close_at: None,
            key_end: standing.end,
        }
    }

    /// True once its key is good no more.
    pub(crate) fn has_ended(&self) -> bool {
        self.key_end.is_some_and(|end| end <= clock::now())
    }

    /// Takes note that the connection ended.
    pub(crate) fn leave(self, hub: &Hub) {
        let session = self.session.id();
        let memory = self.session.into_memory();
        if let Some(user) = self.user {
            hub.disconnect(user.id, user.connection, session, memory);
        }
    }

    /// The user; `None` before a login.
    pub(crate) fn user(&self) -> Option<UserId> {
        self.user.as_ref().map(|user| user.id)
    }

    /// The layer in which the client reads.
    fn layer(&self) -> Layer {
        self.session.layer().map_or(Layer::Newest, Layer::nearest)
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Decrypts a packet, which must be under the key of the first one.
    pub(crate) fn open(&self, packet: &[u8]) -> Result<Vec<u8>, PacketError> {
        // A connection is one client's: a packet under another key is forged, also if that key is known.
        match sealing::key_id(packet) == Some(self.key.id()) {
            true => sealing::open(&self.key, packet),
            false => Err(PacketError::MessageKey),
        }
    }

    /// The name of a packet for a quick acknowledgement.
    pub(crate) fn ack_token(&self, plaintext: &[u8]) -> u32 {
        sealing::ack_token(&self.key, plaintext)
    }

    /// Takes in what a packet holds; a client can start another session at any time.
    pub(crate) fn receive(&mut self, envelope: &Envelope<'_>, hub: &Hub) -> Vec<Event> {
        if envelope.session != self.session.id() {
            // The new one first, so that the user is not without a connection in between.
            let (memory, user) = connect(&self.key, self.user(), envelope.session, hub);
            let session = Session::new(envelope.session, &self.key, memory);
            let old = core::mem::replace(&mut self.session, session);
            let user = core::mem::replace(&mut self.user, user);
            if let Some(user) = user {
                hub.disconnect(user.id, user.connection, old.id(), old.into_memory());
            }
        }
        self.session.receive(envelope, clock::now())
    }

    pub(crate) fn close_after(&mut self, time: Duration) {
        self.close_at = Some(clock::after(time));
    }

    /// The moment at which the connection ends if nothing comes until `idle`.
    pub(crate) fn deadline(&self, idle: Instant) -> Instant {
        let left = |end: Duration| end.saturating_sub(clock::now());
        let key_end = self.key_end.map(|end| clock::after(left(end)));
        let ends = self.close_at.into_iter().chain(key_end);
        ends.fold(idle, Instant::min)
    }

    pub(crate) fn destroy_session(&mut self, session: i64, hub: &Hub) {
        // The own session is in use: the answer is that there is none such, and the client keeps it.
        let other = session != self.session.id();
        let user = self.user().filter(|_| other);
        let was_there = user.is_some_and(|user| hub.destroy_session(user, session));
        self.session.session_destroyed(session, was_there);
    }

    /// Answers a query at once, or starts it if something can go wrong with it on the way.
    pub(crate) fn query(
        &mut self,
        id: MsgId,
        method: Vec<u8>,
        address: SocketAddr,
        hub: &Arc<Hub>,
        pending: &mut PendingRequests,
    ) {
        if let Some(method) = Method::read(&method) {
            let answer = method.and_then(|method| self.log_in(id, &method, hub));
            return self.session.answer(id, answer);
        }
        if self.user.is_none() {
            // It may have logged in over another connection.
            self.follow_key(hub);
        }
        self.tell_layer(hub);
        let requester = Requester {
            user: self.user().unwrap_or(NOBODY),
            address,
            layer: self.layer(),
            now: clock::now(),
        };
        let labels = |users: &[UserId]| hub.labels(users);
        if self.user.is_none() {
            let is_open = login::is_open_to_guests(&method);
            let answer = is_open.then(|| api::answer(&method, requester, labels));
            let unregistered = || Err(RpcError::new(401, "AUTH_KEY_UNREGISTERED"));
            let answer = answer.flatten().unwrap_or_else(unregistered);
            return self.session.answer(id, answer);
        }
        // Never late or lost: these methods are not what chaos is to test.
        if let Some(answer) = api::answer(&method, requester, labels) {
            return self.session.answer(id, answer);
        }
        match hub.fate() {
            None => self.session.answer(id, hub.answer(requester, &method)),
            Some(fate) => pending.start(id, fate, Arc::clone(hub), requester, method),
        }
    }

    /// Carries out a method that can change whose the key is.
    fn log_in(&mut self, id: MsgId, method: &Method, hub: &Hub) -> Result<Vec<u8>, RpcError> {
        let asked = Asked {
            key: self.key.id(),
            session: self.session.id(),
            message: id,
            layer: self.layer(),
        };
        let answer = hub.log_in(self.user(), asked, method);
        self.follow_key(hub);
        self.tell_layer(hub);
        answer
    }

    /// Tells the hub in which layer the user's pushes are to be written, if it is another one than before.
    fn tell_layer(&mut self, hub: &Hub) {
        let layer = self.layer();
        if let Some(user) = self.user.as_mut().filter(|user| user.layer != layer) {
            hub.set_layer(user.id, user.connection, layer);
            user.layer = layer;
        }
    }

    /// Becomes a client of the user for whom the key stands now.
    fn follow_key(&mut self, hub: &Hub) {
        let Standing { user, end } = hub.standing(self.key.id());
        self.key_end = end;
        if user == self.user() {
            return;
        }
        let (session, memory) = (self.session.id(), self.session.memory());
        let user = user.map(|user| {
            ConnectedUser::connect(user, &self.key, session, hub, Some(memory.clone())).1
        });
        if let Some(old) = core::mem::replace(&mut self.user, user) {
            hub.disconnect(old.id, old.connection, session, memory);
        }
    }

    /// Waits until there is a push; false if the connection is to be closed. None comes before a login.
    pub(crate) async fn has_pushes(&self) -> bool {
        match &self.user {
            Some(user) => user.pushes.has_some().await,
            None => core::future::pending().await,
        }
    }

    /// Puts the pushes that wait among the messages that go next, unless too much waits there already.
    pub(crate) fn take_pushes(&mut self) {
        let room = limits::BACKLOG.saturating_sub(self.session.backlog());
        if let Some(user) = self.user.as_ref().filter(|_| room > 0) {
            let session = &mut self.session;
            user.pushes.take(room, |updates| session.push(updates));
        }
    }

    /// The next packet to the client.
    pub(crate) fn next_packet(&mut self, rng: &mut impl Rng) -> Option<Vec<u8>> {
        let plaintext = self.session.take_packet(clock::now())?;
        let mut padding = [0; PADDING];
        rng.fill_bytes(&mut padding);
        Some(sealing::seal(&self.key, plaintext, &padding))
    }
}

impl ConnectedUser {
    /// Connects a session of a user; gives the messages that it received already.
    fn connect(
        id: UserId,
        key: &AuthKey,
        session: i64,
        hub: &Hub,
        memory: Option<Memory>,
    ) -> (Memory, Self) {
        let Connected {
            connection,
            memory,
            pushes,
        } = hub.connect(id, session, key.id(), memory);
        let user = Self {
            id,
            connection,
            pushes,
            layer: Layer::default(),
        };
        (memory, user)
    }
}

/// Connects a session of a client, if it is a user's.
fn connect(
    key: &AuthKey,
    user: Option<UserId>,
    session: i64,
    hub: &Hub,
) -> (Memory, Option<ConnectedUser>) {
    let connected = user.map(|user| ConnectedUser::connect(user, key, session, hub, None));
    let (memory, user) = connected.unzip();
    (memory.unwrap_or_default(), user)
}
