use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use thiserror::Error;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use crate::client::Client;
use crate::clock;
use crate::config::ConnectionLimits;
use crate::hub::Hub;
use crate::limits;
use crate::mtproto::auth_key::AuthKeyId;
use crate::mtproto::framing::{Framer, FramingError, Packet};
use crate::mtproto::key_exchange::{KeyExchange, KeyExchangeError};
use crate::mtproto::message::{Clock, Envelope, EnvelopeError, Origin};
use crate::mtproto::sealing::{self, PacketError};
use crate::mtproto::session::Event;
use crate::mtproto::unencrypted;
use crate::pending::{Answered, PendingRequests};
use crate::randomness;
use crate::unidentified::Place;

/// The error of the transport for a packet that is none of a client of this server.
const NOT_FOUND: i32 = 404;
/// The error of the transport for a client that is too many, or too slow.
const FLOOD: i32 = 429;

/// The number of bytes that are read at once.
const CHUNK: usize = 8 << 10;

/// The time that a client has to read the last bytes before its connection is closed.
const LINGER: Duration = Duration::from_millis(500);

/// One connection of a client, from its first byte to its last.
pub(crate) struct Connection {
    hub: Arc<Hub>,
    limits: ConnectionLimits,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    address: SocketAddr,
    framer: Framer,
    /// The key exchanges; `None` before the first.
    exchange: Option<KeyExchange>,
    /// The key that the client agreed on last over this connection.
    agreed: Option<AuthKeyId>,
    client: Option<Client>,
    /// The place among the connections without a user; `None` once the user is known.
    place: Option<Place>,
    pending: PendingRequests,
    /// The moment at which the connection is closed if no packet comes.
    idle: Instant,
    /// Wakes the connection no later than its deadline.
    timer: Pin<Box<Sleep>>,
    /// Draws the padding of packets.
    rng: ChaCha20Rng,
}

/// A reason for the end of a connection.
#[derive(Debug, Error)]
pub(crate) enum Closed {
    #[error("the client closed it")]
    ByClient,
    #[error("the network failed: {0}")]
    Network(#[from] std::io::Error),
    #[error(transparent)]
    Framing(#[from] FramingError),
    #[error("the server knows no such key")]
    UnknownKey,
    #[error(transparent)]
    KeyExchange(#[from] KeyExchangeError),
    #[error(transparent)]
    Sealing(#[from] PacketError),
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    #[error("no packet came in time")]
    Silent,
    #[error("too many connections have shown no key, and this is the oldest of them")]
    Displaced,
    #[error("the client does not read")]
    NotReading,
    #[error(
        "too many pushes wait for the client, its session was to be forgotten, or its user has too many others"
    )]
    Dropped,
    #[error("the server stops")]
    Stopping,
}

impl Closed {
    /// The error of the transport that says so to the client; `None` for what it knows, and where it would not be read.
    fn code(&self) -> Option<i32> {
        match self {
            Self::Framing(_)
            | Self::UnknownKey
            | Self::KeyExchange(_)
            | Self::Sealing(_)
            | Self::Envelope(_) => Some(NOT_FOUND),
            Self::Dropped => Some(FLOOD),
            // One that has to make room was sent nothing, and its descriptor is wanted.
            Self::Displaced
            | Self::ByClient
            | Self::Network(_)
            | Self::Randomness(_)
            | Self::Silent
            | Self::NotReading
            | Self::Stopping => None,
        }
    }
}

/// A reason for a connection to wake up.
enum Wakeup {
    Readable(std::io::Result<()>),
    /// False if there will be no push any more.
    Pushed(bool),
    Answered(Answered),
    TimeOut,
    Displaced,
    Stop,
}

impl Connection {
    pub(crate) fn new(
        stream: TcpStream,
        hub: Arc<Hub>,
        limits: ConnectionLimits,
        place: Place,
    ) -> std::io::Result<Self> {
        // Packets are written whole, so waiting for more bytes would only delay answers.
        stream.set_nodelay(true)?;
        let address = stream.local_addr()?;
        let (reader, writer) = stream.into_split();
        let idle = clock::after(limits.greeting);
        Ok(Self {
            pending: PendingRequests::new(limits.requests),
            hub,
            limits,
            reader,
            writer,
            address,
            framer: Framer::new(),
            exchange: None,
            agreed: None,
            client: None,
            place: Some(place),
            idle,
            timer: Box::pin(sleep_until(idle)),
            rng: randomness::generator().map_err(std::io::Error::other)?,
        })
    }

    /// Serves the client until the connection ends or `stop` says so.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let closed = loop {
            if let Err(closed) = self.turn(&mut stop).await {
                break closed;
            }
        };
        if let Closed::Stopping = closed
            && let Err(error) = self.finish().await
        {
            tracing::debug!(%error, "answers were lost");
        }
        tracing::debug!(reason = %closed, "closed");
        if let Some(client) = self.client.take() {
            client.leave(&self.hub);
        }
        if let Some(code) = closed.code() {
            let error = self.framer.frame_error(code);
            let _ = timeout(LINGER, self.write(&error)).await;
        }
        // Its descriptor is wanted.
        if !matches!(closed, Closed::Displaced) {
            let _ = timeout(LINGER, self.part()).await;
        }
    }

    /// Waits for one thing, and does what it asks for.
    async fn turn(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), Closed> {
        let wakeup = self.wait(stop).await;
        if let Wakeup::Pushed(true) = wakeup {
            // The other connections go first: what they lead to now goes in the same packet, which costs little more than one push.
            tokio::task::yield_now().await;
        }
        // Whatever it is: what waits goes in one packet with it, and before the answer to what came later.
        if let Some(client) = &mut self.client {
            client.take_pushes();
        }
        match wakeup {
            Wakeup::Readable(ready) => {
                ready?;
                self.read()?;
                while let Some(packet) = self.framer.poll()? {
                    self.take(&packet).await?;
                }
            }
            Wakeup::Pushed(true) => {}
            Wakeup::Pushed(false) => return Err(Closed::Dropped),
            Wakeup::Answered(answered) => self.answer(answered),
            Wakeup::Displaced => return Err(Closed::Displaced),
            Wakeup::TimeOut => {
                let has_ended = self.client.as_ref().is_some_and(Client::has_ended);
                return Err(match has_ended {
                    true => Closed::UnknownKey,
                    false => Closed::Silent,
                });
            }
            Wakeup::Stop => return Err(Closed::Stopping),
        }
        self.flush().await
    }

    async fn wait(&mut self, stop: &mut watch::Receiver<bool>) -> Wakeup {
        // A client that asks faster than it is answered is held up by TCP, and not by memory.
        let may_read = !self.pending.is_full();
        let deadline = self
            .client
            .as_ref()
            .map(|client| client.deadline(self.idle));
        let deadline = deadline.unwrap_or(self.idle);
        if deadline < self.timer.deadline() {
            self.timer.as_mut().reset(deadline);
        }
        loop {
            return tokio::select! {
                ready = self.reader.readable(), if may_read => Wakeup::Readable(ready),
                is_pushed = has_pushes(self.client.as_ref()) => Wakeup::Pushed(is_pushed),
                Some(answered) = self.pending.next() => Wakeup::Answered(answered),
                () = self.timer.as_mut() => {
                    // Set anew only when it has run down: most deadlines move on long before.
                    if Instant::now() < deadline {
                        self.timer.as_mut().reset(deadline);
                        continue;
                    }
                    Wakeup::TimeOut
                }
                () = lost(self.place.as_mut()) => Wakeup::Displaced,
                _ = stop.wait_for(|stop| *stop) => Wakeup::Stop,
            };
        }
    }

    /// Takes in some of the bytes that have arrived.
    fn read(&mut self) -> Result<(), Closed> {
        // Here and not in the task, each of which would keep the place.
        let mut chunk = [0; CHUNK];
        match self.reader.try_read(&mut chunk) {
            Ok(0) => Err(Closed::ByClient),
            Ok(count) => {
                self.framer.feed(chunk.get(..count).unwrap_or_default());
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a packet of the client.
    async fn take(&mut self, packet: &Packet) -> Result<(), Closed> {
        if let Some(body) = unencrypted::body(&packet.payload) {
            return self.exchange(body).await;
        }
        // A client goes on under another key once it has agreed on that.
        if self.agreed.is_some() && sealing::key_id(&packet.payload) == self.agreed {
            self.agreed = None;
            if let Some(old) = self.client.take() {
                old.leave(&self.hub);
                // Its answers are not for whoever has the other key.
                self.pending = PendingRequests::new(self.limits.requests);
                self.recognise();
            }
        }
        let Some(client) = &mut self.client else {
            return self.meet(packet).await;
        };
        if client.has_ended() {
            return Err(Closed::UnknownKey);
        }
        let plaintext = client.open(&packet.payload)?;
        let ack = packet.wants_ack.then(|| client.ack_token(&plaintext));
        let envelope = Envelope::read(&plaintext)?;
        let events = client.receive(&envelope, &self.hub);
        self.idle = clock::after(self.limits.idle);
        if let Some(ack) = ack {
            let framed = self.framer.frame_ack(ack);
            self.write(&framed).await?;
        }
        for event in events {
            self.carry_out(event).await?;
        }
        Ok(())
    }

    /// Takes a packet of a client that is not known yet: its key says who the client is.
    async fn meet(&mut self, packet: &Packet) -> Result<(), Closed> {
        let sealed = packet.payload.as_slice();
        let id = sealing::key_id(sealed).ok_or(PacketError::Length(sealed.len()))?;
        let known = self.hub.find_key(id).ok_or(Closed::UnknownKey)?;
        let plaintext = sealing::open(&known.key, sealed)?;
        let envelope = Envelope::read(&plaintext)?;
        self.client = Some(Client::meet(known, envelope.session, &self.hub));
        self.recognise();
        // Boxed because the functions call each other, although never twice: the client is known now.
        Box::pin(self.take(packet)).await
    }

    /// Trusts a client as long as its user is known; before a login and after a logout it is among those that give way.
    fn recognise(&mut self) {
        let user = self.client.as_ref().and_then(Client::user);
        match (user, &self.place) {
            (Some(user), Some(_)) => {
                tracing::debug!(user = user.value(), "a user is connected");
                self.place = None;
                self.framer.trust();
            }
            (None, None) => {
                self.place = Some(self.hub.place());
                self.framer.distrust();
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }

    /// Goes on with a key exchange; the client stays unknown, and among those that give way.
    async fn exchange(&mut self, body: &[u8]) -> Result<(), Closed> {
        let mut exchange = match self.exchange.take() {
            Some(exchange) => exchange,
            None => KeyExchange::new(self.hub.server_key().await),
        };
        let (mut rng, now) = (randomness::generator()?, clock::now());
        let (hub, body) = (Arc::clone(&self.hub), body.to_vec());
        let step = move || {
            let is_taken = |id| hub.find_key(id).is_some();
            let reply = exchange.receive(&body, &mut rng, now, is_taken);
            (exchange, reply)
        };
        let computed = timeout(self.limits.greeting, self.hub.compute(step)).await;
        let (exchange, reply) = computed.ok().flatten().ok_or(Closed::Silent)?;
        self.exchange = Some(exchange);
        let reply = reply?;
        if let Some(agreed) = reply.agreed {
            self.agreed = Some(agreed.key.id());
            self.hub.add_key(agreed, now);
        }
        let id = Clock::default().next(now, Origin::Answer);
        let framed = self.framer.frame(&unencrypted::packet(id, &reply.body));
        self.write(&framed).await
    }

    async fn carry_out(&mut self, event: Event) -> Result<(), Closed> {
        while self.pending.is_full() {
            let answered = self.pending.next().await;
            answered.into_iter().for_each(|one| self.answer(one));
        }
        let Some(client) = &mut self.client else {
            return Ok(());
        };
        match event {
            Event::CloseAfter(time) => client.close_after(time),
            Event::DestroySession(session) => client.destroy_session(session, &self.hub),
            Event::Query { id, method } => {
                client.query(id, method, self.address, &self.hub, &mut self.pending);
                self.recognise();
                // One packet holds a thousand queries; the other clients do not wait for all of them.
                tokio::task::yield_now().await;
            }
        }
        match self
            .client
            .as_mut()
            .map(|client| client.session().backlog())
        {
            Some(backlog) if backlog >= limits::BACKLOG => self.flush().await,
            _ => Ok(()),
        }
    }

    fn answer(&mut self, answered: Answered) {
        if let (Some(client), Some(answer)) = (&mut self.client, answered.answer) {
            client.session().answer(answered.id, answer);
        }
    }

    /// Sends what waits to be sent.
    async fn flush(&mut self) -> Result<(), Closed> {
        while let Some(packet) = self.next_packet() {
            let framed = self.framer.frame(&packet);
            self.write(&framed).await?;
        }
        Ok(())
    }

    fn next_packet(&mut self) -> Option<Vec<u8>> {
        let (client, rng) = (self.client.as_mut(), &mut self.rng);
        client.and_then(|client| client.next_packet(rng))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        let writing = timeout(self.limits.writing, self.writer.write_all(bytes));
        Ok(writing.await.map_err(|_| Closed::NotReading)??)
    }

    /// Lets what is under way come to its end, and sends the answers.
    async fn finish(&mut self) -> Result<(), Closed> {
        while let Some(answered) = self.pending.next().await {
            self.answer(answered);
        }
        self.flush().await
    }

    /// Says that nothing follows, and waits until the client has read it all.
    async fn part(&mut self) -> std::io::Result<()> {
        self.writer.shutdown().await?;
        // The system drops bytes that are on their way if bytes that arrived are left unread.
        loop {
            self.reader.readable().await?;
            let mut rest = [0; CHUNK];
            match self.reader.try_read(&mut rest) {
                Ok(0) => return Ok(()),
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
    }
}

/// Waits until there is a push to a client; none comes to one that is not known yet.
async fn has_pushes(client: Option<&Client>) -> bool {
    match client {
        Some(client) => client.has_pushes().await,
        None => core::future::pending().await,
    }
}

/// Waits until a connection has to give way; one with a client that is known never has.
async fn lost(place: Option<&mut Place>) {
    match place {
        Some(place) => place.lost().await,
        None => core::future::pending().await,
    }
}
