use core::time::Duration;
use std::sync::Arc;

use confcall_join::api::RpcError;
use confcall_state::tl::Writer;

use super::auth_key::AuthKey;
use super::gzip::{Budget, deflate};
use super::message::{Envelope, Message, MsgId, Origin, read_container};
use super::outbox::{MAX_BODY, Outbox, Relevance};
use super::query::{Query, unreadable};
use super::received::{Arrival, check_time};
use super::salt::Salts;
use super::service::{self, BadMessage, MessageBody};
use super::session_memory::Memory;
use crate::limits;

/// One session of a client, as a value: packets go in, queries and packets come out.
///
/// ```text
/// Envelope ──▶ salt, time ──▶ messages of a container ──▶ number, duplicate ──▶ service message ──▶ Outbox
///                                                                        └────▶ Event::Query
/// answer, push ──▶ Outbox ──▶ take_packet
/// ```
///
/// The client is notified of a message that breaks a rule, which is not carried out. None makes the session fail.
pub(crate) struct Session {
    id: i64,
    salts: Salts,
    /// True once the client was sent `new_session_created`.
    is_announced: bool,
    /// True once a query asked for pushes.
    wants_updates: bool,
    /// The number of the layer that a query named last.
    layer: Option<i32>,
    memory: Memory,
    outbox: Outbox,
}

/// A wish of a client that is not about the session itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// To have a method carried out; [`Session::answer`] takes the answer.
    Query { id: MsgId, method: Vec<u8> },
    /// That the connection be closed after this time unless the client says so again.
    CloseAfter(Duration),
    /// That another session be forgotten; [`Session::session_destroyed`] takes the answer.
    DestroySession(i64),
}

impl Session {
    /// A session of a key; what it received over another connection is not carried out again.
    pub(crate) fn new(id: i64, key: &AuthKey, memory: Memory) -> Self {
        Self {
            id,
            salts: Salts::new(key),
            is_announced: false,
            wants_updates: false,
            layer: None,
            memory,
            outbox: Outbox::default(),
        }
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// The number of the layer in which the client reads; `None` if it has not said so.
    pub(crate) fn layer(&self) -> Option<i32> {
        self.layer
    }

    /// The messages that the session received.
    pub(crate) fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// The part of a session that is remembered after its connection ended.
    pub(crate) fn into_memory(self) -> Memory {
        self.memory
    }

    /// Takes in what a packet of this session holds.
    pub(crate) fn receive(&mut self, envelope: &Envelope<'_>, now: Duration) -> Vec<Event> {
        let Envelope { salt, message, .. } = *envelope;
        if !self.salts.accepts(salt, now) {
            let right = self.salts.now(now);
            self.notify(service::bad_salt(message.id, message.seq_no, right));
            return Vec::new();
        }
        if let Err(reason) = check_time(message.id, now) {
            self.refuse(message, reason);
            return Vec::new();
        }
        if !self.is_announced {
            self.is_announced = true;
            self.announce(first_id(message), now);
        }
        let mut turn = Turn {
            events: Vec::new(),
            budget: Budget::new(limits::UNPACKED),
            now,
        };
        self.take(message, Place::Alone, &mut turn);
        turn.events
    }

    /// Answers a query.
    pub(crate) fn answer(&mut self, id: MsgId, answer: Result<Vec<u8>, RpcError>) {
        // 64 bytes are room for the head of `rpc_result`.
        let fits = |result: &Vec<u8>| result.len() < MAX_BODY - 64;
        let result = match answer.map(deflate) {
            Ok(result) if fits(&result) => result,
            Ok(_) => service::rpc_error(&RpcError::new(500, "ANSWER_TOO_LARGE")),
            Err(error) => service::rpc_error(&error),
        };
        let body = service::rpc_result(id, &result);
        self.memory.answer(id, &body);
        self.reply(body, Relevance::ContentRelated);
    }

    /// Pushes updates, if the client wants any.
    pub(crate) fn push(&mut self, updates: Arc<[u8]>) {
        if self.wants_updates && updates.len() <= MAX_BODY {
            let origin = Origin::Notice;
            self.outbox.add(updates, origin, Relevance::ContentRelated);
        }
    }

    /// Says whether a session was there to be forgotten.
    pub(crate) fn session_destroyed(&mut self, session: i64, was_there: bool) {
        let body = service::session_destroyed(session, was_there);
        self.reply(body, Relevance::Service);
    }

    /// The number of bytes that wait to be sent; from [`limits::BACKLOG`] on they go before anything else is carried out.
    pub(crate) fn backlog(&self) -> usize {
        self.outbox.size()
    }

    /// The plaintext of the next packet to the client, if anything waits to be sent.
    pub(crate) fn take_packet(&mut self, now: Duration) -> Option<Vec<u8>> {
        let mut writer = Writer::new();
        writer.i64(self.salts.now(now));
        writer.i64(self.id);
        self.outbox
            .write(&mut writer, now)
            .then(|| writer.into_bytes())
    }

    /// Notifies the client that the server knows nothing of earlier messages of the session.
    fn announce(&mut self, first: MsgId, now: Duration) {
        // Unique among the sessions of the client, for it grows with the time.
        let unique = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
        let body = service::new_session(first, unique, self.salts.now(now));
        let origin = Origin::Notice;
        self.outbox.add(body, origin, Relevance::ContentRelated);
    }

    fn take(&mut self, message: Message<'_>, place: Place, turn: &mut Turn) {
        let Message { id, seq_no, body } = message;
        let content = MessageBody::read(body);
        // The parity of a number says whether the message is content-related; pings, and the acknowledgements of some clients, can be
        // either.
        let needs_even = matches!(content, Ok(MessageBody::Container));
        let needs_odd = matches!(content, Ok(MessageBody::Query));
        let checked = match seq_no % 2 == 0 {
            true if needs_odd => Err(BadMessage::OddNumberExpected),
            false if needs_even => Err(BadMessage::EvenNumberExpected),
            _ => self.memory.take(id, seq_no),
        };
        match (checked, &content) {
            (Err(reason), _) => return self.refuse(message, reason),
            (Ok(Arrival::Again(_)), Ok(MessageBody::Container)) => {
                return self.refuse(message, BadMessage::ContainerSeenBefore);
            }
            (Ok(Arrival::Again(Some(answer))), _) if self.backlog() < limits::BACKLOG => {
                return self.reply(answer, Relevance::ContentRelated);
            }
            // Without an answer that is kept, the client at least stops sending.
            (Ok(Arrival::Again(_)), _) => return self.notify(service::acknowledge(&[id])),
            (Ok(Arrival::First), _) => {}
        }
        match content {
            Ok(MessageBody::Container) => self.take_container(message, place, turn),
            Ok(content) => self.carry_out(id, content, body, turn),
            Err(_) => self.answer(id, Err(unreadable())),
        }
    }

    fn take_container(&mut self, container: Message<'_>, place: Place, turn: &mut Turn) {
        match (place, read_container(container.body)) {
            (Place::Alone, Ok(messages)) if messages.iter().all(|one| one.id < container.id) => {
                for message in messages {
                    self.take(message, Place::Inside, turn);
                }
            }
            _ => self.refuse(container, BadMessage::Container),
        }
    }

    fn carry_out(&mut self, id: MsgId, content: MessageBody, body: &[u8], turn: &mut Turn) {
        match content {
            MessageBody::Container | MessageBody::Acknowledgement => {}
            MessageBody::Ping {
                id: ping,
                close_after,
            } => {
                turn.events.extend(close_after.map(Event::CloseAfter));
                self.reply(service::pong(id, ping), Relevance::Service);
            }
            MessageBody::FutureSalts(asked) => {
                let body = service::future_salts(id, &self.salts, asked, turn.now);
                self.reply(body, Relevance::Service);
            }
            MessageBody::States(ids) => {
                let states = ids.into_iter().map(|id| self.memory.state(id));
                let body = service::states(id, &states.collect::<Vec<_>>());
                self.reply(body, Relevance::Service);
            }
            MessageBody::DestroySession(session) => {
                turn.events.push(Event::DestroySession(session))
            }
            MessageBody::DropAnswer => self.answer(id, Ok(service::answer_unknown())),
            MessageBody::Query => self.ask(id, body, turn),
        }
    }

    fn ask(&mut self, id: MsgId, body: &[u8], turn: &mut Turn) {
        match Query::unwrap(body.to_vec(), &mut turn.budget) {
            Ok(Query {
                method,
                wants_updates,
                layer,
            }) => {
                self.wants_updates |= wants_updates;
                self.layer = layer.or(self.layer);
                turn.events.push(Event::Query { id, method });
            }
            Err(error) => self.answer(id, Err(error)),
        }
    }

    fn refuse(&mut self, message: Message<'_>, reason: BadMessage) {
        tracing::debug!(?reason, "a message is not taken");
        self.notify(service::bad_message(message.id, message.seq_no, reason));
    }

    fn reply(&mut self, body: Vec<u8>, relevance: Relevance) {
        self.outbox.add(body, Origin::Answer, relevance);
    }

    fn notify(&mut self, body: Vec<u8>) {
        self.outbox.add(body, Origin::Notice, Relevance::Service);
    }
}

/// The events of one packet, and what is left of its budget.
struct Turn {
    events: Vec<Event>,
    budget: Budget,
    now: Duration,
}

/// The place of a message: in a packet, or in a container.
#[derive(Clone, Copy)]
enum Place {
    Alone,
    Inside,
}

/// The lowest id of a message and those that it contains.
///
/// A client sends again what it sent before the first message of a new session.
fn first_id(message: Message<'_>) -> MsgId {
    let is_container = MessageBody::read(message.body) == Ok(MessageBody::Container);
    let inside = is_container.then(|| read_container(message.body));
    let inside = inside.and_then(Result::ok).unwrap_or_default();
    let ids = inside.iter().map(|one| one.id);
    ids.min().map_or(message.id, |first| first.min(message.id))
}

#[cfg(test)]
mod tests;
