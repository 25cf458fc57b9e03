use std::collections::HashMap;
use std::sync::Arc;

use confcall_join::Ssrc;
use confcall_join::api::InputGroupCall;
use confcall_join::engine::{Ended, Engine};
use confcall_media::Cryptor;
use confcall_state::{Height, UserId};

/// What a conference is like at one moment.
///
/// Everything is empty while we are not in the call.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct View {
    /// The call by its id.
    pub call: Option<InputGroupCall>,
    /// The height of the newest block that was followed.
    pub height: Option<Height>,
    /// The members of the chain, who have the key of its epoch, in the order of the chain.
    pub members: Vec<UserId>,
    /// Who is connected, as far as the roster tells.
    pub connected: Vec<UserId>,
    /// What seals and opens frames, if we may seal: not before we have caught up after a restart.
    pub cryptor: Option<Arc<Cryptor>>,
    sources: HashMap<Ssrc, UserId>,
}

impl View {
    /// Reads the engine; the cryptor is that of its membership.
    pub(super) fn of(engine: &Engine, cryptor: Option<Arc<Cryptor>>) -> Self {
        let Some(membership) = engine.membership() else {
            return Self::default();
        };
        let state = membership.state();
        let participants = state.group_state().participants.iter();
        Self {
            call: engine.call().cloned(),
            height: Some(state.height()),
            members: participants.map(|one| one.user_id).collect(),
            connected: engine.connected(),
            cryptor,
            sources: engine.sources().collect(),
        }
    }

    /// Whose media source this is, as far as the roster tells.
    ///
    /// A frame of a source that nobody is known to have must be dropped.
    pub fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.sources.get(&source).copied()
    }
}

/// What the handles of a conference can see.
#[derive(Clone, Debug, Default)]
pub(super) struct Published {
    pub(super) view: Arc<View>,
    /// The end, once the server was told of it.
    pub(super) ended: Option<Ended>,
}
