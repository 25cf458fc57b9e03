use thiserror::Error;

use crate::call::Call;
use crate::server::Server;

/// The server has no room for more blocks and broadcasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("all calls together have at most {limit} bytes of blocks and broadcasts")]
pub struct NoSpace {
    /// How many bytes the server keeps.
    pub limit: usize,
}

impl Server {
    /// Whether so many bytes of blocks and broadcasts more fit in.
    pub(crate) fn check_space(&self, more: usize) -> Result<(), NoSpace> {
        let limit = self.options.limits.bytes;
        let kept: usize = self.calls().map(Call::size).sum();
        if kept.saturating_add(more) > limit {
            return Err(NoSpace { limit });
        }
        Ok(())
    }
}

impl Call {
    /// How many bytes its blocks and broadcasts have.
    fn size(&self) -> usize {
        self.ledger.blocks().size() + self.broadcasts.list().size()
    }
}
