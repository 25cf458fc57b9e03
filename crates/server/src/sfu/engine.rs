use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{CallConnection, CallId, DataJson, Request, Response, Update, Updates};
use confcall_join::joining::{Answer, Fingerprint, IceCredentials, JoinPayload};
use confcall_state::UserId;
use str0m::Event;
use str0m::ice::StunMessage;
use thiserror::Error;

use super::connection::{Connection, Owner, Role};
use super::constraints::Constraints;
use super::counters::SfuCounters;
use super::datagram::{Protocol, SfuDatagram, Transaction, answer_transaction};
use super::demux::{Demux, Key};
use super::identity::Identity;
use super::link::{Link, Refused, Step};
use super::options::SfuOptions;
use super::parameters::Parameters;
use super::publication::Publication;
use super::publisher::Publisher;
use super::switchboard::Switchboard;
use super::weather::Weather;
use crate::limits;
use crate::server::Server;

/// The SFU of a server, as a value without a socket and a clock.
///
/// After each request that the server carried out, call [`Sfu::attend`], and [`Sfu::follow`] when it changed by itself; hand in
/// datagrams and the time, and after either take what is to be sent by [`Sfu::poll_datagram`] until there is nothing left. It is
/// no part of a snapshot: members whose connections are gone join again.
///
/// A connection is bound to the address that answered its checks, and is sent media only while it answers again at least every
/// 15 seconds. What is passed on is as it came, but for sequence numbers, times and the numbers of VP8 pictures where a picture
/// comes in several sizes; the frames of a conference are encrypted by keys that no server has.
pub struct Sfu {
    options: SfuOptions,
    identity: Identity,
    fingerprint: Fingerprint,
    rng: ChaCha20Rng,
    board: Switchboard,
    demux: Demux,
    deadlines: BTreeSet<(Instant, Key)>,
    outbox: VecDeque<SfuDatagram>,
    weather: Option<Weather>,
    last_key: Key,
    /// The latest time that it was given.
    now: Instant,
}

/// An SFU cannot start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SfuError {
    /// The system gives no randomness for a certificate.
    #[error("no certificate for the media connections can be made")]
    Certificate,
}

/// A request that a server has just carried out.
#[derive(Clone, Copy, Debug)]
pub struct Attendance {
    /// The user who asked.
    pub from: UserId,
    /// The address of the server that the client reached.
    pub reached: IpAddr,
    /// The time.
    pub now: Instant,
}

impl fmt::Debug for Sfu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sfu")
            .field("options", &self.options)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

impl Sfu {
    /// An SFU without connections, with a certificate of its own.
    ///
    /// # Errors
    ///
    /// [`SfuError`]
    pub fn new(options: SfuOptions, now: Instant) -> Result<Self, SfuError> {
        let identity = Identity::draw().ok_or(SfuError::Certificate)?;
        Ok(Self {
            fingerprint: Fingerprint::sha256(identity.digest()),
            rng: ChaCha20Rng::from_seed(options.seed),
            weather: options.chaos.map(Weather::new),
            options,
            identity,
            board: Switchboard::default(),
            demux: Demux::default(),
            deadlines: BTreeSet::new(),
            outbox: VecDeque::new(),
            last_key: 0,
            now,
        })
    }

    /// Takes part in a request that the server carried out: a join gets a media connection, whose parameters are put into the
    /// answer, and what is over by it ends.
    pub fn attend(
        &mut self,
        server: &Server,
        asked: Attendance,
        request: &Request,
        answer: &mut Response,
    ) {
        self.pass_time(asked.now);
        if let (Some(payload), Response::Updates(updates)) = (payload(request), answer) {
            self.connect(server, asked, payload, updates);
        }
        if changes_rosters(request) {
            self.follow(server, asked.now);
        }
    }

    /// Takes over what the rosters of a server say: ends the connections of those who are not members any more, and passes on
    /// nothing of those who may not speak.
    pub fn follow(&mut self, server: &Server, now: Instant) {
        self.pass_time(now);
        for call in self.board.calls() {
            let over = self.board.follow(call, server.room(call), self.now);
            over.into_iter().for_each(|key| self.end(key));
        }
    }

    /// Gives a member a connection in place of the one of the server that leads nowhere.
    fn connect(
        &mut self,
        server: &Server,
        asked: Attendance,
        payload: &DataJson,
        updates: &mut Updates,
    ) {
        let Some(call) = named_call(updates) else {
            return;
        };
        let connections = updates.0.iter_mut().filter_map(|update| match update {
            Update::Connection(connection) => Some(connection),
            _ => None,
        });
        for connection in connections.filter(|connection| is_media(connection)) {
            if let Some(params) = self.open(server, asked, call, payload, connection.presentation) {
                connection.params = params;
            }
        }
    }

    fn open(
        &mut self,
        server: &Server,
        asked: Attendance,
        call: CallId,
        payload: &DataJson,
        is_screen: bool,
    ) -> Option<DataJson> {
        if self.board.connections.len() >= limits::MEDIA_CONNECTIONS {
            return None;
        }
        let payload = JoinPayload::from_json(payload.as_str()).ok()?;
        let member = server.room(call)?.member(asked.from)?;
        let credentials = IceCredentials::generate(&mut self.rng);
        let ip = match self.options.address.ip() {
            any if any.is_unspecified() => asked.reached,
            ip => ip,
        };
        let address = SocketAddr::new(ip, self.options.address.port());
        let opens = asked.now + self.options.stun_delay;
        let link = Link::new(address, credentials.clone(), &payload, opens, asked.now)?;
        let (role, endpoint) = match is_screen {
            true => (Role::Screen, member.screen_endpoint()),
            false => (Role::Main, member.camera_endpoint()),
        };
        let parameters = Parameters {
            credentials: &credentials,
            fingerprint: self.fingerprint.clone(),
            address,
            endpoint: &endpoint,
        };
        let parameters = match role {
            Role::Main => parameters.main(),
            Role::Screen => parameters.screen(),
        };
        let user = asked.from;
        let owner = Owner { call, user, role };
        let publisher = Publisher::new(Publication::of(&payload));
        self.last_key = self.last_key.wrapping_add(1);
        let key = self.last_key;
        self.demux.add(credentials.ufrag(), key);
        let before = self.board.add(key, Connection::new(owner, link, publisher));
        before.into_iter().for_each(|before| self.end(before));
        Some(parameters)
    }

    /// Handles a datagram that came from an address.
    pub fn handle_datagram(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) {
        self.pass_time(now);
        let counters = &mut self.board.counters;
        counters.received += 1;
        counters.received_bytes = counters.received_bytes.saturating_add(size(datagram));
        if self.weather.as_mut().is_some_and(Weather::loses) {
            counters.lost += 1;
            return;
        }
        let key = match Protocol::of(datagram) {
            Some(Protocol::Stun) => self.handle_stun(from, datagram),
            Some(protocol) => self.handle_media(from, datagram, protocol),
            None => {
                counters.unreadable += 1;
                None
            }
        };
        if let Some(key) = key {
            self.drive(key);
        }
    }

    /// Handles a message of STUN: one that is not authentic gets no answer.
    fn handle_stun(&mut self, from: SocketAddr, datagram: &[u8]) -> Option<Key> {
        let Ok(message) = StunMessage::parse(datagram) else {
            self.board.counters.unreadable += 1;
            return None;
        };
        let now = self.now;
        let check = answer_transaction(datagram);
        let key = match check {
            Some(check) => self.demux.by_answer(check, from),
            None if message.is_binding_request() => {
                let names = message.split_username();
                names.and_then(|(name, _)| self.demux.by_name(name))
            }
            None => None,
        };
        let counters = &mut self.board.counters;
        let found = key.and_then(|key| Some((key, self.board.connections.get_mut(&key)?)));
        let Some((key, connection)) = found else {
            counters.unauthenticated += 1;
            return None;
        };
        let link = &mut connection.link;
        let admitted = match check {
            Some(_) => link.admit_answer(&message, from, &self.identity, now),
            None => link.admit_check(&message, from, &self.identity, now),
        };
        match admitted {
            Ok(()) => {}
            Err(Refused::Early) => return None,
            Err(Refused::Unauthenticated) => {
                counters.unauthenticated += 1;
                return None;
            }
        }
        if !link.afford(datagram.len(), now) {
            counters.too_many += 1;
            return None;
        }
        if let Some(check) = check.filter(|_| message.is_successful_binding_response()) {
            self.demux.answered(check);
        }
        link.wake(&connection.publisher.publication, &self.identity, now);
        link.receive(from, datagram, now);
        Some(key)
    }

    /// Handles what only an address may send that has answered a check.
    fn handle_media(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        protocol: Protocol,
    ) -> Option<Key> {
        let now = self.now;
        let counters = &mut self.board.counters;
        let key = self.demux.by_address(from);
        let found = key.and_then(|key| Some((key, self.board.connections.get_mut(&key)?)));
        let Some((key, connection)) = found else {
            counters.strangers += 1;
            return None;
        };
        if !connection.link.afford(datagram.len(), now) {
            counters.too_many += 1;
            return None;
        }
        if let Protocol::Rtp { source } = protocol {
            let publication = &connection.publisher.publication;
            // Zero is the source of bandwidth probes, which hold no media.
            if source != 0 && !publication.declares(source) {
                counters.undeclared += 1;
                return None;
            }
        }
        if !connection.link.receive(from, datagram, now) {
            counters.unreadable += 1;
        }
        Some(key)
    }

    /// Lets the time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.pass_time(now);
        while let Some((_, key)) = self.deadlines.first().filter(|(at, _)| *at <= self.now) {
            let key = *key;
            self.board.ask_key_frames(key, self.now);
            if let Some(connection) = self.board.connections.get_mut(&key) {
                connection.link.pass_time(self.now);
            }
            self.drive(key);
        }
    }

    /// The moment at which the time is to be handed in; `None` if nothing waits for it.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let delayed = self.weather.as_ref().and_then(Weather::deadline);
        let due = self.deadlines.first().map(|(at, _)| *at);
        due.into_iter().chain(delayed).min()
    }

    /// The next datagram to send.
    pub fn poll_datagram(&mut self) -> Option<SfuDatagram> {
        loop {
            let delayed = self.weather.as_mut().and_then(|one| one.take_due(self.now));
            if let Some(datagram) = delayed.or_else(|| self.outbox.pop_front()) {
                let counters = &mut self.board.counters;
                counters.sent += 1;
                counters.sent_bytes = counters.sent_bytes.saturating_add(size(&datagram.contents));
                return Some(datagram);
            }
            // What is passed on goes out for several packets at once, where as many came.
            let touched = self.board.take_touched();
            if touched.is_empty() {
                return None;
            }
            for key in touched {
                self.board.ask_key_frames(key, self.now);
                if let Some(connection) = self.board.connections.get_mut(&key) {
                    connection.link.pass_time(self.now);
                }
                self.drive(key);
            }
        }
    }

    /// What it has counted.
    pub fn counters(&self) -> SfuCounters {
        let connections = &self.board.connections;
        let connected = connections.values().filter(|one| one.link.is_connected);
        SfuCounters {
            connections: u64::try_from(connections.len()).unwrap_or(u64::MAX),
            connected: u64::try_from(connected.count()).unwrap_or(u64::MAX),
            ..self.board.counters
        }
    }

    /// Takes the steps of a connection until it waits.
    fn drive(&mut self, key: Key) {
        let now = self.now;
        let wait = loop {
            let Some(connection) = self.board.connections.get_mut(&key) else {
                return;
            };
            match connection.link.step(now) {
                None => break None,
                Some(Step::Wait(at)) => break Some(at),
                Some(Step::Ended) => return self.end(key),
                Some(Step::Event(event)) => self.handle_event(key, *event),
                Some(Step::Send(datagram)) => self.send(datagram),
                Some(Step::Check(check, datagram)) => self.send_check(key, check, datagram),
                Some(Step::WithoutConsent) => self.board.counters.without_consent += 1,
            }
        };
        self.set_deadline(key, wait);
    }

    fn set_deadline(&mut self, key: Key, wait: Option<Instant>) {
        let Some(connection) = self.board.connections.get_mut(&key) else {
            return;
        };
        let key_frame = connection.publisher.deadline();
        let deadline = wait.into_iter().chain(key_frame).min();
        // So that none that wants to be looked at all the time keeps the others from it.
        let deadline = deadline.map(|at| at.max(self.now + LEAST_WAIT));
        if let Some(before) = connection.deadline {
            self.deadlines.remove(&(before, key));
        }
        connection.deadline = deadline;
        self.deadlines.extend(deadline.map(|at| (at, key)));
    }

    fn handle_event(&mut self, key: Key, event: Event) {
        match event {
            Event::RtpPacket(packet) => self.board.pass(key, packet, self.now),
            Event::KeyframeRequest(request) => self.board.key_frame_requested(key, request.mid),
            Event::Connected => {
                if let Some(connection) = self.board.connections.get_mut(&key) {
                    connection.link.is_connected = true;
                }
                // What was wanted of it before is asked for now.
                self.board.touch(key);
            }
            Event::ChannelOpen(id, label) if label == LABEL => {
                if let Some(connection) = self.board.connections.get_mut(&key) {
                    connection.link.channel = Some(id);
                    connection.publisher.note_told(None);
                }
                self.board.tell(key);
            }
            Event::ChannelData(message) => self.handle_message(key, message.binary, &message.data),
            _ => {}
        }
    }

    fn handle_message(&mut self, key: Key, is_binary: bool, message: &[u8]) {
        match Constraints::read(message).filter(|_| !is_binary) {
            Some(constraints) => self.board.constrain(key, constraints, self.now),
            None => self.board.counters.bad_messages += 1,
        }
    }

    fn send_check(&mut self, key: Key, check: Transaction, datagram: SfuDatagram) {
        self.demux.note_check(key, check, datagram.destination);
        self.send(datagram);
    }

    fn send(&mut self, datagram: SfuDatagram) {
        let Some(weather) = &mut self.weather else {
            return self.outbox.push_back(datagram);
        };
        match weather.loses() {
            true => self.board.counters.lost += 1,
            false => self.outbox.extend(weather.delay(datagram, self.now)),
        }
    }

    /// Ends a connection, and says goodbye to its client.
    fn end(&mut self, key: Key) {
        let Some(mut connection) = self.board.remove(key) else {
            return;
        };
        self.demux
            .remove(connection.link.credentials().ufrag(), key);
        if let Some(at) = connection.deadline {
            self.deadlines.remove(&(at, key));
        }
        connection.link.close();
        let now = self.now;
        let steps = core::iter::from_fn(|| connection.link.step(now));
        // Bounded: a goodbye is two datagrams, behind what was written before.
        for step in steps.take(limits::FAREWELL) {
            match step {
                Step::Send(datagram) => self.send(datagram),
                Step::Wait(_) | Step::Ended => break,
                Step::Event(_) | Step::Check(..) | Step::WithoutConsent => {}
            }
        }
    }

    /// The clock never goes back.
    fn pass_time(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }
}

/// The least time between two looks at a connection without input.
const LEAST_WAIT: Duration = Duration::from_millis(1);

/// The name of the data channel.
const LABEL: &str = "data";

/// The payload of a request that asks for a media connection.
fn payload(request: &Request) -> Option<&DataJson> {
    match request {
        Request::Join(request) => Some(&request.params),
        Request::Create(request) => request.params.as_ref(),
        Request::JoinPresentation(request) => Some(&request.params),
        _ => None,
    }
}

/// False for the frequent requests that leave rosters as they are.
fn changes_rosters(request: &Request) -> bool {
    !matches!(
        request,
        Request::ChainBlocks(_)
            | Request::Broadcast(_)
            | Request::Message(_)
            | Request::GroupCall(_)
            | Request::Participants(_)
            | Request::Check(_)
            | Request::StreamChannels(_)
            | Request::File(_)
    )
}

/// The call whose roster an answer has.
fn named_call(updates: &Updates) -> Option<CallId> {
    let mut calls = updates.0.iter().filter_map(|update| match update {
        Update::Participants(roster) => match roster.call {
            confcall_join::api::InputGroupCall::Id { id, .. } => Some(id),
            _ => None,
        },
        _ => None,
    });
    calls.next()
}

/// True if the answer leads to media, and not to a stream.
fn is_media(connection: &CallConnection) -> bool {
    let answer = Answer::from_json(connection.params.as_str());
    matches!(answer, Ok(Answer::Connect(_)))
}

fn size(datagram: &[u8]) -> u64 {
    u64::try_from(datagram.len()).unwrap_or(u64::MAX)
}
