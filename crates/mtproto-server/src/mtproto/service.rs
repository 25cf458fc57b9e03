//! The messages by which client and server speak of the connection itself.

use core::time::Duration;

use confcall_join::api::RpcError;
use confcall_state::tl::{ReadError, Reader, Writer};

use super::message::{CONTAINER, MsgId};
use super::salt::{Salts, seconds};

const MSGS_ACK: u32 = 0x62d6_b459;
const PING: u32 = 0x7abe_77ec;
const PING_DELAY_DISCONNECT: u32 = 0xf342_7b8c;
const PONG: u32 = 0x3477_73c5;
const GET_FUTURE_SALTS: u32 = 0xb921_bd04;
const FUTURE_SALTS: u32 = 0xae50_0895;
const NEW_SESSION_CREATED: u32 = 0x9ec2_0908;
const BAD_MSG_NOTIFICATION: u32 = 0xa7ef_f811;
const BAD_SERVER_SALT: u32 = 0xedab_447b;
const MSGS_STATE_REQ: u32 = 0xda69_fb52;
const MSG_RESEND_REQ: u32 = 0x7d86_1a08;
const MSG_RESEND_ANS_REQ: u32 = 0x8610_baeb;
const MSGS_STATE_INFO: u32 = 0x04de_b57d;
const MSGS_ALL_INFO: u32 = 0x8cc0_d131;
const HTTP_WAIT: u32 = 0x9299_359f;
const DESTROY_SESSION: u32 = 0xe751_2126;
const DESTROY_SESSION_OK: u32 = 0xe220_45fc;
const DESTROY_SESSION_NONE: u32 = 0x62d3_50c9;
const RPC_DROP_ANSWER: u32 = 0x58e4_a740;
const RPC_ANSWER_UNKNOWN: u32 = 0x5e2a_d36e;
const RPC_RESULT: u32 = 0xf35c_6d01;
const RPC_ERROR: u32 = 0x2144_ca19;

/// The body of a client's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageBody {
    /// Several messages.
    Container,
    /// Something that the server need not answer and has no use for.
    Acknowledgement,
    /// A sign of life; the connection is to be closed unless another one comes in time.
    Ping {
        id: i64,
        close_after: Option<Duration>,
    },
    /// A wish for salts.
    FutureSalts(i32),
    /// A question for what became of messages.
    States(Vec<MsgId>),
    /// A wish that a session be forgotten.
    DestroySession(i64),
    /// A wish that an answer not be sent.
    DropAnswer,
    /// A method of the API, or what wraps one.
    Query,
}

impl MessageBody {
    /// Reads what a body is; a query is not looked into.
    pub(crate) fn read(body: &[u8]) -> Result<Self, ReadError> {
        let mut reader = Reader::new(body);
        Ok(match reader.u32("a message")? {
            CONTAINER => Self::Container,
            MSGS_ACK | HTTP_WAIT | MSGS_ALL_INFO | MSGS_STATE_INFO => Self::Acknowledgement,
            PING => Self::Ping {
                id: reader.i64("a ping")?,
                close_after: None,
            },
            PING_DELAY_DISCONNECT => Self::Ping {
                id: reader.i64("a ping")?,
                close_after: Some(read_delay(&mut reader)?),
            },
            GET_FUTURE_SALTS => Self::FutureSalts(reader.i32("a number of salts")?),
            MSGS_STATE_REQ | MSG_RESEND_REQ | MSG_RESEND_ANS_REQ => {
                let read = |reader: &mut Reader<'_>| reader.i64("a message id").map(MsgId);
                Self::States(reader.boxed_vector("message ids", 8, read)?)
            }
            DESTROY_SESSION => Self::DestroySession(reader.i64("a session")?),
            RPC_DROP_ANSWER => Self::DropAnswer,
            _ => Self::Query,
        })
    }
}

fn read_delay(reader: &mut Reader<'_>) -> Result<Duration, ReadError> {
    let delay = reader.i32("a delay")?;
    Ok(Duration::from_secs(u64::try_from(delay).unwrap_or(0)))
}

/// The mistake in a message that was not taken, `bad_msg_notification`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadMessage {
    TooOld = 16,
    TooNew = 17,
    NotOfClient = 18,
    ContainerSeenBefore = 19,
    Forgotten = 20,
    NumberTooLow = 32,
    NumberTooHigh = 33,
    EvenNumberExpected = 34,
    OddNumberExpected = 35,
    Container = 64,
}

/// The code of `bad_server_salt`.
const WRONG_SALT: i32 = 48;

pub(crate) fn bad_message(id: MsgId, seq_no: i32, reason: BadMessage) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(BAD_MSG_NOTIFICATION);
        writer.i64(id.0);
        writer.i32(seq_no);
        writer.i32(reason as i32);
    })
}

pub(crate) fn bad_salt(id: MsgId, seq_no: i32, right: i64) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(BAD_SERVER_SALT);
        writer.i64(id.0);
        writer.i32(seq_no);
        writer.i32(WRONG_SALT);
        writer.i64(right);
    })
}

pub(crate) fn new_session(first: MsgId, unique_id: i64, salt: i64) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(NEW_SESSION_CREATED);
        writer.i64(first.0);
        writer.i64(unique_id);
        writer.i64(salt);
    })
}

pub(crate) fn pong(id: MsgId, ping: i64) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(PONG);
        writer.i64(id.0);
        writer.i64(ping);
    })
}

pub(crate) fn future_salts(id: MsgId, salts: &Salts, asked: i32, now: Duration) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(FUTURE_SALTS);
        writer.i64(id.0);
        writer.i32(seconds(now.as_secs()));
        salts.write_future(writer, asked, now);
    })
}

pub(crate) fn acknowledge(ids: &[MsgId]) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(MSGS_ACK);
        writer.boxed_vector(ids, |writer, id| writer.i64(id.0));
    })
}

pub(crate) fn states(id: MsgId, states: &[u8]) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(MSGS_STATE_INFO);
        writer.i64(id.0);
        writer.string(states);
    })
}

/// Says of another session whether it was there to be forgotten.
pub(crate) fn session_destroyed(session: i64, was_there: bool) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(match was_there {
            true => DESTROY_SESSION_OK,
            false => DESTROY_SESSION_NONE,
        });
        writer.i64(session);
    })
}

/// Says that there is no answer to be dropped: an answer is sent as soon as there is one.
pub(crate) fn answer_unknown() -> Vec<u8> {
    Writer::encode(|writer| writer.u32(RPC_ANSWER_UNKNOWN))
}

pub(crate) fn rpc_result(id: MsgId, result: &[u8]) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(RPC_RESULT);
        writer.i64(id.0);
        writer.raw(result);
    })
}

pub(crate) fn rpc_error(error: &RpcError) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(RPC_ERROR);
        writer.i32(error.code);
        writer.string(error.message.as_bytes());
    })
}
