//! Packets of a session as its client reads them.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confcall_join::api::RpcError;
use confcall_state::tl::Reader;

use crate::limits;
use crate::mtproto::gzip::{self, Budget};
use crate::mtproto::message::{CONTAINER, Envelope, Message, MsgId, read_container};
use crate::mtproto::outbox::MAX_BODY;
use crate::mtproto::salt::Salts;
use crate::mtproto::service::{rpc_error, rpc_result};
use crate::mtproto::session::Session;

/// The most messages that MTProto lets a container have.
const MOST_MESSAGES: usize = 1020;
/// The most bytes of a sealed packet beside its plaintext: the names of its keys, and the padding.
const SEALING: usize = 24 + 27;
/// The start of a push.
pub(super) const PUSH: [u8; 4] = 0xe317_af7e_u32.to_le_bytes();
const RPC_RESULT: u32 = 0xf35c_6d01;
const NEW_SESSION: u32 = 0x9ec2_0908;
/// The messages that need no acknowledgement: pong, future salts, notifications, acknowledgements, states, and whether
/// a session was destroyed.
const PASSING: [u32; 8] = [
    0x3477_73c5,
    0xae50_0895,
    0xa7ef_f811,
    0xedab_447b,
    0x62d6_b459,
    0x04de_b57d,
    0xe220_45fc,
    0x62d3_50c9,
];

/// The answers that the server was given, and those that the client received, over all connections of a session.
#[derive(Default)]
pub(super) struct Answers {
    given: BTreeMap<MsgId, Result<Vec<u8>, RpcError>>,
    answered: BTreeMap<MsgId, Vec<u8>>,
}

/// The receiving side of a client on one connection.
#[derive(Default)]
pub(super) struct Receiver {
    last_id: i64,
    acknowledged: i32,
    /// The answers that it waits for.
    owed: BTreeSet<MsgId>,
}

impl Receiver {
    /// Answers a query.
    pub(super) fn answer(
        &mut self,
        session: &mut Session,
        answers: &mut Answers,
        id: MsgId,
        answer: Result<Vec<u8>, RpcError>,
    ) {
        answers.given.insert(id, answer.clone());
        session.answer(id, answer);
        self.owed.insert(id);
    }

    /// Receives all that waits to be sent.
    pub(super) fn receive(
        &mut self,
        session: &mut Session,
        answers: &mut Answers,
        salts: &Salts,
        now: Duration,
    ) {
        while let Some(mut packet) = session.take_packet(now) {
            assert!(packet.len() + SEALING <= limits::PACKET, "a giant packet");
            packet.extend([0; 12]);
            let envelope = Envelope::read(&packet).expect("what is sent can be read");
            assert_eq!(envelope.salt, salts.now(now));
            assert_eq!(envelope.session, session.id());
            self.take(envelope.message, answers);
        }
        assert_eq!(session.backlog(), 0, "nothing waits after all was sent");
        assert!(self.owed.is_empty(), "{:?} are not answered", self.owed);
    }

    fn take(&mut self, message: Message<'_>, answers: &mut Answers) {
        if !message.body.starts_with(&CONTAINER.to_le_bytes()) {
            return self.take_single(message, answers);
        }
        let messages = read_container(message.body).expect("a container can be read");
        assert!((2..=MOST_MESSAGES).contains(&messages.len()));
        for one in messages {
            self.take_single(one, answers);
        }
        self.number(message, false);
    }

    fn take_single(&mut self, message: Message<'_>, answers: &mut Answers) {
        let mut reader = Reader::new(message.body);
        let constructor = reader.u32("a message").expect("a message is not empty");
        let is_push = message.body.starts_with(&PUSH);
        let is_relevant = is_push || [RPC_RESULT, NEW_SESSION].contains(&constructor);
        assert!(
            is_relevant || PASSING.contains(&constructor),
            "{constructor:08x} is no message of a server"
        );
        self.number(message, is_relevant);
        if constructor == RPC_RESULT {
            let id = MsgId(reader.i64("a message id").expect("it names a query"));
            self.owed.remove(&id);
            answers.check(id, message.body);
        }
    }

    /// Checks the id and the number of a message.
    fn number(&mut self, message: Message<'_>, is_relevant: bool) {
        assert!(message.id.0 > self.last_id, "ids grow");
        assert_eq!(message.id.0 & 1, 1, "a server's ids are odd");
        self.last_id = message.id.0;
        let expected = self.acknowledged * 2 + i32::from(is_relevant);
        assert_eq!(message.seq_no, expected);
        self.acknowledged += i32::from(is_relevant);
    }
}

impl Answers {
    /// Checks that an answer is the one that was given, and the same each time.
    fn check(&mut self, id: MsgId, body: &[u8]) {
        if let Some(before) = self.answered.insert(id, body.to_vec()) {
            assert_eq!(before, body, "a query has two answers");
            return;
        }
        let result = &body[12..];
        let too_large = rpc_error(&RpcError::new(500, "ANSWER_TOO_LARGE"));
        match self.given.get(&id) {
            Some(Ok(given)) if result == too_large => assert!(given.len() >= MAX_BODY - 64),
            Some(Ok(given)) if result.starts_with(&gzip::ID.to_le_bytes()) => {
                let unpacked = Budget::new(given.len()).inflate(result);
                assert_eq!(unpacked.as_ref(), Ok(given));
            }
            Some(Ok(given)) => assert_eq!(result, given),
            Some(Err(error)) => assert_eq!(body, rpc_result(id, &rpc_error(error))),
            None => {}
        }
    }
}
