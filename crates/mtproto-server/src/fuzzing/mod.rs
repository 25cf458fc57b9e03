//! The bodies of the fuzz targets for what a client can send over MTProto.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a law that does not hold is a finding"
)]

mod bodies;
mod client;
mod exchange;
#[allow(
    clippy::duplicate_mod,
    clippy::unwrap_used,
    reason = "an honest client, which the tests of the exchange have too"
)]
mod exchange_client;
mod login;
mod replies;
mod session;
mod stream;

pub use exchange::mtproto_exchange;
pub use login::mtproto_login;
pub use session::mtproto_session;
pub use stream::mtproto_stream;

use confcall_join::api::{Method, Response};
use confcall_state::UserId;

use crate::mtproto::ige;
use confcall_server::tl::{Layer, Occasion, write_response};

/// The bytes of an answer, to begin with.
pub fn answer_bytes(response: &Response) -> Vec<u8> {
    let occasion = Occasion {
        viewer: UserId::new(1),
        date: 0,
        layer: Layer::Newest,
    };
    // Only the answers about stories depend on the method.
    write_response(Method::JoinGroupCall, response, occasion).unwrap_or_default()
}

/// The encryption of whole blocks alone, to be measured.
pub fn ige_encrypt(buffer: &mut [u8], key: &[u8; 32], iv: &[u8; 32]) {
    ige::encrypt(buffer, key, iv);
}
