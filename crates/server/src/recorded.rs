use confcall_join::Ssrc;
use confcall_join::api::CallId;
use confcall_state::tl::ReadError;
use confcall_state::wire::Broadcast;
use confcall_state::{Block, ChainError};
use thiserror::Error;

use crate::call::Call;
use crate::creation::TooManyCalls;
use crate::member::Member;
use crate::names::Names;
use crate::options::Limits;
use crate::server::Server;
use crate::space::NoSpace;

/// A recorded call cannot be loaded; the server is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// An item is no block in server form.
    #[error("block {index} cannot be read: {error}")]
    Block {
        /// The item's place, from 0.
        index: usize,
        /// What is wrong.
        error: ReadError,
    },
    /// The chain refuses a block.
    #[error("block {index} is refused: {error}")]
    Chain {
        /// The item's place, from 0.
        index: usize,
        /// Why.
        error: ChainError,
    },
    /// An item is no broadcast in server form.
    #[error("broadcast {index} cannot be read: {error}")]
    Broadcast {
        /// The item's place, from 0.
        index: usize,
        /// What is wrong.
        error: ReadError,
    },
    /// An item is larger than a block may be.
    #[error("block {index} has more than {limit} bytes")]
    BlockTooLarge {
        /// The item's place, from 0.
        index: usize,
        /// The greatest size in bytes.
        limit: usize,
    },
    /// There are more blocks than the server keeps.
    #[error("a call has at most {limit} blocks")]
    TooLong {
        /// How many the server keeps.
        limit: usize,
    },
    /// There are more broadcasts than the server keeps.
    #[error("a call has at most {limit} broadcasts")]
    TooManyBroadcasts {
        /// How many the server keeps.
        limit: usize,
    },
    /// More participants are left than a call can have.
    #[error("a call has at most {limit} participants")]
    TooManyParticipants {
        /// How many it can have.
        limit: usize,
    },
    /// There are as many calls as the server keeps.
    #[error(transparent)]
    TooManyCalls(#[from] TooManyCalls),
    /// The server has no room for the call.
    #[error(transparent)]
    NoSpace(#[from] NoSpace),
}

impl Server {
    /// Adds a call that was recorded: its blocks and its broadcasts, both in server form.
    ///
    /// Every block is validated with the whole trie, and broadcasts must be readable. The participants after
    /// the last block are the members, each with a media source that is made up.
    ///
    /// # Errors
    ///
    /// [`LoadError`]
    pub fn load_recorded(
        &mut self,
        blocks: &[impl AsRef<[u8]>],
        broadcasts: &[impl AsRef<[u8]>],
    ) -> Result<CallId, LoadError> {
        let limits = self.options.limits;
        self.check_space(size(blocks).saturating_add(size(broadcasts)))?;
        self.add_call(None, |call, names| {
            call.load_blocks(blocks, &limits)?;
            call.load_broadcasts(broadcasts, &limits)?;
            call.seat_participants(names);
            Ok(())
        })
    }
}

fn size(items: &[impl AsRef<[u8]>]) -> usize {
    items.iter().map(|item| item.as_ref().len()).sum()
}

impl Call {
    pub(crate) fn load_blocks(
        &mut self,
        blocks: &[impl AsRef<[u8]>],
        limits: &Limits,
    ) -> Result<(), LoadError> {
        let limit = limits.chain_length;
        if blocks.len() > limit {
            return Err(LoadError::TooLong { limit });
        }
        for (index, bytes) in blocks.iter().enumerate() {
            let (bytes, limit) = (bytes.as_ref(), limits.block_size);
            if bytes.len() > limit {
                return Err(LoadError::BlockTooLarge { index, limit });
            }
            let block =
                Block::from_server(bytes).map_err(|error| LoadError::Block { index, error })?;
            let staged = self.ledger.stage(&block);
            let appended = staged.and_then(|staged| self.append(&block, staged));
            appended.map_err(|error| LoadError::Chain { index, error })?;
        }
        let limit = limits.participants;
        if self.chain_state().group_state().participants.len() > limit {
            return Err(LoadError::TooManyParticipants { limit });
        }
        Ok(())
    }

    pub(crate) fn load_broadcasts(
        &mut self,
        broadcasts: &[impl AsRef<[u8]>],
        limits: &Limits,
    ) -> Result<(), LoadError> {
        let limit = limits.broadcasts();
        if broadcasts.len() > limit {
            return Err(LoadError::TooManyBroadcasts { limit });
        }
        for (index, bytes) in broadcasts.iter().enumerate() {
            let broadcast = Broadcast::from_server(bytes.as_ref());
            let broadcast = broadcast.map_err(|error| LoadError::Broadcast { index, error })?;
            self.broadcasts.load(&broadcast);
        }
        Ok(())
    }

    fn seat_participants(&mut self, names: &mut Names) {
        let mut rng = names.fresh();
        let group_state = self.chain_state().group_state().clone();
        for participant in &group_state.participants {
            let taken = self.roster.taken_sources();
            self.roster.enter(Member {
                user_id: participant.user_id,
                public_key: participant.public_key,
                source: Ssrc::generate_besides(&taken, &mut rng),
                video: Vec::new(),
                muted: false,
            });
        }
    }
}
