use confcall_media::RemovalGrace;
use confcall_state::Joiner;

use crate::joining::Target;
use crate::policy::Media;

/// What to do with a call that has no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EmptyCall {
    /// Join nothing. A user who was invited waits a while for the first block all the same.
    #[default]
    Refuse,
    /// Write the first block.
    Start,
}

/// What an engine is for.
#[derive(Clone, Debug)]
pub struct Config {
    /// The call to be in.
    pub target: Target,
    /// Who joins, and what its block says of it.
    pub joiner: Joiner,
    /// What it says of its sound and picture.
    pub media: Media,
    /// What to do with a call that has no block.
    pub empty_call: EmptyCall,
    /// For whom frames are sealed right after somebody was removed.
    pub removal_grace: RemovalGrace,
    /// How many participants a call may have, `conference_call_size_limit` of the server's configuration.
    pub size_limit: usize,
}

impl Config {
    /// A user who joins as the official applications do.
    pub fn new(target: Target, joiner: Joiner, media: Media) -> Self {
        Self {
            target,
            joiner,
            media,
            empty_call: EmptyCall::Refuse,
            removal_grace: RemovalGrace::WithGrace,
            size_limit: 200,
        }
    }
}
