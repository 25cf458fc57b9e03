use core::ops::Deref;
use core::time::Duration;
use std::sync::Arc;

use confcall_join::api::{InputPhoneCall, MessageId};
use confcall_join::engine::checkpoint::{CheckpointError, RestoreError};
use confcall_join::engine::{Command, CommandFailure, Ended, Engine, Family};
use confcall_media::{Cryptor, Moment};
use confcall_state::verification::EmojiHash;
use confcall_transport::Transport;

use crate::call::Call;
use crate::driver::Then;
use crate::error::JoinError;
use crate::inputs::IntoUser;
use crate::options::{IntoOptions, Options};

/// A [`Call`] that is an end-to-end encrypted conference: a handle as that is, with what hangs on the chain beside it.
///
/// A function that takes a `&Call` takes a `&Conference` too.
#[derive(Clone, Debug)]
pub struct Conference(Call);

impl Deref for Conference {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.0
    }
}

impl Conference {
    /// Begins to enter a call in the background, and goes on whatever happens until the end.
    ///
    /// [`Call::events_from_start`] says how, and [`View::waiting_for`](crate::View::waiting_for) for what it waits; [`Call::joined`] waits until we
    /// are in the call.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose timer is enabled (`enable_time` or `enable_all`), as everything that starts.
    pub fn start<T: Transport + 'static>(transport: T, options: Options) -> Self {
        Self(Call::enter(transport, options, Family::Conferences))
    }

    /// Enters a call, and waits until we are in it: [`Conference::start`] and [`Call::joined`] in one.
    ///
    /// The call is a link as text, a [`Link`](crate::Link) or a [`Target`](crate::Target), and everything else is chosen, the
    /// user as the transport names it; or it is [`Options`], which say all that can be said.
    ///
    /// A client that shows what is waited for meanwhile takes those two.
    ///
    /// Dropping the future gives entering up; if the server may have carried the join out, it learns that we leave.
    ///
    /// # Errors
    ///
    /// [`JoinError`]
    ///
    /// # Panics
    ///
    /// As [`Conference::start`]
    pub async fn join<T: Transport + 'static>(
        transport: T,
        call: impl IntoOptions,
    ) -> Result<Self, JoinError> {
        let options = call.into_options(transport.own_user())?;
        let conference = Self::start(transport, options);
        conference.joined().await?;
        Ok(conference)
    }

    /// Waits for the emoji of the newest block, which all members compare.
    ///
    /// Each block begins a new comparison, so that they are those of this moment; [`Event::Emoji`](crate::Event::Emoji) says when there are others.
    ///
    /// # Errors
    ///
    /// [`Ended`]
    pub async fn emoji(&self) -> Result<EmojiHash, Ended> {
        self.shown(|view| view.emoji).await
    }

    /// The cryptor of the current membership, which seals and opens frames, for media threads.
    ///
    /// `None` while there is none, and after a restart until we have caught up. Each membership has its own; that of
    /// an old one is closed.
    pub fn cryptor(&self) -> Option<Arc<Cryptor>> {
        self.view().cryptor.clone()
    }

    /// Reads a checkpoint whose number is at least `lowest`; nothing is sent yet.
    ///
    /// The options are those of the conference before, with a fresh seed; payload and key come from the checkpoint.
    /// The target must not name another call.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]
    pub fn restore(
        blob: &[u8],
        key: &[u8; 32],
        lowest: u64,
        options: Options,
    ) -> Result<Resumption, RestoreError> {
        let (config, begin) = (options.config, Moment::default());
        let restored = Engine::restore(blob, key, lowest, config, options.seed, begin)?;
        Ok(Resumption {
            lowest: restored.lowest,
            engine: restored.engine,
            answer_timeout: options.answer_timeout,
        })
    }

    /// Takes the last checkpoint, and stops without leaving, also for all other handles: for a planned restart, after which
    /// [`Conference::restore`] goes on.
    ///
    /// The events end with [`EndReason::Suspended`](crate::EndReason::Suspended). Where there is no checkpoint, the conference goes on as before. Dropping the
    /// future does not take it back, and loses the checkpoint.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], above all while we are not in the call.
    pub async fn suspend(&self, key: &[u8; 32], number: u64) -> Result<Vec<u8>, CheckpointError> {
        self.write_down(key, number, Then::Stop).await
    }

    /// Writes down what is needed to go on after a restart, sealed under the caller's key.
    ///
    /// `number` is higher than that of every checkpoint before; [`confcall_join::engine::checkpoint`] says where to store it, and
    /// what a restart cannot save.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], above all while we are not in the call.
    pub async fn checkpoint(
        &self,
        key: &[u8; 32],
        number: u64,
    ) -> Result<Vec<u8>, CheckpointError> {
        self.write_down(key, number, Then::GoOn).await
    }
}

/// The commands of conferences alone; each is answered once it is done or has failed ([`Command`]).
impl Conference {
    /// Removes users from the call against their will.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn kick(
        &self,
        users: impl IntoIterator<Item: IntoUser>,
    ) -> Result<(), CommandFailure> {
        let users = users.into_iter().map(IntoUser::into_user).collect();
        self.command(Command::Kick { users }).await
    }

    /// Declines an invitation, which need not be to this call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn decline(&self, message: MessageId) -> Result<(), CommandFailure> {
        self.command(Command::Decline { message }).await
    }

    /// Ends a call with another user by moving it to this conference, which was created for that
    /// ([`Target::Create`](crate::Target::Create)); the other side gets [`IncomingCall::Migrated`](crate::IncomingCall).
    ///
    /// `duration` is that of the call in seconds, `video` whether a side had a camera on, and `connection_id` the number of its
    /// media connection.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`], among them [`CommandFailure::NoLink`].
    pub async fn upgrade(
        &self,
        phone_call: InputPhoneCall,
        duration: i32,
        video: bool,
        connection_id: i64,
    ) -> Result<(), CommandFailure> {
        self.command(Command::Migrate {
            phone_call,
            duration,
            video,
            connection_id,
        })
        .await
    }
}

/// A conference that goes on from a checkpoint, which is used up by that.
#[derive(Debug)]
#[must_use = "the lowest number must be stored before the conference is started"]
pub struct Resumption {
    /// The lowest number of a checkpoint that is valid from now on.
    ///
    /// Store it before [`Resumption::start`].
    pub lowest: u64,
    engine: Engine,
    answer_timeout: Duration,
}

impl Resumption {
    /// Goes on with the conference in the background, as [`Conference::start`] begins one.
    ///
    /// # Panics
    ///
    /// As [`Conference::start`]
    pub fn start<T: Transport + 'static>(self, transport: T) -> Conference {
        Conference(Call::drive(transport, self.engine, self.answer_timeout))
    }
}
