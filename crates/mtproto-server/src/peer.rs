use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use confcall_state::UserId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::api::{self, Asker};
use super::auth_key::AuthKey;
use super::clock;
use super::hub::{Hub, LinkId, Welcome};
use super::message::{Envelope, MsgId};
use super::pipe::Pushed;
use super::sealing::{self, OpenError, PADDING};
use super::session::{Event, Session};
use super::under_way::UnderWay;

/// The client at the other end of a connection, once its key has said who it is.
pub(crate) struct Peer {
    user: UserId,
    key: AuthKey,
    session: Session,
    link: LinkId,
    pushes: UnboundedReceiver<Pushed>,
    /// When the client wants to be disconnected.
    close_at: Option<Instant>,
}

impl Peer {
    /// Connects a client that starts with this session.
    pub(crate) fn meet(user: UserId, key: AuthKey, session: i64, hub: &Hub) -> Self {
        let Welcome {
            link,
            memory,
            pushes,
        } = hub.connect(user, session);
        Self {
            session: Session::new(session, &key, memory),
            user,
            key,
            link,
            pushes,
            close_at: None,
        }
    }

    /// Takes note that the connection ended.
    pub(crate) fn leave(self, hub: &Hub) {
        let session = self.session.id();
        let memory = self.session.into_memory();
        hub.disconnect(self.user, self.link, session, memory);
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Decrypts a packet, which must be under the key of the first one.
    pub(crate) fn open(&self, packet: &[u8]) -> Result<Vec<u8>, OpenError> {
        match sealing::key_id(packet) == Some(self.key.id()) {
            true => sealing::open(&self.key, packet),
            false => Err(OpenError::MessageKey),
        }
    }

    /// Takes in what a packet holds; a client can start another session at any time.
    pub(crate) fn receive(&mut self, envelope: &Envelope<'_>, hub: &Hub) -> Vec<Event> {
        if envelope.session != self.session.id() {
            let welcome = hub.connect(self.user, envelope.session);
            let session = Session::new(envelope.session, &self.key, welcome.memory);
            let old = core::mem::replace(&mut self.session, session);
            let link = core::mem::replace(&mut self.link, welcome.link);
            self.pushes = welcome.pushes;
            hub.disconnect(self.user, link, old.id(), old.into_memory());
        }
        self.session.receive(envelope, clock::now())
    }

    pub(crate) fn close_after(&mut self, time: Duration) {
        self.close_at = Some(clock::after(time));
    }

    /// When the connection ends if nothing comes until `idle`.
    pub(crate) fn deadline(&self, idle: Instant) -> Instant {
        self.close_at.map_or(idle, |close_at| close_at.min(idle))
    }

    pub(crate) fn destroy_session(&mut self, session: i64, hub: &Hub) {
        // A client that asks this of its own session is told that there is none, and keeps it.
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
        under_way: &mut UnderWay,
    ) {
        let asker = Asker {
            user: self.user,
            address,
            now: clock::now(),
        };
        if let Some(answer) = api::answer(&method, asker) {
            return self.session.answer(id, answer);
        }
        match hub.fate() {
            None => self.session.answer(id, hub.answer(self.user, &method)),
            Some(fate) => under_way.start(id, fate, Arc::clone(hub), self.user, method),
        }
    }

    /// The next push; `None` if the connection is to be closed.
    pub(crate) async fn next_push(&mut self) -> Option<Pushed> {
        self.pushes.recv().await
    }

    /// The next packet to the client.
    pub(crate) fn next_packet(&mut self, padding: &[u8; PADDING]) -> Option<Vec<u8>> {
        let plaintext = self.session.take_packet(clock::now())?;
        Some(sealing::seal(&self.key, plaintext, padding))
    }
}
