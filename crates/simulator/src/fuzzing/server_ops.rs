//! A server under requests of all kinds.

use arbitrary::{Result, Unstructured};
use confcall_join::api::{MessageId, Request, Service as _};
use confcall_state::{Block, Chain, UserId};

use super::limits::options;
use super::people::{People, user};
use confcall_server::Call;
use confcall_server::Server;

/// A server under requests of all kinds, honest ones, damaged ones and bytes.
///
/// The laws: what is refused changes nothing; the chain of each call replays from block 0; all members are
/// in it; nothing exceeds its limit; a snapshot is the same server.
pub fn server_ops(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let mut scene = Scene {
        server: Server::new(options()),
        people: People::new(),
        seconds: 0,
    };
    while !u.is_empty() && scene.step(&mut u).is_ok() {
        for call in scene.server.calls() {
            check_members(call);
        }
    }
    scene.server.calls().for_each(check_replay);
    check_snapshot(&scene.server);
}

/// A snapshot from a disk to which others wrote.
///
/// The laws: what is read is a server whose chains replay, and whose snapshot is read the same.
pub fn server_snapshot(data: &[u8]) {
    let sealed = confcall_server::fuzzing::sealed(data);
    for bytes in [data, &sealed] {
        if let Ok(server) = Server::from_snapshot(bytes, options().limits) {
            server.calls().for_each(check_replay);
            check_snapshot(&server);
        }
    }
}

struct Scene {
    server: Server,
    people: People,
    /// The time of the server.
    seconds: i32,
}

impl Scene {
    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let from = user(u)?;
        match u.int_in_range(0..=31)? {
            0 => self.lapse(u, from)?,
            1 => {
                let bytes: Vec<u8> = u.arbitrary()?;
                self.send(from, &bytes);
            }
            _ => {
                let request = self.people.request(u, &self.server, from)?;
                let Some(request) = request else {
                    return Ok(());
                };
                let bytes = damaged(u, &request)?;
                self.send(from, &bytes);
            }
        }
        while self.server.poll_push().is_some() {}
        Ok(())
    }

    /// Things that come with time.
    fn lapse(&mut self, u: &mut Unstructured<'_>, from: UserId) -> Result<()> {
        let calls: Vec<_> = self.server.calls().map(Call::id).collect();
        if calls.is_empty() {
            return Ok(());
        }
        let call = calls[u.choose_index(calls.len())?];
        match u.int_in_range(0..=5)? {
            0 => drop(self.server.discard_idle()),
            3 => {
                self.seconds += u.int_in_range(0..=30)?;
                self.server.set_time(self.seconds);
            }
            // It need not be one of this user.
            4 => {
                let message = MessageId::new(u.int_in_range(0..=9)?);
                self.server.delete_invitation(from, message);
            }
            // The user need not be there.
            1 => drop(self.server.drop_member(call, from)),
            2 => drop(self.server.compact(call)),
            _ => check_snapshot(&self.server),
        }
        Ok(())
    }

    fn send(&mut self, from: UserId, bytes: &[u8]) {
        let before = self.server.clone();
        match self.server.handle(from, bytes) {
            Ok(_) => self.people.settle(&self.server, from),
            Err(error) => assert_eq!(self.server, before, "{error:?} changed something"),
        }
    }
}

/// The bytes of a request, with a wrong bit now and then.
fn damaged(u: &mut Unstructured<'_>, request: &Request) -> Result<Vec<u8>> {
    let mut bytes = request.to_tl();
    if u.ratio(1, 12)? {
        let at = u.choose_index(bytes.len())?;
        bytes[at] ^= 1 << u.int_in_range(0..=7)?;
    }
    Ok(bytes)
}

fn check_members(call: &Call) {
    let group = call.chain_state().group_state();
    for member in call.members() {
        let participant = group.by_user(member.user_id());
        let key = participant.map(|one| one.public_key);
        assert_eq!(key, member.public_key(), "a member is not in the chain");
    }
    let limits = options().limits;
    assert!(call.blocks().len() <= limits.chain_length);
    assert!(call.broadcasts().len() <= limits.broadcasts());
    assert!(group.participants.len() <= limits.participants);
}

fn check_replay(call: &Call) {
    let mut chain = Chain::full();
    for block in call.blocks() {
        let block = Block::from_server(block).expect("a server keeps what it read");
        chain
            .apply(&block)
            .expect("a server keeps what the chain accepts");
    }
    assert_eq!(chain.state(), call.chain_state());
}

fn check_snapshot(server: &Server) {
    let snapshot = server.to_snapshot();
    let again = Server::from_snapshot(&snapshot, options().limits);
    let mut drained = server.clone();
    while drained.poll_push().is_some() {}
    assert_eq!(again, Ok(drained));
}
