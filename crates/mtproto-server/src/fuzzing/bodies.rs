//! The bodies of a client's messages, right and wrong.

use core::time::Duration;
use std::io::Write as _;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use confcall_state::tl::Writer;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::mtproto::gzip;
use crate::mtproto::message::{CONTAINER, Message, MsgId, read_container, write_message};

/// Methods of the API; the session does not look into them.
const METHODS: [u32; 3] = [0xc4f9_186b, 0xee9f_88a6, 0x8f31_b327];
/// Numbers at which arithmetic goes wrong.
const EDGES: [i32; 7] = [i32::MIN, -1, 0, 1, 64, 65, i32::MAX];
/// An object that unpacks to more than one packet may.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| pack(&vec![0; 5 << 20]));

/// The effect that the body of a message is to have.
#[derive(Clone)]
pub(super) enum Wish {
    Nothing,
    Method(Vec<u8>),
    CloseAfter(Duration),
    DestroySession(i64),
}

/// The parity of the number of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parity {
    Odd,
    Even,
}

/// The body of a message that keeps to the rules.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) parity: Parity,
    pub(super) wish: Wish,
}

/// A body that keeps to the rules; `sent` are messages that it can speak of.
pub(super) fn right(u: &mut Unstructured<'_>, sent: &[MsgId]) -> Result<Body> {
    let either = match u.arbitrary()? {
        true => Parity::Odd,
        false => Parity::Even,
    };
    let (bytes, parity, wish) = match u.int_in_range(0..=15)? {
        0 => (
            ids(0x62d6_b459, &draw_ids(u, sent)?),
            Parity::Even,
            Wish::Nothing,
        ),
        1 => (words(&[0x9299_359f, 0, 0, 0]), Parity::Even, Wish::Nothing),
        2 => (ids(0xda69_fb52, &draw_ids(u, sent)?), either, Wish::Nothing),
        3 => (long(0x7abe_77ec, u.arbitrary()?), either, Wish::Nothing),
        4 => {
            let seconds: u8 = u.arbitrary()?;
            let delay = Writer::encode(|writer| writer.i32(seconds.into()));
            let bytes = [long(0xf342_7b8c, 1), delay].concat();
            let wish = Wish::CloseAfter(Duration::from_secs(seconds.into()));
            (bytes, either, wish)
        }
        5 => {
            let bytes = Writer::encode(|writer| {
                writer.u32(0xb921_bd04);
                writer.i32(*u.choose(&EDGES).unwrap_or(&0));
            });
            (bytes, either, Wish::Nothing)
        }
        6 => {
            let session = i64::from(u.arbitrary::<i8>()?);
            let bytes = long(0xe751_2126, session);
            (bytes, either, Wish::DestroySession(session))
        }
        7 => (long(0x58e4_a740, 4), either, Wish::Nothing),
        _ => {
            let method = method(u)?;
            let depth = u.int_in_range(0..=7)?;
            let bytes = wrapped(u, method.clone(), depth)?;
            (bytes, Parity::Odd, Wish::Method(method))
        }
    };
    Ok(Body {
        bytes,
        parity,
        wish,
    })
}

/// A body that breaks a rule, or any bytes.
pub(super) fn wrong(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    Ok(match u.int_in_range(0..=31)? {
        0..=5 => {
            let mut bytes = right(u, &[])?.bytes;
            bytes.truncate(u.int_in_range(0..=bytes.len())?);
            bytes
        }
        6..=12 => {
            let mut bytes = right(u, &[])?.bytes;
            let at = u.choose_index(bytes.len())?;
            bytes[at] ^= 1 << u.int_in_range(0..=7)?;
            bytes
        }
        13..=16 => {
            let method = method(u)?;
            let depth = u.int_in_range(8..=20)?;
            wrapped(u, method, depth)?
        }
        17 => BOMB.clone(),
        18..=20 => [words(&[0xda9b_0d0d, 201]), method(u)?].concat(),
        21..=25 => container(&[(MsgId(4), 1, &right(u, &[])?.bytes)]),
        _ => u.arbitrary()?,
    })
}

/// The body of a container.
pub(super) fn container(messages: &[(MsgId, i32, &[u8])]) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(CONTAINER);
        writer.count(messages.len());
        for (id, seq_no, body) in messages {
            write_message(writer, id.0, *seq_no, body);
        }
    })
}

/// The messages of a container; none, if the body is another one.
pub(super) fn contained(body: &[u8]) -> Vec<Message<'_>> {
    match body.starts_with(&CONTAINER.to_le_bytes()) {
        true => read_container(body).unwrap_or_default(),
        false => Vec::new(),
    }
}

fn method(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let count = *u.choose(&[0, 1, 2, 5, 300])?;
    let mut method = vec![*u.choose(&METHODS)?];
    method.extend(core::iter::repeat_n(u.arbitrary::<u32>()?, count));
    Ok(words(&method))
}

fn wrapped(u: &mut Unstructured<'_>, mut query: Vec<u8>, depth: usize) -> Result<Vec<u8>> {
    for _ in 0..depth {
        let wrapper = match u.int_in_range(0..=6)? {
            0 => {
                query = pack(&query);
                continue;
            }
            1 => words(&[0xda9b_0d0d, *u.choose(&[202, 225, 0x7fff_ffff])?]),
            2 | 3 => connection(u)?,
            4 => words(&[0xbf94_59b7]),
            5 => long(0xcb9f_372d, u.arbitrary()?),
            _ => ids(0x3dc4_b4f0, &draw_ids(u, &[])?),
        };
        query = [wrapper, query].concat();
    }
    Ok(query)
}

/// `initConnection` as far as the query.
fn connection(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let flags = u.int_in_range(0..=3)?;
    let mut writer = Writer::new();
    writer.u32(0xc1cd_5ea9);
    writer.u32(flags);
    writer.i32(1);
    (0..6).for_each(|_| writer.string(b"client"));
    if flags & 1 != 0 {
        writer.u32(0x7558_8b3f);
        writer.string(b"localhost");
        writer.i32(443);
    }
    if flags & 2 != 0 {
        json(u, &mut writer, 6)?;
    }
    Ok(writer.into_bytes())
}

fn json(u: &mut Unstructured<'_>, writer: &mut Writer, depth: u32) -> Result<()> {
    let Some(deeper) = depth.checked_sub(1) else {
        writer.u32(0x3f6d_7b68);
        return Ok(());
    };
    match u.int_in_range(0..=4)? {
        0 => writer.raw(&words(&[0xc734_5e6a, 0x9972_75b5])),
        1 => writer.raw(&long(0x2be0_dfa4, 0)),
        2 => {
            writer.u32(0xb71e_767a);
            writer.string(b"value");
        }
        3 => {
            writer.raw(&words(&[0xf744_4763, VECTOR, 2]));
            json(u, writer, deeper)?;
            json(u, writer, deeper)?;
        }
        _ => {
            writer.raw(&words(&[0x99c1_d49d, VECTOR, 1, 0xc0de_1bd9]));
            writer.string(b"name");
            json(u, writer, deeper)?;
        }
    }
    Ok(())
}

const VECTOR: u32 = 0x1cb5_c415;

fn pack(object: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(object).and_then(|()| encoder.finish());
    Writer::encode(|writer| {
        writer.u32(gzip::ID);
        writer.string(&packed.unwrap_or_default());
    })
}

fn draw_ids(u: &mut Unstructured<'_>, sent: &[MsgId]) -> Result<Vec<MsgId>> {
    let count = u.int_in_range(0..=3)?;
    let draw = |_| match sent.is_empty() {
        true => u.arbitrary().map(MsgId),
        false => u.choose(sent).copied(),
    };
    (0..count).map(draw).collect()
}

fn ids(constructor: u32, ids: &[MsgId]) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(constructor);
        writer.boxed_vector(ids, |writer, id| writer.i64(id.0));
    })
}

fn long(constructor: u32, value: i64) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(constructor);
        writer.i64(value);
    })
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
