use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use confcall_state::UserId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::api::{self, Requester};
use crate::clock;
use crate::hub::{Connected, ConnectionId, Hub};
use crate::mtproto::auth_key::AuthKey;
use crate::mtproto::message::{Envelope, MsgId};
use crate::mtproto::sealing::{self, PADDING, PacketError};
use crate::mtproto::session::{Event, Session};
use crate::pending::PendingRequests;
use crate::push_queue::QueuedPush;

/// The client at the other end of a connection, once its key has said who it is.
pub(crate) struct Client {
    user: UserId,
    key: AuthKey,
    session: Session,
    connection: ConnectionId,
    pushes: UnboundedReceiver<QueuedPush>,
    /// The moment at which the client wants to be disconnected.
    close_at: Option<Instant>,
}

impl Client {
    /// Connects a client that starts with this session.
    pub(crate) fn meet(user: UserId, key: AuthKey, session: i64, hub: &Hub) -> Self {
        let Connected {
            connection,
            memory,
            pushes,
        } = hub.connect(user, session);
        Self {
            session: Session::new(session, &key, memory),
            user,
            key,
            connection,
            pushes,
            close_at: None,
        }
    }

    /// Takes note that the connection ended.
    pub(crate) fn leave(self, hub: &Hub) {
        let session = self.session.id();
        let memory = self.session.into_memory();
        hub.disconnect(self.user, self.connection, session, memory);
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
            let connected = hub.connect(self.user, envelope.session);
            let session = Session::new(envelope.session, &self.key, connected.memory);
            let old = core::mem::replace(&mut self.session, session);
            let connection = core::mem::replace(&mut self.connection, connected.connection);
            self.pushes = connected.pushes;
            hub.disconnect(self.user, connection, old.id(), old.into_memory());
        }
        self.session.receive(envelope, clock::now())
    }

    pub(crate) fn close_after(&mut self, time: Duration) {
        self.close_at = Some(clock::after(time));
    }

    /// The moment at which the connection ends if nothing comes until `idle`.
    pub(crate) fn deadline(&self, idle: Instant) -> Instant {
        self.close_at.map_or(idle, |close_at| close_at.min(idle))
    }

    pub(crate) fn destroy_session(&mut self, session: i64, hub: &Hub) {
        // The own session is in use: the answer is that there is none such, and the client keeps it.
        let other = session != self.session.id();
        let was_there = other && hub.destroy_session(self.user, session);
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
        let requester = Requester {
            user: self.user,
            address,
            now: clock::now(),
        };
        // Never late or lost: these methods are not what chaos is to test.
        if let Some(answer) = api::answer(&method, requester, |users| hub.labels(users)) {
            return self.session.answer(id, answer);
        }
        match hub.fate() {
            None => self.session.answer(id, hub.answer(self.user, &method)),
            Some(fate) => pending.start(id, fate, Arc::clone(hub), self.user, method),
        }
    }

    /// The next push; `None` if the connection is to be closed.
    pub(crate) async fn next_push(&mut self) -> Option<QueuedPush> {
        self.pushes.recv().await
    }

    /// The next packet to the client.
    pub(crate) fn next_packet(&mut self, padding: &[u8; PADDING]) -> Option<Vec<u8>> {
        let plaintext = self.session.take_packet(clock::now())?;
        Some(sealing::seal(&self.key, plaintext, padding))
    }
}
