//! The bodies of the fuzz targets for what a client can send over MTProto.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a law that does not hold is a finding"
)]

mod bodies;
mod client;
mod hearing;
mod session;
mod stream;

pub use session::mtproto_session;
pub use stream::mtproto_stream;
