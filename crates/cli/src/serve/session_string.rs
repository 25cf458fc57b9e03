//! Sessions as the strings that other clients read, in base64.
//!
//! ```text
//! Telethon   "1", then: data centre (1)  address (4)  port (2)  key (256)
//! Pyrogram   data centre (1)  application (4)  is of a test server (1)  key (256)  user (8)  is a bot (1)
//! mtcute     3 (1)  flags (4)  data centre (bytes)  user (8)  is a bot (4)  key (bytes)
//!            where the data centre is: 2 (1)  number (1)  flags (1)  address (string)  port (4)
//! ```
//!
//! The numbers of the first two are big-endian, those of mtcute and its texts as TL has them. A string of Pyrogram holds no
//! address: the client has to be given it otherwise.

use base64::engine::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, URL_SAFE, URL_SAFE_NO_PAD};
use confcall::state::tl::Writer;
use zeroize::Zeroizing;

use crate::session_file::{DATA_CENTRE, OwnSession};

const BOOL_FALSE: u32 = 0xbc79_9737;
/// The flag of mtcute for a user that is known.
const HAS_SELF: u32 = 1;
/// The flag of mtcute for a data centre of a test server.
const IS_TEST: u8 = 4;

/// The session as Telethon's `StringSession` reads it.
pub(super) fn telethon(session: &OwnSession) -> Zeroizing<Vec<u8>> {
    let OwnSession { server, key, .. } = session;
    let bytes = [
        [DATA_CENTRE].as_slice(),
        &server.ip().octets(),
        &server.port().to_be_bytes(),
        key.expose(),
    ];
    encode(&URL_SAFE, "1", &Zeroizing::new(bytes.concat()))
}

/// The session as Pyrogram and its forks read it.
pub(super) fn pyrogram(session: &OwnSession) -> Zeroizing<Vec<u8>> {
    // Any application is served.
    let application = 1_u32.to_be_bytes();
    let bytes = [
        [DATA_CENTRE].as_slice(),
        &application,
        &[1],
        session.key.expose(),
        &session.user.value().to_be_bytes(),
        &[0],
    ];
    encode(&URL_SAFE_NO_PAD, "", &Zeroizing::new(bytes.concat()))
}

/// The session as mtcute reads it.
pub(super) fn mtcute(session: &OwnSession) -> Zeroizing<Vec<u8>> {
    let OwnSession { user, server, key } = session;
    // What begins with single bytes is no TL, whose strings are padded to multiples of four: it is put together.
    let address = Writer::encode(|writer| {
        writer.string(server.ip().to_string().as_bytes());
        writer.i32(i32::from(server.port()));
    });
    let data_centre = [[2, DATA_CENTRE, IS_TEST].as_slice(), &address].concat();
    // Room for all of it at once: where it grows, a copy of the key stays behind.
    let mut writer = Writer::with_capacity(512);
    writer.u32(HAS_SELF);
    writer.string(&data_centre);
    writer.i64(user.value());
    writer.u32(BOOL_FALSE);
    writer.string(key.expose());
    let rest = Zeroizing::new(writer.into_bytes());
    let bytes = Zeroizing::new([[3].as_slice(), &rest].concat());
    encode(&URL_SAFE_NO_PAD, "", &bytes)
}

fn encode(base64: &GeneralPurpose, version: &str, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut text = String::with_capacity(1024);
    text.push_str(version);
    base64.encode_string(bytes, &mut text);
    Zeroizing::new(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use confcall::UserId;
    use confcall_mtproto_server::AuthKey;

    use super::*;

    fn session() -> OwnSession {
        OwnSession {
            user: UserId::new(0x0102_0304),
            server: "127.0.0.1:4430".parse().unwrap(),
            key: AuthKey::from_bytes([7; 256]),
        }
    }

    #[test]
    fn a_string_of_telethon_has_address_and_key() {
        let text = telethon(&session());
        assert_eq!(text.len(), 353);
        assert_eq!(text[0], b'1');
        let bytes = URL_SAFE.decode(&text[1..]).unwrap();
        assert_eq!(bytes[..7], [1, 127, 0, 0, 1, 0x11, 0x4e]);
        assert_eq!(bytes[7..], [7; 256]);
    }

    #[test]
    fn a_string_of_pyrogram_has_key_and_user() {
        let bytes = URL_SAFE_NO_PAD.decode(pyrogram(&session())).unwrap();
        assert_eq!(bytes[..6], [1, 0, 0, 0, 1, 1]);
        assert_eq!(bytes[6..262], [7; 256]);
        assert_eq!(bytes[262..], [0, 0, 0, 0, 1, 2, 3, 4, 0]);
    }

    #[test]
    fn a_string_of_mtcute_has_address_user_and_key() {
        let bytes = URL_SAFE_NO_PAD.decode(mtcute(&session())).unwrap();
        assert_eq!(bytes[..5], [3, 1, 0, 0, 0]);
        // A string of 19 bytes: three, nine of the address with its length and padding, and the port.
        assert_eq!(bytes[5..9], [19, 2, 1, 4]);
        assert_eq!(bytes[9..19], *b"\x09127.0.0.1");
        assert_eq!(bytes[21..25], 4430_i32.to_le_bytes());
        assert_eq!(bytes[25..33], 0x0102_0304_i64.to_le_bytes());
        assert_eq!(bytes[33..37], BOOL_FALSE.to_le_bytes());
        assert_eq!(bytes[37..41], [254, 0, 1, 0]);
        assert_eq!(bytes[41..297], [7; 256]);
    }
}
