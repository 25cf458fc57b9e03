use core::ops::Deref;

use confcall_join::engine::{Engine, Family};
use confcall_media::Moment;
use confcall_transport::Transport;

use crate::call::Call;
use crate::error::JoinError;
use crate::options::{IntoOptions, Options};

/// A [`Call`] that is no conference: the video chat or livestream of a group or channel, an RTMP stream as its viewer, or a live
/// story as its listener.
///
/// Nothing of it is end-to-end encrypted: the server hears, sees and reads everything. A function that takes a `&Call` takes a
/// `&GroupCall` too.
#[derive(Clone, Debug)]
pub struct GroupCall(Call);

impl Deref for GroupCall {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.0
    }
}

impl GroupCall {
    /// Begins to enter a call in the background, and goes on whatever happens until the end, as
    /// [`Conference::start`](crate::Conference::start) does.
    ///
    /// # Panics
    ///
    /// As [`Conference::start`](crate::Conference::start)
    pub fn start<T: Transport + 'static>(transport: T, options: Options) -> Self {
        let mut config = options.config;
        config.family = Family::Chats;
        let engine = Engine::new(config, options.seed, Moment::default());
        Self(Call::drive(transport, engine, options.answer_timeout))
    }

    /// Enters a call, and waits until we are in it: [`GroupCall::start`] and [`Call::joined`] in one.
    ///
    /// The call is a link as text, and everything else is chosen; or it is [`Options`], which say all that can be said.
    ///
    /// # Errors
    ///
    /// [`JoinError`]
    ///
    /// # Panics
    ///
    /// As [`GroupCall::start`]
    pub async fn join<T: Transport + 'static>(
        transport: T,
        call: impl IntoOptions,
    ) -> Result<Self, JoinError> {
        let options = call.into_options(transport.own_user())?;
        let group_call = Self::start(transport, options);
        group_call.joined().await?;
        Ok(group_call)
    }
}
