use core::fmt;
use core::time::Duration;

use confcall_join::engine::{Config, EmptyCall};
use confcall_join::joining::Target;
use confcall_join::policy::Media;
use confcall_media::RemovalGrace;
use confcall_state::Joiner;
use confcall_state::keys::Seed;

/// How to be in a conference.
///
/// It is used up by one conference, because its seed must be.
pub struct Options {
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
    /// How long to wait for an answer before it is lost.
    pub answer_timeout: Duration,
    seed: Seed,
}

impl Options {
    /// A user who joins as the official applications do, and waits 30 s for an answer.
    ///
    /// All keys, nonces and pads are made of the seed. It must be fresh for every conference, from `getrandom::fill` for
    /// example.
    pub fn new(joiner: Joiner, media: Media, seed: Seed) -> Self {
        let Config {
            joiner,
            media,
            empty_call,
            removal_grace,
            size_limit,
            ..
        } = Config::new(Target::Create, joiner, media);
        Self {
            joiner,
            media,
            empty_call,
            removal_grace,
            size_limit,
            answer_timeout: Duration::from_secs(30),
            seed,
        }
    }

    /// The configuration and the seed of an engine, and how long it waits for an answer.
    pub(super) fn for_engine(self, target: Target) -> (Config, Seed, Duration) {
        let config = Config {
            target,
            joiner: self.joiner,
            media: self.media,
            empty_call: self.empty_call,
            removal_grace: self.removal_grace,
            size_limit: self.size_limit,
        };
        (config, self.seed, self.answer_timeout)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("joiner", &self.joiner)
            .field("media", &self.media)
            .field("empty_call", &self.empty_call)
            .field("removal_grace", &self.removal_grace)
            .field("size_limit", &self.size_limit)
            .field("answer_timeout", &self.answer_timeout)
            .finish_non_exhaustive()
    }
}
