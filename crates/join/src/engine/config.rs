use confcall_media::Sending;
use confcall_state::Newcomer;

use crate::policy::Media;
use crate::target::Target;

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
    pub newcomer: Newcomer,
    /// What it says of its sound and picture.
    pub media: Media,
    /// What to do with a call that has no block.
    pub empty_call: EmptyCall,
    /// For whom frames are sealed right after somebody was removed.
    pub sending: Sending,
    /// How many participants a call may have, `conference_call_size_limit` of the server's configuration.
    pub size_limit: usize,
}

impl Config {
    /// A user who joins as the official applications do.
    pub fn new(target: Target, newcomer: Newcomer, media: Media) -> Self {
        Self {
            target,
            newcomer,
            media,
            empty_call: EmptyCall::Refuse,
            sending: Sending::WithGrace,
            size_limit: 200,
        }
    }
}
