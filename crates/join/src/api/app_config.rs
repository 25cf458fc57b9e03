use confcall_state::tl::{ReadError, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::Method;
use super::codec::Fields;

/// The request `help.getAppConfig`, which reads the configuration of the server (`spec/protocol.md`, 13).
///
/// It asks for the whole of it, whatever was read before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetAppConfig;

impl Fields for GetAppConfig {
    const ID: u32 = 0x61e3_f854;
    const METHOD: Method = Method::GetAppConfig;

    fn write_fields(&self, writer: &mut Writer) {
        // The number of no configuration, so that none is left out as known.
        writer.i32(0);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        reader.i32("hash").map(|_| Self)
    }
}

/// The configuration of the server, as far as it is about conferences (`spec/protocol.md`, 13).
///
/// What the server does not name, or names by something that is no such number, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppConfig {
    /// The most members of a conference, `conference_call_size_limit`.
    pub conference_size_limit: Option<u32>,
    /// The time for which an invitation rings, in milliseconds, `call_ring_timeout_ms`.
    pub ring_timeout_ms: Option<u32>,
}
