//! The bodies of the fuzz targets for the server, and for an engine that has to live with a hostile one.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a law that does not hold is a finding"
)]

mod engine_ops;
mod forgery;
mod group_call_ops;
mod group_hostility;
mod guests;
mod hostility;
mod limits;
mod people;
mod server_ops;

pub use engine_ops::engine_ops;
pub use group_call_ops::group_call_ops;
pub use server_ops::{server_ops, server_snapshot};
