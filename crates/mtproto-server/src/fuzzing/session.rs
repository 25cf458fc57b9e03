use core::any::Any;
use core::time::Duration;
use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use confcall_join::api::RpcError;

use super::bodies::{self, Body, Parity, Wish};
use super::client::{Client, Packet, SESSION};
use super::replies::{Answers, PUSH, Receiver};
use crate::limits;
use crate::mtproto::auth_key::AuthKey;
use crate::mtproto::message::{Envelope, MsgId};
use crate::mtproto::outbox::MAX_BODY;
use crate::mtproto::salt::Salts;
use crate::mtproto::session::{Event, Session};
use crate::mtproto::session_memory::Memory;

const KEY: [u8; 256] = [0x5a; 256];
/// More than this never waits to be sent: a backlog, the largest answer that is kept, and a container's worth of salts.
const MOST_BACKLOG: usize = limits::BACKLOG + (256 << 10) + 1020 * 1100;
/// The largest size of the bodies in a full container.
const SMALL: usize = 64;

/// Two connections of a session, whose client keeps to the rules for the most part.
///
/// The laws: what an honest client sends is carried out in order; nothing is carried out twice; a query has one answer,
/// however often it is sent; what goes out can be read, is numbered as the protocol says, and is never more than a
/// client takes. `bury` gets the sessions in the end, to see what they kept.
pub fn mtproto_session(data: &[u8], bury: impl FnOnce(Box<dyn Any>)) {
    let mut scene = Scene::new();
    let mut u = Unstructured::new(data);
    while !u.is_empty() && scene.step(&mut u).is_ok() {}
    for line in 0..scene.lines.len() {
        scene.receive(line);
    }
    let sessions: Vec<_> = scene.lines.into_iter().map(|line| line.session).collect();
    bury(Box::new((sessions, scene.memory)));
}

struct Scene {
    now: Duration,
    key: AuthKey,
    salts: Salts,
    memory: Memory,
    lines: Vec<Line>,
    client: Client,
    answers: Answers,
    carried_out: BTreeSet<MsgId>,
}

/// One connection.
struct Line {
    session: Session,
    receiver: Receiver,
    under_way: Vec<MsgId>,
}

impl Line {
    fn new(key: &AuthKey, memory: &Memory) -> Self {
        Self {
            session: Session::new(SESSION, key, memory.clone()),
            receiver: Receiver::default(),
            under_way: Vec::new(),
        }
    }
}

impl Scene {
    fn new() -> Self {
        let (key, memory) = (AuthKey::from_bytes(KEY), Memory::default());
        Self {
            now: Duration::from_secs(1_700_000_000),
            salts: Salts::new(&key),
            lines: (0..2).map(|_| Line::new(&key, &memory)).collect(),
            key,
            memory,
            client: Client::default(),
            answers: Answers::default(),
            carried_out: BTreeSet::new(),
        }
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let line = u.choose_index(self.lines.len())?;
        match u.int_in_range(0..=31)? {
            0..=13 => self.send(u, line)?,
            14..=17 => self.send_again(u, line)?,
            18..=21 => self.send_wrong(u, line)?,
            22..=26 => self.answer(u, line)?,
            27 => {
                let size = size(u, &[MAX_BODY - 4, MAX_BODY])?;
                let push = [PUSH.as_slice(), &vec![0; size]].concat();
                self.lines[line].session.push(push.into());
            }
            28 | 29 => {
                let seconds = *u.choose(&[1, 29, 301, 1800, 3600, 7200])?;
                self.now += Duration::from_secs(seconds);
            }
            30 => self.now -= Duration::from_secs(u.int_in_range(1..=10)?),
            _ => self.lines[line] = Line::new(&self.key, &self.memory),
        }
        if u.ratio(3, 4)? || self.lines[line].session.backlog() >= limits::BACKLOG {
            self.receive(line);
        }
        Ok(())
    }

    fn receive(&mut self, line: usize) {
        let Line {
            session, receiver, ..
        } = &mut self.lines[line];
        receiver.receive(session, &mut self.answers, &self.salts, self.now);
    }

    /// Sends what keeps to the rules.
    fn send(&mut self, u: &mut Unstructured<'_>, line: usize) -> Result<()> {
        let (packet, expected) = self.draw_packet(u)?;
        let is_owed = self.client.is_owed(&packet, self.now);
        self.client.keep(u, &packet)?;
        self.deliver(line, &packet.plaintext(), is_owed.then_some(expected));
        Ok(())
    }

    /// Sends a packet again, or what it holds in another container.
    fn send_again(&mut self, u: &mut Unstructured<'_>, line: usize) -> Result<()> {
        if self.client.sent.is_empty() {
            return Ok(());
        }
        let mut packet = u.choose(&self.client.sent)?.clone();
        packet.salt = self.salts.now(self.now);
        if u.arbitrary()? {
            let inside = bodies::contained(&packet.body);
            let messages = inside.iter().map(|one| (one.id, one.seq_no, one.body));
            let mut messages: Vec<_> = messages.collect();
            if messages.is_empty() {
                messages.push((packet.id, packet.seq_no, &packet.body));
            }
            packet.body = bodies::container(&messages);
            (packet.id, packet.seq_no) = self.client.number(Parity::Even, self.now);
        }
        self.deliver(line, &packet.plaintext(), None);
        Ok(())
    }

    /// Sends what breaks a rule.
    fn send_wrong(&mut self, u: &mut Unstructured<'_>, line: usize) -> Result<()> {
        let (mut packet, _) = self.draw_packet(u)?;
        match u.int_in_range(0..=7)? {
            0 => packet.salt = u.arbitrary()?,
            1 => packet.salt = self.salts.now(self.now - Duration::from_secs(3600)),
            2 => packet.id.0 += *u.choose(&[1, 2, 3, -4, -400 << 32, 31 << 32, 29 << 32])?,
            3 => packet.id.0 = u.arbitrary()?,
            4 => packet.seq_no += u.int_in_range(-5..=50)?,
            5 => packet.body = bodies::wrong(u)?,
            6 => {
                let (body, (id, seq_no)) = (bodies::wrong(u)?, (packet.id, packet.seq_no));
                let inner = (
                    MsgId(id.0 - 4 * u.int_in_range(-1..=1)?),
                    seq_no,
                    body.as_slice(),
                );
                packet.body = bodies::container(&[inner, inner]);
            }
            _ => {
                let mut plaintext = packet.plaintext();
                let at = u.choose_index(plaintext.len())?;
                plaintext[at] ^= 1 << u.int_in_range(0..=7)?;
                self.deliver(line, &plaintext, None);
                return Ok(());
            }
        }
        self.client.keep(u, &packet)?;
        self.deliver(line, &packet.plaintext(), None);
        Ok(())
    }

    /// A packet that keeps to the rules, and what it is to lead to.
    fn draw_packet(&mut self, u: &mut Unstructured<'_>) -> Result<(Packet, Vec<Event>)> {
        let known: Vec<_> = self.client.sent.iter().map(|one| one.id).collect();
        let salt = self.salts.now(self.now);
        let count = match u.ratio(1, 64)? {
            true => 1020,
            false => *u.choose(&[1, 1, 1, 2, 3, 4, 0])?,
        };
        if count == 1 {
            let body = bodies::right(u, &known)?;
            let (id, seq_no) = self.client.number(body.parity, self.now);
            let event = event(id, body.wish);
            let packet = Packet {
                salt,
                id,
                seq_no,
                body: body.bytes,
            };
            return Ok((packet, event.into_iter().collect()));
        }
        let mut bodies: Vec<Body> = Vec::new();
        for _ in 0..count.min(4) {
            bodies.push(bodies::right(u, &known)?);
        }
        if count > 4 {
            bodies.retain(|body| body.bytes.len() <= SMALL);
        }
        let mut messages = Vec::new();
        let mut events = Vec::new();
        for body in bodies.iter().cycle().take(count) {
            let (id, seq_no) = self.client.number(body.parity, self.now);
            messages.push((id, seq_no, body.bytes.as_slice()));
            events.extend(event(id, body.wish.clone()));
        }
        let (id, seq_no) = self.client.number(Parity::Even, self.now);
        let body = bodies::container(&messages);
        let packet = Packet {
            salt,
            id,
            seq_no,
            body,
        };
        Ok((packet, events))
    }

    /// Gives a plaintext to a session, and does what it asks for.
    fn deliver(&mut self, line: usize, plaintext: &[u8], expected: Option<Vec<Event>>) {
        let envelope = match Envelope::read(plaintext) {
            Ok(envelope) if envelope.session == SESSION => envelope,
            _ => return assert!(expected.is_none(), "an honest packet is not read"),
        };
        let message = envelope.message;
        self.client.learn(message, self.now);
        for one in bodies::contained(message.body) {
            self.client.learn(one, self.now);
        }
        let events = self.lines[line].session.receive(&envelope, self.now);
        assert!(self.lines[line].session.backlog() <= MOST_BACKLOG);
        if let Some(expected) = expected {
            assert_eq!(events, expected);
        }
        for event in events {
            let Line {
                session, under_way, ..
            } = &mut self.lines[line];
            match event {
                Event::Query { id, .. } => {
                    assert!(self.carried_out.insert(id), "{id:?} is carried out again");
                    under_way.push(id);
                }
                Event::CloseAfter(_) => {}
                Event::DestroySession(other) => session.session_destroyed(other, other > 0),
            }
            if self.lines[line].session.backlog() >= limits::BACKLOG {
                self.receive(line);
            }
        }
    }

    /// Answers a query that is under way.
    fn answer(&mut self, u: &mut Unstructured<'_>, line: usize) -> Result<()> {
        let Line {
            session,
            receiver,
            under_way,
        } = &mut self.lines[line];
        if under_way.is_empty() {
            return Ok(());
        }
        let id = under_way.swap_remove(u.choose_index(under_way.len())?);
        let size = size(u, &[40_000, MAX_BODY - 80, MAX_BODY])?;
        let answer = match u.int_in_range(0..=3)? {
            0 => Err(RpcError::new(400, "GROUPCALL_INVALID")),
            1 => Ok(noise(size)),
            _ => Ok([id.0.to_le_bytes().as_slice(), &vec![0; size]].concat()),
        };
        receiver.answer(session, &mut self.answers, id, answer);
        Ok(())
    }
}

/// A size, which is large now and then.
fn size(u: &mut Unstructured<'_>, large: &[usize]) -> Result<usize> {
    match u.ratio(1, 32)? {
        true => u.choose(large).copied(),
        false => u.choose(&[0, 4, 8, 1024]).copied(),
    }
}

/// Bytes that cannot be packed.
fn noise(size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

fn event(id: MsgId, wish: Wish) -> Option<Event> {
    match wish {
        Wish::Nothing => None,
        Wish::Method(method) => Some(Event::Query { id, method }),
        Wish::CloseAfter(time) => Some(Event::CloseAfter(time)),
        Wish::DestroySession(session) => Some(Event::DestroySession(session)),
    }
}
