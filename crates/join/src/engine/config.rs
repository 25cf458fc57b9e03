//! The configuration of an engine.

use core::time::Duration;

use confcall_media::RemovalGrace;
use confcall_state::Joiner;
use serde::{Deserialize, Serialize};

use crate::api::InputPeer;
use crate::joining::Target;
use crate::membership::LastKnown;
use crate::policy::Media;

/// The choice for a call that has no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EmptyCall {
    /// Join nothing. A user who was invited waits a while for the first block all the same.
    #[default]
    Refuse,
    /// Join nothing, and wait a while for the first block, as a user who was invited does.
    Await,
    /// Write the first block.
    Start,
}

/// The origin of the payload of a new membership, and of a source in the place of one that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payloads {
    /// The engine draws new sources, and keeps credentials and certificate.
    #[default]
    Generated,
    /// The client is asked by [`Event::PayloadWanted`](super::Event::PayloadWanted), and supplies it by
    /// [`Command::Supply`](super::Command::Supply).
    Client {
        /// The time that it has. Without a payload the engine ends, or shares no screen.
        within: Duration,
    },
}

/// The calls that an engine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Those that the target names.
    #[default]
    Any,
    /// Conferences alone.
    Conferences,
    /// The calls of groups and channels, and live stories.
    Chats,
}

/// The configuration of an engine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The call to be in.
    pub target: Target,
    /// The calls that the engine is for; it ends with a target of another family, and asks the server nothing about it.
    pub family: Family,
    /// The user who joins, as its block announces it.
    pub joiner: Joiner,
    /// Its sound and picture.
    pub media: Media,
    /// The origin of later payloads.
    pub payloads: Payloads,
    /// The choice for a call that has no block.
    pub empty_call: EmptyCall,
    /// The members for whom frames are sealed right after a removal.
    pub removal_grace: RemovalGrace,
    /// The last state that was seen of the call, if the user was in it before: [`Ended::last_known`](super::Ended).
    ///
    /// What the server shows is compared with it. Where the target is a link or an invitation that leads to another call, that is a
    /// suspicion too; where it names another call by its id, nothing is compared.
    pub last_known: Option<LastKnown>,
    /// The most participants of a call, where the server's configuration does not name them (`conference_call_size_limit`).
    ///
    /// A call that has as many is not joined unless the server, which is asked then, lets it have more.
    pub size_limit: usize,
    /// As whom a video chat or livestream is joined; without it as the server has it saved, or as the user.
    ///
    /// Conferences and live stories are joined as the user.
    pub join_as: Option<InputPeer>,
    /// The Unix time in milliseconds at the origin of the engine's moments, by the clock of the device.
    ///
    /// Only a video chat that is shown as a stream needs it, for the time with which to begin.
    pub unix_ms: Option<i64>,
}

impl Config {
    /// A user who joins as the official applications do.
    pub fn new(target: Target, joiner: Joiner, media: Media) -> Self {
        Self {
            target,
            family: Family::Any,
            joiner,
            media,
            payloads: Payloads::Generated,
            empty_call: EmptyCall::Refuse,
            removal_grace: RemovalGrace::WithGrace,
            last_known: None,
            size_limit: 200,
            join_as: None,
            unix_ms: None,
        }
    }
}
